"""The prior on the map: lines around the smallest regions that hold 39, 86 and 99 % of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator

from latentlab.analysis.densities import SHARES, levels_on_grid, prior_on_grid
from latentlab.analysis.estimators import noise, numbers
from latentlab.analysis.told import Scored
from latentlab.latent.charts import Plane

Floats = NDArray[np.float64]
Rect = tuple[float, float, float, float]  # x0, y0, x1, y1 on the map

SIDE = 96  # points a side
DRAWS = 2000  # by which the region is found
TAIL, MARGIN = 0.002, 0.15


@dataclass(frozen=True, slots=True, eq=False)
class Contour:
    """One level of the prior.

    Args:
        share: Of the prior inside, 0 to 1; of the plane's slice of it where d > 2.
        pieces: Each (n, 2) map points of a line.
    """

    share: float
    pieces: tuple[Floats, ...]


@torch.inference_mode()
def prior_contours(vae: Scored, plane: Plane, side: int = SIDE) -> tuple[Contour, ...]:
    """Lines of p(z) on a plane, whatever the prior's form.

    Example:
        >>> from latentlab.latent.charts import axes_plane
        >>> from latentlab.models.build import build
        >>> from latentlab.specs import ModelSpec
        >>> lines = prior_contours(build(ModelSpec(shape=(1, 8, 8))), axes_plane(2))
        >>> [round(float(np.linalg.norm(line.pieces[0], axis=1).mean()), 1) for line in lines]
        [1.0, 2.0, 3.0]
    """
    import contourpy

    x0, y0, x1, y1 = region(vae, plane)
    x, y = np.linspace(x0, x1, side), np.linspace(y0, y1, side)
    grid = np.stack(np.meshgrid(x, y), axis=-1)  # (side, side, 2), row 0 below
    density = prior_on_grid(vae, plane.lift(grid))
    levels = levels_on_grid(density)
    drawn = contourpy.contour_generator(x, y, density)
    return tuple(
        Contour(share, tuple(np.asarray(piece, dtype=np.float64) for piece in drawn.lines(level)))
        for share, level in zip(SHARES, levels, strict=True)
    )


@torch.inference_mode()
def region(vae: Scored, plane: Plane) -> Rect:
    """The part of the map that holds nearly all of the prior."""
    device = next(vae.parameters()).device
    eps = noise(vae.prior.eps_shape(DRAWS), Generator().manual_seed(1), device)
    w = plane.project(numbers(vae.prior.sample(eps)))  # (n, 2)
    low, high = np.quantile(w, TAIL, axis=0), np.quantile(w, 1 - TAIL, axis=0)
    if plane.latent_dim == 1:  # a line: what is drawn across it is as high as it is wide
        low[1], high[1] = low[0], high[0]
    pad = MARGIN * np.maximum(high - low, 1e-3)
    (x0, y0), (x1, y1) = low - pad, high + pad
    return float(x0), float(y0), float(x1), float(y1)
