"""Selecting with the hand: a lasso or a rectangle is drawn, and what lies inside is selected."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPointF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from latentlab.latent.lasso import rows_in_polygon, rows_in_rect
from latentlab.session.choice import How
from latentlab.session.session import Session
from latentlab.views.map.camera import Camera
from latentlab.views.map.cloud import Cloud
from latentlab.views.map.layer import colour
from latentlab.views.map.marks import Moving, Repaint

Point = tuple[float, float]
WIDTH = 1.5
APART_PX = 2.0  # corners of a lasso nearer than that are one


def rows_inside(cloud: Cloud, corners: list[Point], *, rectangle: bool) -> NDArray[np.int32]:
    """The shown rows inside a drawn shape; of a rectangle the first and the last corner count."""
    if rectangle:
        (x0, y0), (x1, y1) = corners[0], corners[-1]
        box = min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
        rows = rows_in_rect(cloud.index, *box)
    else:
        rows = rows_in_polygon(cloud.index, np.array(corners))
    return rows[cloud.sieve.keeps(rows)] if cloud.sieve else rows


class Outline(Moving):
    """The shape while it is drawn.

    Args:
        repaint: Called with what must be painted again, in the plot's pixels.
    """

    def __init__(self, repaint: Repaint) -> None:
        super().__init__(repaint)
        self._corners: list[Point] = []
        self._rectangle = False

    def set_shape(self, corners: list[Point], *, rectangle: bool) -> None:
        """Show another shape; without corners, none."""
        self._ask()
        self._corners, self._rectangle = corners, rectangle
        self._ask()

    def set_camera(self, camera: Camera) -> None:
        """Stay on the map."""
        self.camera = camera

    def _polygon(self) -> QPolygonF:
        corners = [self.px(at) for at in self._corners]
        if self._rectangle and corners:
            a, b = corners[0], corners[-1]
            corners = [a, QPointF(b.x(), a.y()), b, QPointF(a.x(), b.y())]
        return QPolygonF(corners)

    def _ask(self) -> None:
        if self._corners:
            self._repaint(self._polygon().boundingRect().adjusted(-4.0, -4.0, 4.0, 4.0))

    def draw(self, painter: QPainter, ratio: float) -> None:  # noqa: ARG002 - all of it is lines
        """A line in the accent on a halo of the ground, and a light veil inside."""
        if not self._corners:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shape = self._polygon()
        painter.setBrush(colour(self.theme.accent, 0.12))
        painter.setPen(QPen(colour(self.theme.ground, 0.7), 3.0 * WIDTH))
        painter.drawPolygon(shape)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour(self.theme.accent), WIDTH))
        painter.drawPolygon(shape)


class Selecting(QObject):
    """Draws the shape, finds what is inside in another thread, and tells the session.

    Args:
        session: Whom the selection is told.
        outline: Where the shape is shown.
        parent: Qt's owner.
    """

    def __init__(self, session: Session, outline: Outline, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._outline = outline
        self._corners: list[Point] = []
        self._rectangle = False
        self._how: How = "replace"

    @property
    def busy(self) -> bool:
        """Whether what was drawn is still being looked through."""
        return self._session.choice.busy

    def begin(self, at: Point, how: How, *, rectangle: bool) -> None:
        """The first corner."""
        self._corners, self._how, self._rectangle = [at], how, rectangle
        self._outline.set_shape([], rectangle=rectangle)

    def move(self, at: Point) -> None:
        """The shape goes on to here."""
        last, scale = self._corners[-1], self._outline.camera.scale
        if max(abs(at[0] - last[0]), abs(at[1] - last[1])) * scale >= APART_PX:
            self._corners.append(at)
            self._outline.set_shape(list(self._corners), rectangle=self._rectangle)

    def cancel(self) -> None:
        """Take the shape away, and select nothing."""
        self._corners = []
        self._outline.set_shape([], rectangle=self._rectangle)

    def finish(self, cloud: Cloud | None) -> None:
        """The shape is complete; a mere click selects nothing, in place of what was selected."""
        corners = self._corners
        self.cancel()
        if cloud is None or not corners:
            return
        if len(corners) < 2:
            if self._how == "replace":
                self._session.choice.gather(lambda: np.empty(0, np.int32))
            return
        self._session.choice.gather(
            partial(rows_inside, cloud, corners, rectangle=self._rectangle), self._how
        )
