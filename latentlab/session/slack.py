"""What may wait a frame is done right after the hand's picture, when nobody waits for one."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, SignalInstance

from latentlab.session.timers import single_shot

ROOM_S = 0.002  # after a picture: what is done then is painted after it, which takes longer
LONGEST_MS = 50  # to wait for a picture: the hand may rest


class Dragging(Protocol):
    """What drags: the `Hand`."""

    @property
    def dragging(self) -> bool:
        """Whether it does."""
        ...

    @property
    def drag_ended(self) -> SignalInstance:
        """Emitted when it no longer drags."""
        ...


class Slack(QObject):
    """Does things at once; during a drag in their order, after the next picture.

    A drag asks for a picture every 16 ms and has it after some 4. A map that moved, a curve, a
    list take as long again to show: begun while a picture is on its way they make it late, begun
    when it has just been painted they make nobody wait.

    Args:
        hand: Knows whether it drags.
        parent: Qt's owner.
    """

    def __init__(self, hand: Dragging, parent: QObject) -> None:
        super().__init__(parent)
        self._hand = hand
        self._waiting: deque[tuple[float, Callable[[], object]]] = deque()  # since when, what
        self._doing = False
        self._next = single_shot(self, self._work)
        self._rests = single_shot(self, self._work, LONGEST_MS)
        hand.drag_ended.connect(self.catch_up)

    def do(self, act: Callable[[], object]) -> None:
        """Do it now, or after the next picture of the drag; never before what came earlier."""
        self._waiting.append((time.perf_counter(), act))
        if not self._hand.dragging:
            self.catch_up()
        elif not self._rests.isActive():
            self._rests.start()

    def catch_up(self) -> None:
        """Do all that waits."""
        self._do_until(float("inf"))

    def _do_until(self, until_s: float) -> None:
        # What is being done may end the drag, and that asks for the rest: it is done afterwards.
        if self._doing:
            return
        self._doing = True
        try:
            while self._waiting and self._may_begin(until_s):
                self._waiting.popleft()[1]()
        finally:
            self._doing = False

    def _may_begin(self, until_s: float) -> bool:
        """Whether there is room; what has waited for long is done without, or more would wait."""
        now_s = time.perf_counter()
        return now_s < until_s or now_s - self._waiting[0][0] > LONGEST_MS / 1e3

    def painted(self) -> None:
        """The newest picture is on screen."""
        if self._waiting:
            self._next.start()

    def _work(self) -> None:
        self._do_until(time.perf_counter() + ROOM_S)
        if self._waiting:
            self._rests.start()
        else:
            self._rests.stop()
