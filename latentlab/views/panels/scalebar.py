"""A bar of the colours that numbers have, with ends to drag and a histogram above it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentlab.data.attributes import number_words
from latentlab.session.session import Session
from latentlab.views.palette import number_colors
from latentlab.views.theme import DARK, Theme

BARS_PX, BAR_PX, HANDLE_PX, MARGIN_PX = 32, 12, 7, 8
STEP = 0.01  # of the range: a press of an arrow key
STOPS = 33  # of the gradient
APART = 0.004  # of the range: ends never meet


class ScaleBar(QWidget):
    """From the smallest to the largest number; the colours lie between two handles.

    Signals:
        moved: Which end ("low" or "high") is at which value, while it is dragged.
    """

    moved = Signal(str, float)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._theme: Theme = DARK
        self._held = ""
        self._pulled = False  # whether the end that is held has moved since it was taken
        self._last = "low"  # the end that keys move
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Colour scale")
        self.setToolTip(
            "Drag an end: what lies beyond it has its colour.\n"
            "Keys: Left and Right move an end, Up and Down choose which, Home resets both."
        )

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        """The size that suits it."""
        return QSize(160, BARS_PX + BAR_PX + HANDLE_PX + 4)

    # Places

    def refresh(self) -> None:
        """Scale or histogram have changed."""
        scale, attribute = self._session.colouring.scale, self._session.colouring.attribute
        if scale is not None and attribute is not None:
            ends = [number_words(end, attribute.unit) for end in (scale.low, scale.high)]
            self.setAccessibleDescription(f"{attribute.title} from {ends[0]} to {ends[1]}")
        self.update()

    def _range(self) -> tuple[float, float]:
        """The smallest and the largest number, as the scale is even in."""
        scale, summary = self._session.colouring.scale, self._session.colouring.summary
        if scale is None or summary is None:
            return 0.0, 1.0
        low, high = scale.bent(np.array([summary.low, summary.high]))
        return float(low), max(float(high), float(low) + 1e-12)

    def place_of(self, value: float) -> float:
        """Pixels from the left of a value."""
        scale = self._session.colouring.scale
        low, high = self._range()
        bent = value if scale is None else float(scale.bent(np.array([value]))[0])
        share = min(max((bent - low) / (high - low), 0.0), 1.0)
        return MARGIN_PX + share * (self.width() - 2 * MARGIN_PX)

    def value_at(self, x: float) -> float:
        """The value at so many pixels from the left."""
        scale = self._session.colouring.scale
        low, high = self._range()
        share = (x - MARGIN_PX) / max(self.width() - 2 * MARGIN_PX, 1)
        bent = low + min(max(share, 0.0), 1.0) * (high - low)
        return bent if scale is None else scale.straightened(bent)

    def _ends(self) -> tuple[float, float]:
        scale = self._session.colouring.scale
        if scale is None:
            return 0.0, 0.0
        return self.place_of(scale.low), self.place_of(scale.high)

    # The hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the nearer end."""
        if event.button() == Qt.MouseButton.LeftButton:
            low, high = self._ends()
            x = event.position().x()
            nearer_high = abs(x - high) < abs(x - low) or (low == high and x > high)
            self._held = self._last = "high" if nearer_high else "low"
            self._pulled = False
            self._move_to(x)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the end that is held."""
        near = any(abs(event.position().x() - end) < HANDLE_PX for end in self._ends())
        shape = Qt.CursorShape.SizeHorCursor if near or self._held else Qt.CursorShape.ArrowCursor
        self.setCursor(shape)
        if self._held:
            self._move_to(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: ARG002
        """Let go."""
        self._held = ""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: ARG002
        """Both ends as they were at first."""
        self._held = ""
        self._session.colouring.reset_ends()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move an end by a step."""
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            way = 1 if key == Qt.Key.Key_Right else -1
            fast = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            end = self._ends()[self._last == "high"]
            self._pulled = event.isAutoRepeat()  # a key that is held down is one change
            self._move_to(end + way * fast * STEP * (self.width() - 2 * MARGIN_PX), self._last)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._last = "high" if key == Qt.Key.Key_Up else "low"
            self.update()
        elif key == Qt.Key.Key_Home:
            self._session.colouring.reset_ends()
        else:
            super().keyPressEvent(event)

    def _move_to(self, x: float, which: str = "") -> None:
        scale = self._session.colouring.scale
        if scale is None:
            return
        which = which or self._held
        low, high = self._ends()
        room = APART * (self.width() - 2 * MARGIN_PX) + 0.5
        if which == "high":
            self._tell(scale.low, self.value_at(max(x, low + room)), which)
        else:
            self._tell(self.value_at(min(x, high - room)), scale.high, which)

    def _tell(self, low: float, high: float, which: str) -> None:
        if self._session.colouring.set_ends(low, high, remember=not self._pulled):
            self._pulled = True
        self.moved.emit(which, high if which == "high" else low)

    # The picture

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Histogram, colours, handles."""
        if self._session.colouring.scale is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        low, high = self._ends()
        bar = QRectF(MARGIN_PX, BARS_PX, self.width() - 2 * MARGIN_PX, BAR_PX)
        gradient = self._gradient(low, high)
        self._paint_bars(painter, bar, gradient)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(gradient)
        painter.drawRoundedRect(bar, 3, 3)
        for which, x in (("low", low), ("high", high)):
            self._paint_handle(painter, x, lit=which == self._held or self._is_for_keys(which))

    def _is_for_keys(self, which: str) -> bool:
        return self.hasFocus() and which == self._last

    def _gradient(self, low: float, high: float) -> QLinearGradient:
        gradient = QLinearGradient(low, 0, max(high, low + 1), 0)
        colours = number_colors(self._theme.name)
        for stop in np.linspace(0.0, 1.0, STOPS):
            gradient.setColorAt(float(stop), QColor(colours[round(stop * (len(colours) - 1))]))
        return gradient

    def _paint_bars(self, painter: QPainter, bar: QRectF, gradient: QLinearGradient) -> None:
        bars = self._session.colouring.counted.bars
        if not len(bars) or not bars.max():
            return
        heights = np.sqrt(bars / bars.max()) * (BARS_PX - 4)
        width = bar.width() / len(bars)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(gradient)
        for place, height in enumerate(heights):
            if height > 0:
                tall = max(float(height), 1.0)
                left = bar.left() + place * width
                painter.drawRect(QRectF(left, bar.top() - 2 - tall, max(width - 0.5, 0.5), tall))

    def _paint_handle(self, painter: QPainter, x: float, *, lit: bool) -> None:
        top = BARS_PX - 2
        bottom = BARS_PX + BAR_PX + 1
        painter.setPen(QPen(QColor(self._theme.accent if lit else self._theme.text), 1.5))
        painter.drawLine(QPointF(x, top), QPointF(x, bottom))
        painter.setBrush(QColor(self._theme.accent if lit else self._theme.text))
        painter.setPen(Qt.PenStyle.NoPen)
        grip = [QPointF(x, bottom - 1)]
        grip += [QPointF(x + side * HANDLE_PX * 0.7, bottom + HANDLE_PX) for side in (-1, 1)]
        painter.drawPolygon(QPolygonF(grip))
