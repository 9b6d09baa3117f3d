"""The real data around what is decoded: asked for as fast as they can be looked at."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from latentlab.engine.messages import FindNear, NearFound
from latentlab.session.contents import Contents
from latentlab.session.filter import Filter
from latentlab.session.hand import Hand
from latentlab.session.ports import EngineLike
from latentlab.session.thumbnails import Thumbnails
from latentlab.session.timers import single_shot

COUNT = 6
PAUSE_MS = 80  # between two questions, while a film plays or the hand drags


class Neighbours(QObject):
    """Owner of the nearest data of the newest decode, for whoever shows them.

    Args:
        worker: The engine.
        tickets: The session's counter.
        contents: What is open.
        shown: Which data are shown: others are passed over.
        hand: Whose decodes it follows.
        thumbnails: Where the pictures come from.
        parent: The session.

    Signals:
        changed: Other data are near.
    """

    changed = Signal()

    def __init__(
        self,
        worker: EngineLike,
        tickets: Iterator[int],
        contents: Contents,
        shown: Filter,
        hand: Hand,
        thumbnails: Thumbnails,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._worker, self._tickets = worker, tickets
        self._contents, self._hand, self._thumbnails = contents, hand, thumbnails
        self._filter = shown
        self._asked = -1
        self._late = False
        self._pause = single_shot(self, self._catch_up, PAUSE_MS)
        self.rows: NDArray[np.int64] = np.zeros(0, np.int64)
        self.distances: NDArray[np.float64] = np.zeros(0)
        hand.decoded_changed.connect(self._follow)
        contents.codes_changed.connect(self._forget)
        shown.seen_changed.connect(self._follow)
        thumbnails.forgotten.connect(self._want)

    @property
    def first(self) -> tuple[int, float]:
        """The row of the nearest datum that is shown, and its distance; row -1 where none is."""
        decoded = self._hand.decoded
        if decoded is None:
            return -1, float("inf")
        if not self.filtered:
            return decoded.nearest_row, decoded.nearest_distance
        if not len(self.rows) or not self._filter.sieve.keeps(self.rows[:1])[0]:
            return -1, float("inf")
        return int(self.rows[0]), float(self.distances[0])

    @property
    def filtered(self) -> bool:
        """Whether some data are not shown: those are passed over."""
        return bool(self._filter.sieve)

    def take(self, event: NearFound) -> None:
        """Keep the newest answer."""
        codes = self._contents.codes
        if event.ticket != self._asked or codes is None:
            return
        here = event.rows < len(codes.z)
        self.rows, self.distances = event.rows[here], event.distances[here]
        self._want()
        self.changed.emit()

    def _follow(self) -> None:
        if self._pause.isActive():
            self._late = True
            return
        self._late = False
        decoded, codes = self._hand.decoded, self._contents.codes
        if decoded is None or codes is None:
            self._clear()
            return
        self._asked = next(self._tickets)
        self._worker.show(FindNear(self._asked, decoded.z, COUNT, self._filter.sieve or None))
        self._pause.start()

    def _catch_up(self) -> None:
        if self._late:
            self._follow()

    def _forget(self) -> None:
        """Rows may mean something else now: ask again; those that are no more are not shown."""
        codes = self._contents.codes
        if codes is None or (self.rows >= len(codes.z)).any():
            self._clear()
        self._follow()

    def _clear(self) -> None:
        self._asked = -1
        if len(self.rows):
            self.rows, self.distances = np.zeros(0, np.int64), np.zeros(0)
            self._want()
            self.changed.emit()

    def _want(self) -> None:
        self._thumbnails.want("neighbours", self.rows)
