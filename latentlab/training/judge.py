"""The held-out terms: the same rows, the same noise, in float32, every time."""

from __future__ import annotations

import time
from collections import defaultdict

import torch

from latentlab.training.objectives import Batch, Objective
from latentlab.training.records import Terms
from latentlab.training.rows import Batches

BATCH = 500
SHARE = 0.03  # of the time since the last figures: what new ones may cost


class Judge:
    """Scores a model on rows that it never learns from.

    Args:
        batches: The rows; may be empty.
        seed: Of the noise, drawn anew for each scoring, so that figures differ by the model alone
            and the training's own noise is not touched.
    """

    def __init__(self, batches: Batches, device: torch.device, seed: int) -> None:
        self._batches = batches
        self._device = device
        self._seed = seed
        self._cost_s = 0.0
        self._last_s: float | None = None

    @property
    def cost_s(self) -> float:
        """What the last scoring took."""
        return self._cost_s

    def is_due(self) -> bool:
        """Whether figures are affordable again."""
        return self._last_s is None or self._cost_s < SHARE * (time.perf_counter() - self._last_s)

    def score(self, objective: Objective) -> Terms | None:
        """Return the mean terms of its model over all rows, with beta 1; None without rows."""
        if not len(self._batches):
            return None
        begin = time.perf_counter()
        generator = torch.Generator(self._device).manual_seed(self._seed)
        was_training = objective.vae.training
        objective.vae.eval()
        try:
            terms = self._mean(objective, generator)
        finally:
            objective.vae.train(was_training)
        self._last_s = time.perf_counter()
        self._cost_s = self._last_s - begin
        return terms

    @torch.no_grad()
    def _mean(self, objective: Objective, generator: torch.Generator) -> Terms:
        sums: dict[str, float] = defaultdict(float)
        rows: dict[str, int] = defaultdict(int)
        count = len(self._batches)
        for start in range(0, count, BATCH):
            x = self._batches.span(start, start + BATCH)
            y = self._batches.labels(slice(start, start + BATCH))
            record = objective.score(Batch(x, y, 1.0, 1.0, generator))
            parts = {"loss": record.loss, "reconstruction": record.reconstruction, "kl": record.kl}
            for name, value in (parts | record.extras).items():
                sums[name] += float(value) * len(x)
                rows[name] += len(x)  # a batch without a label has no accuracy
        means = {name: value / rows[name] for name, value in sums.items()}
        loss, reconstruction, kl = (means.pop(name) for name in ("loss", "reconstruction", "kl"))
        return Terms(reconstruction - kl, reconstruction, kl, loss, means)
