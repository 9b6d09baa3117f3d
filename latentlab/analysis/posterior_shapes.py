"""q(z|x) and the true posterior p(z|x) of a datum on the map, and the gap between them.

log p(x) = ELBO(x) + KL(q(z|x) || p(z|x)): where q's lines and those of p(z|x) part, the bound pays
for it. On a plane of more than two latents both are slices, each normalised on the plane.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from latentlab.analysis import estimators, quadrature
from latentlab.analysis.contours import Contour, region
from latentlab.analysis.densities import (
    SHARES,
    levels_on_grid,
    posterior_on_grid,
    true_posterior_on_grid,
)
from latentlab.analysis.estimators import noise, numbers, wide
from latentlab.analysis.told import Scored
from latentlab.latent.charts import Plane
from latentlab.latent.field import Rect
from latentlab.models.posteriors import DiagonalGaussian, FullGaussian

Floats = NDArray[np.float64]
Log = Callable[[Floats], Floats]  # latents (R, C, d) -> a log density, up to a constant: (R, C)

SHOWN = SHARES[:2]  # 39 and 86 %: one and two sigma of a Gaussian on a plane
LINE_SHARES = (0.6827, 0.9545)  # the same of one latent
SIDE, FINER = 64, 4
CORNERS = 96  # of an ellipse
KEEP_NATS = 9.0  # below the peak: what lies lower is not looked at again
MOST_LOOKS = 12
NODES = 24  # of Gauss-Hermite's rule along each latent
DRAWS, WEIGHTS = 500, 1000  # where there are more than two latents


@dataclass(frozen=True, slots=True, eq=False)
class Gap:
    """log p(x) - ELBO(x) = KL(q(z|x) || p(z|x)) of one datum, in nats.

    Args:
        bound: ELBO(x).
        log_px: log p(x).
        kind: By quadrature; or by importance sampling, where log p(x) and the gap are at least so.
    """

    bound: float
    log_px: float
    kind: Literal["quadrature", "importance"]

    @property
    def nats(self) -> float:
        """The gap; never negative, as a figure of a rounded difference may be."""
        return max(self.log_px - self.bound, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A density on the map: lines around its smallest regions of 39 and 86 %.

    Args:
        lines: One for each share.
        middle: Its mean on the plane.
    """

    lines: tuple[Contour, ...]
    middle: tuple[float, float]


@torch.inference_mode()
def q_shape(vae: Scored, x: NDArray[np.float32], plane: Plane) -> Shape:
    """q(z|x) of one datum (C, H, W) on a plane: exact ellipses of a Gaussian, else contours.

    Raises:
        UsageError: The posterior has no density.
    """
    q = vae.q(_one(vae, x))
    if isinstance(q, DiagonalGaussian | FullGaussian):
        return _ellipses(*_sliced(q, plane), flat=plane.latent_dim == 1)
    z, _ = q.rsample(noise(q.eps_shape(256), Generator().manual_seed(0), q.mean.device))
    w = plane.project(numbers(z[:, 0]))  # (256, 2)
    low, high = w.min(0), w.max(0)
    pad = 0.25 * np.maximum(high - low, 1e-6)
    start = (*(low - pad), *(high + pad))

    def log_q(points: Floats) -> Floats:
        return np.asarray(posterior_on_grid(vae, x[None], points)[0])

    return _contours(log_q, plane, start)


@torch.inference_mode()
def p_shape(vae: Scored, x: NDArray[np.float32], plane: Plane) -> Shape:
    """p(z|x) = p(x|z) p(z) / p(x) of one datum (C, H, W) on a plane, its contours.

    It is looked for where the prior lies and around q, then closer and closer.
    """
    mean = plane.project(numbers(vae.q(_one(vae, x)).mean[0]))
    x0, y0, x1, y1 = region(vae, plane)
    pad = 0.05 * max(x1 - x0, y1 - y0)
    start = (
        min(x0, mean[0] - pad),
        min(y0, mean[1] - pad),
        max(x1, mean[0] + pad),
        max(y1, mean[1] + pad),
    )

    def log_joint(points: Floats) -> Floats:
        return np.asarray(true_posterior_on_grid(vae, x[None], points)[0])

    return _contours(log_joint, plane, start)


