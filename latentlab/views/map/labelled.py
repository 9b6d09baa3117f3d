"""Layers that are switched on and off, those whose words lie above the points, and quiet lines."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem

from latentlab.views.map.camera import Camera
from latentlab.views.map.layer import Layer, colour, draw_pill
from latentlab.views.theme import Theme


class Switched(Layer):
    """A layer that shows while it is switched on and there is something to show.

    Args:
        parent: The plot's view box.
        depth: Higher is nearer to the eye.
    """

    def __init__(self, parent: QGraphicsItem, depth: float) -> None:
        super().__init__(parent, depth)
        self.over_pictures = False
        self._on, self._known = True, False
        self.setVisible(False)

    @property
    def on(self) -> bool:
        """Whether the layer is switched on."""
        return self._on

    def set_on(self, on: bool) -> None:
        """Switch it on or off, with its labels."""
        self._on = on
        self.setVisible(on and self._known)

    def set_known(self, known: bool) -> None:
        """Say whether there is something to show; without it nothing is drawn."""
        self._known = known
        self.setVisible(self._on and known)

    def set_over_pictures(self, on: bool) -> None:
        """Stand out from pictures, or from an empty ground."""
        self.over_pictures = on
        self.update()


class Labelled(Switched):
    """A layer with words of its own above the points: they follow it in all but depth.

    Args:
        parent: The plot's view box.
        depth: Depth of what lies under the points.
        labels: The words.
    """

    def __init__(self, parent: QGraphicsItem, depth: float, labels: Layer) -> None:
        self.labels = labels
        super().__init__(parent, depth)

    def setVisible(self, visible: bool) -> None:
        """Show or hide it, with its labels."""
        super().setVisible(visible)
        self.labels.setVisible(visible)

    def set_camera(self, camera: Camera) -> None:
        """Show another part of the map."""
        super().set_camera(camera)
        self.labels.set_camera(camera)

    def set_theme(self, theme: Theme, text_scale: float = 1.0) -> None:
        """Take another theme's colours."""
        super().set_theme(theme, text_scale)
        self.labels.set_theme(theme, text_scale)


class Lines(Labelled):
    """Quiet lines under the points, of the same width at every zoom."""

    def strokes(self, painter: QPainter) -> Iterator[None]:
        """Draw the lines once for each: over pictures a halo comes first, which costs as much."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.over_pictures:
            painter.setPen(QPen(colour(self.theme.ground, 0.55), 2.5))
            yield
        painter.setPen(QPen(colour(self.theme.quiet, 0.75), 1.0))
        yield


class Pills(Layer):
    """Small words, each on a ground of its own."""

    def placed(self) -> Iterator[tuple[str, QPointF]]:
        """The words, and the middle of each in pixels of the plot."""
        raise NotImplementedError

    def draw(self, painter: QPainter) -> None:
        """Draw each that is inside the plot."""
        for text, middle in self.placed():
            draw_pill(painter, self, text, middle)
