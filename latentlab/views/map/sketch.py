"""What a camera sees of a cloud: marks while they can be told apart, else counts. No painting.

All of it may run in any thread.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from latentlab.engine.messages import Rect
from latentlab.latent.picking import joined
from latentlab.latent.raster import (
    GoOn,
    Sums,
    Window,
    count_within,
    sum_pixels,
)
from latentlab.latent.unsorted import sum_unsorted
from latentlab.session.background import Say
from latentlab.views.map.camera import Camera, robust_rect
from latentlab.views.map.cloud import UNSEEN, Cloud
from latentlab.views.map.tone import footprint, picture

MARKS_A_PIXEL = 1.0 / 16.0  # more points than that in a (logical) pixel can't be told apart
MOST_MARKS = 60_000  # nor more than that drawn one by one
MARGIN = 12.0  # device pixels beyond the edge: half of the largest mark
COARSE = 300  # pixels on the longer side of a first picture
BROAD = 512  # and of the picture of everything, for what a moving map uncovers
ROOM = 0.15  # of everything, around it
TONED = 1.25  # change of scale from which on the picture of everything is toned anew
TONED_IN_HASTE = 2.5  # the same, while a newer picture is waited for


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Single points: (n,) places in device pixels and kinds, in the order of drawing."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    kind: NDArray[np.uint8]
    cloud: Cloud
    camera: Camera
    ratio: float


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """(H, W) premultiplied ARGB of a camera's device pixels; `exact`, or of something larger."""

    argb: NDArray[np.uint32]
    cloud: Cloud
    camera: Camera
    ratio: float
    exact: bool = True


def device_size(camera: Camera, ratio: float) -> tuple[int, int]:
    """Width and height of the plot in device pixels."""
    return max(round(camera.width * ratio), 1), max(round(camera.height * ratio), 1)


def window_of(camera: Camera, ratio: float) -> Window:
    """The device pixels of a camera."""
    x0, _, _, y1 = camera.rect
    return Window(x0, y1, camera.scale * ratio, *device_size(camera, ratio))


def sketch(
    cloud: Cloud, camera: Camera, ratio: float, go_on: GoOn = lambda: True
) -> Marks | Picture | None:
    """What a camera sees: every point of it, either way; None where `go_on` said no."""
    most = int(min(MARKS_A_PIXEL * camera.width * camera.height, MOST_MARKS))
    cloud.index.build()
    if count_within(cloud.index, camera.rect) <= 4 * most:
        marks = _marks(cloud, camera, ratio)
        if len(marks.x) <= most:
            return marks
    window = window_of(camera, ratio)
    sums = sum_pixels(cloud.index, cloud.inks(), cloud.weights(), window, go_on)
    return None if sums is None else _toned(sums, cloud, camera, ratio)


def _marks(cloud: Cloud, camera: Camera, ratio: float) -> Marks:
    index, window = cloud.index, window_of(camera, ratio)
    x0, y0, x1, y1 = camera.rect
    beyond = MARGIN / window.scale
    slices = index.slices(x0 - beyond, y0 - beyond, x1 + beyond, y1 + beyond)
    # float64: a float32 product is off by whole pixels when zoomed in far from the origin
    x = (joined(index.x, slices).astype(np.float64) - window.x0) * window.scale
    y = (window.y1 - joined(index.y, slices).astype(np.float64)) * window.scale
    kind = joined(cloud.inks(), slices)
    seen = (np.abs(x - window.width / 2) < window.width / 2 + MARGIN) & (kind != UNSEEN)
    seen &= np.abs(y - window.height / 2) < window.height / 2 + MARGIN
    # Shuffled, the same way at each refresh: no class then lies over all others.
    rows = joined(index.rows, slices)[seen].astype(np.uint32)
    place = rows * np.uint32(2654435761)
    if cloud.picked is not None:
        place = (place >> np.uint32(1)) | ((kind[seen] < len(cloud.palette)) * np.uint32(1 << 31))
    order = np.flatnonzero(seen)[np.argsort(place)]
    return Marks(x[order], y[order], kind[order], cloud, camera, ratio)


