"""Data that are nearly the same: found once, and told for any threshold below."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from latentlab.data.dataset import Dataset
from latentlab.data.duplicates import LIMIT, Pairs, groups
from latentlab.engine.selections import DuplicatesFound, FindDuplicates
from latentlab.session.background import GoOn, Latest, Say
from latentlab.session.contents import Contents
from latentlab.session.desk import Desk

Group = NDArray[np.int64]


class Twins(QObject):
    """Pairs of near-identical rows of the open data, and the groups that they make.

    Args:
        contents: The open data.
        desk: Where requests go.
        parent: The session.
    """

    changed = Signal()

    def __init__(self, contents: Contents, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._contents = contents
        self._desk = desk
        self._ticket: int | None = None
        self._worker = Latest(self)
        self._worker.told.connect(self._grouped)
        self._data: Dataset | None = None
        self.pairs: Pairs | None = None
        self.threshold = 0.0
        self.groups: list[Group] | None = None  # None while they are being found
        self.trouble = ""
        contents.data_changed.connect(self._data_changed)

    @property
    def ticket(self) -> int | None:
        """Of the search under way."""
        return self._ticket

    def find(self, limit: float = LIMIT) -> None:
        """Look for pairs up to a distance; `changed` follows."""
        dataset = self._contents.dataset
        if dataset is None or self._ticket is not None:
            return
        self._data, self.trouble = dataset, ""
        self._ticket = self._desk.ask(
            lambda ticket: FindDuplicates(ticket, dataset, limit), "Comparing pictures"
        )
        self.changed.emit()

    def set_threshold(self, threshold: float) -> None:
        """Group by pairs up to this distance."""
        self.threshold = threshold
        if self.pairs is not None:
            self.groups = None
            self._worker.ask(partial(_group, self.pairs, threshold))

    def take(self, event: DuplicatesFound) -> None:
        """The pairs were found."""
        if event.ticket != self._ticket:
            return
        self._ticket = None
        if event.dataset is self._contents.dataset:
            self.pairs = Pairs(event.first, event.second, event.distance, event.limit)
            self.set_threshold(min(self.threshold, event.limit))
        self.changed.emit()

    def let_go(self, ticket: int, sentence: str = "") -> None:
        """A request came to nothing."""
        if ticket == self._ticket:
            self._ticket, self.trouble = None, sentence or "It was called off."
            self.changed.emit()

    def _grouped(self, found: object) -> None:
        if isinstance(found, tuple) and found[0] is self.pairs and found[1] == self.threshold:
            self.groups = found[2]
            self.changed.emit()

    def _data_changed(self) -> None:
        if self._contents.dataset is not self._data:
            self.pairs, self.groups, self.trouble, self._data = None, None, "", None
            self.changed.emit()


def _group(pairs: Pairs, threshold: float, say: Say, go_on: GoOn) -> None:
    found = groups(pairs, threshold)
    if go_on():
        say((pairs, threshold, found))
