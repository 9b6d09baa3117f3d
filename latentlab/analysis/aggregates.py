"""The aggregate posterior on the map: q(z) = 1/N sum_n q(z|x_n)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from latentlab.analysis.crowding import data_density, kernel_width
from latentlab.analysis.estimators import noise, numbers
from latentlab.analysis.holes import Parts
from latentlab.analysis.told import Scored
from latentlab.latent.charts import Plane
from latentlab.latent.field import Rect, centres
from latentlab.models.posteriors import DiagonalGaussian, FullGaussian, Posterior

PAIRS_AT_ONCE = 2**21
DATA_AT_ONCE = 500
POSTERIORS = 4000  # data whose q make it
DRAWS, ALL_DRAWS = 64, 40_000  # of each q that is no Gaussian, and at least of all of them
SEED = 0


@torch.inference_mode()
def aggregate_rows(
    parts: Parts, plane: Plane, rect: Rect, rows: int, columns: int
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """q(z) on a part of a plane, from above to below: a density, in 1 per unit (squared).

    Where there are more than two latents it is q's projection onto the plane: the density of w for
    z = o + A w + what is off the plane. Gaussians project in closed form; others are drawn from,
    always the same draws, and their draws smoothed.

    Args:
        parts: Models (told each class, where they are) and their data (N, C, H, W).
        plane: The map's.
        rect: x0, y0, x1, y1 on it.
        rows: R; 1 for one latent.
        columns: C.

    Yields:
        Rows and their values (r, C).
    """
    if not gaussian(parts[0][0]):
        drawn = _drawn(parts, plane)
        width = kernel_width(drawn, plane.latent_dim)
        counted = data_density(drawn, rect, rows, columns, width)
        yield slice(0, rows), np.asarray(counted / len(drawn), dtype=np.float32)
        return
    w = centres(rect, rows, columns)  # (R, C, 2)
    means, roots = _projected(parts, plane)
    at_once = max(1, PAIRS_AT_ONCE // (len(means) * columns))
    for start in range(0, rows, at_once):
        part = w[start : start + at_once]
        at = torch.from_numpy(part.reshape(-1, 2)[:, : means.shape[1]].astype(np.float32))
        density = _mixture(at.to(means.device), means, roots).reshape(part.shape[:2])
        yield slice(start, start + len(part)), density


def gaussian(vae: Scored) -> bool:
    """Whether q(z|x) is a Gaussian, diagonal or full."""
    device = next(vae.parameters()).device
    q = vae.q(torch.zeros(1, *vae.spec.shape, device=device))
    return isinstance(q, DiagonalGaussian | FullGaussian)


def _drawn(parts: Parts, plane: Plane) -> NDArray[np.float64]:
    """Draws of every q, on the plane: (N * S, 2)."""
    samples = max(DRAWS, ALL_DRAWS // max(sum(len(x) for _, x in parts), 1))
    device, generator = next(parts[0][0].parameters()).device, Generator().manual_seed(SEED)
    found = []
    for told, x in parts:
        for start in range(0, len(x), DATA_AT_ONCE):
            q = told.q(torch.from_numpy(np.array(x[start : start + DATA_AT_ONCE])).to(device))
            z, _ = q.rsample(noise(q.eps_shape(samples), generator, device))
            found.append(plane.project(numbers(z).reshape(-1, plane.latent_dim)))
    return np.concatenate(found)


def _projected(parts: Parts, plane: Plane) -> tuple[Tensor, Tensor]:
    """Means (N, p) and whitening factors (N, p, p) of every q on the plane, p = 1 or 2."""
    vae = parts[0][0]
    device = next(vae.parameters()).device
    axes = plane.axes[:, : 1 if plane.latent_dim == 1 else 2]
    onto = torch.from_numpy(axes.astype(np.float32)).to(device)  # (d, p)
    origin = torch.from_numpy(plane.origin.astype(np.float32)).to(device)
    means, roots = [], []
    for told, x in parts:
        for start in range(0, len(x), DATA_AT_ONCE):
            q = told.q(torch.from_numpy(np.array(x[start : start + DATA_AT_ONCE])).to(device))
            means.append((q.mean - origin) @ onto)
            factor = onto.T @ _factor(q)  # (B, p, d): A^T L
            covariance = factor @ factor.mT  # (B, p, p)
            roots.append(torch.linalg.inv(torch.linalg.cholesky(covariance.double())).float())
    return torch.cat(means), torch.cat(roots)


def _factor(q: Posterior) -> Tensor:
    """L of each covariance L L^T: (B, d, d)."""
    if isinstance(q, FullGaussian):
        return q.scale_tril
    if isinstance(q, DiagonalGaussian):
        return torch.diag_embed(q.log_sigma.exp())
    raise ValueError("only Gaussians are projected")


def _mixture(at: Tensor, means: Tensor, roots: Tensor) -> NDArray[np.float32]:
    """The mean of Gaussians at (M, p): (M,)."""
    p = means.shape[1]
    away = at[:, None] - means  # (M, N, p)
    eps = torch.einsum("npq,mnq->mnp", roots, away)
    scale = torch.diagonal(roots, dim1=-2, dim2=-1).prod(-1) / (2.0 * np.pi) ** (p / 2)  # (N,)
    density = (torch.exp(-0.5 * eps.square().sum(-1)) * scale).mean(1)
    return np.asarray(density.cpu().numpy(), dtype=np.float32)