def _toned(sums: Sums, cloud: Cloud, camera: Camera, ratio: float, scale: float = 0.0) -> Picture:
    """Counts as a picture for a screen at `scale`; without one, for the camera's own pixels."""
    ink = QColor(cloud.palette[-1])
    screen = (scale or camera.scale) * ratio
    area = (scale / camera.scale) ** 2 if scale else 1.0
    mean = 1.0 / max(cloud.spacing * screen, 1e-6) ** 2
    lone_px = 1.0
    if scale:
        lone_px = footprint(cloud.spacing * scale, ratio, as_marks=mean < MARKS_A_PIXEL)
    grey, ramp = (ink.red(), ink.green(), ink.blue()), cloud.paint.ramp
    argb = picture(sums, mean, grey, area, lone_px, ramp)
    return Picture(argb, cloud, camera, ratio, exact=not scale)


def coarse(cloud: Cloud, camera: Camera, ratio: float, go_on: GoOn) -> Picture | None:
    """A first picture, before the points are sorted: every point, in larger pixels."""
    scale = min(1.0, COARSE / max(camera.width, camera.height))
    small = Camera(camera.x, camera.y, camera.scale * scale, 1.0, 1.0)
    small = replace(small, width=camera.width * scale, height=camera.height * scale)
    weights = cloud.weights(picked=False)
    sums = sum_unsorted(cloud.index.xy, cloud.kinds, weights, window_of(small, 1.0), go_on)
    if sums is None:
        return None
    return _toned(sums, cloud, small, 1.0, camera.scale * ratio)


class Broad:
    """The picture of everything, for what a moving map uncovers; toned for each scale anew."""

    def __init__(self) -> None:
        self._cloud: Cloud | None = None
        self._sums: Sums | None = None
        self._camera = Camera()
        self._scale = 0.0

    def refresh(
        self, cloud: Cloud, screen: Camera, ratio: float, go_on: GoOn, *, haste: bool = False
    ) -> Picture | None:
        """The picture for a screen's scale; None where the last one still does."""
        scale = screen.scale * ratio
        if cloud is not self._cloud:
            rect = robust_rect(cloud.index.xy)
            if rect is None:
                return None
            self._camera = _whole(rect)
            window = window_of(self._camera, 1.0)
            self._sums = sum_pixels(cloud.index, cloud.inks(), cloud.weights(), window, go_on)
            self._cloud, self._scale = cloud, 0.0
        near = TONED_IN_HASTE if haste else TONED
        if self._sums is None or 1.0 / near < self._scale / scale < near:
            return None
        self._scale = scale
        return _toned(self._sums, cloud, self._camera, 1.0, scale)


def _whole(rect: Rect) -> Camera:
    x0, y0, x1, y1 = rect
    width, height = (1 + 2 * ROOM) * (x1 - x0), (1 + 2 * ROOM) * (y1 - y0)
    longer = max(width, height, 1e-9)
    scale = BROAD / longer
    wide, high = max(1.0, round(width * scale)), max(1.0, round(height * scale))
    return Camera((x0 + x1) / 2, (y0 + y1) / 2, scale, wide, high)


def draw(  # one request of the map to its thread
    cloud: Cloud,
    camera: Camera,
    ratio: float,
    broad: Broad,
    waits: GoOn,
    say: Say,
    go_on: GoOn,
) -> None:
    """Say what there is to be shown, the quickest first; of what waits a newer picture first."""
    if not cloud.index.ready:
        first = coarse(cloud, camera, ratio, go_on)
        if first is not None:
            say(first)
    exact = sketch(cloud, camera, ratio, go_on)
    if exact is not None:
        say(exact)
    around = broad.refresh(cloud, camera, ratio, go_on, haste=waits()) if go_on() else None
    if around is not None:
        say(around)
