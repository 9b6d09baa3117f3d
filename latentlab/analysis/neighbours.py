"""What codes say of the data: classes among neighbours, and distances."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from latentlab.errors import UsageError

Codes = NDArray[np.floating]
Labels = NDArray[np.int64]

NEIGHBOURS = 10
SPREAD_ROWS = 200
SPREAD_QUANTILE = 0.95
SPREAD_BRUTE_FORCE = 1_000_000  # numbers that are looked through at once
PROBE_STEPS = 500
ASKED_AT_ONCE = 8192  # codes between two looks at whether it goes on


def knn_accuracy(
    train_z: Codes, train_y: Labels, test_z: Codes, test_y: Labels, k: int = NEIGHBOURS
) -> float | None:
    """How often the vote of the k nearest train codes names a test code's class.

    Args:
        train_z: (N, d) codes that vote.
        train_y: (N,) their labels, -1 where unlabelled (those do not vote).
        test_z: (M, d) codes that are asked.
        test_y: (M,) their labels, -1 where unlabelled (those are not asked).
        k: Number of votes.

    Returns:
        A share of 1, or None where a side has no labels or there is one class alone.

    Example:
        >>> z, y = np.array([[0.0], [0.1], [5.0], [5.1]]), np.array([0, 0, 1, 1])
        >>> knn_accuracy(z, y, z, y, k=1)
        1.0
    """
    from sklearn.neighbors import KNeighborsClassifier

    known = labelled(train_z, train_y, test_z, test_y)
    if known is None:
        return None
    train_z, train_y, test_z, test_y = known
    classifier = KNeighborsClassifier(min(k, len(train_z))).fit(train_z, train_y)
    return float((classifier.predict(test_z) == test_y).mean())


def codes_spread(z: Codes) -> float:
    """The distance within which 95 % of the data have their nearest neighbour, in z.

    Over at most 200 evenly spaced rows, of the exact distance to the nearest of all others; data
    that lie on each other are passed over. The median would call the thin rim of the data far.

    Args:
        z: (N, d) codes.

    Returns:
        The distance; 0 where all codes are one point, infinity for a single code.

    Example:
        >>> codes_spread(np.array([[0.0, 0.0], [0.0, 2.0], [0.0, 4.0]]))
        2.0
    """
    if len(z) < 2:
        return float("inf")
    count = min(len(z), SPREAD_ROWS)
    asked = np.arange(count) * len(z) // count  # evenly spaced
    nearest = _to_nearest(z, asked)
    apart = nearest[nearest > 0]
    return float(np.quantile(apart, SPREAD_QUANTILE)) if len(apart) else 0.0


def _to_nearest(z: Codes, asked: NDArray[np.int64]) -> NDArray[np.floating]:
    """Distance from each asked row to the nearest other row."""
    if z.size <= SPREAD_BRUTE_FORCE:  # the window's first map should not wait for scikit-learn
        codes = z.astype(np.float64)
        half_norms = 0.5 * np.einsum("nd,nd->n", codes, codes)  # (N,)
        distances = np.empty(len(asked))
        for place, row in enumerate(asked):
            score = half_norms - codes @ codes[row]  # half the squared distance, less a constant
            score[row] = np.inf
            distances[place] = np.linalg.norm(codes[score.argmin()] - codes[row])
        return distances
    from sklearn.neighbors import NearestNeighbors

    found, _ = NearestNeighbors(n_neighbors=2).fit(z).kneighbors(z[asked])
    return np.asarray(found[:, 1])  # column 0 is the datum itself


def labelled(
    train_z: Codes, train_y: Labels, test_z: Codes, test_y: Labels
) -> tuple[Codes, Labels, Codes, Labels] | None:
    """Codes and labels of the rows that have one; None where that is too little to learn from."""
    voters, asked = train_y >= 0, test_y >= 0
    if not asked.any() or len(np.unique(train_y[voters])) < 2:
        return None
    return train_z[voters], train_y[voters], test_z[asked], test_y[asked]


def distances_to_nearest(
    z: Codes, k: int = NEIGHBOURS, *, report: Callable[[float], None] = lambda _: None
) -> NDArray[np.float32]:
    """The mean distance from each code to its k nearest others, exactly.

    Args:
        z: (N, d) codes; those that are not finite are near to none.
        k: Of how many; all others where they are fewer.
        report: Called with the fraction done; what it raises ends the work.

    Returns:
        (N,) distances in z, NaN where a code is not finite or alone.

    Raises:
        UsageError: `k` is less than 1.

    Example:
        >>> distances_to_nearest(np.array([[0.0], [1.0], [5.0]]), 1).tolist()
        [1.0, 1.0, 4.0]
    """
    from sklearn.neighbors import NearestNeighbors

    if k < 1:
        raise UsageError("There must be at least one neighbour.", where="neighbours")
    found = np.full(len(z), np.nan, np.float32)
    finite = np.flatnonzero(np.isfinite(z).all(axis=1))
    if len(finite) < 2:
        return found
    codes = z[finite]
    near = NearestNeighbors(n_neighbors=min(k, len(finite) - 1) + 1).fit(codes)
    for start in range(0, len(finite), ASKED_AT_ONCE):
        report(start / len(finite))
        rows = slice(start, start + ASKED_AT_ONCE)
        away, _ = near.kneighbors(codes[rows])  # the code itself is one of them, at distance 0
        found[finite[rows]] = away[:, 1:].mean(axis=1)
    return found
