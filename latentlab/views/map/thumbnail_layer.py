"""The layer of pictures at the points."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter, QPixmap
from PySide6.QtWidgets import QGraphicsItem

from latentlab.views.map.layer import Layer, draw_pill
from latentlab.views.map.thumbnails import Board

REDRAWN = ("Pictures are reconstructions: the data are not open", "Reconstructions")
MARGIN = 14.0


class ThumbnailLayer(Layer):
    """Pictures at the points, as one pixmap: a frame costs its pixels, however many points."""

    hints = None  # its pixels go to the screen's as they are

    def __init__(self, parent: QGraphicsItem, depth: float) -> None:
        super().__init__(parent, depth)
        self._board: Board | None = None
        self._pixmap = QPixmap()
        self.setVisible(False)

    @property
    def board(self) -> Board | None:
        """What is shown."""
        return self._board

    def set_board(self, board: Board | None) -> None:
        """Show other pictures; None shows none."""
        if board is self._board:
            return
        self._board = board
        if board is not None:
            height, width = board.argb.shape
            kind = QImage.Format.Format_ARGB32_Premultiplied
            self._pixmap = QPixmap.fromImage(
                QImage(board.argb.data, width, height, 4 * width, kind)
            )
        self.update()

    def row_at(self, plot_px: QPointF) -> int | None:
        """The row whose picture is under a pixel of the plot."""
        if self._board is None or not self.isVisible():
            return None
        return self._board.row_at(self.camera.to_map(plot_px.x(), plot_px.y()))

    def draw(self, painter: QPainter) -> None:
        """The pictures where they belong; while zooming they grow or shrink with the map."""
        board = self._board
        if board is None:
            return
        place = self.px_rect(board.camera.rect)
        seen = place & self.boundingRect()
        ratio = painter.device().devicePixelRatioF()
        if board.camera.scale == self.camera.scale and board.ratio == ratio:
            self._pixmap.setDevicePixelRatio(ratio)
            left = round(place.left() * ratio) / ratio
            painter.drawPixmap(QPointF(left, round(place.top() * ratio) / ratio), self._pixmap)
        elif not seen.isEmpty():
            self._pixmap.setDevicePixelRatio(1.0)
            across = self._pixmap.width() / place.width()
            corner = (seen.topLeft() - place.topLeft()) * across
            part = QRectF(corner, seen.size() * across)
            painter.drawPixmap(seen, self._pixmap, part)
        if board.redrawn and board.shown.any():
            self._say(painter)

    def _say(self, painter: QPainter) -> None:
        """That these are not the data themselves, in as many words as there is room for."""
        metrics = painter.fontMetrics()
        for text in REDRAWN:
            wide = metrics.horizontalAdvance(text) + 10.0
            if wide + 2.0 * MARGIN < self.camera.width:
                half = (metrics.height() + 2.0) / 2.0
                draw_pill(painter, self, text, QPointF(MARGIN + wide / 2.0, MARGIN + half))
                return
