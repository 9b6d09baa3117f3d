"""One request in the work lane: whom to tell, and whether to go on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from latentlab.engine.messages import Busy, Event, WorkRequest
from latentlab.errors import CancelledError

BUSY_S = 0.1  # at most this often a word of how far it is


class Job:
    """A request with its flags, set from any thread and read between two steps.

    Args:
        request: What was asked.
        post: Where answers go.
    """

    def __init__(self, request: WorkRequest, post: Callable[[Event], None]) -> None:
        self.request = request
        self.post = post
        self._off = threading.Event()
        self._paused = threading.Event()
        self._told_s = 0.0
        self.between: Callable[[], None] | None = None  # set by the lane: what others asked for
        self._started_s = time.perf_counter()

    @property
    def ticket(self) -> int:
        """The request's number."""
        return self.request.ticket

    # From any thread

    def call_off(self) -> None:
        """Ask for the end; a training that has begun keeps what it learned."""
        self._off.set()

    def pause(self) -> None:
        """Hold between two steps."""
        self._paused.set()

    def resume(self) -> None:
        """Go on."""
        self._paused.clear()

    # In the lane's thread

    @property
    def called_off(self) -> bool:
        """Whether it should end now."""
        return self._off.is_set()

    @property
    def paused(self) -> bool:
        """Whether it should hold."""
        return self._paused.is_set()

    def check(self) -> None:
        """Stop here if it was called off; of patient work, let what is short go first.

        Raises:
            CancelledError: It was.
        """
        if self.between is not None and not self.called_off:
            self.between()
        if self.called_off:
            raise CancelledError("Called off.")

    def report(self, text: str, fraction: float | None = None) -> None:
        """Say how far it is, at most ten times a second."""
        now_s = time.perf_counter()
        if now_s - self._told_s < BUSY_S:
            return
        self._told_s = now_s
        left_s = None
        elapsed_s = now_s - self._started_s
        if fraction is not None and fraction > 0.02 and elapsed_s > 0.5:
            left_s = elapsed_s * (1 - fraction) / fraction
        self.post(Busy(self.ticket, text, fraction, left_s))
