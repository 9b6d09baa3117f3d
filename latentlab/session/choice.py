"""Which data are selected on the map."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from latentlab.session.contents import Contents
from latentlab.session.state import Selection

How = Literal["replace", "add", "subtract", "intersect"]


def combined(
    before: NDArray[np.int32], found: NDArray[np.int32], how: How, count: int
) -> NDArray[np.int32]:
    """Rows selected after rows were found, ascending; of `count` rows there are.

    Example:
        >>> combined(np.array([1, 2], np.int32), np.array([2, 5], np.int32), "add", 6).tolist()
        [1, 2, 5]
    """
    one, other = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    one[before], other[found] = True, True
    if how == "add":
        other |= one
    elif how == "subtract":
        other = one & ~other
    elif how == "intersect":
        other &= one
    return np.flatnonzero(other).astype(np.int32)


class Choice(QObject):
    """The selected rows; none when there are other codes.

    Args:
        contents: What is on the map.
        parent: The session.
    """

    selection_changed = Signal()

    def __init__(self, contents: Contents, parent: QObject) -> None:
        super().__init__(parent)
        self._contents = contents
        self._count = 0
        self.selection: Selection | None = None
        contents.codes_changed.connect(self._codes_changed)

    @property
    def rows(self) -> NDArray[np.int32]:
        """The selected rows, ascending."""
        return np.empty(0, np.int32) if self.selection is None else self.selection.rows

    def seen(self) -> NDArray[np.bool_]:
        """(N,) which rows are on the map: finite, and of no hidden label."""
        codes = self._contents.codes
        if codes is None:
            return np.zeros(0, np.bool_)
        seen = np.isfinite(codes.xy[:, 0]) & np.isfinite(codes.xy[:, 1])
        for label in self._contents.hidden:
            seen &= codes.labels != label
        return np.asarray(seen)

    def of_class(self, label: int) -> NDArray[np.int32]:
        """The rows of a class that are on the map."""
        codes = self._contents.codes
        if codes is None:
            return np.empty(0, np.int32)
        return np.flatnonzero(self.seen() & (codes.labels == label)).astype(np.int32)

    def others(self) -> NDArray[np.int32]:
        """The rows on the map that are not selected."""
        seen = self.seen()
        seen[self.rows] = False
        return np.flatnonzero(seen).astype(np.int32)

    def set(self, selection: Selection | None) -> None:
        """Select these, and no others."""
        codes = self._contents.codes
        if selection is not None and (codes is None or not len(selection.rows)):
            selection = None
        if selection is not self.selection:
            self.selection = selection
            self._count = 0 if codes is None else len(codes.xy)
            self.selection_changed.emit()

    def _codes_changed(self) -> None:
        codes = self._contents.codes
        if self.selection is not None and (codes is None or len(codes.xy) != self._count):
            self.set(None)
