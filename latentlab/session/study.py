"""What is worked out of the selection and of the data: growth, statistics, near-identical data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject

from latentlab.engine import messages as m
from latentlab.session.choice import Choice
from latentlab.session.contents import Contents
from latentlab.session.desk import Desk
from latentlab.session.filter import Filter
from latentlab.session.growing import Growing
from latentlab.session.ports import EngineLike
from latentlab.session.summing import Summing
from latentlab.session.twins import Twins


class Study(QObject):
    """Holds the three, and hands them their answers.

    Args:
        contents: What is open.
        choice: What is selected.
        shown: Which rows are shown.
        desk: Where requests go.
        worker: The engine.
        training: Says whether a training is under way.
        parent: The session.
    """

    def __init__(
        self,
        contents: Contents,
        choice: Choice,
        shown: Filter,
        desk: Desk,
        worker: EngineLike,
        training: Callable[[], bool],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.growing = Growing(contents, choice, shown, desk, self)
        self.summing = Summing(contents, choice, desk, worker, training, self)
        self.twins = Twins(contents, desk, self)

    @property
    def takers(self) -> dict[type, Callable[[Any], object]]:
        """Who takes which answer."""
        return {
            m.Grown: self.growing.take,
            m.Summarised: self.summing.take,
            m.DuplicatesFound: self.twins.take,
        }

    def let_go(self, ticket: int, sentence: str) -> None:
        """A request came to nothing; the sentence is empty where it was called off."""
        for one in (self.growing, self.summing, self.twins):
            one.let_go(ticket, sentence)
