"""The datum nearest to a latent, in all d dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.data.sieve import Sieve
from latentlab.engine.embedding import GAP
from latentlab.engine.values import Codes
from latentlab.latent.cells import GridChart

FAR = 4.0  # spreads from all data beyond which a decode is called a guess
BRUTE_FORCE = 1_000_000  # numbers that are looked through faster than a tree is worth
FEW_KEPT = 4096  # rows near by that are looked through for those shown, before all that are
TREE_DIM = 8  # above it a k-d tree looks at nearly every point


class Nearest:
    """Look-up over codes; made in the work lane, asked in the live lane.

    |z - c|^2 = |z|^2 - 2 z.c + |c|^2: one matrix-vector product over all codes, in float32 about
    their mean; a k-d tree where the codes are many and the dimensions few.

    Args:
        codes: The embedded data set.
    """

    def __init__(self, codes: Codes) -> None:
        self._codes = codes
        self._tree: Any = None
        self._kept: tuple[Sieve, NDArray[np.int64], NDArray[np.float32]] | None = None
        z = codes.z
        self.latent_dim = z.shape[1]
        if z.size > BRUTE_FORCE and self.latent_dim <= TREE_DIM:
            from sklearn.neighbors import KDTree

            self._tree = KDTree(z)
            return
        self._centre = z.mean(axis=0) if len(z) else np.zeros(self.latent_dim, np.float32)
        self._centred = np.ascontiguousarray(z - self._centre)  # (N, d)
        half = 0.5 * np.einsum("nd,nd->n", self._centred, self._centred)  # (N,)
        self._half_norms = np.where(np.isfinite(half), half, np.float32(np.inf))

    @property
    def codes(self) -> Codes:
        """The embedded data set."""
        return self._codes

    @property
    def reach(self) -> float:
        """The distance from all data beyond which a decode is a guess."""
        return (FAR if self._codes.gaps is None else GAP) * self._codes.spread

    def find_some(
        self, z: NDArray[np.float64], k: int, sieve: Sieve | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """(d,) -> the rows of its k nearest data, the nearest first, and their distances.

        Args:
            z: (d,) the latent.
            k: How many; fewer where there are fewer data.
            sieve: Data that it does not keep are passed over; one of other data is not heeded.
        """
        if sieve and sieve.count == len(self._codes.z):
            return self._find_kept(z, k, sieve)
        count = min(k, len(self._codes.z))
        if not count:
            return np.zeros(0, np.int64), np.zeros(0)
        rows = self._candidates(z, count)
        return self._in_order(z, rows)

    def _find_kept(
        self, z: NDArray[np.float64], k: int, sieve: Sieve
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Look near by for rows that are shown; where too few are there, among all that are."""
        few = min(FEW_KEPT, len(self._codes.z))
        if few:
            rows = self._candidates(z, few)
            rows = rows[sieve.keeps(rows)]
            if len(rows) >= k or few == len(self._codes.z):
                return tuple(part[:k] for part in self._in_order(z, rows))  # type: ignore[return-value]
        if self._kept is None or self._kept[0] is not sieve:
            kept = np.flatnonzero(sieve.mask())
            self._kept = sieve, kept, self._codes.z[kept]
        _, kept, codes = self._kept
        away = np.square(codes - z.astype(np.float32)).sum(axis=1)
        count = min(k, len(kept))
        if not count:
            return np.zeros(0, np.int64), np.zeros(0)
        chosen = np.argpartition(np.nan_to_num(away, nan=np.inf), count - 1)[:count]
        return self._in_order(z, kept[chosen])

    def _candidates(self, z: NDArray[np.float64], count: int) -> NDArray[np.integer]:
        """(count,) the rows of the nearest codes, in no order."""
        if self._tree is not None:
            return np.asarray(self._tree.query(z[None], k=count, return_distance=False)[0])
        score = self._half_norms - self._centred @ (z - self._centre).astype(np.float32)
        return np.argpartition(np.nan_to_num(score, nan=np.inf), count - 1)[:count]

    def _in_order(
        self, z: NDArray[np.float64], rows: NDArray[np.integer]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        away = np.linalg.norm(self._codes.z[rows] - z, axis=1)
        order = np.argsort(away, kind="stable")
        order = order[np.isfinite(away[order])]
        return np.asarray(rows[order], np.int64), np.asarray(away[order], np.float64)

    def find(self, z: NDArray[np.float64]) -> tuple[int, float, bool]:
        """(d,) -> row, distance, and whether every datum is far; row -1 without data."""
        if not len(self._codes.z):
            return -1, float("inf"), False
        if self._tree is not None:
            row = int(self._tree.query(z[None], return_distance=False)[0, 0])
        else:
            score = self._half_norms - self._centred @ (z - self._centre).astype(np.float32)
            row = int(np.nanargmin(score))
        distance = float(np.linalg.norm(self._codes.z[row] - z))
        plane = self._codes.plane
        if isinstance(plane, GridChart):  # a code is near the data that have it
            return row, distance, plane.count_of(z) == 0
        return row, distance, distance > self.reach
