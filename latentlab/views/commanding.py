"""What the classes that do what actions say have in common."""

from __future__ import annotations

from typing import Generic, TypeVar

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from latentlab.session.session import Session
from latentlab.views.actions import Actions

W = TypeVar("W", bound=QWidget)


class ActionCommands(QObject, Generic[W]):
    """Connects some of the window's actions to what they do.

    Args:
        session: Whom the commands go to.
        actions: The window's actions.
        window: Which dialogs and windows of their own belong to.
    """

    def __init__(self, session: Session, actions: Actions, window: W) -> None:
        super().__init__(window)
        self._session = session
        self._actions = actions
        self._window = window
