"""What the decoder draws over the visible part of the plane, under the points: tiles, or cells."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QGraphicsItem

from latentlab.engine.messages import Lattice, Rect
from latentlab.views.map.layer import Layer
from latentlab.views.map.tiles import GAP, LEAST_CELL_PX, Painted
from latentlab.views.theme import DARK

LARGEST_SIDE = 2048  # pixels of the joined picture: more than a screen shows
SAME_SCALE = 1e-9


def mosaic(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(R, C, H, W) or (R, C, H, W, 3) pictures joined into one (R*H, C*W[, 3]), row 0 on top."""
    rows, columns, height, width = images.shape[:4]
    joined = np.moveaxis(images, 2, 1)  # (R, H, C, W[, 3])
    return np.ascontiguousarray(joined.reshape(rows * height, columns * width, *images.shape[4:]))


def to_qimage(picture: NDArray[np.uint8]) -> QImage:
    """(H, W) grey or (H, W, 3) colour -> an image that owns its bytes."""
    picture = np.ascontiguousarray(picture)
    height, width = picture.shape[:2]
    kind = QImage.Format.Format_Grayscale8 if picture.ndim == 2 else QImage.Format.Format_RGB888
    # The format for painting is converted to once, here, and the copy outlives the array.
    image = QImage(picture.data, width, height, picture.strides[0], kind)
    return image.convertToFormat(QImage.Format.Format_RGB32)


def enlarged(image: QImage, size: QSize) -> QImage:
    """An image at another size with crisp pixels: whole multiples first, then smooth down."""
    times = max(
        math.ceil(size.width() / max(image.width(), 1)),
        math.ceil(size.height() / max(image.height(), 1)),
    )
    if times > 1:
        image = image.scaled(image.size() * times)
    return image.scaled(
        size,
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )


def with_gaps(image: QImage, rows: int, columns: int) -> QImage:
    """The image with a dark gap between its cells, where these are large enough for one."""
    wide, high = image.width() / columns, image.height() / rows
    if min(wide, high) < LEAST_CELL_PX:
        return image
    gap = max(1.0, GAP * min(wide, high))
    painter = QPainter(image)
    ground = QColor(DARK.ground)  # in both themes: most pictures are dark at their edges
    for column in range(1, columns):
        painter.fillRect(QRectF(column * wide - gap / 2, 0, gap, image.height()), ground)
    for row in range(1, rows):
        painter.fillRect(QRectF(0, row * high - gap / 2, image.width(), gap), ground)
    painter.end()
    return image


class LatticeLayer(Layer):
    """Tiles where the map has some; under them one image on the lattice's rectangle.

    Both are crisp at every zoom.
    """

    hints = None  # pictures alone

    def __init__(self, parent: QGraphicsItem, depth: float) -> None:
        super().__init__(parent, depth)
        self._lattice: Lattice | None = None
        self._rect: Rect | None = None
        self._cells = (1, 1)  # rows, columns
        self._image = QImage()
        self._sharp = QImage()
        self._tiles: Painted | None = None

    @property
    def tiles(self) -> Painted | None:
        """The tiles that are shown."""
        return self._tiles

    def set_tiles(self, tiles: Painted | None) -> None:
        """Show other tiles, over the lattice; None shows none."""
        if tiles is not self._tiles:
            self._tiles = tiles
            self.update()

    def set_lattice(self, lattice: Lattice | None) -> None:
        """Show another lattice; None shows nothing."""
        if lattice is self._lattice:
            return
        self._lattice = lattice
        self._rect = None if lattice is None else lattice.rect
        if lattice is not None and lattice.images.size:
            self._cells = lattice.images.shape[:2]
            image = to_qimage(mosaic(lattice.images))
            if max(image.width(), image.height()) > LARGEST_SIDE:
                image = image.scaled(
                    LARGEST_SIDE,
                    LARGEST_SIDE,
                    Qt.AspectRatioMode.KeepAspectRatio,
                    Qt.TransformationMode.SmoothTransformation,
                )
            self._image = image
        else:
            self._image = QImage()
        self._sharp = QImage()
        self.update()

    @property
    def rect(self) -> Rect | None:
        """The part of the map that the lattice covers."""
        return self._rect

    def draw(self, painter: QPainter) -> None:
        """The lattice until there are tiles all over, then these."""
        if self._tiles is None or not self._tiles.sheet.whole:
            self._paint_lattice(painter)
        self._paint_tiles(painter)

    def _place_of_tiles(self) -> QRectF:
        return QRectF() if self._tiles is None else self.px_rect(self._tiles.sheet.rect)

    def _paint_tiles(self, painter: QPainter) -> None:
        """At their own scale as they are; while zooming they grow or shrink with the map."""
        tiles, ratio = self._tiles, painter.device().devicePixelRatioF()
        if tiles is None:
            return
        place = self._place_of_tiles()
        if abs(tiles.sheet.scale / (self.camera.scale * ratio) - 1.0) < SAME_SCALE:
            tiles.pixmap.setDevicePixelRatio(ratio)
            left = round(place.left() * ratio) / ratio
            painter.drawPixmap(QPointF(left, round(place.top() * ratio) / ratio), tiles.pixmap)
            return
        seen = place & self.boundingRect()
        if seen.isEmpty():
            return
        tiles.pixmap.setDevicePixelRatio(1.0)
        across, down = tiles.pixmap.width() / place.width(), tiles.pixmap.height() / place.height()
        corner = seen.topLeft() - place.topLeft()
        part = QRectF(
            corner.x() * across, corner.y() * down, seen.width() * across, seen.height() * down
        )
        painter.drawPixmap(seen, tiles.pixmap, part)

    def _paint_lattice(self, painter: QPainter) -> None:
        """The image at the screen's own resolution, made once for each zoom."""
        if self._rect is None or self._image.isNull():
            return
        target = self.px_rect(self._rect)
        ratio = painter.device().devicePixelRatioF()
        size = QSize(round(target.width() * ratio), round(target.height() * ratio))
        seen = self.camera.width * self.camera.height
        if size.isEmpty() or target.width() * target.height() > 4.0 * seen:
            painter.drawImage(target, self._image, QRectF(self._image.rect()))
            return  # zoomed in beyond it, until the next one is there
        if self._sharp.size() != size:
            self._sharp = with_gaps(enlarged(self._image, size), *self._cells)
            self._sharp.setDevicePixelRatio(ratio)
        painter.drawImage(target.topLeft(), self._sharp)
