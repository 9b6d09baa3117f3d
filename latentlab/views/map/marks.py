"""Marks of a fixed size on screen: the cursor, the path's handles, and what plays along it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from latentlab.views.map.camera import Camera
from latentlab.views.map.layer import Layer, colour
from latentlab.views.theme import TEXT_SMALL

# The cursor lies over pictures of any grey: a dark rim around a light line is seen on all of them.
RIM, LINE = "#0B0D10", "#FFFFFF"
HANDLE_RADIUS = 10.0


class Mark(Layer):
    """A small item at one map point; sub-classes paint around (0, 0).

    Args:
        parent: The plot's view box.
        depth: Higher is nearer to the eye.
        reach: Half the side of the square that it paints in, in pixels.
    """

    def __init__(self, parent: QGraphicsItem, depth: float, reach: float) -> None:
        self._reach = reach
        self._at: tuple[float, float] | None = None
        super().__init__(parent, depth)
        self.setVisible(False)

    def boundingRect(self) -> QRectF:
        """A square around the point."""
        return QRectF(-self._reach, -self._reach, 2 * self._reach, 2 * self._reach)

    @property
    def at(self) -> tuple[float, float] | None:
        """Where it is on the map; None where it is not shown."""
        return self._at

    def set_at(self, at: tuple[float, float] | None) -> None:
        """Put it on a map point, or take it away."""
        self._at = at
        self.setVisible(at is not None)
        if at is not None:
            self.setPos(self.px(at))

    def set_camera(self, camera: Camera) -> None:
        """Stay on the map point."""
        self.camera = camera
        if self._at is not None:
            self.setPos(self.px(self._at))


class Cursor(Mark):
    """Where the decoded picture is from: a ring with a dot, never hiding what lies under it."""

    def __init__(self, parent: QGraphicsItem, depth: float) -> None:
        super().__init__(parent, depth, reach=18.0)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,  # noqa: ARG002
        widget: QWidget | None = None,  # noqa: ARG002
    ) -> None:
        """Rim, line, ticks and dot."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for ink, width in ((colour(RIM, 0.85), 4.5), (colour(LINE), 2.0)):
            pen = QPen(ink, width)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawEllipse(QPointF(0, 0), 9.0, 9.0)
            for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                painter.drawLine(QPointF(9.0 * x, 9.0 * y), QPointF(14.0 * x, 14.0 * y))
        painter.setPen(QPen(colour(RIM, 0.85), 1.5))
        painter.setBrush(colour(LINE))
        painter.drawEllipse(QPointF(0, 0), 2.5, 2.5)


class HoverRing(Mark):
    """A ring around the point that the card is about."""

    def __init__(self, parent: QGraphicsItem, depth: float) -> None:
        super().__init__(parent, depth, reach=10.0)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,  # noqa: ARG002
        widget: QWidget | None = None,  # noqa: ARG002
    ) -> None:
        """A thin ring in the text's colour on a halo of the ground's."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour(self.theme.ground, 0.9), 4.0))
        painter.drawEllipse(QPointF(0, 0), 6.5, 6.5)
        painter.setPen(QPen(colour(self.theme.text), 1.75))
        painter.drawEllipse(QPointF(0, 0), 6.5, 6.5)


class Handle(Mark):
    """An end of the path, with its letter; it grows a little under the pointer."""

    def __init__(self, parent: QGraphicsItem, depth: float, letter: str) -> None:
        super().__init__(parent, depth, reach=0.0)
        self._letter = letter
        self._lit = False

    @property
    def radius(self) -> float:
        """Of the disc, in pixels: room for its letter."""
        return HANDLE_RADIUS * max(1.0, self.text_scale)

    def boundingRect(self) -> QRectF:
        """The disc and its glow."""
        reach = self.radius + 6.5
        return QRectF(-reach, -reach, 2 * reach, 2 * reach)

    @property
    def lit(self) -> bool:
        """Whether the pointer is on it."""
        return self._lit

    def set_lit(self, lit: bool) -> None:
        """Show that the pointer is on it."""
        if lit != self._lit:
            self._lit = lit
            self.update()

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,  # noqa: ARG002
        widget: QWidget | None = None,  # noqa: ARG002
    ) -> None:
        """A disc with a letter."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        radius = self.radius + (1.5 if self._lit else 0.0)
        if self._lit:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour(self.theme.accent, 0.35))
            painter.drawEllipse(QPointF(0, 0), radius + 4.0, radius + 4.0)
        painter.setPen(QPen(colour(self.theme.ground), 2.0))
        painter.setBrush(colour(self.theme.accent))
        painter.drawEllipse(QPointF(0, 0), radius, radius)
        painter.setPen(colour(self.theme.ground))
        font = self.font(TEXT_SMALL)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.drawText(self.boundingRect(), Qt.AlignmentFlag.AlignCenter, self._letter)


class Player(Mark):
    """Where on the path the shown frame lies."""

    def __init__(self, parent: QGraphicsItem, depth: float) -> None:
        super().__init__(parent, depth, reach=9.0)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,  # noqa: ARG002
        widget: QWidget | None = None,  # noqa: ARG002
    ) -> None:
        """A bead."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour(self.theme.accent), 2.5))
        painter.setBrush(colour(LINE))
        painter.drawEllipse(QPointF(0, 0), 5.5, 5.5)
