"""The player: moves the scrubber along the path at the film's speed."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, QTimer

from latentlab.session.path import SPEEDS, PathState, PlayMode
from latentlab.session.travel import Travel

TICK_MS = 33


class Player(QObject):
    """Play, pause, round and round, there and back, and how fast.

    Args:
        travel: The path.
        parent: The session.
    """

    def __init__(self, travel: Travel, parent: QObject) -> None:
        super().__init__(parent)
        self._travel = travel
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._ticked_s = 0.0
        travel.path_changed.connect(self._follow)

    def _follow(self) -> None:
        path = self._travel.path
        playing = path is not None and path.playing
        if playing != self._timer.isActive():
            self._ticked_s = time.perf_counter()
            if playing:
                self._timer.start()
            else:
                self._timer.stop()

    def set_playing(self, on: bool) -> None:
        """Play or pause; from the end it starts again at the beginning."""
        path = self._travel.path
        if path is None or on == path.playing:
            return
        at_end = on and path.position >= 1.0
        back = at_end and path.mode == "there and back"
        position = 0.0 if at_end and not back else path.position
        backward = back or (on and path.backward and path.position > 0.0)
        self._travel.put(replace(path, playing=on, position=position, backward=backward))

    def set_mode(self, mode: PlayMode) -> None:
        """What play does at the end."""
        path = self._travel.path
        if path is not None and mode != path.mode:
            self._travel.put(replace(path, mode=mode, backward=False))

    def set_speed(self, frames_per_s: float) -> None:
        """How many frames a second."""
        path = self._travel.path
        if path is not None:
            speed = float(np.clip(frames_per_s, *SPEEDS))
            self._travel.put(replace(path, frames_per_s=speed))

    def step(self, frames: int) -> None:
        """So many frames on, or back."""
        path = self._travel.path
        if path is not None:
            self.set_playing(on=False)
            self._travel.go_to((path.frame + frames) / max(path.frames - 1, 1))

    def _tick(self) -> None:
        now_s = time.perf_counter()
        elapsed_s, self._ticked_s = now_s - self._ticked_s, now_s
        path = self._travel.path
        if path is None:
            self._timer.stop()
            return
        step = elapsed_s * path.frames_per_s / max(path.frames - 1, 1)
        position, backward, ended = played(path, step)
        if ended or backward != path.backward:
            self._travel.put(replace(path, position=position, backward=backward, playing=not ended))
        self._travel.go_to(position)


def played(path: PathState, step: float) -> tuple[float, bool, bool]:
    """Where the scrubber is after a step: its place, whether it goes back, whether it ended.

    Example:
        >>> from latentlab.session.path import Stop
        >>> path = PathState((Stop((0, 0), (0, 0)), Stop((1, 1), (1, 1))), position=0.75)
        >>> played(path, 0.5)
        (0.25, False, False)
    """
    if path.mode == "there and back":
        at = path.position - step if path.backward else path.position + step
        at %= 2.0  # one way is 0 to 1, the way back 1 to 2
        if path.backward:
            return (abs(at), True, False) if at <= 1.0 else (2.0 - at, False, False)
        return (at, False, False) if at <= 1.0 else (2.0 - at, True, False)
    at = path.position + step
    if at < 1.0:
        return at, False, False
    return (at % 1.0, False, False) if path.mode == "loop" else (1.0, False, True)
