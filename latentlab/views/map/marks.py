"""Marks of a fixed size on screen: the cursor, the path's handles, and what plays along it."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPen, QPixmap

from latentlab.views.map.camera import Camera
from latentlab.views.map.layer import colour, scaled_font
from latentlab.views.theme import DARK, TEXT_SMALL, Theme

# The cursor lies over pictures of any grey: a dark rim around a light line is seen on all of them.
RIM, LINE = "#0B0D10", "#FFFFFF"
HANDLE_RADIUS = 10.0
DOT_RADIUS = 5.0  # of a waypoint among very many

Repaint = Callable[[QRectF], object]  # asks for a rectangle of the plot to be painted again


class Moving:
    """What moves with the hand: drawn over the picture of all layers, which stays as it is.

    No item of the scene: at 60 moves a second, Qt's bookkeeping of items costs more than the
    drawing itself.

    Args:
        repaint: Called with what must be painted again, in the plot's pixels.
    """

    def __init__(self, repaint: Repaint) -> None:
        self._repaint = repaint
        self.camera = Camera()
        self.theme: Theme = DARK
        self.text_scale = 1.0

    def set_camera(self, camera: Camera) -> None:
        """Show another part of the map (the canvas paints everything anew)."""
        self.camera = camera

    def set_theme(self, theme: Theme, text_scale: float = 1.0) -> None:
        """Take another theme's colours, and text so many times its size."""
        self.theme, self.text_scale = theme, text_scale

    def px(self, at: tuple[float, float]) -> QPointF:
        """A map point in pixels."""
        return QPointF(*self.camera.to_px(*at))

    def draw(self, painter: QPainter, ratio: float) -> None:
        """Draw in the plot's pixels, of which each has `ratio` device pixels on a side."""
        raise NotImplementedError


class Mark(Moving):
    """Something small at one map point; sub-classes paint around (0, 0).

    Args:
        repaint: Called with what must be painted again, in the plot's pixels.
        reach: Half the side of the square that it paints in, in whole pixels.
    """

    def __init__(self, repaint: Repaint, reach: int) -> None:
        super().__init__(repaint)
        self._reach = reach
        self._at: tuple[float, float] | None = None
        self._pos = QPointF()
        self._opacity = 1.0
        self._sprite: QPixmap | None = None  # painted once, then put where it belongs

    @property
    def reach(self) -> int:
        """Half the side of the square that it paints in, in pixels."""
        return self._reach

    @property
    def at(self) -> tuple[float, float] | None:
        """Where it is on the map; None where it is not shown."""
        return self._at

    def pos(self) -> QPointF:
        """Where it is in the plot, in pixels."""
        return QPointF(self._pos)

    def isVisible(self) -> bool:
        """Whether it is shown."""
        return self._at is not None

    def set_at(self, at: tuple[float, float] | None) -> None:
        """Put it on a map point, or take it away."""
        if at == self._at:
            return
        self._ask()
        self._at = at
        if at is not None:
            self._pos = self.px(at)
        self._ask()

    def set_camera(self, camera: Camera) -> None:
        """Stay on the map point."""
        self.camera = camera
        if self._at is not None:
            self._pos = self.px(self._at)

    def set_theme(self, theme: Theme, text_scale: float = 1.0) -> None:
        """Take another theme's colours, and text so many times its size."""
        super().set_theme(theme, text_scale)
        self.update()

    def setOpacity(self, opacity: float) -> None:
        """Let what lies under it through: 0 shows nothing of it, 1 is the rule."""
        self._opacity = opacity
        self.update()

    def update(self) -> None:
        """It looks different from now on."""
        self._sprite = None
        self._ask()

    def _ask(self) -> None:
        if self._at is not None:
            reach = self.reach + 1.0
            x, y = self._pos.x() - reach, self._pos.y() - reach
            self._repaint(QRectF(x, y, 2.0 * reach, 2.0 * reach))

    def draw(self, painter: QPainter, ratio: float) -> None:
        """Put it where it belongs, on whole device pixels."""
        if self._at is None:
            return
        sprite = self._sprite
        if sprite is None or sprite.devicePixelRatio() != ratio:
            sprite = self._sprite = self._painted(ratio)
        reach = self.reach
        x = round((self._pos.x() - reach) * ratio) / ratio
        y = round((self._pos.y() - reach) * ratio) / ratio
        painter.drawPixmap(QPointF(x, y), sprite)

    def _painted(self, ratio: float) -> QPixmap:
        side = math.ceil(2.0 * self.reach * ratio)
        sprite = QPixmap(side, side)
        sprite.setDevicePixelRatio(ratio)
        sprite.fill(Qt.GlobalColor.transparent)
        painter = QPainter(sprite)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(self._opacity)
        painter.translate(self.reach, self.reach)
        self.paint(painter)
        painter.end()
        return sprite

    def paint(self, painter: QPainter) -> None:
        """Paint around (0, 0), within `reach`."""
        raise NotImplementedError


