"""The points: every datum of the map, from a pixmap of our own."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRectF, QTimer
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from latentlab.views.map.layer import Layer
from latentlab.views.map.raster import Cloud, Raster, stamp, typical_spacing

MOVED_BUDGET_S = 0.010  # of drawing before a frame whose camera moved: the hand is watching
REFRESH_BUDGET_S = 0.004  # otherwise the old picture is in its place: the rest follows meanwhile


class Points(Layer):
    """All points as one pixmap, drawn again only when points, camera or visibility change.

    While a large cloud is being drawn, in slices between events, the last finished picture is
    shown where it now belongs: no frame waits for the points, however many there are.

    Args:
        parent: The plot's view box.
        depth: Higher is nearer to the eye.
        owner: Parent of the timer.
    """

    def __init__(self, parent: QGraphicsItem, depth: float, owner: QObject) -> None:
        super().__init__(parent, depth)
        self._cloud: Cloud | None = None
        self._order = np.empty(0, dtype=np.int64)
        self._raster: Raster | None = None
        self._job: Generator[None, None, Raster] | None = None
        self._ratio = 1.0
        self._timer = QTimer(owner)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._go_on)

    def set_points(
        self,
        xy: NDArray[np.float32],
        sprite: NDArray[np.integer],
        shown: NDArray[np.bool_],
        colours: tuple[str, ...],
    ) -> None:
        """Show other points: (N, 2) places, (N,) colour numbers, (N,) whether shown."""
        if len(xy) != len(self._order):
            # Shuffled once, so that no class lies over all others; the same for every refresh.
            self._order = np.random.default_rng(0).permutation(len(xy))
        spacing = typical_spacing(xy, len(xy))
        self._show(Cloud(xy, self._order, sprite, shown, colours, spacing))

    def clear(self) -> None:
        """Show no points."""
        self._cloud, self._raster, self._job = None, None, None
        self.update()

    def set_shown(self, shown: NDArray[np.bool_]) -> None:
        """Hide or show single points; hidden ones go at once."""
        if self._cloud is None:
            return
        old = self._cloud
        self._job = None
        self._show(replace(old, shown=shown))

    def _show(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.update()

    @property
    def settled(self) -> bool:
        """Whether what is on screen is the newest."""
        return self._cloud is None or (self._job is None and self._fresh())

    def _fresh(self) -> bool:
        raster = self._raster
        return (
            raster is not None
            and raster.cloud is self._cloud
            and raster.camera == self.camera
            and raster.pixmap.devicePixelRatio() == self._ratio
        )

    def prepare(self, ratio: float) -> None:
        """Draw before a frame what a frame can afford; called by the canvas when it paints."""
        self._ratio = ratio
        if self.isVisible():
            placed = self._raster is not None and self._raster.camera == self.camera
            self._advance(REFRESH_BUDGET_S if placed else MOVED_BUDGET_S)

    def settle(self) -> None:
        """Draw to the end (pictures for files, tests)."""
        while not self.settled:
            self._advance(1.0)

    def _go_on(self) -> None:
        self._advance(REFRESH_BUDGET_S)
        if self._job is None:
            self.update()

    def _advance(self, budget_s: float) -> None:
        if self.settled or self._cloud is None:
            return
        until_s = time.perf_counter() + budget_s
        if self._job is None:
            self._job = stamp(self._cloud, self.camera, self._ratio)
        while time.perf_counter() < until_s:
            try:
                next(self._job)
            except StopIteration as finished:
                self._raster, self._job = finished.value, None
                self._tell()
                break
        if not self.settled:
            self._timer.start()

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,  # noqa: ARG002
        widget: QWidget | None = None,  # noqa: ARG002
    ) -> None:
        """Put the finished picture where it belongs."""
        if self._raster is None:
            return
        if self._raster.camera == self.camera:
            painter.drawPixmap(0, 0, self._raster.pixmap)
            return
        pixmap = self._raster.pixmap
        painter.drawPixmap(self.px_rect(self._raster.camera.rect), pixmap, QRectF(pixmap.rect()))
