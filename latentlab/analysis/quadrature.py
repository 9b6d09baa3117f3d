"""log p(x) = log of the integral of p(x|z) p(z) dz by quadrature, for one or two latents.

The plane is cut into tiles of midpoints. Every datum is scored on every tile of the prior's region
(a matrix product), then tiles that hold its mass are halved in both directions, again and again,
until its log p(x) moves by less than a tolerance. The midpoint rule converges faster than any power
once its step is near the posterior's width, so the last move bounds the error well.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from latentlab.analysis.estimators import Floats, Report, blocks, noise, numbers
from latentlab.analysis.told import Scored
from latentlab.models.sums import logsumexp

Ints = NDArray[np.int64]
Tick = Callable[[], None]

TILE_SIDE = 0.8
POINTS_A_SIDE = {1: 32, 2: 8}
MAX_LEVELS = 14  # the last step, 0.1 / 2^14, is far below the smallest sigma
KEEP_NATS = 14.0  # a tile this far below its datum's total can't matter
PIXELS_AT_ONCE = 2**22
DATA_PIXELS = 2**24
MAX_REACH = 1e4  # latents farther out are not followed
PRIOR_DRAWS = 4096
POSTERIOR_DRAWS = 16


@dataclass(frozen=True, slots=True, eq=False)
class Quadrature:
    """log p(x) of N data.

    Args:
        log_likelihood: (N,) nats.
        moved: (N,) nats by which the last refinement changed it.
        tolerance: What was asked for.
    """

    log_likelihood: Floats
    moved: Floats
    tolerance: float

    @property
    def converged(self) -> bool:
        """Whether every datum's figure has settled within the tolerance."""
        return bool((self.moved < self.tolerance).all())


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Data and tiles they are scored on: rows (P,), tiles (P, d) integer corners in sides."""

    rows: Ints
    tiles: Ints


@torch.inference_mode()
def log_likelihood(
    vae: Scored,
    x: NDArray[np.float32],
    *,
    tolerance: float = 0.01,
    report: Report | None = None,
) -> Quadrature:
    """log p(x) of data (N, C, H, W), refined until each moves by less than `tolerance` nats.

    `report` is called often, so that what it raises can end the work soon.

    Raises:
        ValueError: The model has more than two latents.
    """
    if vae.spec.latent_dim > 2:
        raise ValueError("quadrature is for one or two latents")
    total, moved = np.empty(len(x)), np.empty(len(x))
    region = _prior_tiles(vae)
    for rows, part in blocks(vae, x, DATA_PIXELS, most=16384):

        def tick(done: float = rows.start / len(x)) -> None:
            if report is not None:
                report(done)

        total[rows], moved[rows] = _integrate(vae, part, region, tolerance, tick)
        if report is not None:
            report(rows.stop / len(x))
    return Quadrature(total, moved, tolerance)


def _integrate(
    vae: Scored, x: Tensor, region: Ints, tolerance: float, tick: Tick
) -> tuple[Floats, Floats]:
    """log p(x) of one block of data (B, C, H, W) and how far the last halving moved it."""
    n, side = len(x), TILE_SIDE
    pairs, homes = _first_pairs(vae, x, region)
    # float64 keeps sums over many pixels to 0.01 nat; Apple's MPS has none.
    x = (x.cpu() if x.device.type == "mps" else x).double()
    mass = _masses(vae, x, pairs, side, tick)
    frozen = np.full(n, -np.inf)  # nats of tiles that are no longer halved
    total, moved = _log_sum(pairs.rows, mass, frozen), np.full(n, np.inf)
    for level in range(1, MAX_LEVELS + 1):
        open_rows = moved >= tolerance
        if not open_rows.any():
            break
        keep = _worth_halving(pairs, mass, total, homes // 2 ** (MAX_LEVELS - level + 1))
        # What is dropped here keeps its mass; what is settled is left as it is.
        dropped = ~keep & open_rows[pairs.rows]
        frozen = _log_sum(pairs.rows[dropped], mass[dropped], frozen)
        keep &= open_rows[pairs.rows]
        pairs, side = _halves(_Pairs(pairs.rows[keep], pairs.tiles[keep])), side / 2
        mass = _masses(vae, x, pairs, side, tick)
        finer = _log_sum(pairs.rows, mass, frozen)
        moved[open_rows] = np.abs(finer - total)[open_rows]
        total[open_rows] = finer[open_rows]
    return total, moved


def _prior_tiles(vae: Scored) -> Ints:
    """Tiles that cover the prior's mass: half as far again as the farthest of many draws."""
    eps = noise(
        vae.prior.eps_shape(PRIOR_DRAWS), Generator().manual_seed(0), next(vae.parameters()).device
    )
    draws = numbers(vae.prior.sample(eps))
    low, high = draws.min(0), draws.max(0)
    reach = 0.25 * (high - low)
    first = np.floor((low - reach) / TILE_SIDE).astype(np.int64)
    last = np.floor((high + reach) / TILE_SIDE).astype(np.int64)
    axes = [np.arange(a, b + 1) for a, b in zip(first, last, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, len(axes))  # (T, d)


def _first_pairs(vae: Scored, x: Tensor, region: Ints) -> tuple[_Pairs, Ints]:
    """Every datum on every tile of the prior, and on those where its q reaches beyond.

    Also the finest tiles that hold the posterior means, (B, d): those are always looked at.
    """
    n, d = len(x), region.shape[1]
    q = vae.q(x)
    z, _ = q.rsample(noise(q.eps_shape(POSTERIOR_DRAWS), Generator().manual_seed(1), x.device))
    points = np.concatenate([numbers(z), numbers(q.mean)[None]])  # (S, B, d)
    points = points.clip(-MAX_REACH, MAX_REACH)
    own = np.floor(points / TILE_SIDE).astype(np.int64)
    around = _ring(d)
    own = (own[:, :, None] + around).swapaxes(0, 1).reshape(n, -1, d)  # (B, S * 3^d, d)
    rows = np.repeat(np.arange(n), own.shape[1])
    flat = own.reshape(-1, d)
    outside = ~np.isin(_keys(flat), _keys(region))
    extra = np.unique(np.column_stack([rows[outside], flat[outside]]), axis=0)
    dense_rows = np.repeat(np.arange(n), len(region))
    tiles = np.concatenate([np.tile(region, (n, 1)), extra[:, 1:]])
    homes = np.floor(points[-1] / TILE_SIDE * 2**MAX_LEVELS).astype(np.int64)
    return _Pairs(np.concatenate([dense_rows, extra[:, 0]]), tiles), homes


def _worth_halving(pairs: _Pairs, mass: Floats, total: Floats, homes: Ints) -> NDArray[np.bool_]:
    """Pairs with mass that counts, or beside a datum's best tile or its posterior mean."""
    heavy = mass > total[pairs.rows] - KEEP_NATS
    best = np.zeros_like(homes)
    order = np.argsort(mass, kind="stable")  # the heaviest of a row is written last
    best[pairs.rows[order]] = pairs.tiles[order]
    near_best = (np.abs(pairs.tiles - best[pairs.rows]) <= 1).all(1)
    near_home = (pairs.tiles == homes[pairs.rows]).all(1)
    return np.asarray(heavy | near_best | near_home)


def _halves(pairs: _Pairs) -> _Pairs:
    """Every pair's tile cut in two along each axis."""
    d = pairs.tiles.shape[1]
    corners = np.stack(np.meshgrid(*[[0, 1]] * d, indexing="ij"), -1).reshape(-1, d)  # (2^d, d)
    tiles = (2 * pairs.tiles[:, None] + corners).reshape(-1, d)
    return _Pairs(np.repeat(pairs.rows, len(corners)), tiles)


def _masses(vae: Scored, x: Tensor, pairs: _Pairs, side: float, tick: Tick) -> Floats:
    """log of the integral of p(x|z) p(z) over each pair's tile: (P,)."""
    device = next(vae.parameters()).device
    keys = _keys(pairs.tiles)
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=keys[order[0]] - 1))
    stops = np.append(starts[1:], len(order))
    mass = np.empty(len(order))
    offsets = _midpoints(pairs.tiles.shape[1]) * side
    area = pairs.tiles.shape[1] * math.log(side) - math.log(len(offsets))
    at_once = max(1, PIXELS_AT_ONCE // (len(offsets) * math.prod(vae.spec.shape)))
    for first in range(0, len(starts), at_once):
        tick()
        group = range(first, min(first + at_once, len(starts)))
        corners = pairs.tiles[order[starts[list(group)]]] * side  # (G, d)
        z = torch.from_numpy((corners[:, None] + offsets).astype(np.float32)).to(device)
        parameters = vae.likelihood_parameters(z).to(x.device).double()  # (G, M, C', H, W)
        log_prior = vae.prior.log_prob(z).to(x.device).double()
        for place, tile in enumerate(group):
            members = order[starts[tile] : stops[tile]]
            rows = torch.from_numpy(pairs.rows[members]).to(x.device)
            data = x if len(rows) == len(x) and len(x) > 1 else x[rows]
            if data is x:
                members = members[np.argsort(pairs.rows[members], kind="stable")]
            joint = vae.likelihood.pairs(data, parameters[place]) + log_prior[place]
            mass[members] = numbers(logsumexp(joint, 1)) + area
    return mass


def _midpoints(d: int) -> Floats:
    """Midpoints of a tile of side 1: (M, d)."""
    count = POINTS_A_SIDE[d]
    line = (np.arange(count) + 0.5) / count
    return np.stack(np.meshgrid(*[line] * d, indexing="ij"), -1).reshape(-1, d)


def _ring(d: int) -> Ints:
    """A tile and its neighbours: (3^d, d) offsets."""
    return np.stack(np.meshgrid(*[[-1, 0, 1]] * d, indexing="ij"), -1).reshape(-1, d)


def _keys(tiles: Ints) -> Ints:
    """One number for each tile."""
    shifted = tiles + 2**30
    return shifted[:, 0] if tiles.shape[1] == 1 else (shifted[:, 0] << 31) | shifted[:, 1]


def _log_sum(rows: Ints, mass: Floats, start: Floats) -> Floats:
    """log of exp(start) plus the sum of exp(mass) by row."""
    top = start.copy()
    np.maximum.at(top, rows, mass)
    safe = np.where(np.isfinite(top), top, 0.0)
    sums = np.bincount(rows, np.exp(mass - safe[rows]), minlength=len(start))
    with np.errstate(divide="ignore"):
        return np.asarray(safe + np.log(sums + np.exp(start - safe)))
