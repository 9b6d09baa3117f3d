"""The prior's rings: where one, two and three sigma of N(0, I) lie on the plane."""

from __future__ import annotations

import math
from collections.abc import Iterator

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem

from latentlab.views.map.labelled import Lines, Pills

SIGMAS = (1.0, 2.0, 3.0)
LEAST_PX = 24.0  # a smaller ring has no room for a label


def mass_within(sigma: float, dims: int) -> float:
    """Mass of N(0, I) nearer than `sigma`, in one or two dimensions.

    Example:
        >>> [round(100 * mass_within(s, 2)) for s in (1, 2, 3)]
        [39, 86, 99]
        >>> round(100 * mass_within(1, 1))
        68
    """
    if dims == 1:
        return math.erf(sigma / math.sqrt(2.0))
    return 1.0 - math.exp(-(sigma**2) / 2.0)


class Rings(Lines):
    """Quiet rings under the points; lines where latent space is a line.

    Args:
        parent: The plot's view box.
        depth: Depth of the lines.
        labels_depth: Depth of the labels, which stay readable above the points.
    """

    labels: RingLabels

    def __init__(self, parent: QGraphicsItem, depth: float, labels_depth: float) -> None:
        super().__init__(parent, depth, RingLabels(parent, labels_depth))
        self._centre = (0.0, 0.0)
        self._dims = 2

    def set_prior(self, centre: tuple[float, float], dims: int) -> None:
        """Put the rings around the prior's mean on the plane; `dims` is 1 or 2."""
        if (centre, min(dims, 2)) == (self._centre, self._dims):
            return
        self._centre, self._dims = centre, min(dims, 2)
        self.update()
        self.labels.set_prior(self._centre, self._dims)

    def draw(self, painter: QPainter) -> None:
        """A ring, or two lines, for each sigma."""
        for _ in self.strokes(painter):
            for sigma in SIGMAS:
                self._line(painter, sigma)

    def _line(self, painter: QPainter, sigma: float) -> None:
        radius = sigma * self.camera.scale
        middle = self.px(self._centre)
        if self._dims == 2:
            if radius < 4.0 * max(self.camera.width, self.camera.height) + 1e4:
                painter.drawEllipse(middle, radius, radius)
            return
        for x in (middle.x() - radius, middle.x() + radius):
            painter.drawLine(QPointF(x, 0.0), QPointF(x, self.camera.height))


class RingLabels(Pills):
    """How many sigma, and the share of the prior inside."""

    def __init__(self, parent: QGraphicsItem, depth: float) -> None:
        super().__init__(parent, depth)
        self._centre = (0.0, 0.0)
        self._dims = 2

    def set_prior(self, centre: tuple[float, float], dims: int) -> None:
        """Put the labels on the rings."""
        self._centre, self._dims = centre, dims
        self.update()

    def placed(self) -> Iterator[tuple[str, QPointF]]:
        """Above each ring; beside each line."""
        middle = self.px(self._centre)
        for sigma in SIGMAS:
            radius = sigma * self.camera.scale
            if radius < LEAST_PX:
                continue
            text = f"{sigma:.0f}σ  {100.0 * mass_within(sigma, self._dims):.0f} %"
            beside = QPointF(middle.x() + radius, 16.0)
            yield text, QPointF(middle.x(), middle.y() - radius) if self._dims == 2 else beside
