"""The decoder's pictures over the part of the map where the data are, for a model file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from latentlab.data.dataset import to_picture
from latentlab.engine.values import PRIOR_RECT as PRIOR_RECT
from latentlab.engine.values import Codes, Lattice, Rect
from latentlab.export.figure import grid_points
from latentlab.latent.cells import GridChart
from latentlab.latent.charts import Chart

if TYPE_CHECKING:
    from latentlab.models.model import Model

LATTICE_SIDE = 20


def decode_lattice(
    model: Model, plane: Chart, rect: Rect, side: int = LATTICE_SIDE, label: int | None = None
) -> Lattice:
    """The decoder's pictures over a part of the plane, side x side; of a grid, over its cells.

    With `label`, for a model that knows classes, they are all of that class.
    """
    if isinstance(plane, GridChart):
        rect, z = plane.rect, plane.lattice()
    else:
        z = plane.lift(grid_points(rect, side))
    rows, columns, latent_dim = z.shape
    images = to_picture(model.decode(z.reshape(-1, latent_dim), label))  # (R C, H, W[, 3])
    return Lattice(rect, images.reshape(rows, columns, *images.shape[1:]))


def rect_of(codes: Codes) -> Rect:
    """The part of the map that holds all but the outermost data, with a margin."""
    xy = codes.xy[np.isfinite(codes.xy).all(axis=1)]
    if len(xy) == 0:
        return PRIOR_RECT
    low, high = np.quantile(xy, 0.005, axis=0), np.quantile(xy, 0.995, axis=0)
    margin = np.maximum(0.05 * (high - low), 0.5)
    (x0, y0), (x1, y1) = low - margin, high + margin
    return float(x0), float(y0), float(x1), float(y1)
