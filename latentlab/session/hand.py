"""What the hand does on the map: cursor, path, play, and the pictures that follow it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from latentlab.engine.messages import (
    Codes,
    Decoded,
    StripDecoded,
)
from latentlab.latent.charts import Chart
from latentlab.session.ports import EngineLike
from latentlab.session.state import PathState, Point
from latentlab.session.wishes import Wishes

TICK_MS = 33
FRAMES_PER_S = 20.0
LOOKED_AT = 8192  # points whose median is the map's middle
DEFAULT_FRAMES = 60
LIVE_FRAMES = 16  # of the film strip while a handle moves; the whole strip follows the release


class Hand(QObject):
    """Cursor, path and playback; asks the live lane, and keeps its newest answers.

    Args:
        worker: The engine.
        tickets: The session's counter.
        mark: Called before a change that can be undone.
        parent: The session.
    """

    cursor_changed = Signal()
    decoded_changed = Signal()
    path_changed = Signal()
    strip_changed = Signal()
    drag_ended = Signal()

    def __init__(
        self,
        worker: EngineLike,
        tickets: Iterator[int],
        mark: Callable[[], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.wishes = Wishes(worker, tickets, self)
        self._mark = mark
        self.plane: Chart | None = None
        self.residual: NDArray[np.float64] = np.zeros(0)  # (d,) the cursor's part off the plane
        self.cursor: Point | None = None
        self.decoded: Decoded | None = None
        self.path: PathState | None = None
        self.strip: StripDecoded | None = None
        self._drag_start: Point | None = None
        self._dragging = False
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._ticked_s = 0.0
        self._strip_s = 0.0

    # The model and the plane

    def reset(self, plane: Chart | None) -> None:
        """Another model is open: forget the pictures and the path."""
        self.wishes.forget("decode", "strip", "classes")
        before, after = self.plane, plane
        keep = before is not None and after is not None and before.latent_dim == after.latent_dim
        self.plane = plane
        self._timer.stop()
        self._drag_start, self._dragging = None, False
        self.decoded, self.strip, self.path = None, None, None
        if not keep:
            self.cursor = None
            self.residual = np.zeros(plane.latent_dim if plane else 0)
            self.cursor_changed.emit()
        for signal in (self.decoded_changed, self.strip_changed, self.path_changed):
            signal.emit()

    def replane(self, plane: Chart) -> None:
        """Show another plane of the same latent space; z at the cursor stays what it is."""
        z = self.z
        self.plane = plane
        if z is not None:
            self._place(z)
            self.cursor_changed.emit()

    def settle(self, codes: Codes | None) -> None:
        """Put the cursor in the middle of the map where there is none yet."""
        if self.plane is None or self.cursor is not None:
            return
        at = (0.0, 0.0)
        if codes is not None and len(codes.xy):
            few = codes.xy[:: max(1, len(codes.xy) // LOOKED_AT)]  # enough for a middle
            few = few[np.isfinite(few).all(axis=1)]
            if len(few):
                x, y = np.median(few, axis=0)
                at = (float(x), float(y))
        self.move_cursor(at)

    def refresh(self) -> None:
        """The weights or the plane moved: ask again for everything that is shown."""
        path = self.path
        if path is not None and self.wishes.fades and 0.0 < path.position < 1.0:
            self.set_position(path.position)  # a frame on the way stays one
        elif self.cursor is not None:
            self.ask_decode()
        if self.path is not None and not self._dragging:
            self.ask_strip()

    @property
    def z(self) -> NDArray[np.float64] | None:
        """(d,) at the cursor, with the off-plane part kept."""
        return None if self.cursor is None else self.lift(self.cursor)

    def lift(self, xy: Point) -> NDArray[np.float64] | None:
        """A map point's latents (d,), with the off-plane part kept."""
        return None if self.plane is None else self.plane.lift(xy) + self.residual

    # Cursor

    def move_cursor(self, xy: Point) -> None:
        """Put the cursor on a map point and decode there."""
        if self.plane is None:
            return
        self.cursor = self.plane.snap((float(xy[0]), float(xy[1])))
        if self.plane.steps or self.plane.mixes:  # z is what the map says
            self.residual = np.zeros(self.plane.latent_dim)
        self.ask_decode()  # first: it is decoded while the window paints
        self.cursor_changed.emit()

    def set_z(self, z: NDArray[np.float64]) -> None:
        """Put the cursor on latents (d,), in and off the plane."""
        self._place(z)
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

    # Drag

    def begin_drag(self, xy: Point) -> None:
        """Press: A is here, and it decodes."""
        self._mark()
        self._drag_start, self._dragging = self._snapped(xy), True
        self._stop_playing()
        self.move_cursor(xy)

    @property
    def dragging(self) -> bool:
        """Whether the hand holds cursor or handle."""
        return self._dragging

    @property
    def travelling(self) -> bool:
        """Whether the cursor goes along a path: drawn, played, or by its handle."""
        return self.path is not None and (self._dragging or self.path.playing)

    def drag_to(self, xy: Point) -> None:
        """Past the first pixels the drag draws a path from A; B decodes live."""
        if self._drag_start is None:
            self.begin_drag(xy)
        elif self.plane is not None:
            frames = self.path.frames if self.path else DEFAULT_FRAMES
            loop = self.path.loop if self.path else True
            b = self._snapped(xy)
            path = PathState(self._drag_start, b, frames=frames, loop=loop)
            self.move_cursor(b)
            self._set_path(path)

    def end_drag(self) -> None:
        """Release: the whole film strip follows."""
        moved, self._drag_start, self._dragging = self._dragging, None, False
        if moved and self.path is not None:
            self.ask_strip()
        self.drag_ended.emit()

    def move_handle(self, handle: str, xy: Point) -> None:
        """Move "a" or "b" of the path; `end_drag` when it is let go."""
        if self.path is None or handle not in ("a", "b"):
            return
        if not self._dragging:
            self._mark()
            self._dragging = True
        at = self._snapped(xy)
        position = 0.0 if handle == "a" else 1.0
        moved = replace(self.path, a=at) if handle == "a" else replace(self.path, b=at)
        self.move_cursor(at)
        self._set_path(replace(moved, position=position, playing=False))

    def _snapped(self, xy: Point) -> Point:
        at = (float(xy[0]), float(xy[1]))
        return at if self.plane is None else self.plane.snap(at)

    def nudge(self, dx: float, dy: float) -> None:
        """Move the cursor by map units; from cell to cell where there are only cells."""
        x, y = self.cursor or (0.0, 0.0)
        if self.plane is not None and self.plane.steps:
            dx, dy = np.sign(dx) * max(1.0, abs(dx)), np.sign(dy) * max(1.0, abs(dy))
        self.move_cursor((x + dx, y + dy))

    # Path

    def _set_path(self, path: PathState | None) -> None:
        self.path = path
        now_s = time.perf_counter()
        if self._dragging and now_s - self._strip_s >= self.wishes.pause_s:
            self._strip_s = now_s
            self.ask_strip(LIVE_FRAMES)
        playing = path is not None and path.playing
        if playing != self._timer.isActive():
            self._ticked_s = time.perf_counter()
            self._timer.start() if playing else self._timer.stop()
        self.path_changed.emit()

    def restore(self, path: PathState | None, z: tuple[float, ...] | None) -> None:
        """Bring back a path and the latents at the cursor (undo)."""
        if path != self.path:
            self.wishes.forget("strip")
            self.strip = None
            self._set_path(path)
            self.strip_changed.emit()
            if path is not None:
                self.ask_strip()
        if z is None or self.plane is None or len(z) != self.plane.latent_dim:
            self.cursor, self.decoded = None, None
            self.wishes.forget("decode")
            self.cursor_changed.emit()
            self.decoded_changed.emit()
        else:
            self.set_z(np.asarray(z))

    def clear_path(self) -> None:
        """Take the path away; the cursor stays."""
        if self.path is None:
            return
        self._mark()
        self.wishes.forget("strip")
        self.strip = None
        self._set_path(None)
        self.strip_changed.emit()

    def set_frames(self, count: int) -> None:
        """Cut the path into another number of frames (2 to 1000)."""
        if self.path is not None:
            self._set_path(replace(self.path, frames=int(np.clip(count, 2, 1000))))
            self.ask_strip()

    def set_position(self, t: float) -> None:
        """Move the scrubber (0 at A, 1 at B); the cursor goes with it."""
        if self.path is None:
            return
        path = replace(self.path, position=float(np.clip(t, 0.0, 1.0)))
        self._set_path(path)
        if self.plane is not None and self.plane.steps:
            # The hand goes from cell to cell, the film fades from code to code.
            self.cursor = self.plane.snap(path.point)
            share = np.array([path.position])
            z = self.plane.between(path.a, path.b, share)[0]
            self.residual = z - self.plane.lift(self.cursor)
            self.ask_decode()
            self.cursor_changed.emit()
            return
        if self.plane is not None and self.wishes.fades and 0.0 < path.position < 1.0:
            self.cursor = path.point
            z, along = self.lift(path.point), self.path_z()
            if z is not None:
                self.wishes.decode(z, along, path.frame)
            self.cursor_changed.emit()
            return
        self.move_cursor(path.point)

    def set_playing(self, on: bool) -> None:
        """Play or pause; from B it starts again at A."""
        if self.path is None or on == self.path.playing:
            return
        at_end = on and self.path.position >= 1.0
        position = 0.0 if at_end else self.path.position
        self._set_path(replace(self.path, playing=on, position=position))

    def set_loop(self, on: bool) -> None:
        """Whether play goes round."""
        if self.path is not None:
            self._set_path(replace(self.path, loop=on))

    def _stop_playing(self) -> None:
        if self.path is not None and self.path.playing:
            self._set_path(replace(self.path, playing=False))

    def _tick(self) -> None:
        now = time.perf_counter()
        elapsed_s, self._ticked_s = now - self._ticked_s, now
        if self.path is None:
            self._timer.stop()
            return
        step = elapsed_s * FRAMES_PER_S / max(self.path.frames - 1, 1)
        position = self.path.position + step
        if position >= 1.0:
            if not self.path.loop:
                self._stop_playing()
            position = position % 1.0 if self.path.loop else 1.0
        self.set_position(position)

    # What is asked of the live lane

    def ask_decode(self) -> None:
        """Decode at the cursor."""
        z = self.z
        if z is not None:
            self.wishes.decode(z)

    def ask_strip(self, most: int | None = None) -> None:
        """Decode the path's frames (at most `most` of them, spread evenly)."""
        z = self.path_z(most)
        if z is not None:
            self.wishes.strip(z)

    def path_z(self, most: int | None = None) -> NDArray[np.float64] | None:
        """(F, d) latents of the path's frames; None without a path."""
        if self.path is None or self.plane is None:
            return None
        count = min(self.path.frames, most or self.path.frames)
        z = self.plane.between(self.path.a, self.path.b, np.linspace(0.0, 1.0, count))
        flat = self.plane.steps or self.plane.mixes
        return z if flat else z + self.residual  # (F, d)

    # Answers

    def take_decoded(self, event: Decoded) -> None:
        """Show a decode, unless a newer one is shown."""
        if self.wishes.wants("decode", event.ticket):
            self.decoded = event
            self.decoded_changed.emit()

    def take_strip(self, event: StripDecoded) -> None:
        """Show a strip, unless a newer one is shown."""
        if self.path is not None and self.wishes.wants("strip", event.ticket):
            self.strip = event
            self.strip_changed.emit()
