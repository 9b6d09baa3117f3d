"""What the hand points at on the map: the cursor, and the picture that follows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from latentlab.data.ends import ends
from latentlab.engine.messages import Codes, Decoded
from latentlab.latent.charts import Chart
from latentlab.session.calm import Calm
from latentlab.session.path import Point
from latentlab.session.ports import EngineLike
from latentlab.session.slack import Slack
from latentlab.session.wishes import Wishes

LOOKED_AT = 8192  # points whose median is the map's middle


class Hand(QObject):
    """The cursor; asks the live lane for its picture, and keeps the newest answer.

    Args:
        worker: The engine.
        tickets: The session's counter.
        parent: The session.

    Signals:
        cursor_calm: The cursor moved; told a few times a second while it is dragged.
        was_reset: Another model is open.
        replaned: Another plane is shown.
        refreshed: Weights or plane moved; everything shown is asked for again.
    """

    cursor_changed = Signal()
    cursor_calm = Signal()
    decoded_changed = Signal()
    drag_ended = Signal()
    was_reset = Signal()
    replaned = Signal()
    refreshed = Signal()

    def __init__(self, worker: EngineLike, tickets: Iterator[int], parent: QObject) -> None:
        super().__init__(parent)
        self.wishes = Wishes(worker, tickets, self)
        self.dragging = False  # whether it holds the cursor, or a waypoint
        self.slack = Slack(self, self)
        self.cursor_changed.connect(Calm(self, self.cursor_calm.emit, self).ask)
        self.plane: Chart | None = None
        self.residual: NDArray[np.float64] = np.zeros(0)  # (d,) the cursor's part off the plane
        self.cursor: Point | None = None
        self.decoded: Decoded | None = None
        self.travelling = False  # whether the cursor goes along a path: drawn, played, by a handle

    # The model and the plane

    def reset(self, plane: Chart | None) -> None:
        """Another model is open: forget the pictures and the path."""
        self.wishes.forget("decode", "strip", "path", "classes")
        before, after = self.plane, plane
        keep = before is not None and after is not None and before.latent_dim == after.latent_dim
        self.plane = plane
        self.dragging, self.decoded = False, None
        if not keep:
            self.cursor = None
            self.residual = np.zeros(plane.latent_dim if plane else 0)
            self.cursor_changed.emit()
        self.decoded_changed.emit()
        self.was_reset.emit()

    def replane(self, plane: Chart) -> None:
        """Show another plane of the same latent space; z at the cursor stays what it is."""
        z = self.z
        self.plane = plane
        if z is not None:
            self._place(z)
            self.cursor_changed.emit()
        self.replaned.emit()

    def settle(self, codes: Codes | None) -> None:
        """Put the cursor in the middle of the map where there is none yet."""
        if self.plane is None or self.cursor is not None:
            return
        at = (0.0, 0.0)
        if codes is not None and len(codes.xy):
            few = codes.xy[:: max(1, len(codes.xy) // LOOKED_AT)]  # enough for a middle
            few = few[np.isfinite(few).all(axis=1)]
            if len(few):
                x, y = ends(few, 0.5)[0]  # the median
                at = (float(x), float(y))
        self.move_cursor(at)

    def refresh(self) -> None:
        """The weights or the plane moved: ask again for everything that is shown."""
        if self.cursor is not None:
            self.ask_decode()
        self.refreshed.emit()

    @property
    def z(self) -> NDArray[np.float64] | None:
        """(d,) at the cursor, with the off-plane part kept."""
        if self.plane is None or self.cursor is None:
            return None
        return self.plane.lift(self.cursor) + self.residual

    def lift(self, xy: Point) -> NDArray[np.float64] | None:
        """A map point's latents (d,), with the off-plane part kept; a layout's place has none."""
        if self.plane is None:
            return None
        return self.plane.lift(xy) + (0.0 if self.plane.mixes else self.residual)

    def snapped(self, xy: Point) -> Point:
        """The place on the map that a point stands for."""
        at = (float(xy[0]), float(xy[1]))
        return at if self.plane is None else self.plane.snap(at)

    # Cursor

    def move_cursor(self, xy: Point) -> None:
        """Put the cursor on a map point and decode there."""
        if self.plane is None:
            return
        self.aim(xy)
        self.cursor_changed.emit()

    def aim(self, xy: Point) -> None:
        """Likewise, and let the caller tell that the cursor moved, once all is in its place."""
        if self.plane is None:
            return
        self.cursor = self.plane.snap((float(xy[0]), float(xy[1])))
        if self.plane.steps or self.plane.mixes:  # z is what the map says
            self.residual = np.zeros(self.plane.latent_dim)
        self.ask_decode()  # first: it is decoded while the window paints

    def set_z(self, z: NDArray[np.float64]) -> None:
        """Put the cursor on latents (d,), in and off the plane."""
        self._place(z)
        self.ask_decode()
        self.cursor_changed.emit()

    def follow(self, xy: Point, z: NDArray[np.float64], *, decode: bool = True) -> None:
        """Put the cursor on latents (d,) that are known to lie at a map point."""
        if self.plane is None:
            return
        self.cursor = self.plane.snap(xy)
        self.residual = z - self.plane.lift(self.cursor)
        if decode:
            self.ask_decode()
        self.cursor_changed.emit()

    def _place(self, z: NDArray[np.float64]) -> None:
        if self.plane is None:
            return
        x, y = self.plane.project(z)
        if not np.isfinite(x):  # a code without a cell: the first cell takes its place
            x, y = self.plane.project(self.plane.lift((-np.inf, np.inf)))
            z = self.plane.lift((x, y))
        self.cursor = self.plane.snap((float(x), float(y)))
        self.residual = z - self.plane.lift(self.cursor)

    def forget_cursor(self) -> None:
        """Point at nothing."""
        self.cursor, self.decoded = None, None
        self.wishes.forget("decode")
        self.cursor_changed.emit()
        self.decoded_changed.emit()

    def restore(self, z: tuple[float, ...] | None) -> None:
        """Bring back the latents at the cursor (undo)."""
        if z is None or self.plane is None or len(z) != self.plane.latent_dim:
            self.forget_cursor()
        else:
            self.set_z(np.asarray(z))

    def nudge(self, dx: float, dy: float) -> None:
        """Move the cursor by map units; from cell to cell where there are only cells."""
        x, y = self.cursor or (0.0, 0.0)
        if self.plane is not None and self.plane.steps:
            dx, dy = np.sign(dx) * max(1.0, abs(dx)), np.sign(dy) * max(1.0, abs(dy))
        self.move_cursor((x + dx, y + dy))

    def ask_decode(self) -> None:
        """Decode at the cursor."""
        z = self.z
        if z is not None:
            self.wishes.decode(z)

    def keep_nearest(self, count: int) -> None:
        """The map has so many rows from now on: a nearest datum beyond them is none."""
        if self.decoded is not None and self.decoded.nearest_row >= count:
            self.decoded = without_nearest(self.decoded)

    def take_decoded(self, event: Decoded) -> None:
        """Show a decode, unless a newer one is shown."""
        if self.wishes.wants("decode", event.ticket):
            self.decoded = event
            self.decoded_changed.emit()


def without_nearest(decoded: Decoded) -> Decoded:
    """The same picture, with no datum near it."""
    return replace(decoded, nearest_row=-1, nearest_distance=float("inf"))