@torch.inference_mode()
def gap(vae: Scored, x: NDArray[np.float32], seed: int = 0) -> Gap:
    """The gap that the bound of one datum (C, H, W) pays for.

    With one or two latents log p(x) is by quadrature and the ELBO by Gauss and Hermite's rule over
    q's own noise; with more, by draws.

    Raises:
        UsageError: The posterior has no density.
    """
    data = x[None]
    if vae.spec.latent_dim <= 2:
        total = float(quadrature.log_likelihood(vae, data).log_likelihood[0])
        return Gap(_elbo(vae, _one(vae, x)), total, "quadrature")
    generator = Generator().manual_seed(seed)
    bound = estimators.elbo(vae, data, samples=DRAWS, generator=generator)
    found = estimators.importance(vae, data, samples=WEIGHTS, generator=generator)
    return Gap(float(bound.bound[0]), float(found.log_likelihood[0]), "importance")


def _elbo(vae: Scored, x: Tensor) -> float:
    """E_q[log p(x|z) + log p(z) - log q(z|x)] for z = g(eps, x), over a grid of eps."""
    q = vae.q(x)
    values = q.eps_shape(1)[-1]
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    eps = np.stack(np.meshgrid(*[nodes] * values, indexing="ij"), -1).reshape(-1, 1, values)
    products = np.stack(np.meshgrid(*[weights] * values, indexing="ij"), -1).reshape(-1, values)
    weight = products.prod(1) / (2.0 * math.pi) ** (values / 2)
    z, log_q = q.rsample(torch.from_numpy(eps.astype(np.float32)).to(x.device))  # (M, 1, D)
    joint = wide(vae.log_likelihood(x, z)) + wide(vae.prior.log_prob(z)) - wide(log_q)
    return float((numbers(joint[:, 0]) * weight).sum())


