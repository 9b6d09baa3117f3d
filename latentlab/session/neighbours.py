"""The real data around what is decoded: asked for as fast as they can be looked at."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from latentlab.engine.messages import FindNear, NearFound
from latentlab.session.contents import Contents
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
        hand: Hand,
        thumbnails: Thumbnails,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._worker, self._tickets = worker, tickets
        self._contents, self._hand, self._thumbnails = contents, hand, thumbnails
        self._asked = -1
        self._late = False
        self._pause = single_shot(self, self._catch_up, PAUSE_MS)
        self.rows: NDArray[np.int64] = np.zeros(0, np.int64)
        self.distances: NDArray[np.float64] = np.zeros(0)
        hand.decoded_changed.connect(self._follow)
        contents.codes_changed.connect(self._forget)
        thumbnails.forgotten.connect(self._want)

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
        self._worker.show(FindNear(self._asked, decoded.z, COUNT))
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
