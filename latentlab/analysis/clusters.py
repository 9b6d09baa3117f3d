"""Clusters of codes by k-means."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from latentlab.errors import UsageError

Report = Callable[[float], None]

STARTS = 3  # of which the best is taken
MOST_FITTED = 100_000  # codes that the middles are found from; all are then assigned
ROWS_AT_ONCE = 1 << 16


def cluster(
    z: NDArray[np.floating], count: int, *, seed: int = 0, report: Report = lambda _: None
) -> NDArray[np.int16]:
    """The k-means cluster of every code, the largest cluster first (Lloyd, 1982).

    Beyond 100,000 codes the middles are found from a seeded draw of so many, and every code
    belongs to the nearest.

    Args:
        z: (N, d) codes; those that are not finite belong to none.
        count: k; fewer are found where there are fewer different codes.
        seed: Of the starts (k-means++) and of the draw.
        report: Called with the fraction done; what it raises ends the work.

    Returns:
        (N,) 0 to k - 1, -1 where a code is not finite.

    Raises:
        UsageError: `count` is less than 1.

    Example:
        >>> cluster(np.array([[0.0], [0.1], [9.0]]), 2).tolist()
        [0, 0, 1]
    """
    from sklearn.cluster import KMeans

    if count < 1:
        raise UsageError("There must be at least one cluster.", where="clusters")
    finite = np.flatnonzero(np.isfinite(z).all(axis=1))
    found = np.full(len(z), -1, np.int16)
    if not len(finite):
        return found
    few = finite
    if len(finite) > MOST_FITTED:
        few = np.random.default_rng(seed).choice(finite, MOST_FITTED, replace=False)
    fitted = z[np.sort(few)].astype(np.float32)
    count = min(count, len(np.unique(fitted, axis=0)))
    best = None
    for start in range(STARTS):
        report(0.8 * start / STARTS)
        made = KMeans(count, n_init=1, random_state=seed + start).fit(fitted)
        if best is None or made.inertia_ < best.inertia_:
            best = made
    assert best is not None  # noqa: S101 - there is at least one start
    for first in range(0, len(finite), ROWS_AT_ONCE):
        report(0.8 + 0.2 * first / len(finite))
        rows = finite[first : first + ROWS_AT_ONCE]
        found[rows] = best.predict(z[rows].astype(np.float32))
    return _by_size(found, count)


def _by_size(codes: NDArray[np.int16], count: int) -> NDArray[np.int16]:
    """The same clusters, numbered from the largest."""
    sizes = np.bincount(codes[codes >= 0], minlength=count)
    place = np.empty(count + 1, np.int16)
    place[np.argsort(-sizes, kind="stable")] = np.arange(count)
    place[-1] = -1  # of none
    return np.asarray(place[codes])
