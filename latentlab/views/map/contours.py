"""The prior's lines where it has no rings: around the smallest regions of 39, 86 and 99 % of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter, QPolygonF
from PySide6.QtWidgets import QGraphicsItem

from latentlab.engine.messages import PriorLine
from latentlab.views.map.labelled import Lines, Pills

LEAST_PX = 24.0  # a smaller region has no room for a label


class Contours(Lines):
    """Quiet lines under the points, with their labels above.

    Args:
        parent: The plot's view box.
        depth: Depth of the lines.
        labels_depth: Depth of the labels.
    """

    labels: ContourLabels

    def __init__(self, parent: QGraphicsItem, depth: float, labels_depth: float) -> None:
        super().__init__(parent, depth, ContourLabels(parent, labels_depth))
        self._pieces: list[QPolygonF] = []  # in map units

    def set_lines(self, lines: tuple[PriorLine, ...]) -> None:
        """Show other lines; none shows nothing."""
        pieces = [piece for line in lines for piece in line.pieces]
        self._pieces = [QPolygonF([QPointF(x, y) for x, y in piece]) for piece in pieces]
        self.labels.set_lines(lines)
        self.set_known(bool(pieces))
        self.update()

    def draw(self, painter: QPainter) -> None:
        """The lines, of the same width at every zoom."""
        to_px = self.to_px
        drawn = [to_px.map(piece) for piece in self._pieces]
        for _ in self.strokes(painter):
            for piece in drawn:
                painter.drawPolyline(piece)


class ContourLabels(Pills):
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

    def placed(self) -> Iterator[tuple[str, QPointF]]:
        """On the top of each line that has room for it."""
        for text, top, height in self._places:
            if height * self.camera.scale >= LEAST_PX:
                yield text, self.px(top)
