"""The hover card: what the point under the pointer is, beside it and never over it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from latentlab.views.map.lattice import to_qimage
from latentlab.views.map.layer import colour, scaled_font
from latentlab.views.theme import CORNER, DARK, GRID, TEXT, TEXT_SMALL, Theme

PICTURE = 96  # wanted side of the picture, in logical pixels
GAP = 14  # between the point and the card: clear of the ring around the point
WIDEST_TEXT = 220
RECONSTRUCTION = "reconstruction"


@dataclass(frozen=True, slots=True, eq=False)
class Card:
    """What the card says of one row; all of it is shown as plain text."""

    row: int
    label: str
    swatch: str
    file_name: str
    picture: NDArray[np.uint8] | None
    is_reconstruction: bool
    value: str = ""  # of the column that colours the points, where that is not the class
    place: str = ""  # how its place stands for its code, where that needs a word


def place_card(at: QPoint, size: QSize, bounds: QRect, gap: int = GAP) -> QRect | None:
    """Where a card goes: above the point, else right, left or below; inside, clear of the point.

    Returns:
        The card's rectangle, or None where no side has room for it.
    """
    w, h = size.width(), size.height()
    left, top = at.x() - w // 2, at.y() - h // 2
    for x, y in (
        (left, at.y() - gap - h),
        (at.x() + gap, top),
        (at.x() - gap - w, top),
        (left, at.y() + gap),
    ):
        beside = x in (at.x() + gap, at.x() - gap - w) and y == top
        # Along the side it may slide, towards or away from the point it may not.
        if beside:
            y = min(max(y, bounds.top()), bounds.bottom() + 1 - h)
        else:
            x = min(max(x, bounds.left()), bounds.right() + 1 - w)
        rect = QRect(x, y, w, h)
        if bounds.contains(rect):
            return rect
    return None


def picture_size(height: int, width: int) -> QSize:
    """The size to show a picture at: a whole multiple near 96 pixels, large ones brought down."""
    side = max(height, width)
    if side > PICTURE * 4 // 3:
        return QSize(max(1, width * PICTURE // side), max(1, height * PICTURE // side))
    times = max(1, round(PICTURE / side))
    return QSize(width * times, height * times)


class HoverCard(QWidget):
    """A small card that the mouse looks through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._on = parent
        self._theme: Theme = DARK
        self._text_scale = 1.0
        self._card: Card | None = None
        self._image = QImage()
        self.hide()

    @property
    def card(self) -> Card | None:
        """What is shown; None where nothing is."""
        return self._card if self.isVisible() else None

    def set_theme(self, theme: Theme, text_scale: float = 1.0) -> None:
        """Take another theme's colours, and text so many times its size."""
        self._theme = theme
        self._text_scale = text_scale
        self.update()

    def show_card(self, card: Card, at: QPoint) -> None:
        """Say what the point at `at` (in the parent) is."""
        self._card = card
        self._image = QImage() if card.picture is None else to_qimage(card.picture)
        rect = place_card(at, self._wanted(), self._on.rect().adjusted(4, 4, -4, -4))
        if rect is None:
            self.hide()
            return
        self.setGeometry(rect)
        self.setAccessibleName("Point under the pointer")
        self.setAccessibleDescription(", ".join(text for text, _, _ in self._lines()))
        self.show()
        self.raise_()
        self.update()

    def _lines(self) -> list[tuple[str, QFont, str]]:
        if self._card is None:
            return []
        large, small = (scaled_font(size, self._text_scale) for size in (TEXT, TEXT_SMALL))
        large.setWeight(QFont.Weight.DemiBold)
        lines = [(self._card.label, large, self._theme.text)] if self._card.label else []
        lines.append((f"Row {self._card.row:,}", small, self._theme.quiet))
        if self._card.value:
            lines.append((self._card.value, small, self._theme.text))
        if self._card.file_name:
            lines.append((self._card.file_name, small, self._theme.quiet))
        if self._card.place:
            lines.append((self._card.place, small, self._theme.quiet))
        if self._card.is_reconstruction:
            lines.append((RECONSTRUCTION, small, self._theme.warn))
        return [
            (
                QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideMiddle, WIDEST_TEXT),
                font,
                ink,
            )
            for text, font, ink in lines
        ]

    def _picture_size(self) -> QSize:
        if self._image.isNull():
            return QSize(PICTURE, PICTURE)
        return picture_size(self._image.height(), self._image.width())

    def _wanted(self) -> QSize:
        picture = self._picture_size()
        widths = [
            QFontMetrics(font).horizontalAdvance(text) + (14 if index == 0 else 0)
            for index, (text, font, _) in enumerate(self._lines())
        ]
        heights = sum(QFontMetrics(font).height() + 2 for _, font, _ in self._lines())
        width = max(picture.width(), *widths) + 2 * GRID
        return QSize(width, picture.height() + heights + 2 * GRID + 4)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Ground, picture, lines of text."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour(self._theme.line), 1.0))
        painter.setBrush(colour(self._theme.raised))
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(frame, CORNER, CORNER)
        size = self._picture_size()
        spot = QRect(QPoint((self.width() - size.width()) // 2, GRID), size)
        if self._image.isNull():
            painter.setPen(colour(self._theme.quiet))
            painter.drawText(spot, Qt.AlignmentFlag.AlignCenter, "…")
        else:
            shrunk = size.width() < self._image.width()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrunk)
            painter.drawImage(spot, self._image)
        self._paint_lines(painter, spot.bottom() + 5)

    def _paint_lines(self, painter: QPainter, y: int) -> None:
        for index, (text, font, ink) in enumerate(self._lines()):
            height = QFontMetrics(font).height() + 2
            x = GRID
            if index == 0 and self._card is not None and self._card.label:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colour(self._card.swatch))
                painter.drawEllipse(QRectF(x, y + height / 2 - 4, 8, 8))
                x += 14
            painter.setFont(font)
            painter.setPen(colour(ink))
            painter.drawText(
                QRect(x, y, self.width() - x - GRID + 2, height),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
                text,
            )
            y += height
