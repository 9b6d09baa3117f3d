"""What a training has cost and come to so far: clock, sums of the losses, rates."""

from __future__ import annotations

import time
from math import isfinite

import torch
from torch import Tensor

from latentlab.training.records import Terms

PAUSE_S = 2.0  # a caller that takes longer between two steps has paused
NAMES = ("loss", "reconstruction", "KL")

Sums = tuple[float, float, float]


class DivergedError(Exception):
    """A loss that is no number; the text is a sentence."""


class Clock:
    """Time spent training; what the caller does between two steps counts, a pause does not."""

    def __init__(self, elapsed_s: float = 0.0) -> None:
        self._before_s = elapsed_s
        self._begin_s: float | None = None
        self._left_s = 0.0
        self.paused_s = 0.0

    def start(self) -> None:
        """Begin to count, if it does not already."""
        if self._begin_s is None:
            self._begin_s = time.perf_counter()

    @property
    def elapsed_s(self) -> float:
        """Seconds of training, those before a resume among them."""
        if self._begin_s is None:
            return self._before_s
        return self._before_s + time.perf_counter() - self._begin_s - self.paused_s

    def leave(self) -> None:
        """The caller has the word now."""
        self._left_s = time.perf_counter()

    def back(self) -> None:
        """The caller gives it back."""
        gap_s = time.perf_counter() - self._left_s
        if gap_s > PAUSE_S:
            self.paused_s += gap_s


class Ledger:
    """Sums of (loss, reconstruction, KL): over the epoch, and since the last `take_window`.

    Losses stay on the device until `look` reads them, for reading waits for the device.
    """

    def __init__(self, sums: Sums = (0.0, 0.0, 0.0), steps: int = 0) -> None:
        self.epoch_sums = list(sums)
        self.epoch_steps = steps
        self._recent: list[Tensor] = []
        self._window = [0.0, 0.0, 0.0]
        self._window_steps = 0
        self._last: Terms | None = None

    def add(self, terms: Tensor) -> int:
        """Keep (3,) losses to be read later; returns how many wait."""
        self._recent.append(terms)
        return len(self._recent)

    def look(self, next_step: int) -> None:
        """Read what waits; `next_step` is the number of the last of them.

        Raises:
            DivergedError: One of them is no number: it says which, and at which step.
        """
        if not self._recent:
            return
        first = next_step - len(self._recent) + 1
        rows = torch.stack(self._recent).tolist()  # (waiting, 3)
        self._recent.clear()
        for step, row in enumerate(rows, first):
            if not isfinite(row[0]):
                raise DivergedError(_sentence(step, row))
            for place, value in enumerate(row):
                self.epoch_sums[place] += value
                self._window[place] += value
        self.epoch_steps += len(rows)
        self._window_steps += len(rows)

    def take_window(self) -> Terms | None:
        """Mean terms since the last call; the last ones again where no step was made."""
        if self._window_steps:
            self._last = _mean(self._window, self._window_steps)
            self._window, self._window_steps = [0.0, 0.0, 0.0], 0
        return self._last

    def take_epoch(self) -> Terms | None:
        """Mean terms of the epoch, which ends with this call."""
        terms = _mean(self.epoch_sums, self.epoch_steps) if self.epoch_steps else None
        self.epoch_sums, self.epoch_steps = [0.0, 0.0, 0.0], 0
        return terms

    @property
    def sums(self) -> Sums:
        """Sums of the unfinished epoch."""
        loss, reconstruction, kl = self.epoch_sums
        return loss, reconstruction, kl


class Rate:
    """Images a second, over the time since it was last asked (at least `WINDOW_S`)."""

    WINDOW_S = 0.5

    def __init__(self, elapsed_s: float, seen: int) -> None:
        self._from = (elapsed_s, seen)
        self._rate = 0.0

    def at(self, elapsed_s: float, seen: int) -> float:
        """The rate, given the time and the images seen so far."""
        span_s, images = elapsed_s - self._from[0], seen - self._from[1]
        if not images:  # it was scoring or saving: that says nothing of the speed of training
            return self._rate
        if span_s >= self.WINDOW_S or (not self._rate and span_s > 0):
            self._rate = images / span_s
            if span_s >= self.WINDOW_S:
                self._from = (elapsed_s, seen)
        return self._rate


def _mean(sums: list[float], steps: int) -> Terms:
    loss, reconstruction, kl = (value / steps for value in sums)
    return Terms(reconstruction - kl, reconstruction, kl, loss)


def _sentence(step: int, row: list[float]) -> str:
    wrong = [name for name, value in zip(NAMES, row, strict=True) if not isfinite(value)]
    term = " and the ".join(wrong[1:] or wrong)
    verb = "is" if len(wrong) < 3 else "are"
    return f"The training diverged at step {step}: the {term} {verb} not a number any more."
