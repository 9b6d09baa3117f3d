"""The held-out terms: the same rows, the same noise, in float32, every time."""

from __future__ import annotations

import time

import torch
from torch import Tensor

from latentlab.models.vae import VAE
from latentlab.training.objectives import Objective
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

    def __init__(self, batches: Batches, objective: Objective, device: torch.device, seed: int):
        self._batches = batches
        self._objective = objective
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

    def score(self, vae: VAE) -> Terms | None:
        """Return the mean terms over all rows, with beta 1; None without rows."""
        if not len(self._batches):
            return None
        begin = time.perf_counter()
        generator = torch.Generator(self._device).manual_seed(self._seed)

        def noise(shape: tuple[int, ...]) -> Tensor:
            return torch.randn(shape, generator=generator, device=self._device)

        sums = torch.zeros(3, dtype=torch.float64)
        with torch.no_grad():
            for start in range(0, len(self._batches), BATCH):
                x = self._batches.span(start, start + BATCH)
                record = self._objective(vae, x, noise, 1.0)
                terms = torch.stack((record.loss, record.reconstruction, record.kl))
                sums += terms.cpu().double() * len(x)
        loss, reconstruction, kl = (sums / len(self._batches)).tolist()
        self._last_s = time.perf_counter()
        self._cost_s = self._last_s - begin
        return Terms(reconstruction - kl, reconstruction, kl, loss)
