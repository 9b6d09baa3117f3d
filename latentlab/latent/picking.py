"""Nearest-point look-up on the map, by cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class PointIndex:
    """Points sorted into cells of a grid, so that a look-up costs the cells near the pointer.

    Args:
        xy: (N, 2) float32 map points; rows that are not finite are never found.
    """

    def __init__(self, xy: NDArray[np.float32]) -> None:
        self._xy = xy
        finite = np.flatnonzero(np.isfinite(xy).all(axis=1))
        # Quantiles, not extremes: one outlier at 100 sigma must not put all else into one cell.
        points = xy[finite]
        self._low = np.quantile(points, 0.005, axis=0) if len(points) else np.zeros(2)
        high = np.quantile(points, 0.995, axis=0) if len(points) else np.ones(2)
        self._side = int(np.clip(np.sqrt(len(points) / 4 + 1), 1, 512))
        span = np.maximum(high - self._low, 1e-12)
        self._step = span / self._side
        cells = self._cells(points)
        keys = cells[:, 0] * self._side + cells[:, 1]
        order = np.argsort(keys, kind="stable")
        self._rows = finite[order]
        self._starts = np.searchsorted(keys[order], np.arange(self._side * self._side + 1))

    def __len__(self) -> int:
        return len(self._rows)

    def _cells(self, points: NDArray[np.floating]) -> NDArray[np.int64]:
        return np.clip((points - self._low) / self._step, 0, self._side - 1).astype(np.int64)

    def nearest(
        self,
        at: tuple[float, float],
        radius: float,
        visible: NDArray[np.bool_] | None = None,
    ) -> int | None:
        """The row nearest to `at` within `radius` map units, or None.

        Args:
            at: Map position.
            radius: Largest distance, in map units.
            visible: (N,) mask of rows that may be found; None is all.
        """
        corner = np.asarray([at])
        (i0, j0), (i1, j1) = self._cells(np.vstack([corner - radius, corner + radius]))
        rows = np.concatenate(
            [
                self._rows[
                    self._starts[i * self._side + j0] : self._starts[i * self._side + j1 + 1]
                ]
                for i in range(i0, i1 + 1)
            ]
        )
        if visible is not None:
            rows = rows[visible[rows]]
        if not len(rows):
            return None
        squared = ((self._xy[rows].astype(np.float64) - corner) ** 2).sum(axis=1)
        best = int(squared.argmin())
        return int(rows[best]) if squared[best] <= radius * radius else None
