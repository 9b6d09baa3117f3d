"""q(z|x) and p(z|x) of single data: lines around their smallest regions, over the points."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem

from latentlab.engine.messages import PosteriorShape
from latentlab.views.map.layer import Layer, colour, draw_pill

FILL = 0.16
LEAST_PX = 20.0  # a smaller shape has no room for a word
DASHES = [5.0, 3.0]


@dataclass(frozen=True, slots=True, eq=False)
class Outlined:
    """A shape to draw.

    Args:
        shape: Its lines.
        words: Beside its outermost line; empty draws none.
        strong: Whether it is the one that is looked at.
    """

    shape: PosteriorShape
    words: str = ""
    strong: bool = False


class Shapes(Layer):
    """Lines of q are whole, those of p(z|x) dashed; each with its word, never by colour alone."""

    def __init__(self, parent: QGraphicsItem, depth: float) -> None:
        super().__init__(parent, depth)
        self._outlined: tuple[Outlined, ...] = ()
        self._paths: list[list[QPainterPath]] = []
        self._opacities = (1.0, 1.0)
        self.setVisible(False)

    @property
    def outlined(self) -> tuple[Outlined, ...]:
        """What is drawn."""
        return self._outlined

    def set_shapes(self, outlined: tuple[Outlined, ...], opacities: tuple[float, float]) -> None:
        """Show other shapes, with the opacities of q and of p(z|x)."""
        if outlined == self._outlined and opacities == self._opacities:
            return
        self._outlined, self._opacities = outlined, opacities
        self._paths = [[_path(line.pieces) for line in one.shape.lines] for one in outlined]
        self.setVisible(bool(outlined))
        self.update()

    def draw(self, painter: QPainter) -> None:
        """Fills, then lines on a halo of the ground, then words."""
        to_px = self.to_px
        before = painter.opacity()
        for one, paths in zip(self._outlined, self._paths, strict=True):
            drawn = [to_px.map(path) for path in paths]
            painter.setOpacity(before * self._opacities[one.shape.true])
            self._draw(painter, one, drawn)
            painter.setOpacity(before)  # words are read, not seen through
            if one.words and drawn:
                self._word(painter, one, drawn[-1])

    def _draw(self, painter: QPainter, one: Outlined, paths: list[QPainterPath]) -> None:
        ink = self.theme.bad if one.shape.true else self.theme.accent
        painter.setPen(Qt.PenStyle.NoPen)
        for path in paths:
            painter.fillPath(path, colour(ink, FILL))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        width = 2.0 if one.strong else 1.25
        halo, line = QPen(colour(self.theme.ground, 0.6), width + 2.0), QPen(colour(ink), width)
        if one.shape.true:
            line.setDashPattern(DASHES)
        for pen in (halo, line):
            painter.setPen(pen)
            for path in paths:
                painter.drawPath(path)

    def _word(self, painter: QPainter, one: Outlined, outer: QPainterPath) -> None:
        box = outer.boundingRect()
        if max(box.width(), box.height()) < LEAST_PX:
            return
        high = painter.fontMetrics().height()
        # The word of p(z|x) above its shape, q's below: they lie over one another.
        y = box.top() - high if one.shape.true else box.bottom() + high
        draw_pill(painter, self, one.words, QPointF(box.center().x(), y))


def _path(pieces: tuple[object, ...]) -> QPainterPath:
    path = QPainterPath()
    for piece in pieces:
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in piece]))  # type: ignore[attr-defined]
    return path
