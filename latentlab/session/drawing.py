"""The drag that draws a path: A where the hand was pressed, B where it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject

from latentlab.session.habits import Habits
from latentlab.session.hand import Hand
from latentlab.session.path import PathState, Point, Stop
from latentlab.session.timers import single_shot
from latentlab.session.travel import Travel

DRAWN_MS = 8  # after a move of the hand the path is drawn at the latest: half a frame


class Drawing(QObject):
    """Press, drag, release; `Waypoints` adds what is done to the path afterwards.

    Args:
        travel: The path.
        hand: The cursor, which is where the drag is.
        mark: Called before a change that can be undone.
        habits: What a new path is like.
        parent: The session.
    """

    def __init__(
        self,
        travel: Travel,
        hand: Hand,
        mark: Callable[[], None],
        habits: Habits,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._travel, self._hand = travel, hand
        self._mark, self._habits = mark, habits
        self._touched: Stop | None = None  # the waypoint that was moved or added last
        self._start: Stop | None = None
        self._aim: Stop | None = None  # where the drag is; its path is not drawn yet
        self._later = single_shot(self, self.lay)
        hand.was_reset.connect(self._forget)
        hand.decoded_changed.connect(self._decoded)

    def _forget(self) -> None:
        self._start = self._aim = None

    @property
    def _path(self) -> PathState | None:
        return self._travel.path

    def begin_drag(self, xy: Point) -> None:
        """Press: A is here, and it decodes."""
        self._mark()
        self._hand.dragging = True
        self._start = self._travel.stop_on_map(xy) if self._hand.plane is not None else None
        self._touched = None
        self._stop_playing()
        self._hand.move_cursor(xy)

    def drag_to(self, xy: Point) -> None:
        """Past the first pixels the drag draws a path from A; B decodes live."""
        self.aim(xy)
        self.lay()

    def aim(self, xy: Point) -> None:
        """Likewise, but the path is drawn when B's picture is there, or a little later.

        Drawing keeps Python from the thread that decodes: the picture would come later by as much.
        """
        if self._start is None:
            self.begin_drag(xy)
        elif self._hand.plane is not None:
            self._hand.aim(xy)
            self._aim = self._travel.stop_on_map(xy)
            if not self._later.isActive():
                self._later.start(DRAWN_MS)

    def _decoded(self) -> None:
        if self._aim is not None:
            self._later.start(0)  # once the picture is painted

    def lay(self) -> None:
        """Draw the path from A to where the drag is."""
        self._later.stop()
        start, end, self._aim = self._start, self._aim, None
        if start is None or end is None:
            return
        before = self._path or self._habits.new((start, end))
        # What was chosen of the path before stays; its waypoints do not.
        path = replace(
            before,
            stops=(start, end),
            closed=False,
            shares=(),
            position=1.0,
            playing=False,
            backward=False,
        )
        self._travel.put(path)
        self._hand.cursor_changed.emit()

    def end_drag(self) -> None:
        """Release: the whole film strip follows."""
        self.lay()
        moved, self._start, self._hand.dragging = self._hand.dragging, None, False
        self._hand.wishes.holds = False
        if moved and self._path is not None:
            self._travel.ask_strip()
            self._travel.put(self._path)
            self._travel.trace()
        self._hand.drag_ended.emit()

    def _stop_playing(self) -> None:
        if self._path is not None and self._path.playing:
            self._travel.put(replace(self._path, playing=False, backward=False))
