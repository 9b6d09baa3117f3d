"""Data that are the same, or nearly: every pair closer than a limit, pixel by pixel.

Equal rows are found by a hash. For near ones, rows are projected on a few orthonormal directions,
which never lengthens a difference: whatever is near in all pixels is near in the projection too.
Only rows near in it are compared in full, so the search is fast, and misses no pair.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.data.dataset import Dataset

GoOn = Callable[[float], None]  # called with the fraction done; may raise to end the work
Rows = NDArray[np.int64]
Floats = NDArray[np.float32]

LIMIT = 0.05
MOST_PAIRS = 500_000
DIRECTIONS = 48
LOOKED_AT = 512  # rows that the directions are found from
LEAF = 1024
VALUES_AT_ONCE = 2**22
HASHED = 0.2  # of the work, as progress tells it


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of rows that are nearly the same, the nearest first.

    Args:
        first: (P,) the lower row of each pair; equal rows are each paired with the first of them.
        second: (P,) the higher row.
        distance: (P,) root mean square difference of their values, which lie in [0, 1].
        limit: Every pair of different rows up to this distance is here, and no other.
    """

    first: Rows
    second: Rows
    distance: Floats
    limit: float

    @property
    def identical(self) -> int:
        """Rows that are the same as an earlier one, to the bit."""
        return int(np.count_nonzero(self.distance == 0.0))


def near_pairs(
    dataset: Dataset,
    limit: float = LIMIT,
    *,
    most: int = MOST_PAIRS,
    go_on: GoOn | None = None,
) -> Pairs:
    """Every pair of rows whose root mean square difference is at most `limit`.

    Args:
        dataset: What is looked through.
        limit: Of the values as a model takes them, in [0, 1]; 0 finds equal rows alone.
        most: Where more pairs are near, the nearest so many, and the limit that is theirs.
        go_on: Called with the fraction done; it may raise to end the work.

    Returns:
        The pairs, the nearest first.

    Example:
        >>> from latentlab import open_dataset
        >>> found = near_pairs(open_dataset("digits"), 0.07)
        >>> found.identical, len(found.first)
        (0, 7)
    """
    tell = go_on or _quiet
    kept, same = _equal_rows(dataset, lambda done: tell(HASHED * done))
    near = _Near(dataset, kept, limit, most)
    if limit > 0 and len(kept) > 1:
        near.search(lambda done: tell(HASHED + (1.0 - HASHED) * done))
    distance = np.concatenate([np.zeros(len(same), np.float32), near.distance])
    order = np.argsort(distance, kind="stable")
    rows = np.concatenate([same, near.pairs])  # (P, 2)
    return Pairs(rows[order, 0], rows[order, 1], distance[order], near.limit)


