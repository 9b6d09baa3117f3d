"""The window of directions: it stays open beside the map."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

from latentlab.session.session import Session
from latentlab.views.dialogs.base import Dialog
from latentlab.views.panels.directions import DirectionsPanel
from latentlab.views.theme import GRID


class DirectionsWindow(Dialog):
    """Directions of the open model.

    Args:
        session: Whose they are.
        parent: The window.
    """

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__("Directions", parent)
        self.panel = DirectionsPanel(session)
        self.body.addWidget(self.panel)
        self.begin_at(460, 680)
        self.move(parent.mapToGlobal(QPoint(GRID, 6 * GRID)))  # beside the map, not on it
