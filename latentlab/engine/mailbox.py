"""The live lane's letter box: one place for each kind of request, the newest wins."""

from __future__ import annotations

import threading
from typing import TypeVar

from latentlab.engine.messages import (
    Decode,
    DecodeClasses,
    DecodeFrames,
    DecodeLattice,
    DecodeRows,
    DecodeStrip,
    DecodeTiles,
    FindNear,
    LiveRequest,
    Peek,
)

LOOK_UP_S = 1.0  # between two looks at whether the program is still there
MOST_PEEKS = 64  # hovering faster than the decoder: the oldest are forgotten

R = TypeVar(
    "R",
    Decode,
    DecodeClasses,
    DecodeStrip,
    DecodeLattice,
    DecodeTiles,
    DecodeRows,
    DecodeFrames,
    FindNear,
)


class Mailbox:
    """Slots under one lock, which is held for a hand-over only, never for work."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._slots: dict[type, LiveRequest] = {}
        self._peeks: dict[int, Peek] = {}
        self._closed = False
        self._rung = False

    def put(self, request: LiveRequest) -> None:
        """Put a request in its place; the one that waited there is gone."""
        with self._changed:
            if isinstance(request, Peek):
                self._peeks.pop(request.row, None)
                self._peeks[request.row] = request
                while len(self._peeks) > MOST_PEEKS:
                    self._peeks.pop(next(iter(self._peeks)))
            else:
                self._slots[type(request)] = request
            self._changed.notify()

    def take(self, kind: type[R]) -> R | None:
        """The waiting request of a kind, which then waits no more."""
        with self._changed:
            request = self._slots.pop(kind, None)
        return request if isinstance(request, kind) else None

    def take_peeks(self, most: int) -> list[Peek]:
        """Up to `most` waiting peeks, the newest first."""
        with self._changed:
            rows = list(self._peeks)[: -most - 1 : -1]
            return [self._peeks.pop(row) for row in rows]

    def wait(self, *, for_letters: bool) -> bool:
        """Sleep until there is a letter or somebody rings; False when the box is closed.

        Args:
            for_letters: False leaves letters where they are: there is no decoder yet.
        """
        with self._changed:
            while not (self._closed or self._rung or (for_letters and self._has_letters)):
                self._changed.wait(LOOK_UP_S)
                # A main thread that ended without a word (a prompt that was left) ends this one.
                if not threading.main_thread().is_alive():
                    self._closed = True
            self._rung = False
            return not self._closed

    def pause(self, seconds: float) -> None:
        """Sleep a while, or until there is a letter or somebody rings."""
        with self._changed:
            if not (self._closed or self._rung or self._has_letters):
                self._changed.wait(seconds)

    @property
    def _has_letters(self) -> bool:
        return bool(self._slots or self._peeks)

    def ring(self) -> None:
        """Wake the lane without a letter."""
        with self._changed:
            self._rung = True
            self._changed.notify()

    def close(self) -> None:
        """Wake the lane for the last time."""
        with self._changed:
            self._closed = True
            self._slots.clear()
            self._peeks.clear()
            self._changed.notify()

    @property
    def closed(self) -> bool:
        """Whether the lane should end."""
        return self._closed

    @property
    def depth(self) -> int:
        """The most requests of one kind that wait (peeks aside): never more than one."""
        return int(bool(self._slots))
