"""Points to pixels: sprites stamped into a pixmap, in slices that a frame can afford."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap

from latentlab.views.map.camera import Camera, robust_rect
from latentlab.views.map.cloud import Cloud
from latentlab.views.map.sketch import Marks, Picture, device_size
from latentlab.views.map.tone import FULL, size_and_strength

SLICE = 8192  # points stamped between two looks at the clock: about 1 ms
PHASES = 4  # sub-pixel positions of a sprite on each axis: points glide instead of hopping
UNPICKED = 0.3  # of the strength


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """Points as pixels, and the camera that they were drawn for."""

    pixmap: QPixmap
    camera: Camera
    cloud: Cloud


def from_picture(picture: Picture) -> Raster:
    """A picture that was made elsewhere, as the screen wants it."""
    height, width = picture.argb.shape
    kind = QImage.Format.Format_ARGB32_Premultiplied
    image = QImage(picture.argb.data, width, height, 4 * width, kind)
    pixmap = QPixmap.fromImage(image)
    pixmap.setDevicePixelRatio(picture.ratio)
    return Raster(pixmap, picture.camera, picture.cloud)


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


@lru_cache(maxsize=4)
def draw_atlas(
    colours: tuple[str, ...], diameter: float, strengths: tuple[float, ...]
) -> tuple[QPixmap, int]:
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
    for column, (name, strength) in enumerate(zip(colours, strengths, strict=True)):
        ink = QColor(name)
        ink.setAlphaF(strength)
        painter.setBrush(ink)
        for row in range(PHASES * PHASES):
            x = column * cell + cell / 2 + (row % PHASES + 0.5) / PHASES
            y = row * cell + cell / 2 + (row // PHASES + 0.5) / PHASES
            painter.drawEllipse(QPointF(x, y), diameter / 2, diameter / 2)
    painter.end()
    return atlas, cell


def stamp(marks: Marks) -> Generator[None, None, Raster]:
    """Draw marks, and yield after each slice.

    Returns:
        The finished raster (the generator's return value).
    """
    cloud, camera, ratio = marks.cloud, marks.camera, marks.ratio
    diameter, strength = size_and_strength(cloud.spacing * camera.scale)
    colours, strengths = cloud.palette, (strength,) * len(cloud.palette)
    if cloud.picked is not None:  # those that are not picked come after the palette, in grey
        strengths = (FULL,) * len(colours) + (UNPICKED * strength,)
        colours += (cloud.palette[-1],)
    atlas, cell = draw_atlas(colours, diameter * ratio, strengths)
    width, height = device_size(camera, ratio)
    pixmap = QPixmap(width, height)
    pixmap.fill(Qt.GlobalColor.transparent)
    fragments = PrimitiveArray(QPainter.PixmapFragment, 10)
    for start in range(0, len(marks.x), SLICE):
        rows = slice(start, start + SLICE)
        _fill(fragments, marks.x[rows], marks.y[rows], marks.kind[rows], cell)
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
    kind: NDArray[np.uint8],
    cell: int,
) -> None:
    """Write one fragment a point: middle, source rectangle, scale, rotation, opacity."""
    fragments.resize(len(x))
    rows = fragments.ndarray()
    whole_x, whole_y = np.floor(x), np.floor(y)
    phase = np.floor((x - whole_x) * PHASES) + PHASES * np.floor((y - whole_y) * PHASES)
    rows[:, 0], rows[:, 1] = whole_x, whole_y
    rows[:, 2], rows[:, 3] = kind * float(cell), phase * cell
    rows[:, 4:6] = cell
    rows[:, 6:8] = 1.0
    rows[:, 8], rows[:, 9] = 0.0, 1.0