def groups(pairs: Pairs, threshold: float) -> list[Rows]:
    """Rows that hang together by pairs up to a distance: each group ascending, the largest first.

    Example:
        >>> one, two = np.array([0, 1, 7]), np.array([1, 2, 8])
        >>> pairs = Pairs(one, two, np.array([0.0, 0.01, 0.04], np.float32), 0.05)
        >>> [group.tolist() for group in groups(pairs, 0.02)]
        [[0, 1, 2]]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    near = pairs.distance <= np.float32(threshold)
    first, second = pairs.first[near], pairs.second[near]
    rows, places = np.unique(np.concatenate([first, second]), return_inverse=True)
    if not len(rows):
        return []
    one, other = places[: len(first)], places[len(first) :]
    graph = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(len(rows), len(rows)))
    count, part = connected_components(graph, directed=False)
    order = np.argsort(part, kind="stable")
    found = np.split(rows[order], np.cumsum(np.bincount(part, minlength=count))[:-1])
    return sorted(found, key=lambda group: (-len(group), int(group[0])))


def _quiet(_fraction: float) -> None:
    """Tell nobody."""


def _blocks(count: int, values: int) -> Iterator[slice]:
    size = max(1, VALUES_AT_ONCE // max(1, values))
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


def _equal_rows(dataset: Dataset, go_on: GoOn) -> tuple[Rows, Rows]:
    """The first row of each kind (K,), and pairs (P, 2) of it with the others of its kind."""
    count = len(dataset)
    digests = np.empty((count, 2), np.uint64)
    for part in _blocks(count, math.prod(dataset.shape)):
        block = np.ascontiguousarray(dataset.x[part]).reshape(part.stop - part.start, -1)
        for row, values in enumerate(block, part.start):
            digest = hashlib.blake2b(values.tobytes(), digest_size=16).digest()
            digests[row] = np.frombuffer(digest, np.uint64)
        go_on(part.stop / count)
    _, firsts, kinds = np.unique(digests, axis=0, return_index=True, return_inverse=True)
    mine = firsts[kinds.reshape(-1)]  # (N,) the first row that is the same as each
    again = np.flatnonzero(mine != np.arange(count))
    return np.sort(firsts), np.stack([mine[again], again], axis=1)


class _Near:
    """The search among rows that differ.

    Args:
        dataset: The data.
        rows: (K,) which of them.
        limit: Largest distance.
        most: Most pairs.
    """

    def __init__(self, dataset: Dataset, rows: Rows, limit: float, most: int) -> None:
        self._dataset = dataset
        self._rows = rows
        self._values = math.prod(dataset.shape)
        self._most = most
        self.limit = float(limit)
        self.pairs: Rows = np.empty((0, 2), np.int64)
        self.distance: Floats = np.empty(0, np.float32)

    def search(self, go_on: GoOn) -> None:
        """Compare what is near in the projection, leaf by leaf."""
        shadow = self._projected()
        leaves = list(_leaves(shadow, np.arange(len(shadow))))
        order = np.concatenate(leaves)  # leaves lie one after the other from here on
        shadow = shadow[order]
        ends = np.cumsum([len(leaf) for leaf in leaves])
        parts = [slice(end - len(leaf), end) for leaf, end in zip(leaves, ends, strict=True)]
        low = np.stack([shadow[part].min(axis=0) for part in parts])  # (L, P)
        high = np.stack([shadow[part].max(axis=0) for part in parts])
        norms = np.einsum("np,np->n", shadow, shadow)  # (K,)
        slack = 1e-5 * float(norms.max())  # of the rounding of float32
        # |a - b|^2 <= r^2 where a.b - |b|^2/2 >= (|a|^2 - r^2)/2: one product and one comparison.
        ones = np.ones((len(shadow), 1), np.float32)
        left, right = np.hstack([shadow, ones]), np.hstack([shadow, -norms[:, None] / 2])
        for place, part in enumerate(parts):
            reach = self.limit**2 * self._values * (1.0 + 1e-4) + slack
            apart = np.maximum(low[place] - high[place:], low[place:] - high[place])
            others = np.flatnonzero((np.maximum(apart, 0.0) ** 2).sum(axis=1) <= reach) + place
            least = (norms[part, None] - np.float32(reach)) / 2
            found = []
            for other in others:
                near = left[part] @ right[parts[other]].T >= least  # (A, B)
                if other == place:
                    near &= np.tri(len(near), k=-1, dtype=np.bool_)
                # Of one dimension it is looked through several times as fast.
                a, b = np.divmod(np.flatnonzero(near.reshape(-1)), near.shape[1])
                found.append(np.stack([a + part.start, b + parts[other].start], axis=1))
            self._compare(order[np.concatenate(found)])
            go_on((place + 1) / len(parts))

    def _projected(self) -> Floats:
        """(K, P) rows on orthonormal directions, about their mean."""
        count = len(self._rows)
        few = self._rows[:: max(1, count // LOOKED_AT)][:LOOKED_AT]
        x = self._inputs(few).astype(np.float64)
        mean = x.mean(axis=0)
        x -= mean
        share, vectors = np.linalg.eigh(x @ x.T)
        best = np.argsort(share)[::-1][: min(DIRECTIONS, len(few), self._values)]
        basis, _ = np.linalg.qr(x.T @ vectors[:, best])  # (D, P), orthonormal
        out = np.empty((count, basis.shape[1]), np.float32)
        for part in _blocks(count, self._values):
            out[part] = (self._inputs(self._rows[part]) - mean) @ basis
        return out

    def _inputs(self, rows: Rows) -> Floats:
        return self._dataset.inputs(rows).reshape(len(rows), -1)

    def _compare(self, candidates: Rows) -> None:
        """Keep the candidates (n, 2), places among the rows, that are near in all values."""
        rows = np.sort(self._rows[candidates], axis=1)
        distance = np.empty(len(rows), np.float32)
        for part in _blocks(len(rows), 2 * self._values):
            apart = self._inputs(rows[part, 0]) - self._inputs(rows[part, 1])
            distance[part] = np.sqrt(np.square(apart, dtype=np.float64).mean(axis=1))
        near = distance <= self.limit
        self.pairs = np.concatenate([self.pairs, rows[near]])
        self.distance = np.concatenate([self.distance, distance[near]])
        if len(self.distance) > self._most:
            order = np.argsort(self.distance, kind="stable")[: self._most + 1]
            # What lies at the limit may be cut: the limit is below it.
            self.limit = float(np.nextafter(self.distance[order[-1]], np.float32(0.0)))
            order = order[self.distance[order] <= self.limit]
            self.pairs, self.distance = self.pairs[order], self.distance[order]


def _leaves(shadow: Floats, rows: Rows) -> Iterator[Rows]:
    """Rows in boxes of at most LEAF, each half of its parent along the widest side."""
    if len(rows) <= LEAF:
        yield rows
        return
    part = shadow[rows]
    widest = int(np.argmax(np.ptp(part, axis=0)))
    order = np.argpartition(part[:, widest], len(rows) // 2)
    yield from _leaves(shadow, rows[order[: len(rows) // 2]])
    yield from _leaves(shadow, rows[order[len(rows) // 2 :]])
