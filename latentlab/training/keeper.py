"""Writes a training to its run folder, and lets nothing that a disk does stop the training."""

from __future__ import annotations

import time
from collections.abc import Callable

from latentlab.errors import LatentlabError
from latentlab.specs import RunConfig
from latentlab.training import captures
from latentlab.training.captures import Capture
from latentlab.training.records import About, EpochMetrics
from latentlab.training.runs import Run

Warn = Callable[[str, str, About], None]

CHECKPOINT_EVERY_S = 10.0
FIRST_S = 2.0  # before the first one, so that soon there is something to go on from


class Keeper:
    """Checkpoints, metrics and config of one training.

    A disk that is full, read-only or gone is told to `warn`; what could not be written is tried
    again at the next time.

    Args:
        run: The folder; None keeps nothing.
        warn: Called with what happened, what to do, and what it is about.
    """

    def __init__(self, run: Run | None, warn: Warn) -> None:
        self.run = run
        self._warn = warn
        self._unsaved: list[EpochMetrics] = []
        self._saved_step = -1
        self._missed = False  # whether something could not be written since the last checkpoint
        self._is_new = True  # nothing was tried yet
        self._tried_s = time.perf_counter()

    def is_due(self) -> bool:
        """Whether the last checkpoint, or the last try, is long enough ago."""
        wait_s = min(FIRST_S, CHECKPOINT_EVERY_S) if self._is_new else CHECKPOINT_EVERY_S
        return self.run is not None and time.perf_counter() - self._tried_s >= wait_s

    def has(self, step: int) -> bool:
        """Whether there is nothing to write for `step`."""
        return self.run is None or step == self._saved_step

    def begin(self, config: RunConfig, history: list[EpochMetrics], step: int = -1) -> None:
        """Write config and metrics so far; `step` is that of the newest checkpoint, -1 for none."""
        run, self._saved_step = self.run, step
        self._unsaved.clear()
        if run is None:
            return
        if run.config != config:
            self._guarded(lambda: run.save_config(config))
        if history or step >= 0 or run.read_metrics():
            self._guarded(lambda: run.rewrite_metrics(history))

    def amend(self, config: RunConfig) -> None:
        """Put `config` in the place of the run's."""
        run = self.run
        if run is not None:
            self._guarded(lambda: run.save_config(config))

    def move_to(self, run: Run, config: RunConfig, history: list[EpochMetrics]) -> None:
        """Write to another place from now on."""
        self.run, self._missed = run, False  # what was missed was in the former place
        self.begin(config, history)

    def record(self, metrics: EpochMetrics) -> None:
        """Add a line to the run's metrics, and those that could not be added before."""
        run = self.run
        if run is None:
            return
        self._unsaved.append(metrics)
        while self._unsaved and self._guarded(lambda: run.append_metrics(self._unsaved[0])):
            self._unsaved.pop(0)

    def save(self, capture: Capture) -> None:
        """Write a generation."""
        run = self.run
        if run is None:
            return
        self._tried_s, self._is_new = time.perf_counter(), False
        parts = captures.to_bytes(capture)
        if not self._guarded(lambda: run.save_generation(*parts)):
            return
        self._saved_step = capture.counters.step
        if self._missed:
            self._missed = False
            self._warn("The checkpoint could be saved this time.", "", "saved")

    def _guarded(self, write: Callable[[], object]) -> bool:
        """Write, or tell why not; returns whether it was written."""
        try:
            write()
        except LatentlabError as error:
            self._missed = True
            what = f"The checkpoint could not be saved. {error.what}"
            self._warn(what, error.do, "checkpoint")
            return False
        return True
