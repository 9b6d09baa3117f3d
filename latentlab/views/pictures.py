"""Pictures on screen: crisp at whole multiples of their pixels, or smooth."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentlab.engine.messages import Picture
from latentlab.views.theme import DARK, Theme

ROW_ASPECT = 4  # a table's row is drawn so many times as wide as high


def shown_height(height: int, width: int) -> int:
    """Return the height in pixels that a picture is drawn with: its own, or that of a row.

    Example:
        >>> shown_height(28, 28), shown_height(1, 30)
        (28, 7)
    """
    return max(width // ROW_ASPECT, 1) if height == 1 else height


def to_qimage(picture: Picture) -> QImage:
    """Return a picture (H, W) or (H, W, 3) uint8 as an image of its own memory.

    A row of a table, (1, W), is one pixel high: as a strip of that height nobody could read it.
    """
    times = shown_height(*picture.shape[:2]) // picture.shape[0]
    if times > 1:
        picture = np.repeat(picture, times, axis=0)  # (W / 4, W)
    pixels = np.ascontiguousarray(picture)
    height, width = pixels.shape[:2]
    colour = pixels.ndim == 3
    form = QImage.Format.Format_RGB888 if colour else QImage.Format.Format_Grayscale8
    return QImage(pixels.data, width, height, pixels.strides[0], form).copy()


def from_qimage(image: QImage, times: int = 1) -> QImage:
    """Return the image with every pixel `times` times as large, for the clipboard."""
    return image.scaled(
        image.width() * times,
        image.height() * times,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.FastTransformation,
    )


def fitted(image: QSize, room: QRectF, ratio: float, *, smooth: bool) -> QRectF:
    """Return where an image goes in `room`: centred, at a whole multiple unless `smooth`.

    Args:
        image: Its size in pixels.
        room: The room, in logical pixels.
        ratio: Device pixels in a logical one.
        smooth: Whether it may fill the room at any scale.
    """
    if image.isEmpty():
        return QRectF()
    scale = min(room.width() * ratio / image.width(), room.height() * ratio / image.height())
    if not smooth and scale >= 1.0:
        scale = float(int(scale))
    width, height = image.width() * scale / ratio, image.height() * scale / ratio
    left = room.left() + round((room.width() - width) / 2 * ratio) / ratio
    top = room.top() + round((room.height() - height) / 2 * ratio) / ratio
    return QRectF(left, top, width, height)


class PictureView(QWidget):
    """One picture, as large as fits; words where there is none.

    Signals:
        painted: The newest picture is on screen (sent at the end of its first paint).
    """

    painted = Signal()

    def __init__(self, side_px: int, name: str, *, words: str = "") -> None:
        super().__init__()
        self._image: QImage | None = None
        self._shrunk: QImage | None = None
        self._smooth = False
        self._fresh = False
        self._words = words
        self._side = side_px
        self._theme = DARK
        self.setAccessibleName(name)
        self.setMinimumSize(min(side_px, 96), min(side_px, 96))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        """The size that suits it."""
        return QSize(self._side, self._side)

    @property
    def image(self) -> QImage | None:
        """What is shown."""
        return self._image

    def set_picture(self, picture: Picture | None) -> None:
        """Show a picture, or the words."""
        self._image = None if picture is None else to_qimage(picture)
        self._shrunk = None
        self._fresh = True
        self.update()

    def set_smooth(self, smooth: bool) -> None:
        """Interpolate between pixels, or show them as they are."""
        if smooth != self._smooth:
            self._smooth = smooth
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        self.update()

    def set_words(self, words: str) -> None:
        """What is said where there is no picture."""
        if words != self._words:
            self._words = words
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        room = QRectF(self.rect())
        if self._image is None:
            self._paint_words(painter, room)
        else:
            smooth = self._smooth or self._image.width() > room.width() * self.devicePixelRatioF()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            place = fitted(self._image.size(), room, self.devicePixelRatioF(), smooth=smooth)
            painter.drawImage(place, self._small(place))
        painter.end()
        if self._fresh:
            self._fresh = False
            self.painted.emit()

    def _small(self, place: QRectF) -> QImage:
        """The image as large as it is painted, where it is much larger: each pixel has its share.

        The painter's own smoothing looks at four pixels for each that it paints.
        """
        image = self._image or QImage()
        width = round(place.width() * self.devicePixelRatioF())
        if image.width() <= 2 * width or width < 1:
            return image
        if self._shrunk is None or self._shrunk.width() != width:
            how = Qt.TransformationMode.SmoothTransformation
            self._shrunk = image.scaledToWidth(width, how)
        return self._shrunk

    def _paint_words(self, painter: QPainter, room: QRectF) -> None:
        frame = room.adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(self._theme.line))
        painter.drawRoundedRect(frame, 6, 6)
        painter.setPen(QColor(self._theme.quiet))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(room.adjusted(12, 8, -12, -8), int(flags), self._words)
