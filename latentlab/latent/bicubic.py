"""Cubic splines over a grid of a plane: values and slopes between its nodes. numpy alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Bicubic:
    """The smooth surface (twice differentiable) through values at the nodes of a grid.

        f(x, y) = sum_ij c_ij B(x - i) B(y - j),    B the cubic B-spline (Unser, 1999)

    Beyond the grid it goes on straight, with the slope that it has at the edge.

    Args:
        values: (R, C, K) at the nodes, at least 2 by 2 of them.
        origin: (2,) where row 0, column 0 lies.
        step: Between two nodes, along both axes.

    Example:
        >>> plane = Bicubic(np.arange(12.0).reshape(3, 4, 1), (0.0, 0.0), 1.0)
        >>> plane.at([[2.0, 1.0]]).round(6).tolist()
        [[6.0]]
    """

    def __init__(self, values: Floats, origin: ArrayLike, step: float) -> None:
        from scipy.ndimage import spline_filter1d

        rows, columns, count = values.shape
        weights = values.astype(np.float64)
        for axis in (0, 1):
            weights = spline_filter1d(weights, 3, axis=axis, mode="mirror")
        around = np.pad(weights, ((1, 1), (1, 1), (0, 0)), mode="reflect")
        self._weights = around.reshape(-1, count)
        self._columns = columns + 2
        self._origin, self._step = np.asarray(origin, dtype=np.float64), step
        self._last = np.array([columns - 1, rows - 1], dtype=np.float64)

    def at(self, z: ArrayLike) -> Floats:
        """(B, 2) -> values (B, K)."""
        return self._look(np.asarray(z, dtype=np.float64), sloped=False)[0]

    def look(self, z: ArrayLike) -> tuple[Floats, Floats]:
        """(B, 2) -> values (B, K) and their slopes (B, K, 2)."""
        values, slopes = self._look(np.asarray(z, dtype=np.float64), sloped=True)
        return values, np.stack(slopes, axis=2) / self._step

    def _look(self, z: Floats, *, sloped: bool) -> tuple[Floats, list[Floats]]:
        place = (z - self._origin) / self._step  # (B, 2), in nodes
        inside = np.clip(place, 0.0, self._last)
        beyond = place - inside
        low = np.minimum(inside.astype(np.int64), self._last.astype(np.int64) - 1)
        share = inside - low
        four = np.arange(4)
        rows, columns = low[:, 1, None] + four, low[:, 0, None] + four  # (B, 4), padded
        near = rows[:, :, None] * self._columns + columns[:, None, :]
        found = self._weights[near.reshape(len(z), 16)]  # (B, 16, K)
        flat = _bumps(share)  # (B, 2, 4)
        mixes = [_product(flat[:, 1], flat[:, 0])]
        outside = bool(beyond.any())
        if sloped or outside:
            steep = _slopes(share)
            mixes += [_product(flat[:, 1], steep[:, 0]), _product(steep[:, 1], flat[:, 0])]
        mixed = np.stack(mixes, axis=1) @ found  # (B, 1 or 3, K)
        values = mixed[:, 0]
        if outside:
            values = values + np.einsum("bi,bik->bk", beyond, mixed[:, 1:])
        return values, [mixed[:, i] for i in range(1, mixed.shape[1])]


def _bumps(share: Floats) -> Floats:
    """The four B-splines that reach a place between two nodes: (...,) -> (..., 4)."""
    left, right = share, 1.0 - share
    near = [(3.0 * t**3 - 6.0 * t**2 + 4.0) / 6.0 for t in (left, right)]
    return np.stack([right**3 / 6.0, *near, left**3 / 6.0], axis=-1)


def _slopes(share: Floats) -> Floats:
    """Their derivatives: (...,) -> (..., 4)."""
    left, right = share, 1.0 - share
    near = [(3.0 * t**2 - 4.0 * t) / 2.0 for t in (left, right)]
    return np.stack([-(right**2) / 2.0, near[0], -near[1], left**2 / 2.0], axis=-1)


def _product(rows: Floats, columns: Floats) -> Floats:
    return (rows[:, :, None] * columns[:, None, :]).reshape(len(rows), 16)
