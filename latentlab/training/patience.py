"""Early stopping: how long to wait for a better bound, and the weights that had the best one."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

Weights = dict[str, Tensor]


class Patience:
    """Counts epochs without a better bound on validation rows.

    Args:
        epochs: How many of them end a training; 0 waits for ever.
    """

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self.best: Weights = {}
        self.best_bound: float | None = None
        self.stale_epochs = 0

    @property
    def is_over(self) -> bool:
        """Whether it is time to stop."""
        return 0 < self.epochs <= self.stale_epochs

    def note(self, bound_nats: float, weights: Callable[[], Weights]) -> None:
        """Take the bound of one more epoch; `weights` is asked where it is the best so far."""
        if self.best_bound is None or bound_nats > self.best_bound:
            self.best, self.best_bound, self.stale_epochs = weights(), bound_nats, 0
        else:
            self.stale_epochs += 1

    def put_back(self, best: Weights, best_bound: float | None, stale_epochs: int) -> None:
        """Restore what it held before."""
        self.best, self.best_bound, self.stale_epochs = best, best_bound, stale_epochs
