"""Which points lie inside a drawn shape: whole cells at once, single points only at its edge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentlab.latent.picking import BLOCK, PointIndex

Values = NDArray[np.float64]


def inside_polygon(
    x: NDArray[np.floating], y: NDArray[np.floating], polygon: NDArray[np.floating]
) -> NDArray[np.bool_]:
    """Whether points (n,) lie inside a polygon (V, 2), by the even-odd rule, each with each edge.

    Example:
        >>> square = np.array([[0, 0], [2, 0], [2, 2], [0, 2]])
        >>> inside_polygon(np.array([1.0, 3.0]), np.array([1.0, 1.0]), square).tolist()
        [True, False]
    """
    corners = np.asarray(polygon, np.float64)
    px, py = np.asarray(x, np.float64), np.asarray(y, np.float64)
    inside = np.zeros(len(px), np.bool_)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        inside ^= _crosses(ax, ay, bx, by, px, py)
    return inside


def _crosses(
    ax: Values, ay: Values, bx: Values, by: Values, x: Values, y: Values
) -> NDArray[np.bool_]:
    """Whether the ray from (x, y) to the right crosses the edge from a to b."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(((ay <= y) != (by <= y)) & (x < ax + (y - ay) * ((bx - ax) / (by - ay))))


def rows_in_rect(
    index: PointIndex, x0: float, y0: float, x1: float, y1: float
) -> NDArray[np.int32]:
    """The rows of all points with x0 <= x <= x1 and y0 <= y <= y1, ascending."""
    found = []
    for portion in index.build().blocks(index.slices(x0, y0, x1, y1)):
        for start, stop in portion:
            x, y = index.x[start:stop], index.y[start:stop]
            found.append(index.rows[start:stop][(x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)])
    return np.sort(np.concatenate(found)) if found else np.empty(0, np.int32)


def rows_in_polygon(index: PointIndex, polygon: NDArray[np.floating]) -> NDArray[np.int32]:
    """The rows of all points inside a polygon (V, 2), by the even-odd rule, ascending.

    Cells of the grid that no edge touches lie inside or outside as a whole; only the points of
    the others are tested, and each only with the edges at its height.
    """
    corners = np.asarray(polygon, np.float64)
    if len(corners) < 3 or not np.isfinite(corners).all() or not len(index.build()):
        return np.empty(0, np.int32)
    edges = _Edges(index, corners)
    touched, inside = edges.cells()
    sizes = np.diff(index.starts)
    whole = np.repeat((inside & ~touched).ravel(), sizes)
    at = np.flatnonzero(np.repeat(touched.ravel(), sizes))  # sorted points of touched cells
    found = [index.rows[whole], index.rows[at[edges.hold(at)]]]
    return np.sort(np.concatenate(found))


class _Edges:
    """A polygon's edges on the rows of an index's grid."""

    def __init__(self, index: PointIndex, corners: NDArray[np.float64]) -> None:
        self._index = index
        self._a, self._b = corners, np.roll(corners, -1, axis=0)
        low = np.minimum(self._a[:, 1], self._b[:, 1])
        high = np.maximum(self._a[:, 1], self._b[:, 1])
        first, last = index.row_of(low), index.row_of(high)
        # A pair for each edge and each row that it passes through.
        counts = last - first + 1
        self._edge = np.repeat(np.arange(len(corners)), counts)  # (P,)
        before = np.repeat(np.cumsum(counts) - counts, counts)
        self._row = np.arange(len(self._edge)) - before + first[self._edge]  # (P,)

    def cells(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """(side, side) whether an edge touches a cell, and whether it is inside elsewhere."""
        side, lines = self._index.side, self._index.lines()
        below, above = lines[:-1].copy(), lines[1:].copy()
        middle = (below + above) / 2
        slack = 1e-6 * (above - below)
        below, above = below - slack, above + slack
        below[0], above[-1] = -np.inf, np.inf  # the border's cells have no end
        left, right = self._reach(below[self._row], above[self._row])
        change = np.zeros((side, side + 1), np.int32)
        # A column more on each side: rounding then misses no cell.
        np.add.at(change, (self._row, np.maximum(self._index.column_of(left) - 1, 0)), 1)
        ends = np.minimum(self._index.column_of(right) + 2, side)
        np.add.at(change, (self._row, ends), -1)
        touched = np.cumsum(change, axis=1)[:, :side] > 0
        return touched, self._parity(middle[self._row])

    def _reach(
        self, below: NDArray[np.float64], above: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The least and the largest x of each edge within its row."""
        (ax, ay), (bx, by) = self._a[self._edge].T, self._b[self._edge].T
        rise = np.where(by == ay, 1.0, by - ay)
        share_0 = (np.clip(below, np.minimum(ay, by), np.maximum(ay, by)) - ay) / rise
        share_1 = (np.clip(above, np.minimum(ay, by), np.maximum(ay, by)) - ay) / rise
        flat = by == ay
        x0 = np.where(flat, ax, ax + share_0 * (bx - ax))
        x1 = np.where(flat, bx, ax + share_1 * (bx - ax))
        return np.minimum(x0, x1), np.maximum(x0, x1)

    def _parity(self, y: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(side, side) whether an odd number of edges lies left of a cell, at its middle."""
        side = self._index.side
        (ax, ay), (bx, by) = self._a[self._edge].T, self._b[self._edge].T
        met = (ay <= y) != (by <= y)
        rise = np.where(met, by - ay, 1.0)
        x = ax + (y - ay) * ((bx - ax) / rise)
        odd = np.zeros((side, side), np.int32)
        np.add.at(odd, (self._row[met], self._index.column_of(x[met])), 1)
        return np.asarray(np.cumsum(odd, axis=1) % 2 == 1)

    def hold(self, at: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether sorted points (n,) lie inside, each tested with the edges of its row."""
        index = self._index
        x, y = index.x[at].astype(np.float64), index.y[at].astype(np.float64)
        order = np.argsort(self._row, kind="stable")
        edges, rows = self._edge[order], np.arange(index.side + 1)
        ends = np.searchsorted(self._row[order], rows)
        stops = np.searchsorted(index.row_of(y), rows)  # sorted points come row by row
        odd = np.zeros(len(at), np.bool_)
        for row in np.flatnonzero((np.diff(stops) > 0) & (np.diff(ends) > 0)):
            of_row = edges[ends[row] : ends[row + 1]]
            ax, ay = self._a[of_row].T[:, :, None]  # (E, 1) each
            bx, by = self._b[of_row].T[:, :, None]
            size = max(1, BLOCK // len(of_row))
            for start in range(stops[row], stops[row + 1], size):
                part = slice(start, min(start + size, stops[row + 1]))
                crossed = _crosses(ax, ay, bx, by, x[part], y[part])  # (E, n)
                odd[part] = np.count_nonzero(crossed, axis=0) % 2 == 1
        return odd
