"""Points to pixels: sprites stamped into a pixmap, in slices that a frame can afford."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

from latentlab.views.map.camera import Camera, robust_rect

SLICE = 8192  # points stamped between two looks at the clock: about 1 ms
PHASES = 4  # sub-pixel positions of a sprite on each axis: points glide instead of hopping
SMALLEST, LARGEST = 1.7, 8.5  # diameters in logical pixels
FAINTEST, STRONGEST = 0.34, 0.92


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """The points to be drawn.

    Args:
        xy: (N, 2) float32 map points.
        order: (N,) the rows in the order in which they are drawn.
        sprite: (N,) number of each point's colour in `colours`.
        shown: (N,) bool.
        colours: One for each sprite.
    """

    xy: NDArray[np.float32]
    order: NDArray[np.int64]
    sprite: NDArray[np.integer]
    shown: NDArray[np.bool_]
    colours: tuple[str, ...]
    spacing: float  # typical distance of neighbours, in map units


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """Points as pixels, and the camera that they were drawn for."""

    pixmap: QPixmap
    camera: Camera
    cloud: Cloud


def typical_spacing(xy: NDArray[np.floating], count: int) -> float:
    """About how far apart `count` points like these lie: sqrt(area / count), in map units."""
    rect = robust_rect(xy)
    if rect is None or not count:
        return 1.0
    x0, y0, x1, y1 = rect
    width, height = x1 - x0, y1 - y0
    # Points on a line (d = 1) cover no area, but they are drawn as wide as they are.
    area = max(width * height, 0.05 * max(width, height) ** 2)
    return float(np.sqrt(area / count))


def size_and_strength(spacing_px: float) -> tuple[float, float]:
    """Diameter (logical pixels) and opacity for points so far apart on screen.

    Few points are large and solid; many are small and let each other through.
    """
    spacing_px = max(spacing_px, 1e-3)
    diameter = float(np.clip(2.25 * spacing_px**0.55, SMALLEST, LARGEST))
    strength = float(np.clip(0.50 + 0.13 * np.log2(spacing_px), FAINTEST, STRONGEST))
    # In steps that nobody sees: the sprites then serve many refreshes and zooms.
    return round(8.0 * diameter) / 8.0, round(32.0 * strength) / 32.0


@lru_cache(maxsize=4)
def draw_atlas(colours: tuple[str, ...], diameter: float, strength: float) -> tuple[QPixmap, int]:
    """Discs in device pixels: a column for each colour, a row for each sub-pixel position.

    Returns:
        The pixmap and the side of one cell.
    """
    cell = 2 * int(np.ceil(diameter / 2 + 1.0))
    atlas = QPixmap(cell * max(len(colours), 1), cell * PHASES * PHASES)
    atlas.fill(Qt.GlobalColor.transparent)
    painter = QPainter(atlas)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    for column, name in enumerate(colours):
        ink = QColor(name)
        ink.setAlphaF(strength)
        painter.setBrush(ink)
        for row in range(PHASES * PHASES):
            x = column * cell + cell / 2 + (row % PHASES + 0.5) / PHASES
            y = row * cell + cell / 2 + (row // PHASES + 0.5) / PHASES
            painter.drawEllipse(QPointF(x, y), diameter / 2, diameter / 2)
    painter.end()
    return atlas, cell


def stamp(cloud: Cloud, camera: Camera, ratio: float) -> Generator[None, None, Raster]:
    """Draw a cloud for a camera, and yield after each slice.

    Args:
        ratio: Device pixels for one logical pixel.

    Returns:
        The finished raster (the generator's return value).
    """
    diameter, strength = size_and_strength(cloud.spacing * camera.scale)
    atlas, cell = draw_atlas(cloud.colours, diameter * ratio, strength)
    width, height = round(camera.width * ratio), round(camera.height * ratio)
    pixmap = QPixmap(max(width, 1), max(height, 1))
    pixmap.fill(Qt.GlobalColor.transparent)
    fragments = PrimitiveArray(QPainter.PixmapFragment, 10)
    x0, _, _, y1 = camera.rect
    scale = camera.scale * ratio
    for start in range(0, len(cloud.xy), SLICE):
        rows = cloud.order[start : start + SLICE]
        # float64: a float32 product is off by whole pixels when zoomed in far from the origin
        xy = cloud.xy[rows].astype(np.float64)  # (n, 2)
        x, y = (xy[:, 0] - x0) * scale, (y1 - xy[:, 1]) * scale
        seen = cloud.shown[rows] & (np.abs(x - width / 2) < width / 2 + cell)
        seen &= np.abs(y - height / 2) < height / 2 + cell  # not finite is not seen
        _fill(fragments, x[seen], y[seen], cloud.sprite[rows][seen], cell)
        if len(fragments):
            painter = QPainter(pixmap)
            first, count = fragments.drawargs()
            painter.drawPixmapFragments(first, count, atlas)
            painter.end()
        yield
    pixmap.setDevicePixelRatio(ratio)
    return Raster(pixmap, camera, cloud)


def _fill(
    fragments: PrimitiveArray,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    sprite: NDArray[np.integer],
    cell: int,
) -> None:
    """Write one fragment a point: middle, source rectangle, scale, rotation, opacity."""
    fragments.resize(len(x))
    rows = fragments.ndarray()
    whole_x, whole_y = np.floor(x), np.floor(y)
    phase = np.floor((x - whole_x) * PHASES) + PHASES * np.floor((y - whole_y) * PHASES)
    rows[:, 0], rows[:, 1] = whole_x, whole_y
    rows[:, 2], rows[:, 3] = sprite * float(cell), phase * cell
    rows[:, 4:6] = cell
    rows[:, 6:8] = 1.0
    rows[:, 8], rows[:, 9] = 0.0, 1.0
