"""The points picked for a plane: numbered marks where they lie on the map."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QMenu

from latentlab.session.natures import planes
from latentlab.session.session import Session
from latentlab.views.map.canvas import Canvas
from latentlab.views.map.layer import Layer, colour
from latentlab.views.theme import Theme

DEPTH = 33
RADIUS = 8.0


class Picks(QObject):
    """Keeps the marks where the session's points are.

    Args:
        session: Whose points are picked.
        canvas: What they lie on.
        parent: Qt's owner.
    """

    def __init__(self, session: Session, canvas: Canvas, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._canvas = canvas
        self.marks = PickMarks(canvas.plot, DEPTH)
        self.marks.told = canvas.refresh
        self.marks.set_camera(canvas.camera)
        canvas.camera_changed.connect(self._follow_camera)
        session.plane_points.points_changed.connect(self.refresh)
        session.codes_changed.connect(self.refresh)
        session.chart_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Put them where they are."""
        points, plane = self._session.plane_points.points, self._session.plane
        at: list[tuple[float, float]] = []
        if points and plane is not None and not plane.steps and plane.latent_dim == len(points[0]):
            at = [(float(x), float(y)) for x, y in plane.project(np.array(points))]
        if tuple(at) != self.marks.at:
            self.marks.at = tuple(at)
            self.marks.update()
            self._canvas.viewport().update()

    def add_to_menu(self, menu: QMenu, at: QPointF, row: int | None) -> None:
        """Offer the datum, and the place, under a pixel of the plot."""
        points, plane, codes = self._session.plane_points, self._session.plane, self._session.codes
        model = self._session.model
        if plane is None or model is None or not planes(model.spec):
            return
        next_one = len(points.points) % 3 + 1
        if row is not None and codes is not None:
            z = codes.z[row].astype(np.float64)
            datum = menu.addAction(f"Pick datum {row:,} as point {next_one} of a plane")
            datum.triggered.connect(lambda *_: points.pick(z))
        here = plane.lift(self._canvas.xy(at))
        place = menu.addAction(f"Pick this place as point {next_one} of a plane")
        place.triggered.connect(lambda *_: points.pick(here))
        menu.addSeparator()

    def set_theme(self, theme: Theme, text_scale: float) -> None:
        """Take the theme's colours, and text so many times its size."""
        self.marks.set_theme(theme, text_scale)

    def _follow_camera(self) -> None:
        self.marks.set_camera(self._canvas.camera)


class PickMarks(Layer):
    """Discs with a number."""

    def __init__(self, parent: QGraphicsItem, depth: float) -> None:
        super().__init__(parent, depth)
        self.at: tuple[tuple[float, float], ...] = ()

    def draw(self, painter: QPainter) -> None:
        """Draw them."""
        radius = RADIUS * self.text_scale
        for place, at in enumerate(self.at):
            middle: QPointF = self.px(at)
            box = QRectF(middle.x() - radius, middle.y() - radius, 2 * radius, 2 * radius)
            painter.setPen(QPen(colour(self.theme.ground), 1.5))
            painter.setBrush(colour(self.theme.text))
            painter.drawEllipse(box)
            painter.setPen(colour(self.theme.ground))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(place + 1))
