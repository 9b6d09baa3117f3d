"""Grids of codes: which one is nearest to a point of the map, and a path from one to another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentlab.errors import RefusedError

AT_ONCE = 2**24  # squared distances that are held at a time


class Grids:
    """The grids of a data set, each known by its pooled code.

    Args:
        codes: (N, d), the mean of each grid's vectors.
        tokens: (N, T) int16, the codes of each grid.
    """

    def __init__(self, codes: NDArray[np.floating], tokens: NDArray[np.int16]) -> None:
        self.tokens = tokens
        self._codes = codes.astype(np.float32, copy=False)
        half = 0.5 * np.einsum("nd,nd->n", self._codes, self._codes)
        self._half = np.where(np.isfinite(half), half, np.float32(np.inf))  # (N,)

    def nearest(self, z: NDArray[np.floating]) -> NDArray[np.int64]:
        """The row of the grid nearest to each point: (B, d) -> (B,).

        |z - c|^2 = |z|^2 - 2 z.c + |c|^2: one matrix product over all codes.

        Raises:
            RefusedError: There is no grid.

        Example:
            >>> grids = Grids(np.array([[0.0], [2.0]]), np.array([[3, 3], [5, 1]], np.int16))
            >>> grids.nearest(np.array([[1.7], [-4.0]])).tolist()
            [1, 0]
        """
        if not len(self._codes):
            raise RefusedError(
                "There is no code grid to decode.", do="Embed data, so that there are some."
            )
        size = max(1, AT_ONCE // len(self._codes))
        parts = np.array_split(z.astype(np.float32), max(1, -(-len(z) // size)))
        return np.concatenate(
            [np.argmin(self._half - part @ self._codes.T, axis=1) for part in parts]
        )


def cross_fade(
    waypoints: NDArray[np.int16], frames: int, *, knots: tuple[int, ...] = (), seed: int = 0
) -> NDArray[np.int16]:
    """Grids from one waypoint to the next, each token switching at a time of its own.

    Args:
        waypoints: (P, T) grids, P at least 1.
        frames: F.
        knots: The frame of each waypoint, ascending from 0 to F - 1; evenly where none are given.
        seed: Of the times, which are drawn anew for each piece.

    Returns:
        (F, T); the frames at the knots are the waypoints.

    Example:
        >>> cross_fade(np.array([[0, 0, 0], [1, 1, 1]], np.int16), 4).sum(axis=1).tolist()
        [0, 1, 2, 3]
    """
    rng = np.random.default_rng(seed)
    if len(waypoints) == 1:
        return np.repeat(waypoints, frames, axis=0)
    at = knots or tuple(np.linspace(0, frames - 1, len(waypoints)).round().astype(int).tolist())
    out = np.empty((frames, waypoints.shape[1]), np.int16)
    for begin, end, first, last in zip(at[:-1], at[1:], waypoints[:-1], waypoints[1:], strict=True):
        # Evenly spread, in a drawn order: as many tokens switch in each frame.
        switch = (rng.permutation(len(first)) + 1) / (len(first) + 1)  # in (0, 1)
        for frame in range(begin, end + 1):
            share = (frame - begin) / max(1, end - begin)
            out[frame] = np.where(share >= switch, last, first)
    return out
