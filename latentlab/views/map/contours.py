"""The prior's lines where it has no rings: around the smallest regions of 39, 86 and 99 % of it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from latentlab.engine.messages import PriorLine
from latentlab.views.map.camera import Camera
from latentlab.views.map.layer import Layer, colour, draw_pill
from latentlab.views.theme import TEXT_SMALL, Theme

LEAST_PX = 24.0  # a smaller region has no room for a label


class Contours(Layer):
    """Quiet lines under the points, with their labels above.

    Args:
        parent: The plot's view box.
        depth: Depth of the lines.
        labels_depth: Depth of the labels.
    """

    def __init__(self, parent: QGraphicsItem, depth: float, labels_depth: float) -> None:
        super().__init__(parent, depth)
        self._pieces: list[QPolygonF] = []  # in map units
        self._over_pictures = False
        self._on = True
        self.labels = ContourLabels(parent, labels_depth)
        self.set_lines(())

    def set_lines(self, lines: tuple[PriorLine, ...]) -> None:
        """Show other lines; none shows nothing."""
        pieces = [piece for line in lines for piece in line.pieces]
        self._pieces = [QPolygonF([QPointF(x, y) for x, y in piece]) for piece in pieces]
        self.labels.set_lines(lines)
        self.set_on(self._on)
        self.update()

    def set_on(self, on: bool) -> None:
        """Switch lines and labels on or off."""
        self._on = on
        for item in (self, self.labels):
            item.setVisible(on and bool(self._pieces))

    def set_over_pictures(self, on: bool) -> None:
        """Give the lines a halo, or none."""
        self._over_pictures = on
        self.update()

    def set_camera(self, camera: Camera) -> None:
        """Show another part of the map."""
        super().set_camera(camera)
        self.labels.set_camera(camera)

    def set_theme(self, theme: Theme, text_scale: float = 1.0) -> None:
        """Take another theme's colours."""
        super().set_theme(theme, text_scale)
        self.labels.set_theme(theme, text_scale)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,  # noqa: ARG002
        widget: QWidget | None = None,  # noqa: ARG002
    ) -> None:
        """The lines, of the same width at every zoom."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pens = [QPen(colour(self.theme.quiet, 0.75), 1.0)]
        if self._over_pictures:
            pens.insert(0, QPen(colour(self.theme.ground, 0.55), 2.5))
        origin, scale = self.px((0.0, 0.0)), self.camera.scale
        to_px = QTransform(scale, 0.0, 0.0, -scale, origin.x(), origin.y())
        drawn = [to_px.map(piece) for piece in self._pieces]
        for pen in pens:
            painter.setPen(pen)
            for piece in drawn:
                painter.drawPolyline(piece)


class ContourLabels(Layer):
    """The share of the prior inside each line, at its highest place."""

    def __init__(self, parent: QGraphicsItem, depth: float) -> None:
        super().__init__(parent, depth)
        self._places: list[tuple[str, tuple[float, float], float]] = []  # text, top, height

    def set_lines(self, lines: tuple[PriorLine, ...]) -> None:
        """Label the largest piece of each line."""
        self._places = []
        for line in lines:
            if line.pieces:
                piece = max(line.pieces, key=lambda points: float(np.ptp(points, axis=0).prod()))
                top = piece[piece[:, 1].argmax()]
                text = f"{100.0 * line.share:.0f} %"
                place = float(top[0]), float(top[1])
                self._places.append((text, place, float(np.ptp(piece[:, 1]))))
        self.update()

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,  # noqa: ARG002
        widget: QWidget | None = None,  # noqa: ARG002
    ) -> None:
        """Small words on a ground of their own."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font(TEXT_SMALL))
        for text, top, height in self._places:
            if height * self.camera.scale >= LEAST_PX:
                draw_pill(painter, self, text, self.px(top))
