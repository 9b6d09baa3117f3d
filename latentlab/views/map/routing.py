"""What the hand does to the path's waypoints: gestures of their own, and the menu under a press."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, QPoint, QPointF, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from latentlab.session.session import Session
from latentlab.views.map.canvas import Canvas
from latentlab.views.map.gestures import DRAG_PX, Gesture, Holding
from latentlab.views.widgets import plain_tip

KEEP_PX = 3.0  # a drawn line is simplified by less than this
APART_PX = 2.0  # points of a drawn line nearer than that are one
ADDING = "Click to add a waypoint, drag to draw, press on the line to split it; W ends it."
MORPH = "Click the datum that the path ends at; Escape leaves it."


class Placing(Gesture):
    """A click adds a waypoint; a drag draws the path freehand.

    Args:
        session: Whom it is told.
        canvas: Where the line is shown while it is drawn.
    """

    def __init__(self, session: Session, canvas: Canvas) -> None:
        self._session = session
        self._canvas = canvas
        self._pressed = QPointF()
        self._drawn: list[tuple[float, float]] = []
        self._last = QPointF()

    def press(self, at: QPointF) -> None:
        """Here."""
        self._pressed = self._last = at

    def move(self, at: QPointF) -> None:
        """The line goes on to here, once the hand has left the press."""
        away = at - self._pressed
        if not self._drawn:
            if away.x() ** 2 + away.y() ** 2 <= DRAG_PX**2:
                return
            self._drawn = [self._canvas.xy(self._pressed)]
        step = at - self._last
        if max(abs(step.x()), abs(step.y())) >= APART_PX:
            self._last = at
            self._drawn.append(self._canvas.xy(at))
            self._canvas.outline.set_shape(list(self._drawn), rectangle=False)

    def release(self) -> None:
        """The waypoint is added, or the line becomes the path."""
        drawn, self._drawn = self._drawn, []
        self._canvas.outline.set_shape([], rectangle=False)
        if len(drawn) > 1:
            self._session.waypoints.draw(drawn, KEEP_PX / self._canvas.camera.scale)
        else:
            self._session.waypoints.add(self._canvas.xy(self._pressed))

    def cancel(self) -> bool:
        """Take the line away."""
        self._drawn = []
        self._canvas.outline.set_shape([], rectangle=False)
        return True


class Splitting(Gesture):
    """A press on the line makes a waypoint there, and holds it.

    Args:
        session: Whom it is told.
        canvas: Where the line is.
        piece: Of the path.
    """

    grips = True

    def __init__(self, session: Session, canvas: Canvas, piece: int) -> None:
        self._session = session
        self._canvas = canvas
        self._piece = piece
        self._holding: Holding | None = None

    def press(self, at: QPointF) -> None:
        """Make it."""
        index = self._session.waypoints.split(self._piece, self._canvas.xy(at))
        if index is not None:
            self._holding = Holding(self._session, self._canvas, index)
            self._holding.press(at)

    def move(self, at: QPointF) -> None:
        """Move it."""
        if self._holding is not None:
            self._holding.move(at)

    def release(self) -> None:
        """Let it go."""
        if self._holding is not None:
            self._holding.release()


class Routing(QObject):
    """Says which gesture of the path a press begins, and shows the map's menu.

    Args:
        session: Whom commands go to.
        canvas: What is pressed.

    Signals:
        said: What the hand can do now; nothing where it is as usual.
    """

    said = Signal(str)

    def __init__(self, session: Session, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._session = session
        self._canvas = canvas
        self.row_at: Callable[[QPointF], int | None] = lambda _at: None
        session.waypoints.mode_changed.connect(self._say)
        session.waypoints.morph_changed.connect(self._say)
        self.more: list[Callable[[QMenu, QPointF, int | None], object]] = []  # others' entries

    def gesture_of(self, at: QPointF) -> Gesture | None:
        """The gesture that a press begins; None where it is not the path's."""
        ways, line = self._session.waypoints, self._canvas.path
        index = line.handle_at(at)
        if ways.morph_from is not None:
            row = self.row_at(at)
            if row is not None:
                ways.morph_to(row)
            return Gesture()  # whatever was pressed, it begins nothing else
        if index is not None:
            return Holding(self._session, self._canvas, index)
        if not ways.adding or self._session.plane is None:
            return None
        piece = line.piece_at(at)
        if piece is not None:
            return Splitting(self._session, self._canvas, piece)
        return Placing(self._session, self._canvas)

    def _say(self) -> None:
        ways = self._session.waypoints
        self.said.emit(MORPH if ways.morph_from is not None else ADDING if ways.adding else "")

    def escape(self) -> bool:
        """Leave what was begun; whether there was something."""
        ways = self._session.waypoints
        if ways.morph_from is not None:
            ways.set_morph(None)
            return True
        if ways.adding:
            ways.set_adding(False)
            return True
        return False

    # The menu

    def show_menu(self, at: QPointF) -> QMenu | None:
        """The menu of what is under a pixel; None where there is no map."""
        if self._session.plane is None:
            return None
        menu = QMenu(self._canvas)
        menu.setToolTipsVisible(True)
        menu.aboutToHide.connect(menu.deleteLater)
        row = self.row_at(at)
        self._add_waypoint(menu, at)
        self._add_datum(menu, row)
        for add in self.more:
            add(menu, at, row)
        self._add_place(menu, at)
        spot = self._canvas.to_canvas(at).toPoint()
        menu.popup(self._canvas.viewport().mapToGlobal(QPoint(spot)))
        return menu

    def _add_waypoint(self, menu: QMenu, at: QPointF) -> None:
        ways, line = self._session.waypoints, self._canvas.path
        index, piece = line.handle_at(at), line.piece_at(at)
        if index is not None:
            _entry(menu, "Delete this waypoint", partial(ways.take_away, index))
        elif piece is not None:
            xy = self._canvas.xy(at)
            _entry(menu, "Split the path here", lambda: ways.split(piece, xy))
        if index is not None or piece is not None:
            _entry(menu, "Reverse the path", ways.reverse)
            path = self._session.path
            closed = path is not None and path.closed
            text = "Open the loop" if closed else "Close the loop"
            _entry(menu, text, partial(ways.set_closed, not closed))
            menu.addSeparator()

    def _add_datum(self, menu: QMenu, row: int | None) -> None:
        session = self._session
        if row is None or session.codes is None:
            return
        ways, z = session.waypoints, session.codes.z
        if ways.morph_from is not None and ways.morph_from != row:
            text = f"Morph from datum {ways.morph_from:,} to this one"
            _entry(menu, text, partial(ways.morph_to, row))
        _entry(menu, f"Morph from datum {row:,} to...", partial(ways.set_morph, row), MORPH)
        _entry(menu, "Add this datum to the path", lambda: ways.add_z(z[row].astype(float)))
        _entry(menu, "Show original and reconstruction", partial(session.show_datum, row))
        menu.addSeparator()

    def _add_place(self, menu: QMenu, at: QPointF) -> None:
        xy = self._canvas.xy(at)
        _entry(menu, "Decode here", partial(self._session.move_cursor, xy))
        _entry(menu, "Path from the cursor to here", partial(self._from_cursor, xy))
        if self._session.path is not None:
            _entry(menu, "Add a waypoint here", partial(self._session.waypoints.add, xy))
            _entry(menu, "Clear the path", self._session.clear_path)

    def _from_cursor(self, xy: tuple[float, float]) -> None:
        z, travel = self._session.z, self._session.travel
        if z is not None:
            end = travel.stop_on_map(xy)
            self._session.waypoints.through(np.stack([z, np.asarray(end.z)]), closed=False)


def _entry(menu: QMenu, text: str, do: Callable[[], object], tip: str = "") -> QAction:
    action = menu.addAction(text)
    if tip:
        action.setToolTip(plain_tip(tip))
    action.triggered.connect(lambda *_: do())
    return action
