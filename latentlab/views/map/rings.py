"""The prior's rings: where one, two and three sigma of N(0, I) lie on the plane."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from latentlab.views.map.camera import Camera
from latentlab.views.map.layer import Layer, colour, draw_pill
from latentlab.views.theme import TEXT_SMALL, Theme

SIGMAS = (1.0, 2.0, 3.0)


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


class Rings(Layer):
    """Quiet rings under the points; lines where latent space is a line.

    Args:
        parent: The plot's view box.
        depth: Depth of the lines.
        labels_depth: Depth of the labels, which stay readable above the points.
    """

    def __init__(self, parent: QGraphicsItem, depth: float, labels_depth: float) -> None:
        super().__init__(parent, depth)
        self._centre = (0.0, 0.0)
        self._dims = 2
        self._over_pictures = False
        self._on, self._known = True, False
        self.labels = RingLabels(parent, labels_depth)
        self._show()

    def set_camera(self, camera: Camera) -> None:
        """Show another part of the map."""
        super().set_camera(camera)
        self.labels.set_camera(camera)

    def set_theme(self, theme: Theme, text_scale: float = 1.0) -> None:
        """Take another theme's colours."""
        super().set_theme(theme, text_scale)
        self.labels.set_theme(theme, text_scale)

    def set_over_pictures(self, on: bool) -> None:
        """Give the lines a halo, or none (drawing it costs as much as the lines)."""
        self._over_pictures = on
        self.update()

    @property
    def on(self) -> bool:
        """Whether the layer is switched on."""
        return self._on

    def set_on(self, on: bool) -> None:
        """Switch lines and labels on or off."""
        self._on = on
        self._show()

    def set_known(self, known: bool) -> None:
        """Say whether there is a prior that has rings; without one nothing is drawn."""
        self._known = known
        self._show()

    def _show(self) -> None:
        for item in (self, self.labels):
            item.setVisible(self._on and self._known)

    def set_prior(self, centre: tuple[float, float], dims: int) -> None:
        """Put the rings around the prior's mean on the plane; `dims` is 1 or 2."""
        if (centre, min(dims, 2)) == (self._centre, self._dims):
            return
        self._centre, self._dims = centre, min(dims, 2)
        self.update()
        self.labels.set_prior(self._centre, self._dims)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,  # noqa: ARG002
        widget: QWidget | None = None,  # noqa: ARG002
    ) -> None:
        """Lines first, then labels on a ground of their own."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pens = [QPen(colour(self.theme.quiet, 0.75), 1.0)]
        if self._over_pictures:
            pens.insert(0, QPen(colour(self.theme.ground, 0.55), 2.5))
        for pen in pens:
            painter.setPen(pen)
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


class RingLabels(Layer):
    """How many sigma, and the share of the prior inside."""

    def __init__(self, parent: QGraphicsItem, depth: float) -> None:
        super().__init__(parent, depth)
        self._centre = (0.0, 0.0)
        self._dims = 2

    def set_prior(self, centre: tuple[float, float], dims: int) -> None:
        """Put the labels on the rings."""
        self._centre, self._dims = centre, dims
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
        for sigma in SIGMAS:
            self._label(painter, sigma)

    def _label(self, painter: QPainter, sigma: float) -> None:
        radius = sigma * self.camera.scale
        if radius < 24.0:
            return
        middle = self.px(self._centre)
        text = f"{sigma:.0f}σ  {100.0 * mass_within(sigma, self._dims):.0f} %"
        if self._dims == 2:
            at = QPointF(middle.x(), middle.y() - radius)
        else:
            at = QPointF(middle.x() + radius, 16.0)
        draw_pill(painter, self, text, at)
