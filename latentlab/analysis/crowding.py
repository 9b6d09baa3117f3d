"""Where the codes are: their density on the map, their nearest ones, and how far they are."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from latentlab.latent.field import Rect

Floats = NDArray[np.float64]

LOOKED_AT = 200_000  # points whose spread says how wide the kernel is
KERNEL = 0.5  # of Scott's width: that is for one Gaussian, and data are in many heaps
REACH = 4.0  # kernel widths beyond which a point does not count
COARSE = 8  # cells a kernel width: finer ones show nothing more
AT_ONCE = 2**22  # points that are counted together
TREE_DIM = 8  # above it a k-d tree looks at nearly every point
PAIRS_AT_ONCE = 2**24
PLACES_AT_ONCE = 2048


def kernel_width(xy: NDArray[np.floating], latent_dim: int) -> float:
    """Half of Scott's width, N^(-1 / (d + 4)) sigma, for points (N, 2) of a map; 1 for none.

    Scott (1992); d is 1 where the map is a line. Half, for data lie in many heaps.

    Example:
        >>> points = np.random.default_rng(0).normal(size=(4096, 2))
        >>> round(kernel_width(points, 2), 3)
        0.125
    """
    few = xy[:: max(1, len(xy) // LOOKED_AT)]
    few = few[np.isfinite(few).all(axis=1)].astype(np.float64)
    if len(few) < 2:
        return 1.0
    dims = 1 if latent_dim == 1 else 2
    low, high = np.quantile(few[:, :dims], (0.16, 0.84), axis=0)  # an outlier widens nothing
    sigma = float(np.sqrt(np.square((high - low) / 2.0).mean()))
    return max(KERNEL * sigma * math.pow(len(xy), -1.0 / (dims + 4)), 1e-9)


def data_density(
    xy: NDArray[np.floating], rect: Rect, rows: int, columns: int, width: float
) -> NDArray[np.float32]:
    """Points (N, 2) for each unit of area (one row: of length), by a Gaussian kernel: (R, C).

    Counted in cells, then blurred; points beyond the part count as far as their kernel reaches.

    Args:
        xy: The points; those without a place (NaN) are passed over.
        rect: x0, y0, x1, y1 of the part.
        rows: R; 1 takes all points whatever their y.
        columns: C.
        width: The kernel's standard deviation, in map units.
    """
    cell = (rect[2] - rect[0]) / columns, (rect[3] - rect[1]) / rows
    if cell[0] * COARSE >= width:
        return _blurred(xy, rect, rows, columns, width)
    # So close that nothing changes between cells: coarser ones, and a smooth surface through them.
    from scipy.ndimage import map_coordinates

    step = width / COARSE
    counts = [math.ceil((rect[2 + axis] - rect[axis]) / step) + 4 for axis in (0, 1)]
    middle = (rect[0] + rect[2]) / 2, (rect[1] + rect[3]) / 2
    half = counts[0] * step / 2, counts[1] * step / 2
    around = (middle[0] - half[0], middle[1] - half[1], middle[0] + half[0], middle[1] + half[1])
    coarse = _blurred(xy, around, 1 if rows == 1 else counts[1], counts[0], width)
    x = (rect[0] + (np.arange(columns) + 0.5) * cell[0] - around[0]) / step - 0.5
    y = (around[3] - rect[3] + (np.arange(rows) + 0.5) * cell[1]) / step - 0.5
    places = np.stack(np.meshgrid(np.zeros(1) if rows == 1 else y, x, indexing="ij"))
    smooth = map_coordinates(coarse.astype(np.float64), places, order=3, mode="nearest")
    return np.asarray(smooth.clip(min=0.0), dtype=np.float32)


def _blurred(
    xy: NDArray[np.floating], rect: Rect, rows: int, columns: int, width: float
) -> NDArray[np.float32]:
    from scipy.ndimage import gaussian_filter

    line = rows == 1
    cell = (rect[2] - rect[0]) / columns, (rect[3] - rect[1]) / rows
    fine = [1 if line and axis else _finer(cell[axis], width) for axis in (0, 1)]
    step = cell[0] / fine[0], cell[1] / fine[1]
    pad = [math.ceil(REACH * width / step[0] / fine[0]) * fine[0], 0]
    pad[1] = 0 if line else math.ceil(REACH * width / step[1] / fine[1]) * fine[1]
    shape = rows * fine[1] + 2 * pad[1], columns * fine[0] + 2 * pad[0]
    corner = rect[0] - pad[0] * step[0], rect[3] + pad[1] * step[1]
    counts = _counted(xy, corner, step, shape, line=line)
    sigmas = (0.0 if line else width / step[1], width / step[0])
    smooth = gaussian_filter(counts, sigmas, mode="constant", truncate=REACH)
    inner = smooth[pad[1] : shape[0] - pad[1], pad[0] : shape[1] - pad[0]]
    means = inner.reshape(rows, fine[1], columns, fine[0]).mean(axis=(1, 3))
    area = step[0] * (1.0 if line else step[1])
    return np.asarray(means / area, dtype=np.float32)


def _finer(cell: float, width: float) -> int:
    """Into how many a cell is cut for counting, so that the kernel is as wide as a few of them."""
    return int(np.clip(math.ceil(4.0 * cell / width), 1, 8))


def _counted(
    xy: NDArray[np.floating],
    corner: tuple[float, float],
    step: tuple[float, float],
    shape: tuple[int, int],
    *,
    line: bool,
) -> Floats:
    counts = np.zeros(shape[0] * shape[1])
    for start in range(0, len(xy), AT_ONCE):
        x, y = xy[start : start + AT_ONCE].astype(np.float64).T
        with np.errstate(invalid="ignore"):
            column = np.floor((x - corner[0]) / step[0])
            row = np.zeros_like(column) if line else np.floor((corner[1] - y) / step[1])
            inside = (column >= 0) & (column < shape[1]) & (row >= 0) & (row < shape[0])
        flat = row[inside].astype(np.int64) * shape[1] + column[inside].astype(np.int64)
        counts += np.bincount(flat, minlength=len(counts))
    return counts.reshape(shape)


class Neighbours:
    """The k nearest of codes (N, d), for many places at once.

    Args:
        z: The codes; those that are not finite are left out.
        k: How many.

    Attributes:
        rows: (M,) the rows of `z` that are looked among; `find` counts in these.
    """

    def __init__(self, z: NDArray[np.floating], k: int) -> None:
        finite = np.isfinite(z).all(axis=1)
        self.rows = np.flatnonzero(finite)
        self._z = z if finite.all() else z[finite]
        self.k = min(k, len(self._z))
        self._tree = None
        if self._z.shape[1] <= TREE_DIM:
            from scipy.spatial import cKDTree

            self._tree = cKDTree(self._z)
        else:
            self._centre = self._z.mean(axis=0)
            self._centred = np.ascontiguousarray(self._z - self._centre, dtype=np.float32)
            self._half = 0.5 * np.einsum("nd,nd->n", self._centred, self._centred)

    def find(self, places: Floats) -> tuple[Floats, NDArray[np.intp]]:
        """Distances and indices (n, k) of places (n, d), the nearest first."""
        if self._tree is not None:
            distances, found = self._tree.query(places, k=range(1, self.k + 1))
            return distances, found
        score = self._half - (places - self._centre).astype(np.float32) @ self._centred.T
        found = np.argpartition(score, self.k - 1, axis=1)[:, : self.k]
        distances = np.linalg.norm(self._z[found] - places[:, None], axis=-1)
        order = np.argsort(distances, axis=1)
        return np.take_along_axis(distances, order, 1), np.take_along_axis(found, order, 1)

    @property
    def at_once(self) -> int:
        """How many places to ask for together."""
        if self._tree is not None:
            return PLACES_AT_ONCE
        return max(1, min(PLACES_AT_ONCE, PAIRS_AT_ONCE // max(len(self._z), 1)))


def votes(
    labels: NDArray[np.int64], found: NDArray[np.intp]
) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    """The most frequent label among neighbours (n, k) and its share: (n,) each.

    Example:
        >>> chosen, share = votes(np.array([0, 1, 1]), np.array([[0, 1, 2]]))
        >>> int(chosen[0]), round(float(share[0]), 3)
        (1, 0.667)
    """
    count = int(labels.max(initial=0)) + 1
    n, k = found.shape
    flat = np.arange(n)[:, None] * count + labels[found]
    table = np.bincount(flat.ravel(), minlength=n * count).reshape(n, count)
    chosen = table.argmax(axis=1)
    return chosen.astype(np.int16), (table.max(axis=1) / k).astype(np.float32)


def middles(classes: NDArray[np.int16], rect: Rect) -> tuple[tuple[int, float, float], ...]:
    """Class, x and y of the place of each class in (R, C) cells that is farthest from all others.

    Example:
        >>> middles(np.array([[0, 0, 0, 1]]), (0.0, 0.0, 4.0, 1.0))[0]
        (0, 0.5, 0.5)
    """
    from scipy.ndimage import distance_transform_edt

    rows, columns = classes.shape
    found = []
    for label in np.unique(classes[classes >= 0]):
        depth = distance_transform_edt(classes == label)
        row, column = np.unravel_index(int(depth.argmax()), classes.shape)
        x = rect[0] + (column + 0.5) * (rect[2] - rect[0]) / columns
        y = rect[3] - (row + 0.5) * (rect[3] - rect[1]) / rows
        found.append((int(label), float(x), float(y)))
    return tuple(found)
