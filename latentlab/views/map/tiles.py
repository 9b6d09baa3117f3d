"""Tiles as pixels: the pictures of the cells in view joined for the screen, in another thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage, QPixmap

from latentlab.data.resample import resampled
from latentlab.engine.messages import Rect
from latentlab.latent.tiles import Mosaic, Patch, TileStore, Version, side_of
from latentlab.views.map.pixels import packed
from latentlab.views.theme import DARK

GAP = 0.06  # of a cell: pictures that fill their frame must not run into one another
LEAST_CELL_PX = 12  # a smaller cell has no room for a gap
_GROUND = 0xFF000000 | int(DARK.ground[1:], 16)  # in both themes: most pictures are dark outside


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Tiles as they are painted, in any thread.

    Args:
        argb: (H, W) premultiplied device pixels; nothing where nothing is known.
        patch: Which cells.
        version: Of the pictures that were wanted; what stands in for them may be older.
        scale: Device pixels for one map unit.
        whole: Whether every cell shows something.
        count: Of changes of the store, when it was asked for.
    """

    argb: NDArray[np.uint32]
    patch: Patch
    version: Version
    scale: float
    whole: bool
    count: int = 0

    @property
    def rect(self) -> Rect:
        """The part of the map that it covers."""
        return self.patch.rect


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """A sheet as the screen wants it."""

    pixmap: QPixmap
    sheet: Sheet


def compose(
    store: TileStore, version: Version, patch: Patch, scale: float, count: int = 0
) -> Sheet | None:
    """Join the pictures of a patch at a screen's scale; None where nothing is there yet.

    Args:
        store: The pictures.
        version: Which are wanted; older ones, and those of other levels, stand in.
        patch: Which cells.
        scale: Device pixels for one map unit.
        count: Of changes of the store, as the asker knows it.
    """
    mosaic = store.mosaic(version, patch)
    if mosaic is None:
        return None
    whole = bool(mosaic.known.all())
    return Sheet(_laid_out(mosaic, scale), patch, version, scale, whole, count)


def _laid_out(mosaic: Mosaic, scale: float) -> NDArray[np.uint32]:
    patch = mosaic.patch
    cell_px = side_of(patch.level) * scale
    # Whole pixels for each cell: their edges are crisp, and their sides differ by one at most.
    x = _edges(patch.left, patch.columns, cell_px)
    y = _edges(-patch.bottom - patch.rows, patch.rows, cell_px)  # from the top
    argb = np.full((y[-1], x[-1]), _GROUND, np.uint32)
    gap = max(1, round(GAP * cell_px)) if cell_px >= LEAST_CELL_PX else 0
    widths, heights = np.diff(x) - gap, np.diff(y) - gap
    left, top = x + gap - gap // 2, y + gap - gap // 2
    for wide, high in product(np.unique(widths).tolist(), np.unique(heights).tolist()):
        rows, columns = np.flatnonzero(heights == high), np.flatnonzero(widths == wide)
        if wide <= 0 or high <= 0:
            continue
        some = mosaic.pictures[np.ix_(rows, columns)]
        pixels = packed(resampled(some.reshape(-1, *some.shape[2:]), high, wide))
        places = product(top[rows].tolist(), left[columns].tolist())
        for (y0, x0), picture in zip(places, pixels, strict=True):
            argb[y0 : y0 + high, x0 : x0 + wide] = picture
    for row, column in np.argwhere(~mosaic.known).tolist():
        argb[y[row] : y[row + 1], x[column] : x[column + 1]] = 0
    return argb


def _edges(first: int, count: int, cell_px: float) -> NDArray[np.int64]:
    """Where cells begin, from 0, and where the last one ends; pixels."""
    edges = np.rint((first + np.arange(count + 1)) * cell_px).astype(np.int64)
    return np.asarray(edges - edges[0])


def painted(sheet: Sheet) -> Painted:
    """A sheet for the screen; in the window's thread."""
    height, width = sheet.argb.shape
    kind = QImage.Format.Format_ARGB32_Premultiplied
    image = QImage(sheet.argb.data, width, height, 4 * width, kind)
    if sheet.whole:  # nothing shines through: cheaper to paint
        image.reinterpretAsFormat(QImage.Format.Format_RGB32)
    return Painted(QPixmap.fromImage(image), sheet)


def draw(  # one request of the map to its thread
    store: TileStore,
    version: Version,
    patch: Patch,
    scale: float,
    count: int,
    say: Callable[[object], None],
    go_on: Callable[[], bool],
) -> None:
    """Say what there is of the tiles in view."""
    sheet = compose(store, version, patch, scale, count) if go_on() else None
    if sheet is not None:
        say(sheet)
