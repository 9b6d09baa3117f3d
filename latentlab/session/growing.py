"""Selecting the neighbours of what is selected, once more with each wish."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from latentlab.engine.selections import Grow, Grown
from latentlab.session.choice import Choice
from latentlab.session.contents import Contents
from latentlab.session.desk import Desk
from latentlab.session.filter import Filter


class Growing(QObject):
    """Asks for neighbours, one step at a time; a selection that was changed meanwhile ends it.

    Args:
        contents: What is on the map.
        choice: What is selected.
        shown: Which rows are shown: others are not selected.
        desk: Where requests go.
        parent: The session.
    """

    def __init__(
        self, contents: Contents, choice: Choice, shown: Filter, desk: Desk, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._contents = contents
        self._choice = choice
        self._filter = shown
        self._desk = desk
        self._ticket: int | None = None
        self._from: NDArray[np.int32] | None = None
        self._left: list[int] = []  # neighbours of each step that is still to come

    def grow(self, neighbours: int) -> None:
        """Add the nearest neighbours in z of each selected row; again, and theirs."""
        if self._contents.codes is not None and len(self._choice.rows):
            self._left.append(neighbours)
            self._next()

    def _next(self) -> None:
        codes, rows = self._contents.codes, self._choice.rows
        if self._ticket is not None or not self._left:
            return
        if codes is None or not len(rows):
            self._left.clear()
            return
        k, self._from = self._left.pop(0), rows
        self._ticket = self._desk.ask(
            lambda ticket: Grow(ticket, codes, rows, k), "Looking for neighbours"
        )

    def take(self, event: Grown) -> None:
        """Select what has grown."""
        if event.ticket != self._ticket:
            return
        self._ticket = None
        codes = self._contents.codes
        if codes is None or codes.z is not event.codes.z or self._choice.rows is not self._from:
            self._left.clear()
            return
        rows = event.rows[self._filter.sieve.keeps(event.rows)]
        self._choice.select(np.union1d(rows, self._choice.rows))
        self._next()

    def let_go(self, ticket: int, _sentence: str = "") -> None:
        """A request came to nothing."""
        if ticket == self._ticket:
            self._ticket = None
            self._left.clear()
