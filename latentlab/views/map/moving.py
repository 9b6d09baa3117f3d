"""Points on their way from where one chart has them to where another does."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer

from latentlab.engine.messages import Codes
from latentlab.latent.picking import PointIndex
from latentlab.session.session import Session
from latentlab.views.map.camera import Camera
from latentlab.views.map.canvas import Canvas
from latentlab.views.map.cloud import Cloud
from latentlab.views.motion import ask_system, may_move

MOST = 16_384  # points that are drawn anew in a frame's time; more are there at once
DURATION_S = 0.35
FRAME_MS = 16


def eased(share: float) -> float:
    """How far things are at a share of the time: slow, fast, slow.

    Example:
        >>> eased(0.0), eased(0.5), eased(1.0)
        (0.0, 0.5, 1.0)
    """
    return share * share * (3.0 - 2.0 * share)


class Transition(QObject):
    """Shows clouds; between two charts of the same codes, it shows the way.

    Points start from where they were on screen, whatever the camera does.

    Args:
        session: Whose settings say whether anything moves.
        canvas: Where the points are.
        parent: Qt's owner.
    """

    def __init__(self, session: Session, canvas: Canvas, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._canvas = canvas
        self._shown: Codes | None = None
        self._cloud: Cloud | None = None
        self._start: NDArray[np.float64] | None = None  # (N, 2) in units of the new map
        self._started_s = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._tick)
        ask_system()

    @property
    def running(self) -> bool:
        """Whether points are on their way."""
        return self._timer.isActive()

    def show(self, cloud: Cloud | None) -> None:
        """Show a cloud; while points are on their way it is what they arrive as."""
        self._cloud = cloud
        if cloud is None:
            self.finish()
        elif self.running:
            self._tick()
        else:
            self._canvas.points.set_cloud(cloud)

    def leave(self, codes: Codes | None) -> None:
        """Before codes are shown on another chart: note where they are now.

        Args:
            codes: What is shown from now on.
        """
        before, self._start = self._shown, None
        self._shown = codes
        if codes is not None and before is not None and self._is_worth(before, codes):
            self._start = _pixels(self._canvas.camera, before.xy)  # until `go`

    def go(self) -> None:
        """The codes are there, and so is the camera: send the points on their way."""
        cloud, start = self._cloud, self._start
        if cloud is None or start is None or len(start) != len(cloud.index.xy):
            self.finish()
            return
        self._start = _places(self._canvas.camera, start)
        self._started_s = time.perf_counter()
        self._timer.start()
        self._tick()

    def finish(self) -> None:
        """Be there."""
        self._timer.stop()
        self._start = None
        self._canvas.points.set_cloud(self._cloud)

    def _is_worth(self, before: Codes, after: Codes) -> bool:
        return (
            before.z is after.z
            and before.plane is not after.plane
            and len(after.xy) <= MOST
            and may_move(self._session.settings)
        )

    def _tick(self) -> None:
        cloud, start = self._cloud, self._start
        share = (time.perf_counter() - self._started_s) / DURATION_S
        if cloud is None or start is None or share >= 1.0:
            self.finish()
            return
        way = eased(share)
        xy = (1.0 - way) * start + way * cloud.index.xy
        between = replace(cloud, index=PointIndex(xy.astype(np.float32)), _inks=[])
        self._canvas.points.set_cloud(between)
        self._canvas.viewport().update()


def _pixels(camera: Camera, xy: NDArray[np.float32]) -> NDArray[np.float64]:
    """Map points (N, 2) in pixels, as `Camera.to_px`."""
    off = (xy - np.array([camera.x, camera.y])) * camera.scale
    return off * [1.0, -1.0] + np.array([camera.width, camera.height]) / 2


def _places(camera: Camera, px: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pixels (N, 2) on the map, as `Camera.to_map`."""
    off = (px - np.array([camera.width, camera.height]) / 2) / camera.scale
    return off * [1.0, -1.0] + np.array([camera.x, camera.y])
