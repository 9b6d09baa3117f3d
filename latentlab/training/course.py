"""Where a training is: everything that changes with a step, taken and put back as one."""

from __future__ import annotations

from math import ceil

import torch
from torch import Generator, Tensor

from latentlab.training import captures
from latentlab.training.captures import Capture, Counters
from latentlab.training.ledger import Clock, Ledger, Rate
from latentlab.training.patience import Patience
from latentlab.training.plan import Plan
from latentlab.training.records import EpochMetrics, Progress, Terms
from latentlab.training.stepper import Stepper


class Course:
    """The state of a training: counters, sums, time, noise, weights and the optimiser's moments.

    Args:
        plan: How far it goes.
        stepper: The model and its optimiser.
        noise_source: The generator of its noise.
        patience: Of early stopping.
    """

    def __init__(
        self, plan: Plan, stepper: Stepper, noise_source: Generator, patience: Patience
    ) -> None:
        self.plan = plan
        self.patience = patience
        self.ledger, self.clock, self.rate = Ledger(), Clock(), Rate(0.0, 0)
        self.step, self.seen, self.batch_size = 0, 0, plan.batch_size
        self.noise_source = noise_source
        self._stepper = stepper
        self._total = plan.steps * plan.batch_size  # images in all

    def advance(self) -> bool:
        """A step is made; returns whether an epoch ended with it."""
        self.step += 1
        before, self.seen = self.seen, self.seen + self.batch_size
        return self.seen // self.plan.rows > before // self.plan.rows

    @property
    def is_last(self) -> bool:
        """Whether every step is made."""
        return self.seen >= self._total

    @property
    def done(self) -> float:
        """How much of the training is made, 0 to 1."""
        return self.seen / self._total

    @property
    def epochs(self) -> float:
        """Passes over the rows so far."""
        return self.seen / self.plan.rows

    @property
    def steps(self) -> int:
        """Steps in all, as it stands."""
        return self.step + ceil((self._total - self.seen) / self.batch_size)

    def noise(self, shape: tuple[int, ...]) -> Tensor:
        """Standard normal values."""
        return torch.randn(shape, generator=self.noise_source, device=self._stepper.device)

    # What it says

    def progress(self, learning_rate: float, beta: float) -> Progress:
        """The record of this instant."""
        elapsed_s = self.clock.elapsed_s
        overall = self.seen / elapsed_s if elapsed_s > 0 else 0.0
        left_s = (self._total - self.seen) / overall if overall else float("nan")
        return Progress(
            step=self.step,
            steps=self.steps,
            epoch=self.epochs,
            epochs=self._total / self.plan.rows,
            elapsed_s=elapsed_s,
            left_s=max(0.0, left_s),
            images_per_s=self.rate.at(elapsed_s, self.seen),
            train=self.ledger.take_window(),
            learning_rate=learning_rate,
            beta=beta,
        )

    def metrics(
        self,
        epoch: int,
        train: Terms,
        held_out: Terms | None,
        learning_rate: float,
        beta: float,
    ) -> EpochMetrics:
        """The record of an epoch that ends now."""
        elapsed_s = self.clock.elapsed_s
        return EpochMetrics(
            epoch=epoch,
            step=self.step,
            elapsed_s=elapsed_s,
            train=train,
            held_out=held_out,
            held_out_kind=self.plan.monitored,
            images_per_s=self.rate.at(elapsed_s, self.seen),
            learning_rate=learning_rate,
            beta=beta,
        )

    # What it keeps

    def capture(self) -> Capture:
        """Copy all of it to the CPU."""
        counters = Counters(
            step=self.step,
            seen=self.seen,
            batch_size=self.batch_size,
            elapsed_s=self.clock.elapsed_s,
            sums=self.ledger.sums,
            sum_steps=self.ledger.epoch_steps,
            best_bound=self.patience.best_bound,
            stale_epochs=self.patience.stale_epochs,
        )
        return captures.take(self._stepper, self.noise_source, self.patience.best, counters)

    def restore(self, capture: Capture) -> None:
        """Go back to what `capture` copied; time that was spent stays spent."""
        counters = capture.counters
        best = captures.put_back(capture, self._stepper, self.noise_source)
        self.patience.put_back(best, counters.best_bound, counters.stale_epochs)
        self.step, self.seen = counters.step, counters.seen
        self.batch_size = counters.batch_size
        self.ledger = Ledger(counters.sums, counters.sum_steps)
        self.rate = Rate(self.clock.elapsed_s, counters.seen)
