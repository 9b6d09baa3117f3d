"""From a wish ("20 epochs", "60 seconds") to a number of steps."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from latentlab.specs import Precision, TrainSpec
from latentlab.training.rows import HeldOutKind

MARGIN = 0.07  # of a time limit, kept for held-out figures, checkpoints and a slower moment
LEAST_SHARE = 0.5  # of a time limit, that is learned in whatever the preparations took


@dataclass(frozen=True, slots=True)
class Plan:
    """What a training will do.

    Args:
        steps: Steps in all.
        rows: Training rows, an epoch.
        batch_size: Rows of a step, never more than there are.
        precision: Of the matrix products.
        threads: torch threads.
        monitored: Which rows judge.
    """

    steps: int
    rows: int
    batch_size: int
    precision: Precision
    threads: int
    monitored: HeldOutKind

    @property
    def steps_per_epoch(self) -> float:
        """Steps that see as many rows as there are."""
        return self.rows / self.batch_size

    @property
    def epochs(self) -> float:
        """Passes over the rows in all."""
        return self.steps / self.steps_per_epoch


def count_steps(train: TrainSpec, rows: int, batch_size: int, step_s: float, left_s: float) -> int:
    """Return the number of steps: as given, else what the time allows, else by epochs.

    Args:
        train: The wish.
        rows: Training rows.
        batch_size: Rows of a step.
        step_s: What a step takes.
        left_s: What is left of the time limit; half of it counts as left on a day so slow that
            getting ready took more.

    Example:
        >>> count_steps(TrainSpec(epochs=3), 1000, 256, 0.0, 0.0)
        12
        >>> count_steps(TrainSpec(time_limit_s=10.0), 1000, 256, step_s=0.1, left_s=9.0)
        83
    """
    if train.steps is not None:
        return train.steps
    if train.time_limit_s is not None:
        left_s = max(left_s, LEAST_SHARE * train.time_limit_s)
        return max(1, int(left_s * (1 - MARGIN) / step_s))
    return ceil(train.epochs * rows / batch_size)
