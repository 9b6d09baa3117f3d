"""Some of the data, kept as they were scored, for what is measured on a part of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.analysis.scoring import Scores

Ints = NDArray[np.int64]

MOST = 4000
MOST_PIXELS = 2**25


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """Rows as they were scored: binarised where the others were.

    Args:
        x: (N, C, H, W).
        labels: (N,), -1 where unknown.
        log_likelihood: (N,) nats, or None.
        bound: (N,) nats, or None.
    """

    x: NDArray[np.float32]
    labels: Ints
    log_likelihood: NDArray[np.float64] | None
    bound: NDArray[np.float64] | None

    def first(self, count: int) -> Kept:
        """At most `count` of them, evenly spread."""
        rows = spaced(np.arange(len(self.x)), count)
        return Kept(
            self.x[rows],
            self.labels[rows],
            None if self.log_likelihood is None else self.log_likelihood[rows],
            None if self.bound is None else self.bound[rows],
        )


class Keeper:
    """Keeps evenly spaced rows while chunks go by.

    Args:
        total: Rows that will come.
        shape: (C, H, W) of one.
    """

    def __init__(self, total: int, shape: tuple[int, ...]) -> None:
        most = max(1, min(MOST, MOST_PIXELS // math.prod(shape)))
        self._wanted = spaced(np.arange(total), most)
        self._parts: list[Kept] = []
        self._done = 0

    def add(self, x: NDArray[np.float32], labels: Ints, scores: Scores) -> None:
        """Keep what is wanted of the next rows."""
        inside = (self._wanted >= self._done) & (self._wanted < self._done + len(x))
        rows = self._wanted[inside] - self._done
        self._done += len(x)
        each = scores.each
        bound = None
        if "reconstruction" in each and scores.kl_kind != "none":
            bound = (each["reconstruction"] - each["kl"])[rows]
        likelihood = each["log_likelihood"][rows] if "log_likelihood" in each else None
        self._parts.append(Kept(x[rows], labels[rows], likelihood, bound))

    def kept(self) -> Kept:
        """All that was kept."""
        likelihoods = [p.log_likelihood for p in self._parts if p.log_likelihood is not None]
        bounds = [p.bound for p in self._parts if p.bound is not None]
        return Kept(
            np.concatenate([part.x for part in self._parts]),
            np.concatenate([part.labels for part in self._parts]),
            np.concatenate(likelihoods) if likelihoods else None,
            np.concatenate(bounds) if bounds else None,
        )


def spaced(rows: Ints, most: int) -> Ints:
    """At most `most` of the rows, evenly.

    Example:
        >>> spaced(np.arange(10), 5).tolist()
        [0, 2, 4, 6, 8]
    """
    count = min(len(rows), most)
    return rows[np.arange(count) * len(rows) // max(count, 1)]
