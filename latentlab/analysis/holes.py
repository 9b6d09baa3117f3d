"""Holes of the latent space: prior mass where the aggregate posterior has hardly any density.

The aggregate posterior is q(z) = 1/N sum_n q(z|x_n). A hole is where q(z) is under 1 % of its
maximum: a sample of the prior that lands there decodes to what no datum taught. Even a perfect
q(z) = p(z) has some of its mass under 1 % of its maximum (in two dimensions 1 %, in fifty nearly
all), so the same share of the prior against itself stands beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from latentlab.analysis.estimators import noise, numbers, wide
from latentlab.analysis.told import Scored
from latentlab.models.sums import logsumexp

Floats = NDArray[np.float64]
Parts = Sequence[tuple[Scored, NDArray[np.float32]]]  # a model and its data, for each class

FRACTION = 0.01  # of the maximum
POSTERIORS, FEW_POSTERIORS = 4000, 500  # data whose q make the aggregate; few of costly ones
DRAWS = 4000  # of the prior
CELLS = {1: 4000, 2: 160}  # a side, where a grid can be laid
FEW_CELLS = {1: 4000, 2: 64}
PAIRS_AT_ONCE = 2**21
DATA_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Holes:
    """Prior mass where the aggregate posterior is under 1 % of its maximum.

    Args:
        prior_mass: Share of the prior, 0 to 1.
        error: Its standard error; 0 on a grid.
        of_equals: The same share where the aggregate posterior were the prior itself.
        method: A grid for one or two latents, else draws from the prior.
        posteriors: Data whose q make the aggregate.
    """

    prior_mass: float
    error: float
    of_equals: float
    method: Literal["grid", "draws"]
    posteriors: int


@torch.inference_mode()
def holes(parts: Parts, generator: Generator) -> Holes:
    """Holes of the aggregate posterior of data (N, C, H, W); q must score any latent."""
    aggregate, vae = Aggregate(parts), parts[0][0]
    device = next(vae.parameters()).device
    draws = vae.prior.sample(noise(vae.prior.eps_shape(DRAWS), generator, device))
    own = numbers(wide(vae.prior.log_prob(draws)))
    if vae.z_dim in CELLS:
        return _on_grid(vae, aggregate, numbers(draws))
    density = aggregate.log_density(draws)
    peak = max(float(density.max()), aggregate.peak())
    empty = density < peak + math.log(FRACTION)
    share = float(empty.mean())
    error = math.sqrt(share * (1 - share) / len(empty))
    top = max(float(own.max()), float(wide(vae.prior.log_prob(draws.mean(0, keepdim=True)))))
    equals = float((own < top + math.log(FRACTION)).mean())
    return Holes(share, error, equals, "draws", aggregate.count)


def costly(vae: Scored) -> bool:
    """Whether q is no Gaussian, so that each of its densities is a pass through networks."""
    device = next(vae.parameters()).device
    q = vae.q(torch.zeros(1, *vae.spec.shape, device=device))
    return not hasattr(q, "log_sigma")


class Aggregate:
    """q(z) = 1/N sum_n q(z|x_n) of data (N, C, H, W).

    Attributes:
        count: N.
    """

    def __init__(self, parts: Parts) -> None:
        device = next(parts[0][0].parameters()).device
        self._posteriors = [
            vae.q(torch.from_numpy(np.array(x[start : start + DATA_AT_ONCE])).to(device))
            for vae, x in parts
            for start in range(0, len(x), DATA_AT_ONCE)
        ]
        self.count = sum(len(x) for _, x in parts)
        self.dim = parts[0][0].z_dim

    def log_density(self, z: Tensor) -> Floats:
        """log q(z): (M, D) -> (M,) float64."""
        size = max(1, PAIRS_AT_ONCE // (DATA_AT_ONCE * self.dim))
        parts = []
        for start in range(0, len(z), size):
            points = z[start : start + size].unsqueeze(1)  # (m, 1, D)
            scores = []
            for q in self._posteriors:
                spread = points.expand(-1, len(q.mean), -1)  # (m, B, D)
                scores.append(logsumexp(wide(q.log_prob(spread)), 1))
            parts.append(numbers(torch.stack(scores).logsumexp(0)) - math.log(self.count))
        return np.concatenate(parts)

    def means(self) -> Tensor:
        """(N, D)."""
        return torch.cat([q.mean for q in self._posteriors])

    def peak(self) -> float:
        """About the largest log q(z): at the posterior means, a thousand of them."""
        means = self.means()
        rows = torch.arange(min(len(means), 1000)) * len(means) // min(len(means), 1000)
        return float(self.log_density(means[rows]).max())


def _on_grid(vae: Scored, aggregate: Aggregate, draws: Floats) -> Holes:
    """By the midpoint rule over the region of the prior, half as far again as its draws."""
    device = next(vae.parameters()).device
    low, high = draws.min(0), draws.max(0)
    reach = 0.25 * (high - low)
    side = (FEW_CELLS if costly(vae) else CELLS)[vae.z_dim]
    lines = [
        a - r + (np.arange(side) + 0.5) / side * (b - a + 2 * r)
        for a, b, r in zip(low, high, reach, strict=True)
    ]
    mesh = np.stack(np.meshgrid(*lines, indexing="ij"), -1).reshape(-1, vae.z_dim)
    grid = torch.from_numpy(mesh.astype(np.float32)).to(device)
    prior = numbers(wide(vae.prior.log_prob(grid)))
    mass = np.exp(prior - prior.max())
    mass /= mass.sum()
    density = aggregate.log_density(grid)
    peak = max(float(density.max()), aggregate.peak())
    empty = density < peak + math.log(FRACTION)
    equals = float(mass[prior < prior.max() + math.log(FRACTION)].sum())
    return Holes(float(mass[empty].sum()), 0.0, equals, "grid", aggregate.count)
