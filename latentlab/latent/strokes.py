"""Which points a brush has touched: whole cells at once, single points only at its rim."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentlab.latent.picking import BLOCK, PointIndex


def rows_in_stroke(
    index: PointIndex, path: NDArray[np.floating], radius: float
) -> NDArray[np.int32]:
    """The rows of all points within `radius` of a path (V, 2), ascending.

    Args:
        index: The points.
        path: Corners of the path in map units; one is a dab.
        radius: Of the brush, in map units.

    Example:
        >>> index = PointIndex(np.array([[0, 0], [5, 0.5], [5, 2]], np.float32))
        >>> rows_in_stroke(index, np.array([[-1, 0], [9, 0]]), 1.0).tolist()
        [0, 1]
    """
    corners = np.asarray(path, np.float64).reshape(-1, 2)
    if not len(corners) or not np.isfinite(corners).all() or not len(index.build()):
        return np.empty(0, np.int32)
    starts = corners[:-1] if len(corners) > 1 else corners
    ends = corners[1:] if len(corners) > 1 else corners
    touched, whole = _cells(index, starts, ends, radius)
    sizes = np.diff(index.starts)
    inside = np.repeat(whole.ravel(), sizes)
    at = np.flatnonzero(np.repeat((touched & ~whole).ravel(), sizes))  # sorted points of the rim
    found = [index.rows[inside], index.rows[at[_within(index, at, starts, ends, radius)]]]
    return np.sort(np.concatenate(found))


def _cells(
    index: PointIndex,
    starts: NDArray[np.float64],
    ends: NDArray[np.float64],
    radius: float,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(side, side) whether a cell may hold touched points, and whether all of it is touched."""
    side = index.side
    touched, whole = np.zeros((side, side), np.bool_), np.zeros((side, side), np.bool_)
    (left, bottom), (width, height) = index.corner, index.step
    half = np.hypot(width, height) / 2 * (1.0 + 1e-6)
    low, high = np.minimum(starts, ends) - radius, np.maximum(starts, ends) + radius
    columns = np.stack([index.column_of(low[:, 0]), index.column_of(high[:, 0])], axis=1)
    rows = np.stack([index.row_of(low[:, 1]), index.row_of(high[:, 1])], axis=1)
    for (i0, i1), (j0, j1), a, b in zip(columns, rows, starts, ends, strict=True):
        x = left + (np.arange(i0, i1 + 1) + 0.5) * width
        y = bottom + (np.arange(j0, j1 + 1) + 0.5) * height
        away = np.sqrt(_squared(x[None, :], y[:, None], a, b))  # (rows, columns)
        part = slice(j0, j1 + 1), slice(i0, i1 + 1)
        touched[part] |= away <= radius + half
        whole[part] |= away <= radius - half
        # The border's cells have no end: their middle says nothing.
        for edge in (
            (slice(j0, j1 + 1), slice(0, 1)) if i0 == 0 else None,
            (slice(j0, j1 + 1), slice(side - 1, side)) if i1 == side - 1 else None,
            (slice(0, 1), slice(i0, i1 + 1)) if j0 == 0 else None,
            (slice(side - 1, side), slice(i0, i1 + 1)) if j1 == side - 1 else None,
        ):
            if edge is not None:
                touched[edge] = True
    for line in (0, side - 1):
        whole[line], whole[:, line] = False, False
    return touched, whole


def _squared(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    a: NDArray[np.float64],
    b: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Squared distance from places to the segment from a to b."""
    (ux, uy), length = b - a, float(((b - a) ** 2).sum())
    share = ((x - a[0]) * ux + (y - a[1]) * uy) / length if length else np.zeros(1)
    share = np.clip(share, 0.0, 1.0)
    return np.asarray((x - a[0] - share * ux) ** 2 + (y - a[1] - share * uy) ** 2)


def _within(
    index: PointIndex,
    at: NDArray[np.int64],
    starts: NDArray[np.float64],
    ends: NDArray[np.float64],
    radius: float,
) -> NDArray[np.bool_]:
    """Whether sorted points (n,) are within `radius` of any segment."""
    found = np.zeros(len(at), np.bool_)
    for begin in range(0, len(at), BLOCK):
        part = at[begin : begin + BLOCK]
        x, y = index.x[part].astype(np.float64), index.y[part].astype(np.float64)
        left = np.arange(len(part))  # those that no segment has touched yet
        for a, b in zip(starts, ends, strict=True):
            hit = _squared(x[left], y[left], a, b) <= radius * radius
            found[begin + left[hit]] = True
            left = left[~hit]
    return found
