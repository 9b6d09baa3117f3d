"""The decoded plane as a street map has it: levels of cells, each half as wide as the one before.

A cell of level n is a square of side 2^-n map units, and its picture is the decode of its middle.
Cells are aligned on the map, not on the screen: panning asks for the same ones again.
"""

from __future__ import annotations

import math
import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LEAST_CELL_PX = 32.0  # a cell is 32 to 64 pixels wide
MOST_CELLS = 2500  # in view: on a larger screen cells are larger
LEAST_LEVEL, MOST_LEVEL = -24, 40
ELDERS = 6  # levels up that are looked through for a stand-in
STORE_BYTES = 64 << 20

Rect = tuple[float, float, float, float]  # x0, y0, x1, y1
Picture = NDArray[np.uint8]
_Key = tuple[int, int, int]  # a `Cell`, which costs more to make
Version = tuple[int, int | None]  # how often the weights have moved, and the class


class Cell(NamedTuple):
    """One square of the map: [column, column + 1) x [row, row + 1) sides from the origin."""

    level: int
    column: int
    row: int

    @property
    def parent(self) -> Cell:
        """The cell of the level above that it is a quarter of."""
        return Cell(self.level - 1, self.column >> 1, self.row >> 1)

    @property
    def children(self) -> tuple[Cell, Cell, Cell, Cell]:
        """Its quarters: upper left, upper right, lower left, lower right."""
        level, column, row = self.level + 1, 2 * self.column, 2 * self.row
        return (
            Cell(level, column, row + 1),
            Cell(level, column + 1, row + 1),
            Cell(level, column, row),
            Cell(level, column + 1, row),
        )


def side_of(level: int) -> float:
    """The side of a level's cells, in map units.

    Example:
        >>> side_of(0), side_of(2)
        (1.0, 0.25)
    """
    return 2.0**-level


def level_for(scale: float, width_px: float = 1.0, height_px: float = 1.0) -> int:
    """The level whose cells are 32 to 64 pixels wide, or wider where there were too many.

    Args:
        scale: Pixels for one map unit.
        width_px: Of the view.
        height_px: Of the view.

    Example:
        >>> level_for(100.0), level_for(200.0)
        (1, 2)
    """
    cell_px = max(LEAST_CELL_PX, math.sqrt(width_px * height_px / MOST_CELLS))
    return int(np.clip(math.floor(math.log2(scale / cell_px)), LEAST_LEVEL, MOST_LEVEL))


@dataclass(frozen=True, slots=True)
class Patch:
    """A block of cells of one level: `columns` x `rows` of them from (left, bottom) on.

    Example:
        >>> patch = patch_of((0.0, 0.0, 2.0, 1.0), 0)
        >>> patch.columns, patch.rows, patch.rect
        (2, 1, (0.0, 0.0, 2.0, 1.0))
    """

    level: int
    left: int
    bottom: int
    columns: int
    rows: int

    @property
    def rect(self) -> Rect:
        """The part of the map that it covers."""
        side = side_of(self.level)
        x0, y0 = self.left * side, self.bottom * side
        return x0, y0, x0 + self.columns * side, y0 + self.rows * side

    def cells(self, focus: tuple[float, float] | None = None) -> NDArray[np.int64]:
        """(n, 2) column and row of each cell, those nearest to a map point first.

        Args:
            focus: The map point; None is the middle.
        """
        rows, columns = np.indices((self.rows, self.columns)).reshape(2, -1)
        side = side_of(self.level)
        x, y = (columns + self.left + 0.5) * side, (rows + self.bottom + 0.5) * side
        x0, y0, x1, y1 = self.rect
        at = ((x0 + x1) / 2, (y0 + y1) / 2) if focus is None else focus
        far = np.maximum(np.abs(x - at[0]), np.abs(y - at[1]))  # in rings: the whole grows evenly
        order = np.argsort(far, kind="stable")
        return np.stack([columns + self.left, rows + self.bottom], axis=-1)[order].astype(np.int64)


