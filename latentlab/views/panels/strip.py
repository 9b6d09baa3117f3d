"""The film strip: the path's frames side by side, with the scrubber's frame marked."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentlab.engine.messages import StripDecoded
from latentlab.views.pictures import to_qimage
from latentlab.views.theme import DARK, Theme

FRAME_PX = 52
GAP_PX = 2
MARK_REACH = 7.0  # from a mark's middle
EDGE_PX = 2  # so that the mark around the first and the last frame is whole


class Strip(QWidget):
    """As many of the frames as fit, evenly chosen, A first and B last.

    Signals:
        scrubbed: The place from 0 (A) to 1 (B) that the person pressed or moved to.
        played: Space was pressed.
        share_moved: A waypoint's mark was dragged: which one, and to which share of the film.
        share_left: It was let go.
    """

    scrubbed = Signal(float)
    played = Signal()
    share_moved = Signal(int, float)
    share_left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._strip: StripDecoded | None = None
        self._images: list[QImage] = []
        self._chosen: tuple[int, ...] = ()
        self._position = 0.0
        self._steps = 1
        self._marks: tuple[float, ...] = ()
        self._movable = False
        self._held: int | None = None  # the mark that the hand has
        self._theme = DARK
        self._words = ""
        self._smooth = False
        self.setAccessibleName("Film strip from A to B")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip("Drag along the strip; left and right arrows step by frame")

    def sizeHint(self) -> QSize:
        """The size that suits it."""
        return QSize(400, FRAME_PX + 12)

    def minimumSizeHint(self) -> QSize:
        """The least room it needs."""
        return QSize(120, FRAME_PX + 12)

    def set_strip(self, strip: StripDecoded | None) -> None:
        """Show frames, or none."""
        self._strip = strip
        self._chosen = ()
        self._images = []
        self.update()

    def set_position(self, position: float, frames: int) -> None:
        """Mark where the scrubber stands."""
        place = position, max(frames - 1, 1)
        if place != (self._position, self._steps):
            self._position, self._steps = place
            self.update()

    def set_marks(self, shares: tuple[float, ...], *, movable: bool) -> None:
        """Mark where waypoints are shown; `movable` lets a hand say when."""
        if (shares, movable) != (self._marks, self._movable):
            self._marks, self._movable = shares, movable
            self.update()

    def set_words(self, words: str) -> None:
        """What is said without frames."""
        if words != self._words:
            self._words = words
            self.update()

    def set_smooth(self, smooth: bool) -> None:
        """Interpolate between pixels, or not."""
        self._smooth = smooth
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        self.update()

    def _cell_width(self) -> float:
        if self._strip is None:
            return float(FRAME_PX)
        height, width = self._strip.images.shape[1:3]
        return FRAME_PX * float(np.clip(width / height, 0.25, 4.0))

    def _choose(self) -> None:
        if self._strip is None:
            return
        room = max(int((self.width() - 2 * EDGE_PX + GAP_PX) / (self._cell_width() + GAP_PX)), 2)
        count = min(len(self._strip.images), room)
        chosen = tuple(int(i) for i in np.rint(np.linspace(0, len(self._strip.images) - 1, count)))
        if chosen != self._chosen:
            self._chosen = chosen
            self._images = [to_qimage(self._strip.images[i]) for i in chosen]

    def cells(self) -> list[QRectF]:
        """Where the shown frames are."""
        self._choose()
        count, width = len(self._chosen), self._cell_width()
        if count < 2:
            return [QRectF(EDGE_PX, 4, width, FRAME_PX)] * count
        step = (self.width() - width - 2 * EDGE_PX) / (count - 1)
        step = min(step, width * 1.6 + GAP_PX)
        return [QRectF(EDGE_PX + i * step, 4, width, FRAME_PX) for i in range(count)]

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        cells = self.cells()
        if not cells:
            self._paint_words(painter)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._smooth)
        for cell, image in zip(cells, self._images, strict=True):
            painter.drawImage(cell, image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_scrubber(painter, cells)

    def _paint_scrubber(self, painter: QPainter, cells: list[QRectF]) -> None:
        first, last = cells[0].center().x(), cells[-1].center().x()
        x = first + self._position * (last - first)
        marked = cells[round(self._position * (len(cells) - 1))]
        colour = QColor(self._theme.text if self.hasFocus() else self._theme.accent)
        painter.setPen(QPen(colour, 2))
        painter.drawRoundedRect(marked.adjusted(-1, -2, 1, 2), 3, 3)
        # The bar below stands exactly where the film is, also between two of the frames shown.
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.line))
        painter.drawRoundedRect(QRectF(first, FRAME_PX + 9, last - first, 2), 1, 1)
        for share in self._marks:
            at = first + share * (last - first)
            painter.setBrush(QColor(self._theme.accent if self._movable else self._theme.quiet))
            radius = 4.0 if self._movable else 2.5
            painter.drawEllipse(QPointF(at, FRAME_PX + 10), radius, radius)
        painter.setBrush(colour)
        painter.drawRoundedRect(QRectF(x - 8, FRAME_PX + 8, 16, 4), 2, 2)

    def _paint_words(self, painter: QPainter) -> None:
        painter.setPen(QColor(self._theme.quiet))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(self.rect(), int(flags | Qt.TextFlag.TextWordWrap), self._words)

    def _scrub(self, x: float) -> None:
        cells = self.cells()
        if len(cells) > 1:
            first, last = cells[0].center().x(), cells[-1].center().x()
            self.scrubbed.emit(float(np.clip((x - first) / (last - first), 0.0, 1.0)))

    def _mark_at(self, at: QPointF) -> int | None:
        """The mark between both ends under a point, where marks can be moved."""
        cells = self.cells()
        if not self._movable or len(cells) < 2 or at.y() < FRAME_PX:
            return None
        first, last = cells[0].center().x(), cells[-1].center().x()
        away = [abs(first + share * (last - first) - at.x()) for share in self._marks[1:-1]]
        if not away or min(away) > MARK_REACH:
            return None
        return 1 + away.index(min(away))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take a press."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = self._mark_at(event.position())
            if self._held is None:
                self._scrub(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Take a drag."""
        if not event.buttons() & Qt.MouseButton.LeftButton:
            return
        if self._held is None:
            self._scrub(event.position().x())
            return
        cells = self.cells()
        first, last = cells[0].center().x(), cells[-1].center().x()
        share = float(np.clip((event.position().x() - first) / (last - first), 0.0, 1.0))
        self.share_moved.emit(self._held, share)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let a mark go."""
        if self._held is not None:
            self._held = None
            self.share_left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take a key."""
        step = 1.0 / self._steps
        moves = {
            Qt.Key.Key_Left: self._position - step,
            Qt.Key.Key_Right: self._position + step,
            Qt.Key.Key_PageUp: self._position - 10 * step,
            Qt.Key.Key_PageDown: self._position + 10 * step,
            Qt.Key.Key_Home: 0.0,
            Qt.Key.Key_End: 1.0,
        }
        key = Qt.Key(event.key())
        if key in moves and self._strip is not None:
            self.scrubbed.emit(float(np.clip(moves[key], 0.0, 1.0)))
        elif key == Qt.Key.Key_Space:
            self.played.emit()
        else:
            super().keyPressEvent(event)
