"""Threads that begin to wait for each other: noticed while a training runs.

Where another program keeps a core busy, torch's threads meet late at the end of every small
product: on two cores, steps of 3 ms were seen to take 380 ms, and 5 ms on one thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

import torch

WINDOW_S = 1.0
STORM = 8.0  # times slower than the best window so far


def use_threads(count: int) -> None:
    """Let torch compute with `count` threads."""
    if count != torch.get_num_threads():
        torch.set_num_threads(count)


class ThreadGuard:
    """Times steps (`with guard:`) and goes on with one thread when they become `STORM` slower.

    An MLP's weights come out the same to the byte with any number of threads (tested); a
    convolutional network's may differ in the last bit, so the caller has to say that it happened.

    Args:
        active: Whether to look at all: not where a number of threads was asked for.
        dropped: Called once, when the threads are let go.
    """

    def __init__(self, *, active: bool, dropped: Callable[[], None] = lambda: None) -> None:
        self._dropped = dropped
        self._active = active and torch.get_num_threads() > 1
        self._best_s = float("inf")
        self._spent_s = self._begin_s = 0.0
        self._steps = 0

    def __enter__(self) -> None:
        self._begin_s = time.perf_counter()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._active:
            self.note(time.perf_counter() - self._begin_s)

    def note(self, step_s: float) -> None:
        """Take the time of one more step."""
        self._spent_s += step_s
        self._steps += 1
        if self._spent_s < WINDOW_S:
            return
        mean_s = self._spent_s / self._steps
        self._spent_s, self._steps = 0.0, 0
        if mean_s > STORM * self._best_s:
            self._active = False
            use_threads(1)
            self._dropped()
        self._best_s = min(self._best_s, mean_s)
