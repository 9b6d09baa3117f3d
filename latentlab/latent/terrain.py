"""Shortest paths on graphs: where a geodesic begins, and along the data. numpy and SciPy alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentlab.errors import RefusedError
from latentlab.latent.standing import MOST_DATA

Floats = NDArray[np.float64]
Rect = tuple[float, float, float, float]

SIDE = 36  # nodes of a grid's longer side, for a first answer
FINER_SIDE = 64  # and for the better ones
MOST_PIXELS = 1024  # of a picture that edges are weighed by
LANDMARKS = 600  # rows of a graph that the decoder weighs
NEIGHBOURS = 10
FRONT = 0.06  # of the shortest path: how far a node may be from half-way
SLACK = 1.25  # a path so many times as long as the shortest is worth a look
AROUND = 0.12  # of the distance between the ends: two paths nearer than that are one
# Steps to 16 neighbours: with 8 a graph's distance is up to 8 % too long, with 16 under 3 %.
STEPS = ((1, 0), (0, 1), (1, 1), (1, -1), (2, 1), (1, 2), (2, -1), (1, -2))


class Graph:
    """Nodes at latents (n, d) with weighed edges; asks for shortest paths between any two latents.

    Args:
        nodes: (n, d).
        edges: (m, 2) rows of `nodes`.
        weights: (m,) > 0, the length of each.
    """

    def __init__(self, nodes: Floats, edges: NDArray[np.int64], weights: Floats) -> None:
        from scipy.sparse import csr_array

        self.nodes = nodes
        count = len(nodes)
        safe = np.maximum(weights, 1e-12)  # a weight of nothing would be no edge
        self._edges: Any = csr_array((safe, (edges[:, 0], edges[:, 1])), shape=(count, count))

    def path(self, a: ArrayLike, b: ArrayLike) -> Floats:
        """Latents (m, d) from a to b by way of nodes; straight where the graph joins them not."""
        return self.paths(a, b, 1)[0]

    def paths(self, a: ArrayLike, b: ArrayLike, most: int = 1) -> list[Floats]:
        """The shortest path, and others that are nearly as short and run elsewhere.

        Of the nodes half-way between both ends, those are taken by which a path is shorter than by
        any other around them: each is the middle of a path of its own.
        """
        from scipy.sparse.csgraph import dijkstra

        start, end = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
        ends = [self.nearest(start), self.nearest(end)]
        far, before = dijkstra(self._edges, directed=False, indices=ends, return_predecessors=True)
        if not np.isfinite(far[0, ends[1]]) or ends[0] == ends[1]:
            return [np.stack([start, end])]
        found = []
        for middle in self._middles(far, float(np.linalg.norm(end - start)), most):
            there = _walk(before[0], middle)[::-1]
            back = _walk(before[1], middle)
            rows = np.asarray([*there, middle, *back], dtype=np.int64)[1:-1]
            found.append(np.concatenate([start[None], self.nodes[rows], end[None]]))
        return found

    def _middles(self, far: Floats, apart: float, most: int) -> list[int]:
        total = far.sum(axis=0)  # (n,) of the shortest path by way of each node
        best = int(total.argmin())
        if most == 1:
            return [best]
        front = np.flatnonzero(np.abs(far[0] - far[1]) <= FRONT * total.min())
        front = front[total[front] <= SLACK * total.min()]
        around = AROUND * apart
        chosen: list[int] = []
        for node in front[np.argsort(total[front], kind="stable")]:
            away = np.linalg.norm(self.nodes[front] - self.nodes[node], axis=1)
            lowest = total[node] <= total[front[away <= around]].min()
            apart_enough = all(
                np.linalg.norm(self.nodes[node] - self.nodes[one]) > around for one in chosen
            )
            if lowest and apart_enough:
                chosen.append(int(node))
            if len(chosen) == most:
                break
        return chosen or [best]

    def nearest(self, z: Floats) -> int:
        """The node nearest to a latent (d,)."""
        return int(np.square(self.nodes - z).sum(axis=1).argmin())


def grid_graph(
    rect: Rect,
    pictures: Callable[[Floats], Floats],
    pull: Callable[[Floats], Floats] | None = None,
    side: int = SIDE,
) -> Graph:
    """A grid over a part of a plane of two latents, whose edges are as long as pictures differ.

    Args:
        rect: x0, y0, x1, y1 in z.
        pictures: (B, 2) latents -> (B, D) pictures.
        pull: (B, 2) -> (B,) what a unit step costs besides; None adds nothing.
        side: Nodes of the longer side.
    """
    x0, y0, x1, y1 = rect
    step = max(x1 - x0, y1 - y0) / (side - 1)
    columns, rows = (max(2, round(length / step) + 1) for length in (x1 - x0, y1 - y0))
    x, y = np.meshgrid(x0 + step * np.arange(columns), y0 + step * np.arange(rows))
    nodes = np.stack([x.ravel(), y.ravel()], axis=1)  # (n, 2)
    return join_grid(nodes, thinned(pictures(nodes)), (rows, columns), pull)


def join_grid(
    nodes: Floats,
    shown: Floats,
    shape: tuple[int, int],
    pull: Callable[[Floats], Floats] | None = None,
) -> Graph:
    """The nodes (R * C, 2) of a grid, joined to their neighbours, as far as pictures differ."""
    rows, columns = shape
    number = np.arange(len(nodes)).reshape(rows, columns)
    edges = []
    for right, up in STEPS:
        here = number[max(0, -up) : rows - max(0, up), : columns - right]
        there = number[max(0, up) :, right:] if up >= 0 else number[:up, right:]
        edges.append(np.stack([here.ravel(), there.ravel()], axis=1))
    pairs = np.concatenate(edges)
    return Graph(nodes, pairs, _weights(nodes, shown, pairs, pull))


def landmark_graph(
    codes: Floats,
    pictures: Callable[[Floats], Floats],
    pull: Callable[[Floats], Floats] | None = None,
) -> Graph:
    """Landmarks among data, joined to their neighbours; edges as long as the picture's way.

    The picture in the middle of an edge is looked at too: far ones all differ by about as much.
    """
    nodes = some_rows(codes, LANDMARKS)
    pairs = neighbour_pairs(nodes, NEIGHBOURS)
    shown = thinned(pictures(np.concatenate([nodes, _middles(nodes, pairs)])))
    at, between = shown[: len(nodes)], shown[len(nodes) :]
    halves = [np.linalg.norm(between - at[pairs[:, side]], axis=1) for side in (0, 1)]
    weights = halves[0] + halves[1]
    if pull is not None:
        weights = np.hypot(weights, pull(_middles(nodes, pairs)) * _lengths(nodes, pairs))
    return Graph(nodes, pairs, weights)


def data_graph(codes: ArrayLike) -> Graph:
    """The kNN graph of data (N, d), its edges as long as they are in z.

    Of more than 20,000 data an even choice stands for all. Parts that no edge joins are joined
    where they come nearest to one another.

    Raises:
        RefusedError: There are no data.
    """
    z = np.asarray(codes, dtype=np.float64)
    z = z[np.isfinite(z).all(axis=1)]
    if not len(z):
        raise RefusedError(
            "A path over the data's neighbours needs data on the map.",
            do="Open some, or choose another kind of path.",
        )
    nodes = some_rows(z, MOST_DATA)
    pairs = neighbour_pairs(nodes, NEIGHBOURS)
    return Graph(nodes, pairs, _lengths(nodes, pairs))


def _walk(before: NDArray[np.int32], at: int) -> list[int]:
    """The nodes on the way back from `at`, which is left out, to where the search began."""
    rows = []
    at = int(before[at])
    while at >= 0:
        rows.append(at)
        at = int(before[at])
    return rows


def neighbour_pairs(nodes: Floats, k: int) -> NDArray[np.int64]:
    """Edges (m, 2) to each node's k nearest, each once; all of them hang together."""
    from scipy.spatial import cKDTree

    count = len(nodes)
    if count < 2:
        return np.zeros((0, 2), dtype=np.int64)
    _, near = cKDTree(nodes).query(nodes, k=min(k + 1, count))
    source = np.repeat(np.arange(count), near.shape[1] - 1)
    pairs = np.stack([source, near[:, 1:].ravel()], axis=1)
    pairs = np.unique(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1), axis=0)
    return _joined(nodes, pairs.astype(np.int64))


