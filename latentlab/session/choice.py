"""Which data are selected on the map, and what may be done with that."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QObject, Signal

from latentlab.engine.messages import Codes
from latentlab.session.background import GoOn, Latest, Say
from latentlab.session.contents import Contents
from latentlab.session.filter import Filter
from latentlab.session.state import Selection

How = Literal["replace", "add", "subtract", "intersect", "others"]
Rows = NDArray[np.int32]
Find = Callable[[], Rows]  # called in another thread; ascending

FEW = 16_384  # points that the window's thread may look through by itself

log = logging.getLogger("latentlab")


def combined(before: Rows, found: Rows, how: How, count: int) -> Rows:
    """Rows selected after rows were found, ascending; of `count` rows there are.

    Example:
        >>> combined(np.array([1, 2], np.int32), np.array([2, 5], np.int32), "add", 6).tolist()
        [1, 2, 5]
    """
    if how == "replace":
        return found
    one, other = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    one[before], other[found] = True, True
    if how == "add":
        other |= one
    elif how == "subtract":
        other = one & ~other
    elif how == "others":  # what was found and was not selected
        other &= ~one
    else:
        other &= one
    return np.flatnonzero(other).astype(np.int32)


class Choice(QObject):
    """The selected rows; none when there are other codes.

    Args:
        contents: What is on the map.
        shown: Which rows are shown.
        mark: Called before a change that can be undone.
        parent: The session.
    """

    selection_changed = Signal()

    def __init__(
        self, contents: Contents, shown: Filter, mark: Callable[[], object], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._contents = contents
        self._filter = shown
        self._mark = mark
        self._count = 0
        self.selection: Selection | None = None
        self._waiting: deque[tuple[Find, How]] = deque()
        self._under_way = False
        self._worker = Latest(self)
        self._worker.told.connect(self._found)
        contents.codes_changed.connect(self._codes_changed)

    @property
    def rows(self) -> Rows:
        """The selected rows, ascending."""
        return np.empty(0, np.int32) if self.selection is None else self.selection.rows

    @property
    def busy(self) -> bool:
        """Whether something is still being looked through."""
        return self._under_way or bool(self._waiting)

    # Commands

    def select(self, rows: ArrayLike) -> None:
        """Select these rows of the map, and no others."""
        chosen = np.asarray(rows, np.int32)
        if not (np.diff(chosen) > 0).all():  # sorting millions would be felt
            chosen = np.unique(chosen)
        if not np.array_equal(chosen, self.rows):
            self._put(chosen)

    def _put(self, rows: Rows) -> None:
        self._mark()
        self.set(Selection(rows))

    def gather(self, find: Find, how: How = "replace") -> None:
        """Select what is found, once that is done: in order, and none is lost.

        Where the points are many it is done in another thread.

        Args:
            find: Finds rows.
            how: What they do to the selection.
        """
        if self._contents.codes is not None:
            self._waiting.append((find, how))
            self._next()

    def select_all(self) -> None:
        """Select everything that is shown."""
        self.gather(self._finder(lambda seen: seen))

    def select_class(self, label: int) -> None:
        """Select what is shown of a class (-1 is unlabelled)."""
        codes = self._contents.codes
        if codes is not None:
            self.select_category(codes.labels, label)

    def select_category(self, of: NDArray[np.integer], category: int) -> None:
        """Select what is shown of a category.

        Args:
            of: (N,) the category of each row.
            category: Which; -1 is none.
        """
        self.gather(self._finder(lambda seen: seen & (of == category)))

    def invert(self) -> None:
        """Select what is shown and was not selected."""
        self.gather(self._finder(lambda seen: seen), "others")

    def set(self, selection: Selection | None) -> None:
        """Select these, and no others; nothing is marked for undo."""
        codes = self._contents.codes
        if selection is not None and (codes is None or not len(selection.rows)):
            selection = None
        if selection is not self.selection:
            self.selection = selection
            self._count = 0 if codes is None else len(codes.xy)
            self.selection_changed.emit()

    # What is shown

    def seen(self) -> NDArray[np.bool_]:
        """(N,) which rows are on the map: finite, and not filtered out."""
        return self._seer()()

    def _seer(self) -> Callable[[], NDArray[np.bool_]]:
        """Finds what is shown now; may be called in another thread."""
        codes, sieve = self._contents.codes, self._filter.sieve

        def look() -> NDArray[np.bool_]:
            if codes is None:
                return np.zeros(0, np.bool_)
            seen = np.isfinite(codes.xy[:, 0]) & np.isfinite(codes.xy[:, 1])
            return np.asarray(seen & sieve.mask() if sieve else seen)

        return look

    def _finder(self, choose: Callable[[NDArray[np.bool_]], NDArray[np.bool_]]) -> Find:
        look = self._seer()
        return lambda: np.flatnonzero(choose(look())).astype(np.int32)

    # One after the other

    def _next(self) -> None:
        codes = self._contents.codes
        if self._under_way or not self._waiting:
            return
        find, how = self._waiting.popleft()
        if codes is None:
            self._waiting.clear()
            return
        self._under_way = True
        work = partial(_gather, codes, find, self.selection, how)
        if len(codes.xy) <= FEW:
            work(self._found, lambda: True)
        else:
            self._worker.ask(work)

    def _found(self, answer: object) -> None:
        if not isinstance(answer, tuple):
            return
        codes, before, found, after, how = answer
        self._under_way = False
        now = self._contents.codes
        if now is not None and found is not None and len(now.xy) == len(codes.xy):
            if before is not self.selection:  # it was changed meanwhile: undo, say
                self.select(combined(self.rows, found, how, len(codes.xy)))
            elif after is not None:
                self._put(after)
        self._next()

    def _codes_changed(self) -> None:
        codes = self._contents.codes
        if codes is None:
            self._waiting.clear()
        if self.selection is not None and (codes is None or len(codes.xy) != self._count):
            self.set(None)


def _gather(
    codes: Codes, find: Find, before: Selection | None, how: How, say: Say, go_on: GoOn
) -> None:
    found: Rows | None = None
    after: Rows | None = None
    try:
        found = find()
        rows = np.empty(0, np.int32) if before is None else before.rows
        after = combined(rows, found, how, len(codes.xy))
        if np.array_equal(after, rows):
            after = None  # nothing has changed
    except Exception:
        log.exception("Looking for what to select failed")
    if go_on():
        say((codes, before, found, after, how))
