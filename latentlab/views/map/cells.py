"""The cells of a grid of codes: a frame around each, its code, and how many data have it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem

from latentlab.latent.cells import GridChart
from latentlab.views.map.labelled import Labelled
from latentlab.views.map.layer import Layer, colour

LEAST_WORDS_PX = 34.0  # a smaller cell has no room for words
UNUSED = 0.55  # how much of the ground lies over a cell that no datum has


class Cells(Labelled):
    """Frames under the points; the words lie above them.

    Args:
        parent: The plot's view box.
        depth: Depth of the frames.
        words_depth: Depth of the words, which stay readable above the points.
    """

    labels: CellWords
    hints = None  # frames on whole pixels are crisp

    def __init__(self, parent: QGraphicsItem, depth: float, words_depth: float) -> None:
        super().__init__(parent, depth, CellWords(parent, words_depth))
        self.chart: GridChart | None = None

    def set_chart(self, chart: GridChart | None) -> None:
        """Show another grid; None shows none."""
        if chart is self.chart:
            return
        self.chart = self.labels.chart = chart
        self.set_known(chart is not None)
        self.update()
        self.labels.update()

    def draw(self, painter: QPainter) -> None:
        """A frame for each cell; places without a cell are covered, unused cells are pale."""
        chart = self.chart
        if chart is None:
            return
        ground = colour(self.theme.ground)
        for index in range(len(chart.cells), chart.rows * chart.columns):
            row, column = divmod(index, chart.columns)
            place = self._cell(column, chart.rows - 1 - row)
            painter.fillRect(place.adjusted(1.0, 1.0, 1.0, 2.0), ground)
        pale = colour(self.theme.ground, UNUSED)
        painter.setPen(QPen(colour(self.theme.line), 1.0))
        for (x, y), count in zip(chart.middles(), chart.counts, strict=True):
            cell = self._cell(x, y)
            if not count:
                painter.fillRect(cell, pale)
            painter.drawRect(cell)

    def _cell(self, x: float, y: float) -> QRectF:
        return self.px_rect((x - 0.5, y - 0.5, x + 0.5, y + 0.5))


class CellWords(Layer):
    """The code of each cell, and its count."""

    chart: GridChart | None = None

    def draw(self, painter: QPainter) -> None:
        """Small words on a ground of their own, in cells that have room for them."""
        chart, side = self.chart, self.camera.scale
        if chart is None or side < LEAST_WORDS_PX * self.text_scale:
            return
        metrics = QFontMetricsF(painter.font())
        seen = self.boundingRect()
        rows = zip(chart.middles(), chart.cells, chart.counts, strict=True)
        for (x, y), code, count in rows:
            cell = self.px_rect((x - 0.5, y - 0.5, x + 0.5, y + 0.5))
            if not seen.intersects(cell):
                continue
            name, number = code_words(code.tolist()), f"{count:,}"
            wide = metrics.horizontalAdvance(name) + metrics.horizontalAdvance(number) + 28.0
            right = cell.right() - 4.0
            self._word(painter, metrics, number, right, cell.top(), quiet=not count)
            if wide <= cell.width():
                room = metrics.horizontalAdvance(name) + 8.0
                self._word(painter, metrics, name, cell.left() + 4.0 + room, cell.top(), bold=True)

    def _word(
        self,
        painter: QPainter,
        metrics: QFontMetricsF,
        text: str,
        right: float,
        top: float,
        *,
        quiet: bool = False,
        bold: bool = False,
    ) -> None:
        box = QRectF(0.0, top + 4.0, metrics.horizontalAdvance(text) + 8.0, metrics.height())
        box.moveRight(right)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(self.theme.ground, 0.82))
        painter.drawRoundedRect(box, 4.0, 4.0)
        painter.setPen(colour(self.theme.text if bold or not quiet else self.theme.quiet))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def code_words(code: list[int]) -> str:
    """A code as people read and type it.

    Example:
        >>> code_words([3, 0, 7])
        '3, 0, 7'
    """
    return ", ".join(str(value) for value in code)
