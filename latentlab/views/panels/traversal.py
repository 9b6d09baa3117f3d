"""Traversals: a strip of decodes along each latent, all others as they are at the cursor."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetrics,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QToolTip, QWidget

from latentlab.session.latents import MOST_ROWS, Strips
from latentlab.session.session import Session
from latentlab.views.pictures import to_qimage
from latentlab.views.theme import DARK, Theme
from latentlab.views.widgets import Elided, column, heading, row
from latentlab.views.words import number

FRAME_PX, GAP_PX, MARK_PX = 44, 3, 8
ROOMY, WIDEST = 1.2, 1.6  # of a frame, from one to the next: wanted, and at most
FAINT = 0.35  # of a dead latent's strip
EMPTY = "The strips appear with a model and a cursor on its map."
BARE = "This model has no latents to go along one by one."


def measured_words(session: Session) -> str:
    """Return how the latents are sorted, and of how many data that is known."""
    latents, known = session.latents, session.latents.measured
    count = latents.count
    if known is None or not count:
        return ""
    dead = int(known.dead.sum())
    gone = f", {dead} dead" if dead else ""
    left = f"; the first {MOST_ROWS}" if count > MOST_ROWS else ""
    if known.kl is None:
        return f"by the variance of the codes{gone}{left}"
    some = f" over {known.rows:,} of {known.count:,} rows" if known.rows < known.count else ""
    return f"by KL{some}{gone}{left}"


class TraversalPanel(QWidget):
    """The strips under each other, the latent that carries most on top."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.said = Elided("quiet")
        self.strips = StripTable(session)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.strips.setProperty("role", "scrolled")
        self.area.setWidget(self.strips)
        self.area.setMinimumHeight(FRAME_PX + MARK_PX + 2 * GAP_PX)
        self.strips.row_marked.connect(self._keep_in_view)
        head = row(heading("Traversals"), self.said, spacing=12)
        head.setStretch(1, 1)
        body = column(head, self.area, spacing=4)
        body.setContentsMargins(16, 8, 16, 8)
        body.setStretch(1, 1)
        self.setLayout(body)
        session.latents.measured_changed.connect(self.refresh)
        session.latents.strips_changed.connect(self.refresh)
        session.model_changed.connect(self.refresh)
        session.cursor_changed.connect(self.strips.update)
        self.refresh()

    def sizeHint(self) -> QSize:
        """Room for three strips."""
        return QSize(600, 3 * (FRAME_PX + MARK_PX + GAP_PX) + 56)

    def refresh(self) -> None:
        """Show the session's strips."""
        self.said.set_words(measured_words(self._session))
        self.strips.refresh()

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self.strips.set_theme(theme)

    def showEvent(self, event: QShowEvent) -> None:
        """Strips are wanted."""
        super().showEvent(event)
        self._session.latents.want_strips(wanted=True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: nothing is decoded."""
        super().hideEvent(event)
        self._session.latents.want_strips(wanted=False)

    def _keep_in_view(self, line: QRect) -> None:
        self.area.ensureVisible(0, line.center().y(), 0, line.height())


class StripTable(QWidget):
    """All strips as one picture; a click on a frame, or Enter, gives its value to the cursor.

    Signals:
        row_marked: Where the row lies that the keyboard went to.
    """

    row_marked = Signal(QRect)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._strips: Strips | None = None
        self._images: dict[tuple[int, int], QImage] = {}
        self._theme = DARK
        self._at = (0, 0)  # row and frame that the keyboard, or the pointer, is on
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        self.setAccessibleName("Strips along each latent")

    def refresh(self) -> None:
        """Show the session's strips."""
        self._strips = self._session.latents.strips
        self._images.clear()
        rows = 0 if self._strips is None else len(self._strips.latents)
        self.setMinimumHeight(max(rows, 1) * self._row_px)
        self._at = min(self._at[0], max(rows - 1, 0)), min(self._at[1], max(self.frames - 1, 0))
        self._fit_frames()
        self._describe()
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        self.update()

    # Where things are

    @property
    def _row_px(self) -> int:
        return max(FRAME_PX + MARK_PX + GAP_PX, 2 * QFontMetrics(self.font()).height() + GAP_PX)

    @property
    def _words_px(self) -> int:
        return QFontMetrics(self.font()).horizontalAdvance("z000  00.00 nat") + 8

    @property
    def frames(self) -> int:
        """Frames in a strip; 0 without any."""
        return 0 if self._strips is None else self._strips.values.shape[1]

    @property
    def _frame_px(self) -> float:
        if self._strips is None:
            return float(FRAME_PX)
        height, across = self._strips.images.shape[2:4]
        return FRAME_PX * float(np.clip(across / max(height, 1), 0.25, 4.0))

    def _fit_frames(self) -> None:
        room = self.width() - self._words_px - 4
        self._session.latents.set_frames(int(room / (ROOMY * self._frame_px)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More room, more frames."""
        super().resizeEvent(event)
        self._fit_frames()

    def cell(self, line: int, frame: int) -> QRectF:
        """Where a frame is."""
        width = self._frame_px
        room = self.width() - self._words_px - width - 4
        step = max(min(room / max(self.frames - 1, 1), width * WIDEST), 8.0)
        return QRectF(self._words_px + 2 + frame * step, line * self._row_px + 2, width, FRAME_PX)

    def frame_at(self, at: QPointF) -> tuple[int, int] | None:
        """The row and the frame at a pixel."""
        if self._strips is None:
            return None
        line = int(at.y() // self._row_px)
        if not 0 <= line < len(self._strips.latents):
            return None
        for frame in range(self.frames):
            if self.cell(line, frame).contains(at):
                return line, frame
        return None

    def value_at(self, line: int, frame: int) -> tuple[int, float] | None:
        """The latent, from 0, and its value in a frame."""
        if self._strips is None or line >= len(self._strips.latents):
            return None
        return int(self._strips.latents[line]), float(self._strips.values[line, frame])

    # Painting

    @property
    def empty_words(self) -> str:
        """What is said where there are no strips."""
        bare = self._session.model is not None and not self._session.latents.count
        return BARE if bare else EMPTY

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows that are in view."""
        painter = QPainter(self)
        if self._strips is None:
            painter.setPen(QColor(self._theme.quiet))
            words = self.empty_words
            flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(self.visibleRegion().boundingRect(), int(flags), words)
            return
        first = event.rect().top() // self._row_px
        last = min(event.rect().bottom() // self._row_px + 1, len(self._strips.latents))
        for line in range(first, last):
            self._paint_row(painter, self._strips, line)

    def _paint_row(self, painter: QPainter, strips: Strips, line: int) -> None:
        latent = int(strips.latents[line])
        dead = self._session.latents.is_dead(latent)
        self._paint_words(painter, line, latent, dead)
        for frame in range(self.frames):
            cell = self.cell(line, frame)
            painter.setOpacity(FAINT if dead else 1.0)
            image = self._image(strips, line, frame)
            if image is None:
                painter.fillRect(cell, QColor(self._theme.line))
            else:
                painter.setRenderHint(
                    QPainter.RenderHint.SmoothPixmapTransform, self._session.settings.smooth
                )
                painter.drawImage(cell, image)
            painter.setOpacity(1.0)
            if self.hasFocus() and self._at == (line, frame):
                painter.setPen(QPen(QColor(self._theme.text), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(cell.adjusted(-1, -1, 1, 1), 3, 3)
        self._paint_mark(painter, strips, line, latent)

    def _paint_words(self, painter: QPainter, line: int, latent: int, dead: bool) -> None:
        known = self._session.latents.measured
        box = QRectF(0, line * self._row_px, self._words_px - 8, FRAME_PX + 4)
        painter.setPen(QColor(self._theme.quiet if dead else self._theme.text))
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(box, int(left), f"z{latent + 1}")
        if known is None or latent >= len(known.variance):
            return
        amount = f"{known.kl[latent]:.2f} nat" if known.kl is not None else ""
        if dead:
            amount = "dead"
        painter.setPen(QColor(self._theme.quiet))
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(box, int(right), amount)

    def _paint_mark(self, painter: QPainter, strips: Strips, line: int, latent: int) -> None:
        """A bar under the frames, where the cursor's own value is."""
        z = self._session.z
        if z is None or latent >= len(z):
            return
        first, last = self.cell(line, 0), self.cell(line, self.frames - 1)
        low, high = strips.values[line, 0], strips.values[line, -1]
        share = float(np.clip((z[latent] - low) / max(high - low, 1e-12), 0.0, 1.0))
        x = first.center().x() + share * (last.center().x() - first.center().x())
        y = first.bottom() + 3
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.line))
        painter.drawRect(
            QRectF(first.center().x(), y + 1, last.center().x() - first.center().x(), 1)
        )
        painter.setBrush(QColor(self._theme.accent))
        painter.drawRoundedRect(QRectF(x - 6, y, 12, 3), 1.5, 1.5)

    def _image(self, strips: Strips, line: int, frame: int) -> QImage | None:
        if strips.images.shape[2:4] == (1, 1) and not strips.there.any():
            return None
        if (line, frame) not in self._images:
            self._images[line, frame] = to_qimage(strips.images[line, frame])
        return self._images[line, frame]

    # Hand and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take a press on a frame."""
        found = self.frame_at(event.position())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self._go(found)
            self._apply()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what is under the pointer."""
        found = self.frame_at(event.position())
        value = None if found is None else self.value_at(*found)
        shape = Qt.CursorShape.ArrowCursor if value is None else Qt.CursorShape.PointingHandCursor
        self.setCursor(shape)
        if value is not None:
            said = f"z{value[0] + 1} = {number(value[1])}"
            QToolTip.showText(event.globalPosition().toPoint(), said, self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from frame to frame; Enter or Space takes one."""
        line, frame = self._at
        moves = {
            Qt.Key.Key_Left: (line, frame - 1),
            Qt.Key.Key_Right: (line, frame + 1),
            Qt.Key.Key_Up: (line - 1, frame),
            Qt.Key.Key_Down: (line + 1, frame),
            Qt.Key.Key_Home: (line, 0),
            Qt.Key.Key_End: (line, self.frames - 1),
        }
        key = Qt.Key(event.key())
        if key in moves:
            self._go(moves[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._apply()
        else:
            super().keyPressEvent(event)

    def _go(self, to: tuple[int, int]) -> None:
        rows = 0 if self._strips is None else len(self._strips.latents)
        if rows:
            self._at = min(max(to[0], 0), rows - 1), min(max(to[1], 0), self.frames - 1)
            self._describe()
            top = self._at[0] * self._row_px
            self.row_marked.emit(QRect(0, top, self.width(), self._row_px))
            self.update()

    def _apply(self) -> None:
        value, z = self.value_at(*self._at), self._session.z
        if value is not None and z is not None and value[0] < len(z):
            moved = z.copy()
            moved[value[0]] = value[1]
            self._session.set_z(moved)

    def _describe(self) -> None:
        value = self.value_at(*self._at)
        if value is not None:
            self.setAccessibleDescription(
                f"z{value[0] + 1} at {number(value[1])}. Arrow keys go from frame to frame,"
                " Enter takes one."
            )

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        super().focusOutEvent(event)
        self.update()
