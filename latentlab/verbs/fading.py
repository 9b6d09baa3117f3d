"""Paths of models whose data are grids of codes: from grid to grid, code by code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentlab.errors import UsageError

if TYPE_CHECKING:
    from latentlab.models.model import Model

Floats = NDArray[np.float32]


def waypoints(model: Model, points: Sequence[ArrayLike]) -> NDArray[np.int16]:
    """The grids of points: codes of data in full (T * d,), or points of the map (d,): (P, T).

    Raises:
        UsageError: A point is neither.
        RefusedError: A point of the map, and the model knows no grids of data.
    """
    grids = []
    for point in points:
        row = np.asarray(point, dtype=np.float32).reshape(1, -1)
        if row.shape[1] not in (model.code_dim, model.vae.z_dim):
            raise UsageError(
                f"A point of this model's map has {model.code_dim} values, {row.shape[1]} were"
                " given.",
                do="Name data (data:17), or give as many numbers.",
            )
        grids.append(model.grids_at(row)[0])
    return np.stack(grids)


def fade(
    model: Model, points: Sequence[ArrayLike], frames: int
) -> tuple[NDArray[np.float64], Floats]:
    """The pooled codes (F, d) and the pictures (F, C, H, W) of a cross-fade through `points`.

    Each code switches at a time of its own, which is drawn with a fixed seed.
    """
    from latentlab.models.grids import cross_fade

    grids = cross_fade(waypoints(model, points), frames)
    return model.pooled(grids).astype(np.float64), model.decode_tokens(grids)


def moved(pictures: Floats) -> float:
    """How far the picture moves from frame to frame, summed: there is no metric between grids."""
    flat = pictures.reshape(len(pictures), -1).astype(np.float64)
    return float(np.linalg.norm(np.diff(flat, axis=0), axis=1).sum())
