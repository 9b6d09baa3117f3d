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
    whole, pairs = _cells(index, starts, ends, radius)
    touched = np.repeat(whole, np.diff(index.starts))  # (M,) of the sorted points
    _look_at_rim(index, pairs[~whole[pairs[:, 0]]], starts, ends, radius, touched)
    return np.sort(index.rows[touched])


def _cells(
    index: PointIndex,
    starts: NDArray[np.float64],
    ends: NDArray[np.float64],
    radius: float,
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Whether all of a cell is touched (side^2,), and pairs (P, 2) of a cell and a segment near."""
    side = index.side
    whole = np.zeros((side, side), np.bool_)
    (left, bottom), (width, height) = index.corner, index.step
    half = np.hypot(width, height) / 2 * (1.0 + 1e-6)
    low, high = np.minimum(starts, ends) - radius, np.maximum(starts, ends) + radius
    columns = np.stack([index.column_of(low[:, 0]), index.column_of(high[:, 0])], axis=1)
    lines = np.stack([index.row_of(low[:, 1]), index.row_of(high[:, 1])], axis=1)
    pairs = []
    for segment, ((i0, i1), (j0, j1)) in enumerate(zip(columns, lines, strict=True)):
        i, j = np.arange(i0, i1 + 1), np.arange(j0, j1 + 1)
        x, y = left + (i + 0.5) * width, bottom + (j + 0.5) * height
        away = np.sqrt(_squared(x, y[:, None], starts[segment], ends[segment]))
        # The border's cells have no end: their middle says nothing.
        border = ((i == 0) | (i == side - 1)) | ((j == 0) | (j == side - 1))[:, None]
        inside = ~border & (away <= radius - half)
        whole[j0 : j1 + 1, i0 : i1 + 1] |= inside
        at, across = np.nonzero(border | (~inside & (away <= radius + half)))
        pairs.append(np.stack([(at + j0) * side + across + i0, np.full(len(at), segment)], axis=1))
    return whole.ravel(), np.concatenate(pairs)


def _look_at_rim(
    index: PointIndex,
    pairs: NDArray[np.int64],
    starts: NDArray[np.float64],
    ends: NDArray[np.float64],
    radius: float,
    touched: NDArray[np.bool_],
) -> None:
    """Mark sorted points of cells that are within `radius` of the segment of a pair (P, 2)."""
    first = index.starts[pairs[:, 0]].astype(np.int64)
    counts = index.starts[pairs[:, 0] + 1] - first
    total = np.cumsum(counts)
    begin = 0
    while begin < len(pairs):
        done = total[begin - 1] if begin else 0
        stop = max(begin + 1, int(np.searchsorted(total, done + 4 * BLOCK, side="right")))
        part = slice(begin, stop)
        segment = np.repeat(pairs[part, 1], counts[part])  # a point and a segment each
        before = np.repeat(total[part] - counts[part] - done, counts[part])
        at = np.arange(len(segment)) - before + np.repeat(first[part], counts[part])
        a, b = starts[segment].T, ends[segment].T
        near = _squared(index.x[at], index.y[at], a, b) <= radius * radius
        touched[at[near]] = True
        begin = stop


def _squared(
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    a: NDArray[np.float64],
    b: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Squared distance from places to the segments from a to b, each (2,) or (2, n)."""
    (ax, ay), (bx, by) = a, b
    ux, uy = bx - ax, by - ay
    length = ux * ux + uy * uy
    x, y = x - ax, y - ay
    share = np.clip((x * ux + y * uy) / np.where(length > 0.0, length, 1.0), 0.0, 1.0)
    return np.asarray((x - share * ux) ** 2 + (y - share * uy) ** 2)
