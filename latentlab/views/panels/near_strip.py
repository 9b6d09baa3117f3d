"""The data that come next to the nearest one: a row of pictures with class and distance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from latentlab.session.session import Session
from latentlab.views.panels.gallery_cell import Images, paint_picture, paint_ring, words_of
from latentlab.views.theme import DARK, Theme
from latentlab.views.widgets import plain_tip

CELLS, GAP_PX, RING_PX = 5, 8, 2
LETTERS = 7  # of a class's name, for which there is room at least: fewer pictures in large text
MOST_SIDE_PX = 64
FILLED = 0.75  # of a picture's room: where whole multiples fill less, it is interpolated


class NearStrip(QWidget):
    """Real data around what is decoded, the nearest first; it follows the hand and the film.

    A click puts the cursor on one (a film that plays pauses), with Ctrl it is chosen too, a double
    click tells its story. Arrow keys and Enter do the same; with Ctrl, Enter chooses.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._images = Images(session.thumbnails)
        self._theme = DARK
        self.rows: NDArray[np.int64] = np.zeros(0, np.int64)
        self._distances: NDArray[np.float64] = np.zeros(0)
        self._current, self._hovered, self._pressed = 0, -1, -1
        self._cells = CELLS
        self.setAccessibleName("Other data nearby")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        session.neighbours.changed.connect(self.refresh)
        session.decoded_changed.connect(self._first_may_differ)
        session.thumbnails.arrived.connect(self.update)
        session.thumbnails.forgotten.connect(self._forgotten)
        session.selection_changed.connect(self.update)
        session.settings_changed.connect(self.update)
        self.refresh()

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        self.update()

    def refresh(self) -> None:
        """Show what is near now, but for the datum that is shown large."""
        near = self._session.neighbours
        others = near.rows != near.first[0]
        self.rows, self._distances = near.rows[others], near.distances[others]
        self._fit()
        self._current = min(self._current, max(len(self.rows) - 1, 0))
        if self._hovered >= 0:
            self._hover(self._hovered if self._hovered < len(self.rows) else -1, again=True)
        self.setVisible(bool(len(self.rows)))
        self._describe()
        self.update()

    def caption(self, place: int) -> tuple[str, str]:
        """The class and the distance of the datum at a place."""
        codes, names = self._session.codes, self._session.label_names
        row = int(self.rows[place])
        label = -1 if codes is None or row >= len(codes.labels) else int(codes.labels[row])
        name = names[label] if 0 <= label < len(names) else ""
        return name, f"{self._distances[place]:.2f}"

    # What it looks like

    def sizeHint(self) -> QSize:
        """The size that suits it."""
        return QSize(CELLS * 48, self._height(48))

    def resizeEvent(self, _event: object) -> None:
        """Pictures as large as fit side by side."""
        self.refresh()

    def _fit(self) -> None:
        """Show as many as there is room for."""
        letters = LETTERS * self.fontMetrics().averageCharWidth()
        self._cells = int(np.clip(self.width() // max(letters, 1), 2, CELLS))
        self.rows, self._distances = self.rows[: self._cells], self._distances[: self._cells]
        # The same at every width: a column that is scrolled because it is higher gets narrower, and
        # would go to and fro between two widths.
        self.setFixedHeight(self._height(MOST_SIDE_PX))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text's size."""
        if event.type() == QEvent.Type.FontChange:
            self.refresh()
        super().changeEvent(event)

    @property
    def _side(self) -> int:
        room = self.width() - 2 * RING_PX - (self._cells - 1) * GAP_PX
        return int(np.clip(room // self._cells, 24, MOST_SIDE_PX))

    def _height(self, side: int) -> int:
        return side + 2 * RING_PX + 2 + 2 * self.fontMetrics().height()

    def cell(self, place: int) -> QRectF:
        """Where the picture at a place is painted."""
        side = self._side
        share = (self.width() - 2 * RING_PX + GAP_PX) // self._cells
        return QRectF(RING_PX + place * share, RING_PX, side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        rows = self.rows.tolist()
        images = self._images.of(rows, range(len(rows)))
        chosen = np.isin(self.rows, self._session.selected)
        smooth = self._session.settings.smooth
        for place, row in enumerate(rows):
            room = self.cell(place)
            image = images.get(row)
            rough = smooth or self._wastes_room(image, room)
            paint_picture(painter, image, room, self._theme, smooth=rough)
            marked = place == self._hovered or (place == self._current and self.hasFocus())
            paint_ring(painter, room, self._theme, chosen=bool(chosen[place]), marked=marked)
            self._paint_words(painter, place, room)
        painter.end()

    def _wastes_room(self, image: QImage | None, room: QRectF) -> bool:
        """Whether the largest whole multiple of an image leaves much of its room empty."""
        if image is None:
            return False
        side, room_px = max(image.width(), image.height()), room.width() * self.devicePixelRatioF()
        return room_px // side * side < FILLED * room_px

    def _paint_words(self, painter: QPainter, place: int, room: QRectF) -> None:
        measure = painter.fontMetrics()
        colours = self._theme.text, self._theme.quiet
        for line, (words, colour) in enumerate(zip(self.caption(place), colours, strict=True)):
            top = room.bottom() + RING_PX + 2 + line * measure.height()
            share = (self.width() + GAP_PX) / self._cells - 2.0
            middle = room.center().x()
            below = QRectF(middle - share / 2, top, share, measure.height())
            painter.setPen(QColor(colour))
            text = measure.elidedText(words, Qt.TextElideMode.ElideRight, int(below.width()))
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, text)

    # The hand

    def go_to(self, row: int, *, choose: bool = False) -> None:
        """Put the cursor on a datum; `choose` adds it to the selection, or takes it away."""
        session, codes = self._session, self._session.codes
        if codes is None or not 0 <= row < len(codes.z):
            return
        if choose:
            chosen = session.selected
            has = bool((chosen == row).any())
            session.select(chosen[chosen != row] if has else np.append(chosen, row))
            return
        if session.path is not None and session.path.playing:
            session.set_playing(False)
        session.set_z(codes.z[row].astype(np.float64))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go there; with Ctrl, choose it."""
        place = self._place_at(event)
        if place < 0 or event.button() != Qt.MouseButton.LeftButton:
            return
        self._current, self._pressed = place, int(self.rows[place])
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        self.go_to(self._pressed, choose=bool(control))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The story of the datum that the first press was on."""
        if event.button() == Qt.MouseButton.LeftButton and self._pressed >= 0:
            self._session.show_datum(self._pressed)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Mark what is under the pointer on the map."""
        self._hover(self._place_at(event))

    def leaveEvent(self, _event: QEvent) -> None:
        """Nothing is pointed at."""
        self._hover(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys walk, Enter goes there."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in steps and len(self.rows):
            last = len(self.rows) - 1
            self._current = int(np.clip(self._current + steps[Qt.Key(event.key())], 0, last))
            self._describe()
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and len(self.rows):
            control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            self.go_to(int(self.rows[self._current]), choose=bool(control))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where it is."""
        self.update()
        super().focusInEvent(event)

    def event(self, event: QEvent) -> bool:
        """Say what the datum under the pointer is."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self._hovered
            words = self._words(place) + "\nClick: go there. Ctrl+click: choose it."
            QToolTip.showText(event.globalPos(), plain_tip(words) if place >= 0 else "", self)
            return True
        return super().event(event)

    def _place_at(self, event: QMouseEvent) -> int:
        at = event.position().x()
        for place in range(len(self.rows)):
            cell = self.cell(place)
            if cell.left() - GAP_PX / 2 <= at < cell.right() + GAP_PX / 2:
                return place
        return -1

    def _hover(self, place: int, *, again: bool = False) -> None:
        if place != self._hovered or again:
            self._hovered = place
            self._session.pointing.point(int(self.rows[place]) if place >= 0 else None)
            self.update()

    def _words(self, place: int) -> str:
        return words_of(self._session, int(self.rows[place]), f"{self.caption(place)[1]} away in z")

    def _describe(self) -> None:
        self.setAccessibleDescription(self._words(self._current) if len(self.rows) else "")

    def _first_may_differ(self) -> None:
        first, _ = self._session.neighbours.first
        if first < 0 or first in self.rows:
            self.refresh()

    def _forgotten(self) -> None:
        self._images.clear()
        self.update()