def _joined(nodes: Floats, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    while True:
        ones = np.ones(len(pairs))
        edges = csr_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(len(nodes),) * 2)
        parts, of = connected_components(edges, directed=False)
        if parts == 1:
            return pairs
        # The smallest part is joined to whatever is nearest to it.
        small = int(np.bincount(of).argmin())
        mine, others = np.flatnonzero(of == small), np.flatnonzero(of != small)
        apart, near = cKDTree(nodes[others]).query(nodes[mine])
        best = int(apart.argmin())
        bridge = np.array([[mine[best], others[near[best]]]], dtype=np.int64)
        pairs = np.concatenate([pairs, bridge])


def some_rows(codes: ArrayLike, most: int) -> Floats:
    """At most `most` rows of (N, d), evenly chosen."""
    z = np.asarray(codes, dtype=np.float64)
    rows = np.unique(np.linspace(0, len(z) - 1, min(len(z), most)).astype(np.int64))
    return np.asarray(z[rows])


def thinned(pictures: Floats) -> Floats:
    """Pictures (B, D) by every so many of their pixels, their distances about as before."""
    every = -(-pictures.shape[1] // MOST_PIXELS)
    return pictures if every == 1 else np.asarray(pictures[:, ::every] * np.sqrt(every))


def _weights(
    nodes: Floats,
    shown: Floats,
    pairs: NDArray[np.int64],
    pull: Callable[[Floats], Floats] | None,
) -> Floats:
    weights = np.empty(len(pairs))
    for first in range(0, len(pairs), 4096):  # the differences of all would fill the memory
        a, b = pairs[first : first + 4096].T
        weights[first : first + 4096] = np.linalg.norm(shown[a] - shown[b], axis=1)
    if pull is None:
        return weights
    second = pull(_middles(nodes, pairs)) * _lengths(nodes, pairs)
    return np.asarray(np.hypot(weights, second))


def _middles(nodes: Floats, pairs: NDArray[np.int64]) -> Floats:
    return np.asarray((nodes[pairs[:, 0]] + nodes[pairs[:, 1]]) / 2.0)


def _lengths(nodes: Floats, pairs: NDArray[np.int64]) -> Floats:
    return np.asarray(np.linalg.norm(nodes[pairs[:, 0]] - nodes[pairs[:, 1]], axis=1))
