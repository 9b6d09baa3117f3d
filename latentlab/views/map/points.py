"""The points: every datum of the map, from a pixmap of our own."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from functools import partial

from PySide6.QtCore import QObject, QPointF, QRectF
from PySide6.QtGui import QPainter, QRegion
from PySide6.QtWidgets import QGraphicsItem

from latentlab.session.background import Latest
from latentlab.session.timers import single_shot
from latentlab.views.map.cloud import Cloud
from latentlab.views.map.layer import Layer
from latentlab.views.map.raster import Raster, from_picture, stamp
from latentlab.views.map.sketch import Broad, Marks, Picture, draw, sketch

FEW = 16_384  # so many points are worth no other thread: they are there with the next frame
FEW_BUDGET_S = 0.010  # of drawing them before a frame
BUDGET_S = 0.004  # otherwise the old picture is in its place: the rest follows meanwhile


class Points(Layer):
    """All points as one pixmap, drawn again only when points, camera or visibility change.

    What a camera sees is found in another thread (`sketch`); marks are then painted here, in
    slices between events, counts arrive as a picture. Until then the last picture is shown where
    it now belongs, and a coarser one of everything where that leaves a gap: no frame waits for
    the points, however many there are.

    Args:
        parent: The plot's view box.
        depth: Higher is nearer to the eye.
        owner: Parent of timer and thread.
    """

    hints = None  # pictures alone

    def __init__(self, parent: QGraphicsItem, depth: float, owner: QObject) -> None:
        super().__init__(parent, depth)
        self._cloud: Cloud | None = None
        self._raster: Raster | None = None
        self._around: Raster | None = None  # a picture of more than the screen, less fine
        self._job: Generator[None, None, Raster] | None = None
        self._ratio = 1.0
        self._broad = Broad()
        self._timer = single_shot(owner, self._go_on)
        self._worker = Latest(owner)
        self._worker.told.connect(lambda seen: self.when(lambda: self._take(seen)))
        self.when: Callable[[Callable[[], object]], object] = lambda do: do()  # there is time
        self._asked: tuple[object, ...] = ()
        self.cloud_told: Callable[[], object] | None = None  # that there are other points now

    def set_cloud(self, cloud: Cloud | None) -> None:
        """Show other points, or none."""
        self._cloud, self._job = cloud, None
        if cloud is None:
            self._raster = self._around = None
        if self._raster is not None and self.isVisible() and not self._are_few:
            self._ask()  # the former picture stays until the new one comes: one paint, not two
        else:
            self.update()
        if self.cloud_told is not None:
            self.cloud_told()

    def clear(self) -> None:
        """Show no points."""
        self.set_cloud(None)

    @property
    def cloud(self) -> Cloud | None:
        """What is shown."""
        return self._cloud

    @property
    def settled(self) -> bool:
        """Whether what is on screen is the newest, and exact."""
        return self._cloud is None or self._is_now(self._raster)

    @property
    def something(self) -> bool:
        """Whether there is any picture of these very points yet."""
        clouds = [raster.cloud for raster in (self._raster, self._around) if raster is not None]
        return self._cloud in clouds

    def _is_now(self, raster: Raster | None) -> bool:
        return (
            raster is not None
            and raster.cloud is self._cloud
            and raster.camera == self.camera
            and raster.pixmap.devicePixelRatio() == self._ratio
        )

    @property
    def _are_few(self) -> bool:
        return self._cloud is not None and len(self._cloud.index.xy) <= FEW

    def prepare(self, ratio: float) -> None:
        """Before a frame: see to it that what is missing comes; called when the canvas paints."""
        self._ratio = ratio
        if self.isVisible() and not self.settled:
            if self._are_few:
                self._job = self._begin() if self._job is None else self._job
                self._advance(FEW_BUDGET_S)
            else:
                self._ask()

    def settle(self) -> None:
        """Draw to the end (pictures for files, tests)."""
        self._job = None
        while not self.settled:
            self._job = self._job or self._begin()
            self._advance(1.0)

    def _begin(self) -> Generator[None, None, Raster] | None:
        """See and paint here."""
        seen = None if self._cloud is None else sketch(self._cloud, self.camera, self._ratio)
        return self._painting(seen)

    def _painting(self, seen: Marks | Picture | None) -> Generator[None, None, Raster] | None:
        if isinstance(seen, Picture):
            self._show(from_picture(seen))
            return None
        return None if seen is None else stamp(seen)

    def _ask(self) -> None:
        """Let the other thread see; what it sees is painted even if the map has moved on."""
        wanted = (self._cloud, self.camera, self._ratio)
        if self._cloud is not None and self._job is None and self._asked != wanted:
            self._asked = wanted
            worker, broad = self._worker, self._broad
            worker.ask(partial(draw, self._cloud, self.camera, self._ratio, broad, worker.waits))

    def _take(self, seen: object) -> None:
        """What the other thread has seen."""
        if not isinstance(seen, Marks | Picture) or self._cloud is None:
            return
        if seen.cloud.index is not self._cloud.index:
            return  # other points; the same ones in former colours are better than none newer
        if isinstance(seen, Picture) and not seen.exact:
            self._around = from_picture(seen)
            if self._raster is not None and self._raster.cloud.index is not seen.cloud.index:
                self._raster = None  # of other points
            self.update()
            return
        self._job = self._painting(seen)
        self._advance(BUDGET_S)
        self.update()

    def _show(self, raster: Raster) -> None:
        self._raster, self._job = raster, None
        self._tell()

    def _go_on(self) -> None:
        self._advance(BUDGET_S)
        if self._job is None:
            self.update()

    def _advance(self, budget_s: float) -> None:
        until_s = time.perf_counter() + budget_s
        while self._job is not None and time.perf_counter() < until_s:
            try:
                next(self._job)
            except StopIteration as finished:
                self._show(finished.value)
        if self._job is not None:
            self._timer.start()

    def draw(self, painter: QPainter) -> None:
        """Put the finished picture where it belongs, and the broad one around it."""
        raster = self._raster
        if raster is not None and raster.camera == self.camera:
            painter.drawPixmap(0, 0, raster.pixmap)
            return
        covered = QRectF()
        if raster is not None:
            covered = self._put(painter, raster)
        if self._around is not None and not covered.contains(self.boundingRect()):
            painter.save()
            gap = QRegion(self.boundingRect().toAlignedRect()) - QRegion(covered.toAlignedRect())
            painter.setClipRegion(gap)
            self._put(painter, self._around)
            painter.restore()

    def _put(self, painter: QPainter, raster: Raster) -> QRectF:
        """Draw a raster of another camera where it now belongs; returns the part of the plot."""
        whole = self.px_rect(raster.camera.rect)
        part = whole & self.boundingRect()
        if part.isEmpty() or whole.isEmpty():
            return QRectF()
        pixmap = raster.pixmap
        across, down = pixmap.width() / whole.width(), pixmap.height() / whole.height()
        corner = part.topLeft() - whole.topLeft()
        source = QRectF(
            QPointF(corner.x() * across, corner.y() * down),
            QPointF((corner.x() + part.width()) * across, (corner.y() + part.height()) * down),
        )
        painter.drawPixmap(part, pixmap, source)
        return part
