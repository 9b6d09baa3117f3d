"""log p(z), log q(z|x) and log p(z|x) on a grid of the plane, and the levels to draw them at.

A grid is latents (R, C, d): for d = 2 the plane itself; for d > 2 a plane z = o + A w, on which a
density is a slice, known up to a constant. Row and column order are the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from latentlab.analysis.estimators import Floats, noise, numbers, wide
from latentlab.analysis.told import Scored

SHARES = (0.3935, 0.8647, 0.9889)  # of a plane's standard normal within 1, 2 and 3 sigma
POINTS_AT_ONCE = 2**14
VALUES_AT_ONCE = 2**22
PRIOR_DRAWS = 20_000


@torch.inference_mode()
def prior_on_grid(vae: Scored, z: NDArray[np.floating]) -> Floats:
    """log p(z) in nats: latents (R, C, d) -> (R, C).

    Example:
        >>> from latentlab.models.build import build
        >>> from latentlab.specs import ModelSpec
        >>> z = np.zeros((3, 4, 2))
        >>> prior_on_grid(build(ModelSpec(shape=(1, 8, 8))), z).round(4)[0]
        array([-1.8379, -1.8379, -1.8379, -1.8379])
    """
    return _on_grid(vae, z, vae.prior.log_prob, POINTS_AT_ONCE)[..., 0]


@torch.inference_mode()
def posterior_on_grid(vae: Scored, x: NDArray[np.float32], z: NDArray[np.floating]) -> Floats:
    """log q(z|x) in nats of a few data (N, C, H, W): latents (R, C, d) -> (N, R, C).

    Raises:
        UsageError: The posterior has no density.
    """
    q = vae.q(_tensor(vae, x))

    def score(points: Tensor) -> Tensor:
        return q.log_prob(points[:, None])  # (M, N)

    at_once = max(1, POINTS_AT_ONCE // len(x))
    return np.moveaxis(_on_grid(vae, z, score, at_once), -1, 0)


@torch.inference_mode()
def true_posterior_on_grid(vae: Scored, x: NDArray[np.float32], z: NDArray[np.floating]) -> Floats:
    """log p(x|z) + log p(z) in nats of a few data: latents (R, C, d) -> (N, R, C).

    This is log p(z|x) up to log p(x), a constant of each datum.
    """
    data = wide(_tensor(vae, x))

    def score(points: Tensor) -> Tensor:
        parameters = vae.likelihood_parameters(points)
        joint = vae.likelihood.pairs(data, wide(parameters)).T  # (M, N)
        return joint + wide(vae.prior.log_prob(points))[:, None]

    at_once = max(1, VALUES_AT_ONCE // data[0].numel())
    return np.moveaxis(_on_grid(vae, z, score, at_once), -1, 0)


@torch.inference_mode()
def prior_levels(
    vae: Scored, shares: Sequence[float] = SHARES, *, draws: int = PRIOR_DRAWS
) -> tuple[float, ...]:
    """log p(z) at the edge of the smallest regions that hold these shares of p(z).

    For d > 2 they are regions of the whole space, which a plane cuts. Of draws from the prior,
    always the same ones: the share that lies higher is the share inside.

    Example:
        >>> from latentlab.models.build import build
        >>> from latentlab.specs import ModelSpec
        >>> one_sigma = prior_levels(build(ModelSpec(shape=(1, 8, 8))))[0]
        >>> abs(one_sigma - (-1.8379 - 0.5)) < 0.02
        True
    """
    device = next(vae.parameters()).device
    eps = noise(vae.prior.eps_shape(draws), Generator().manual_seed(0), device)
    density = numbers(vae.prior.log_prob(vae.prior.sample(eps)))
    return tuple(float(np.quantile(density, 1 - share)) for share in shares)


def levels_on_grid(
    log_density: NDArray[np.floating], shares: Sequence[float] = SHARES
) -> tuple[float, ...]:
    """Levels of a density (R, C) on an even grid, whose smallest regions hold these shares of it.

    The grid's own mass is the whole: for a slice, or where the grid holds nearly all of it.

    Example:
        >>> density = np.array([[0.1, 0.6], [0.1, 0.2]])
        >>> round(np.exp(levels_on_grid(np.log(density), [0.7])[0]), 6).item()
        0.2
    """
    ordered = np.sort(log_density, axis=None)[::-1].astype(np.float64)
    mass = np.exp(ordered - ordered[0]).cumsum()
    places = np.searchsorted(mass, np.asarray(shares) * mass[-1])
    return tuple(float(ordered[min(place, ordered.size - 1)]) for place in places)


def _on_grid(
    vae: Scored, z: NDArray[np.floating], score: Callable[[Tensor], Tensor], at_once: int
) -> Floats:
    """Scores (R, C, N) of latents (R, C, d), so many of them at a time."""
    flat = np.asarray(z, dtype=np.float32).reshape(-1, z.shape[-1])
    parts = []
    for start in range(0, len(flat), at_once):
        scores = score(_tensor(vae, flat[start : start + at_once]))
        parts.append(numbers(scores).reshape(len(scores), -1))  # (M, N)
    return np.concatenate(parts).reshape(*z.shape[:-1], -1)


def _tensor(vae: Scored, values: NDArray[np.floating]) -> Tensor:
    # A copy: torch warns of memory that can't be written, and data sets can't.
    copied = torch.from_numpy(np.array(values, dtype=np.float32))
    return copied.to(next(vae.parameters()).device)