class Cursor(Mark):
    """Where the decoded picture is from: a ring with a dot, never hiding what lies under it."""

    def __init__(self, repaint: Repaint) -> None:
        super().__init__(repaint, reach=18)

    def paint(self, painter: QPainter) -> None:
        """Rim, line, ticks and dot."""
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

    def __init__(self, repaint: Repaint) -> None:
        super().__init__(repaint, reach=10)

    def paint(self, painter: QPainter) -> None:
        """A thin ring in the text's colour on a halo of the ground's."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour(self.theme.ground, 0.9), 4.0))
        painter.drawEllipse(QPointF(0, 0), 6.5, 6.5)
        painter.setPen(QPen(colour(self.theme.text), 1.75))
        painter.drawEllipse(QPointF(0, 0), 6.5, 6.5)


class Pointed(Mark):
    """Rings around the point that a list or a gallery points at: to be found on a full map."""

    def __init__(self, repaint: Repaint) -> None:
        super().__init__(repaint, reach=24)

    def paint(self, painter: QPainter) -> None:
        """Two rings in the accent, each on a halo of the ground."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for radius in (7.0, 17.0):
            for ink, width in ((colour(self.theme.ground, 0.9), 5.0), (self.theme.accent, 2.25)):
                painter.setPen(QPen(colour(ink) if isinstance(ink, str) else ink, width))
                painter.drawEllipse(QPointF(0, 0), radius, radius)


class Handle(Mark):
    """An end of the path, with its letter; it grows a little under the pointer."""

    def __init__(self, repaint: Repaint, letter: str) -> None:
        super().__init__(repaint, reach=0)
        self._letter = letter
        self._lit = False

    @property
    def radius(self) -> float:
        """Of the disc, in pixels: room for its letter."""
        if not self._letter:
            return DOT_RADIUS
        return HANDLE_RADIUS * max(1.0, self.text_scale)

    def set_letter(self, letter: str) -> None:
        """Show another letter or number; without one it is a dot."""
        if letter != self._letter:
            self.update()  # it may be smaller then
            self._letter = letter
            self.update()

    @property
    def reach(self) -> int:
        """The disc and its glow."""
        return math.ceil(self.radius + 6.5)

    @property
    def lit(self) -> bool:
        """Whether the pointer is on it."""
        return self._lit

    def set_lit(self, lit: bool) -> None:
        """Show that the pointer is on it."""
        if lit != self._lit:
            self._lit = lit
            self.update()

    def paint(self, painter: QPainter) -> None:
        """A disc with a letter."""
        radius = self.radius + (1.5 if self._lit else 0.0)
        if self._lit:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour(self.theme.accent, 0.35))
            painter.drawEllipse(QPointF(0, 0), radius + 4.0, radius + 4.0)
        painter.setPen(QPen(colour(self.theme.ground), 2.0))
        painter.setBrush(colour(self.theme.accent))
        painter.drawEllipse(QPointF(0, 0), radius, radius)
        painter.setPen(colour(self.theme.ground))
        font = scaled_font(TEXT_SMALL, self.text_scale)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        reach = float(self.reach)
        room = QRectF(-reach, -reach, 2.0 * reach, 2.0 * reach)
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, self._letter)


class Player(Mark):
    """Where on the path the shown frame lies."""

    def __init__(self, repaint: Repaint) -> None:
        super().__init__(repaint, reach=9)

    def paint(self, painter: QPainter) -> None:
        """A bead."""
        painter.setPen(QPen(colour(self.theme.accent), 2.5))
        painter.setBrush(colour(LINE))
        painter.drawEllipse(QPointF(0, 0), 5.5, 5.5)