def patch_of(rect: Rect, level: int) -> Patch:
    """The cells of a level that cover a part of the map."""
    side = side_of(level)
    left, bottom = math.floor(rect[0] / side), math.floor(rect[1] / side)
    right, top = math.ceil(rect[2] / side), math.ceil(rect[3] / side)
    return Patch(level, left, bottom, max(right - left, 1), max(top - bottom, 1))


def middles(level: int, cells: NDArray[np.int64]) -> NDArray[np.float64]:
    """(n, 2) column and row -> (n, 2) map points of which their pictures are the decodes.

    Example:
        >>> middles(1, np.array([[0, 0], [-1, 2]])).tolist()
        [[0.25, 0.25], [-0.25, 1.25]]
    """
    return np.asarray((cells.astype(np.float64) + 0.5) * side_of(level))


class TileStore:
    """Pictures of cells by version of the model, the newest used ones up to a number of bytes.

    A version is what the pictures depend on beside the cell: weights (or plane) and class.
    Pictures of older versions stand in until new ones come. Any thread may use it.

    Args:
        most_bytes: Of all pictures together.

    Example:
        >>> store = TileStore()
        >>> store.put((1, None), Cell(0, 0, 0), np.zeros((4, 4), np.uint8))
        >>> store.has((1, None), Cell(0, 0, 0)), store.has((2, None), Cell(0, 0, 0))
        (True, False)
    """

    def __init__(self, most_bytes: int = STORE_BYTES) -> None:
        self._most = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Version, _Key], Picture] = OrderedDict()
        self._newest: dict[_Key, Version] = {}  # the version that was put last
        self._of_level: Counter[int] = Counter()
        self._of_version: Counter[Version] = Counter()
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def put(self, version: Version, cell: Cell, picture: Picture) -> None:
        """Keep a picture, and let go of what was not used for longest."""
        level, column, row = cell
        self.put_all(version, level, np.array([[column, row]]), picture[None])

    def put_all(
        self, version: Version, level: int, cells: NDArray[np.int64], pictures: Picture
    ) -> None:
        """Keep the pictures (n, H, W[, 3]) of cells (n, 2) of a level."""
        with self._lock:
            kept, newest = self._kept, self._newest
            for (column, row), picture in zip(cells.tolist(), pictures, strict=True):
                cell = (level, column, row)
                key = (version, cell)
                if key in kept:
                    self._drop(key)
                kept[key] = picture.copy()  # a view would keep all its neighbours
                newest[cell] = version
            self._of_level[level] += len(cells)
            self._of_version[version] += len(cells)
            self.size_bytes += pictures.nbytes
            while self.size_bytes > self._most and len(kept) > 1:
                self._drop(next(iter(kept)))

    def _drop(self, key: tuple[Version, _Key]) -> None:
        picture = self._kept.pop(key, None)
        if picture is not None:
            self.size_bytes -= picture.nbytes
            self._of_level[key[1][0]] -= 1
            self._of_version[key[0]] -= 1
            if not self._of_version[key[0]]:
                del self._of_version[key[0]]
            if self._newest.get(key[1]) == key[0]:
                del self._newest[key[1]]

    def clear(self) -> None:
        """Forget everything: another model, or another plane."""
        with self._lock:
            self._kept.clear()
            self._newest.clear()
            self._of_level.clear()
            self._of_version.clear()
            self.size_bytes = 0

    def has(self, version: Version, cell: Cell) -> bool:
        """Whether the very picture is there."""
        return (version, cell) in self._kept

    def missing(self, version: Version, level: int, cells: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of the cells (n, 2) whose very pictures are not there, in their order."""
        with self._lock:
            kept = self._kept
            if not self._of_version[version]:
                return cells
            lacks = [(version, (level, c, r)) not in kept for c, r in cells.tolist()]
        return cells[np.asarray(lacks, np.bool_)]

    def mosaic(self, version: Version, patch: Patch) -> Mosaic | None:
        """All pictures of a patch, with stand-ins; None where there is nothing."""
        with self._lock:
            found = [
                self._find(version, Cell(patch.level, patch.left + c, patch.bottom + r))
                for r in reversed(range(patch.rows))
                for c in range(patch.columns)
            ]
        shapes = {piece.shape for piece in found if piece is not None}
        return _joined(found, patch, max(shapes)) if shapes else None

    def _find(self, version: Version, cell: Cell) -> Picture | None:
        """A cell's picture, else an older one, else what stands in of other levels."""
        own = self._picture(version, cell)
        if own is not None:
            return own
        if self._of_level[cell.level + 1]:
            quarters = [self._picture(version, child) for child in cell.children]
            if all(quarter is not None for quarter in quarters):
                return _halved([quarter for quarter in quarters if quarter is not None])
        elder, across, down, times = cell, 0, 0, 1
        for _ in range(ELDERS):
            # Rows count upwards on the map and downwards in a picture.
            across += times * (elder.column & 1)
            down += times * (1 - (elder.row & 1))
            times *= 2
            elder = elder.parent
            picture = self._picture(version, elder) if self._of_level[elder.level] else None
            if picture is not None:
                return _part(picture, across, down, times)
        return None

    def _picture(self, version: Version, cell: Cell) -> Picture | None:
        key = (version, cell)
        if key not in self._kept:
            if cell not in self._newest:
                return None
            key = (self._newest[cell], cell)
        self._kept.move_to_end(key)
        return self._kept[key]


@dataclass(frozen=True, slots=True, eq=False)
class Mosaic:
    """The pictures of a patch as they lie; row 0 is the top.

    Args:
        patch: Which cells.
        pictures: (rows, columns, H, W) grey or (..., 3) colour; black where nothing is known.
        known: (rows, columns) whether there is a picture, or something that stands in for it.
    """

    patch: Patch
    pictures: Picture
    known: NDArray[np.bool_]


def _joined(found: list[Picture | None], patch: Patch, shape: tuple[int, ...]) -> Mosaic:
    fits = [piece is not None and piece.shape == shape for piece in found]
    pictures = np.zeros((len(found), *shape), np.uint8)
    for place, piece in enumerate(found):
        if piece is not None and fits[place]:
            pictures[place] = piece
    size = (patch.rows, patch.columns)
    return Mosaic(patch, pictures.reshape(*size, *shape), np.reshape(fits, size))


def _part(picture: Picture, across: int, down: int, times: int) -> Picture:
    """One of times x times parts of a picture, as large as the picture was."""
    height, width = picture.shape[:2]
    return picture[_pixels(height, down, times)[:, None], _pixels(width, across, times)]


@lru_cache(maxsize=1024)
def _pixels(side: int, part: int, times: int) -> NDArray[np.intp]:
    return np.asarray((np.arange(side) + part * side) // times)


def _halved(quarters: list[Picture]) -> Picture:
    """Four pictures beside each other, in the room of one: upper left, upper right, below."""
    height, width = quarters[0].shape[:2]
    out = np.empty_like(quarters[0])
    top, left = height // 2, width // 2
    for place, quarter in enumerate(quarters):
        down, across = divmod(place, 2)
        rows = slice(0, top) if down == 0 else slice(top, height)
        columns = slice(0, left) if across == 0 else slice(left, width)
        tall, wide = rows.stop - rows.start, columns.stop - columns.start
        y = (2 * np.arange(tall) + 1) * height // (2 * max(tall, 1))
        x = (2 * np.arange(wide) + 1) * width // (2 * max(wide, 1))
        out[rows, columns] = quarter[np.minimum(y, height - 1)[:, None], np.minimum(x, width - 1)]
    return out