def _one(vae: Scored, x: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(np.array(x[None])).to(next(vae.parameters()).device)


def _sliced(q: DiagonalGaussian | FullGaussian, plane: Plane) -> tuple[Floats, Floats]:
    """Mean (p,) and covariance (p, p) of a Gaussian's slice by a plane, p = 1 or 2.

    log q(o + A w) = -1/2 (w - m)^T C^-1 (w - m) + const with C = (A^T S^-1 A)^-1 and
    m = C A^T S^-1 (mu - o).
    """
    factor = q.scale_tril if isinstance(q, FullGaussian) else torch.diag_embed(q.log_sigma.exp())
    root = numbers(factor[0])
    axes = plane.axes[:, : 1 if plane.latent_dim == 1 else 2]
    whitened = np.linalg.solve(root, axes)  # (d, p): L^-1 A
    away = np.linalg.solve(root, numbers(q.mean[0]) - plane.origin)
    covariance = np.linalg.inv(whitened.T @ whitened)
    return covariance @ whitened.T @ away, covariance


def _ellipses(mean: Floats, covariance: Floats, *, flat: bool) -> Shape:
    """Lines around 39 and 86 %; with one latent, the ends of intervals."""
    if flat:
        sigma = math.sqrt(float(covariance[0, 0]))
        lines = tuple(
            Contour(share, _ends(float(mean[0]), reach * sigma))
            for share, reach in zip(LINE_SHARES, (1.0, 2.0), strict=True)
        )
        return Shape(lines, (float(mean[0]), 0.0))
    turn = np.linspace(0.0, 2.0 * np.pi, CORNERS + 1)
    circle = np.stack([np.cos(turn), np.sin(turn)], -1) @ np.linalg.cholesky(covariance).T
    lines = tuple(
        Contour(share, (mean + math.sqrt(-2.0 * math.log1p(-share)) * circle,)) for share in SHOWN
    )
    return Shape(lines, (float(mean[0]), float(mean[1])))


def _ends(middle: float, reach: float) -> tuple[Floats, ...]:
    """Short lines across the map at both ends of an interval, joined by one along it."""
    left, right, high = middle - reach, middle + reach, 0.3 * reach
    box = [(left, -high), (right, -high), (right, high), (left, high), (left, -high)]
    return (np.array(box),)


def _contours(log_density: Log, plane: Plane, rect: Rect) -> Shape:
    """Contours of a density that is found within `rect`, closer until it fills the part."""
    import contourpy
    from scipy.ndimage import zoom

    if plane.latent_dim == 1:
        return _intervals(log_density, plane, rect)
    for _ in range(MOST_LOOKS):
        x, y = np.linspace(rect[0], rect[2], SIDE), np.linspace(rect[1], rect[3], SIDE)
        density = log_density(plane.lift(np.stack(np.meshgrid(x, y), -1)))  # row 0 below
        closer, worth = _closer(density, x, y, rect)
        if not worth:
            break
        rect = closer
    # A smooth surface through what was scored: its lines have no corners.
    density = zoom(density, FINER, order=3)
    x, y = (np.linspace(ends[0], ends[-1], FINER * SIDE) for ends in (x, y))
    mass = np.exp(density - density.max())
    mass /= mass.sum()
    drawn = contourpy.contour_generator(x, y, density)
    lines = tuple(
        Contour(share, tuple(np.asarray(piece, dtype=np.float64) for piece in drawn.lines(level)))
        for share, level in zip(SHOWN, levels_on_grid(density, SHOWN), strict=True)
    )
    return Shape(lines, (float(mass.sum(0) @ x), float(mass.sum(1) @ y)))


def _closer(density: Floats, x: Floats, y: Floats, rect: Rect) -> tuple[Rect, bool]:
    """The part that holds what counts, with a margin; and whether it is worth another look."""
    heavy = density > density.max() - KEEP_NATS
    columns, rows = np.flatnonzero(heavy.any(0)), np.flatnonzero(heavy.any(1))
    dx, dy = x[1] - x[0], y[1] - y[0]
    left, right = x[columns[0]] - 2 * dx, x[columns[-1]] + 2 * dx
    low, high = y[rows[0]] - 2 * dy, y[rows[-1]] + 2 * dy
    touches = columns[0] == 0 or rows[0] == 0 or columns[-1] == len(x) - 1 or rows[-1] == len(y) - 1
    smaller = (right - left) * (high - low) < 0.5 * (rect[2] - rect[0]) * (rect[3] - rect[1])
    if touches and not smaller:  # it may go on beyond: look a little wider
        wide_x, wide_y = 0.5 * (right - left), 0.5 * (high - low)
        left, right, low, high = left - wide_x, right + wide_x, low - wide_y, high + wide_y
    return (float(left), float(low), float(right), float(high)), bool(smaller or touches)


def _intervals(log_density: Log, plane: Plane, rect: Rect) -> Shape:
    """The ends of the smallest intervals of a density of one latent."""
    low, high = rect[0], rect[2]
    for _ in range(MOST_LOOKS):
        x = np.linspace(low, high, SIDE * 8)
        places = np.stack([x, np.zeros_like(x)], -1)[None]
        density = log_density(plane.lift(places))[0]
        kept = np.flatnonzero(density > density.max() - KEEP_NATS)
        step = x[1] - x[0]
        ends = x[kept[0]] - 2 * step, x[kept[-1]] + 2 * step
        if ends[1] - ends[0] > 0.5 * (high - low):
            break
        low, high = ends
    mass = np.exp(density - density.max())
    mass /= mass.sum()
    lines = []
    levels = levels_on_grid(density[None], LINE_SHARES)
    for share, level in zip(LINE_SHARES, levels, strict=True):
        inside = np.flatnonzero(density >= level)
        runs = np.split(inside, np.flatnonzero(np.diff(inside) > 1) + 1)
        boxes = [_ends((x[r[0]] + x[r[-1]]) / 2, (x[r[-1]] - x[r[0]] + step) / 2) for r in runs]
        lines.append(Contour(share, tuple(piece for box in boxes for piece in box)))
    return Shape(tuple(lines), (float(mass @ x), 0.0))
