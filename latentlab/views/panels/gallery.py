"""Many small pictures of data in rows and columns, of which only those in view are there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from latentlab.session.session import Session
from latentlab.views.panels.gallery_cell import Images, paint_picture, paint_ring, words_of
from latentlab.views.panels.gallery_grid import (
    GAP_PX,
    LEAST_PX,
    MOST_PX,
    USUAL_PX,
    Grid,
    moved,
)
from latentlab.views.theme import DARK, TEXT_SMALL, Theme, mix
from latentlab.views.widgets import plain_tip

Rows = NDArray[np.integer]
Caption = Callable[[int], str]  # of a place in the gallery

AHEAD = 1  # screens above and below that are fetched too


class Gallery(QAbstractScrollArea):
    """Pictures of rows, in the order that they are given; some can be chosen.

    A click points the map at a datum; Ctrl and Shift choose more; arrows move, Space chooses.

    Args:
        session: Where the pictures come from, and whom is told what is pointed at.
        name: What a screen reader calls it; no two galleries share one.
        parent: Qt's owner.

    Signals:
        chosen_changed: Others are chosen.
        entered: Return was pressed, or a picture was double clicked.
    """

    chosen_changed = Signal()
    entered = Signal()

    def __init__(self, session: Session, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._name = name
        self._theme: Theme = DARK
        self._rows: Rows = np.empty(0, np.int64)
        self._groups: NDArray[np.integer] | None = None
        self._caption: Caption | None = None
        self._side = USUAL_PX
        self._images = Images(session.thumbnails)
        self._chosen = np.zeros(0, np.bool_)
        self._current = -1
        self._anchor = 0
        self._hovered = -1
        self._smooth = session.settings.smooth
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        session.thumbnails.arrived.connect(self._arrived)
        session.thumbnails.forgotten.connect(self._forgotten)
        session.settings_changed.connect(self._follow_settings)

    # What is shown

    @property
    def rows(self) -> Rows:
        """The rows of the map, in the order in which they are shown."""
        return self._rows

    @property
    def chosen(self) -> NDArray[np.int32]:
        """The rows that are chosen, ascending."""
        return np.unique(self._rows[self._chosen]).astype(np.int32)

    @property
    def chosen_count(self) -> int:
        """How many pictures are chosen."""
        return int(np.count_nonzero(self._chosen))

    @property
    def current(self) -> int | None:
        """The row that the keyboard stands on."""
        return int(self._rows[self._current]) if self._current >= 0 else None

    def set_rows(
        self,
        rows: NDArray[np.integer],
        *,
        caption: Caption | None = None,
        groups: NDArray[np.integer] | None = None,
    ) -> None:
        """Show other rows, from the top.

        Args:
            rows: (n,) of the map.
            caption: What is said below each picture.
            groups: (n,) the group of each: neighbours of different groups have another ground.
        """
        self._rows, self._caption, self._groups = rows, caption, groups
        self._chosen = np.zeros(len(self._rows), np.bool_)
        self._current, self._anchor, self._hovered = -1, 0, -1
        self._images.nothing_lacks()
        self._session.pointing.point(None)
        self._lay_out()
        self.verticalScrollBar().setValue(0)
        self._want()
        self.chosen_changed.emit()

    def set_side(self, side_px: int) -> None:
        """Show pictures at another size; what was at the top stays there."""
        side_px = int(np.clip(side_px, LEAST_PX, MOST_PX))
        if side_px == self._side:
            return
        first = self.visible().start
        self._side = side_px
        self._lay_out()
        self.verticalScrollBar().setValue(self.grid.corner(first)[1] - GAP_PX)
        self._want()

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        self.viewport().update()

    def _follow_settings(self) -> None:
        self._smooth = self._session.settings.smooth
        self._lay_out()

    def choose(self, which: NDArray[np.bool_] | bool) -> None:
        """Choose these places (n,), or all, or none."""
        self._chosen[:] = which
        self._told()

    def _told(self) -> None:
        self.viewport().update()
        self.chosen_changed.emit()

    # Where things are

    @property
    def grid(self) -> Grid:
        """Where each picture is."""
        caption = 0 if self._caption is None else self.fontMetrics().height()
        return Grid(len(self._rows), self.viewport().width(), self._side, caption)

    def cell_at(self, place: int) -> QRect:
        """Where a picture and its caption are, in the viewport."""
        x, y = self.grid.corner(place)
        return QRect(QPoint(x, y - self.verticalScrollBar().value()), QSize(*self.grid.cell))

    def visible(self, ahead: int = 0) -> range:
        """The places in view, and so many screens around."""
        room = self.viewport().height()
        return self.grid.between(self.verticalScrollBar().value(), room, ahead)

    def _lay_out(self) -> None:
        grid, room = self.grid, self.viewport().height()
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, grid.height - room))
        bar.setPageStep(max(1, room))
        bar.setSingleStep(max(1, grid.cell[1] // 3))
        self.viewport().update()

    def _place_at(self, at: QPointF) -> int:
        return self.grid.place_at(int(at.x()), int(at.y()) + self.verticalScrollBar().value())

    # Pictures

    def _want(self) -> None:
        seen, around = self.visible(), self.visible(AHEAD)
        before = range(around.start, seen.start)
        order = [*seen, *range(seen.stop, around.stop), *before] if self.isVisible() else []
        self._session.thumbnails.want(self._name, self._rows[order])

    def _arrived(self) -> None:
        """Paint those that were missing, and nothing else."""
        for place in self._images.arrived(self.visible()):
            self.viewport().update(self.cell_at(place))

    def _forgotten(self) -> None:
        self._images.clear()
        self._want()
        self.viewport().update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """What has changed in view, and nothing else: a scroll paints the lines that come."""
        painter, rect = QPainter(self.viewport()), event.rect()
        painter.fillRect(rect, QColor(self._theme.ground))
        grid, top = self.grid, self.verticalScrollBar().value()
        places = grid.between(top + rect.top(), rect.height())
        images = self._images.of(self._rows[places.start : places.stop].tolist(), places)
        font = self.font()
        font.setPixelSize(max(TEXT_SMALL, self.fontMetrics().height() - 6))
        painter.setFont(font)
        for place in places:
            x, y = grid.corner(place)
            cell = QRect(x, y - top, *grid.cell)
            self._paint_cell(painter, place, cell, images.get(int(self._rows[place])))
        painter.end()

    def _paint_cell(self, painter: QPainter, place: int, cell: QRect, image: QImage | None) -> None:
        if self._groups is not None and self._groups[place] % 2:
            veil = cell.translated(-GAP_PX // 2, -GAP_PX // 2)
            painter.fillRect(veil, QColor(mix(self._theme.ground, self._theme.text, 0.1)))
        room = QRectF(cell.left(), cell.top(), self._side, self._side)
        paint_picture(painter, image, room, self._theme, smooth=self._smooth)
        focus = place == self._current and self.hasFocus()
        chosen = bool(self._chosen[place])
        paint_ring(
            painter, room, self._theme, chosen=chosen, marked=focus or place == self._hovered
        )
        if self._caption is not None:
            painter.setPen(QColor(self._theme.quiet))
            below = QRectF(room.left(), room.bottom(), self._side, cell.height() - self._side)
            below.setHeight(below.height() - GAP_PX)
            elide = Qt.TextElideMode.ElideRight
            text = painter.fontMetrics().elidedText(self._caption(place), elide, self._side)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, text)

    # The hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click points the map there; Ctrl and Shift choose."""
        place = self._place_at(event.position())
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if place < 0:
            self.choose(False)
            self._point(-1)
            return
        keys = event.modifiers()
        if keys & Qt.KeyboardModifier.ShiftModifier:
            self._choose_range(place)
        elif keys & Qt.KeyboardModifier.ControlModifier:
            self._chosen[place] = not self._chosen[place]
            self._anchor = place
        else:
            self._chosen[:] = False
            self._chosen[place] = True
            self._anchor = place
            self._session.pointing.look_at(int(self._rows[place]))
        self._stand_on(place)
        self._told()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Its story."""
        place = self._place_at(event.position())
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._session.show_datum(int(self._rows[place]))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """What is under the pointer is marked on the map; a drag chooses."""
        place = self._place_at(event.position())
        if event.buttons() & Qt.MouseButton.LeftButton and place >= 0:
            self._choose_range(place)
            self._told()
        self._hover(place)

    def _hover(self, place: int) -> None:
        if place != self._hovered:
            changed, self._hovered = (self._hovered, place), place
            self._point(place)
            for one in changed:
                if one >= 0:
                    ring = self.cell_at(one).adjusted(-GAP_PX, -GAP_PX, GAP_PX, GAP_PX)
                    self.viewport().update(ring)

    def _point(self, place: int) -> None:
        """Mark a place's datum on the map; without one, the only one that is chosen."""
        if place < 0 and self.chosen_count == 1:
            place = int(np.flatnonzero(self._chosen)[0])
        self._session.pointing.point(int(self._rows[place]) if place >= 0 else None)

    def _choose_range(self, place: int) -> None:
        first, last = sorted((self._anchor, place))
        self._chosen[:] = False
        self._chosen[first : last + 1] = True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move (Shift chooses on the way), Space chooses, Return tells what is chosen."""
        key, keys = Qt.Key(event.key()), event.modifiers()
        grid = self.grid
        lines = max(1, self.viewport().height() // grid.cell[1])
        place = moved(self._current, key, grid.columns, lines, grid.count)
        if place is not None:
            if keys & Qt.KeyboardModifier.ShiftModifier:
                self._choose_range(place)
            else:
                self._anchor = place
            self._stand_on(place)
            self._session.pointing.point(int(self._rows[place]))
            self._told()
        elif key == Qt.Key.Key_Space and self._current >= 0:
            self._chosen[self._current] = not self._chosen[self._current]
            self._session.pointing.look_at(int(self._rows[self._current]))
            self._told()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
        elif key == Qt.Key.Key_A and keys & Qt.KeyboardModifier.ControlModifier:
            self.choose(True)
        elif key == Qt.Key.Key_Escape and self._chosen.any():
            self.choose(False)
        else:
            super().keyPressEvent(event)

    def _stand_on(self, place: int) -> None:
        self._current = place
        cell, bar = self.cell_at(place), self.verticalScrollBar()
        if cell.top() < GAP_PX:
            bar.setValue(bar.value() + cell.top() - GAP_PX)
        elif cell.top() + cell.height() > self.viewport().height():
            bar.setValue(bar.value() + cell.top() + cell.height() - self.viewport().height())
        self.setAccessibleDescription(f"{place + 1:,} of {len(self._rows):,}: {self._said(place)}")

    def _said(self, place: int) -> str:
        caption = "" if self._caption is None else self._caption(place)
        return words_of(self._session, int(self._rows[place]), caption)

    # Qt's events

    def event(self, event: QEvent) -> bool:
        """Ctrl+A is the gallery's while it has the focus."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            if control and event.key() == Qt.Key.Key_A:
                event.accept()
                return True
        return super().event(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """Say what is under the pointer; forget it when the pointer leaves."""
        if isinstance(event, QHelpEvent):
            place = self._place_at(QPointF(event.pos()))
            text = plain_tip(self._said(place)) if place >= 0 else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        if event.type() == QEvent.Type.Leave:
            self._hover(-1)
        return super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out anew."""
        super().resizeEvent(event)
        self._lay_out()
        self._want()

    def showEvent(self, event: QShowEvent) -> None:
        """Fetch what is in view."""
        super().showEvent(event)
        self._lay_out()
        self._want()

    def hideEvent(self, event: QHideEvent) -> None:
        """Fetch nothing."""
        super().hideEvent(event)
        self._session.thumbnails.want(self._name, np.empty(0, np.int64))
        self._session.pointing.point(None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The keyboard stands on a picture."""
        super().focusInEvent(event)
        if self._current < 0 and len(self._rows):
            self._current = self.visible().start
        self.viewport().update()

    def scrollContentsBy(self, _dx: int, dy: int) -> None:
        """Move what is there, and fetch what comes into view."""
        self._hover(-1)
        self._want()
        self.viewport().scroll(0, dy)
