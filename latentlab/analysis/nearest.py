"""The nearest codes of codes, in all d dimensions, in portions that can be called off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

GoOn = Callable[[float], None]  # called with the fraction done; may raise to end the work
Codes = NDArray[np.floating]
Rows = NDArray[np.integer]

NEIGHBOURS = 10
TREE_DIM = 8  # above it a k-d tree looks at nearly every code
ROWS_AT_ONCE = 4096
FEW_AT_ONCE = 256  # where all codes are looked at for each


class NearestCodes:
    """Look-up of nearest neighbours; codes that are not finite are never found.

    Args:
        z: (N, d) codes.

    Example:
        >>> look = NearestCodes(np.array([[0.0], [1.0], [1.5], [9.0]]))
        >>> distances, rows = look.find(np.array([1]), 2)
        >>> rows.tolist(), distances.tolist()
        ([[2, 0]], [[0.5, 1.0]])
    """

    def __init__(self, z: Codes) -> None:
        self._z = z
        self._rows = np.flatnonzero(np.isfinite(z).all(axis=1))
        self._tree: Any = None
        self._brute: Any = None
        known = z[self._rows]
        if not len(known):
            return
        if z.shape[1] <= TREE_DIM:
            from scipy.spatial import cKDTree

            # Split in the middle of boxes: built three times as fast, and as fast to look up.
            self._tree = cKDTree(known, balanced_tree=False, compact_nodes=False)
        else:
            from sklearn.neighbors import NearestNeighbors

            self._brute = NearestNeighbors(algorithm="brute").fit(known)

    def find(
        self, rows: Rows, k: int, go_on: GoOn | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """The k nearest other codes of rows (n,), nearest first.

        Args:
            rows: Whose neighbours.
            k: How many; fewer where there are fewer codes.
            go_on: Called with the fraction done; it may raise to end the work.

        Returns:
            Distances (n, k) and rows (n, k); infinite and -1 where a code is not finite.
        """
        k = min(k, max(len(self._rows) - 1, 0))
        distances = np.full((len(rows), k), np.inf, np.float32)
        found = np.full((len(rows), k), -1, np.int64)
        size = ROWS_AT_ONCE if self._tree is not None else FEW_AT_ONCE
        for start in range(0, len(rows) if k else 0, size):
            part = np.asarray(rows[start : start + size])
            whole = np.flatnonzero(np.isfinite(self._z[part]).all(axis=1))
            if len(whole):
                place = start + whole
                distances[place], found[place] = self._others(part[whole], k)
            if go_on is not None:
                go_on(min(1.0, (start + size) / len(rows)))
        return distances, found

    def _others(self, rows: Rows, k: int) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
        if self._tree is not None:
            distances, places = self._tree.query(self._z[rows], k=k + 1)
        else:
            distances, places = self._brute.kneighbors(self._z[rows], n_neighbors=k + 1)
        near = self._rows[places]  # (n, k + 1)
        own = near == rows[:, None]
        own[:, -1] |= ~own.any(axis=1)  # among equal codes a row need not find itself
        others = ~own
        return distances[others].reshape(-1, k), near[others].reshape(-1, k)


def grown(
    look: NearestCodes, rows: NDArray[np.int32], k: int, go_on: GoOn | None = None
) -> NDArray[np.int32]:
    """Rows and the k nearest neighbours of each, ascending.

    Example:
        >>> look = NearestCodes(np.array([[0.0], [1.0], [1.5], [9.0]]))
        >>> grown(look, np.array([1], np.int32), 1).tolist()
        [1, 2]
    """
    _, found = look.find(rows, k, go_on)
    every = np.concatenate([rows, found[found >= 0]])
    return np.unique(every).astype(np.int32)
