"""Between the session's layers and what draws them."""

from __future__ import annotations

from PySide6.QtCore import QObject

from latentlab.engine.messages import PosteriorShape
from latentlab.latent.field import FIELD_KINDS
from latentlab.session.session import Session
from latentlab.views.map.canvas import Canvas
from latentlab.views.map.shapes import Outlined


class Layering(QObject):
    """Tells the session what is in view and under the pointer, and shows what layers there are.

    Args:
        session: Whose layers they are.
        canvas: Where they are drawn.
        parent: Qt's owner.
    """

    def __init__(self, session: Session, canvas: Canvas, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._canvas = canvas
        session.layers.changed.connect(self._show)
        session.layers.switched.connect(self.refresh)
        session.posteriors.changed.connect(self._show_shapes)
        session.data_changed.connect(self._name)
        session.codes_changed.connect(self._name)
        canvas.camera_changed.connect(self._look)
        self._name()
        self.refresh()

    def refresh(self) -> None:
        """Show every layer as it is."""
        for kind in FIELD_KINDS:
            self._show(kind)
        self._show_shapes()
        canvas, layers = self._canvas, self._session.layers
        for layer, name in (
            (canvas.rings, "rings"),
            (canvas.contours, "rings"),
            (canvas.gaps, "gaps"),
        ):
            if layer.opacity() != layers.opacity(name):
                layer.setOpacity(layers.opacity(name))
                canvas.viewport().update()

    def hover(self, row: int | None) -> None:
        """The pointer is over a datum, or over none."""
        self._session.posteriors.set_hovered(row)

    def _look(self) -> None:
        self._session.layers.set_view(self._canvas.camera.rect)

    def _name(self) -> None:
        self._canvas.fields.set_names(self._session.label_names)

    def _show(self, kind: str) -> None:
        layers = self._session.layers
        self._canvas.fields.set_field(kind, layers.field(kind), layers.opacity(kind))

    def _show_shapes(self) -> None:
        layers, posteriors = self._session.layers, self._session.posteriors
        chosen, hovered = posteriors.chosen, posteriors.hovered
        outlined = []
        for shape in posteriors.shapes:
            strong = shape.row in (chosen, hovered)
            words = self._words(shape) if strong else ""
            outlined.append(Outlined(shape, words, strong))
        opacities = layers.opacity("posterior"), layers.opacity("true_posterior")
        self._canvas.shapes.set_shapes(tuple(outlined), opacities)

    def _words(self, shape: PosteriorShape) -> str:
        if not shape.true:
            return "q(z|x)"
        gap = self._session.posteriors.gap
        if gap is None:
            return "p(z|x)"
        least = "≥ " if gap.at_least else ""
        return f"p(z|x), gap {least}{gap.gap_nats:.2f} nats"
