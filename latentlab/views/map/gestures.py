"""What the hand does between a press and its release: one class for each gesture."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF

from latentlab.session.choice import How
from latentlab.session.session import Session
from latentlab.views.map.canvas import Canvas
from latentlab.views.map.selecting import Selecting

DRAG_PX = 4.0  # farther than this from the press, a click has become a drag


class Gesture:
    """One way to move a pressed pointer; places are pixels of the plot."""

    grips = False  # whether the pointer is a closed hand

    def press(self, at: QPointF) -> None:
        """The button went down here."""

    def move(self, at: QPointF) -> None:
        """The pointer is here now."""

    def release(self) -> None:
        """The button is up again."""

    def cancel(self) -> bool:
        """Escape was pressed; returns whether that ends the gesture."""
        return False


class Panning(Gesture):
    """The map goes with the hand.

    Args:
        canvas: Whose camera is moved.
        looked: Called when it was.
    """

    grips = True

    def __init__(self, canvas: Canvas, looked: Callable[[], object]) -> None:
        self._canvas = canvas
        self._looked = looked
        self._last = QPointF()

    def press(self, at: QPointF) -> None:
        """Hold the map here."""
        self._last = at

    def move(self, at: QPointF) -> None:
        """Move it."""
        step, self._last = at - self._last, at
        self._canvas.set_camera(self._canvas.camera.panned(step.x(), step.y()))
        self._looked()


class Drawing(Gesture):
    """A press decodes; past a few pixels it draws the path from A to B.

    Args:
        session: Whom it is told.
        canvas: Where the cursor is shown.
        drawn: Called when the press becomes a drag.
    """

    def __init__(self, session: Session, canvas: Canvas, drawn: Callable[[], object]) -> None:
        self._session = session
        self._canvas = canvas
        self._drawn = drawn
        self._pressed = QPointF()
        self._far = False

    def press(self, at: QPointF) -> None:
        """A is here, and it decodes."""
        self._pressed = at
        self._session.begin_drag(self._canvas.xy(at))

    def move(self, at: QPointF) -> None:
        """B is here, once the hand has left the press."""
        away = at - self._pressed
        if not self._far:
            if away.x() ** 2 + away.y() ** 2 <= DRAG_PX**2:
                return
            self._far = True
            self._drawn()
        self._session.waypoints.aim(self._canvas.xy(at))

    def release(self) -> None:
        """The path is drawn."""
        self._session.end_drag()


class Holding(Gesture):
    """A handle of the path goes with the hand.

    Args:
        session: Whom it is told.
        canvas: Where the handle is.
        index: Which waypoint's.
    """

    grips = True

    def __init__(self, session: Session, canvas: Canvas, index: int) -> None:
        self._session = session
        self._canvas = canvas
        self._index = index
        self._pressed = QPointF()
        self._grab = QPointF()  # from the pointer to the middle of the handle it took
        self._moved = False

    def press(self, at: QPointF) -> None:
        """Take it where it is."""
        self._pressed = at
        self._grab = self._canvas.path.handle(self._index).pos() - at

    def move(self, at: QPointF) -> None:
        """Move it, unless the hand has not moved at all."""
        if at != self._pressed or self._moved:
            self._session.waypoints.move(self._index, self._canvas.xy(at + self._grab))
        self._moved = self._moved or at != self._pressed

    def release(self) -> None:
        """Let it go."""
        self._session.end_drag()


class Shaping(Gesture):
    """A shape is drawn, and what lies inside is selected.

    Args:
        selecting: Draws it, and looks what is inside.
        canvas: Whose points are looked through.
        how: What the shape does to the selection.
        rectangle: Whether it is one, else a lasso.
    """

    def __init__(self, selecting: Selecting, canvas: Canvas, how: How, *, rectangle: bool) -> None:
        self._selecting = selecting
        self._canvas = canvas
        self._how: How = how
        self._rectangle = rectangle

    def press(self, at: QPointF) -> None:
        """The first corner."""
        self._selecting.begin(self._canvas.xy(at), self._how, rectangle=self._rectangle)

    def move(self, at: QPointF) -> None:
        """The shape goes on to here."""
        self._selecting.move(self._canvas.xy(at))

    def release(self) -> None:
        """The shape is complete."""
        self._selecting.finish(self._canvas.points.cloud)

    def cancel(self) -> bool:
        """Take the shape away."""
        self._selecting.cancel()
        return True
