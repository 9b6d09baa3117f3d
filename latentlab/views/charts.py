"""Small charts of a report: bars, lines, histograms over each other, accuracy over confidence."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from latentlab.export.report import Chart, Series
from latentlab.views.theme import TEXT_SMALL, Theme
from latentlab.views.widgets import column, row, words

BINS = 41
WIDTH_PX, HEIGHT_PX = 300, 150
BAR_WIDTH = 0.8
MOST_NAMED = 10  # bars with a number below them


class ChartView(QWidget):
    """One chart with its title, and a key where there is more than one series."""

    def __init__(self, chart: Chart, theme: Theme) -> None:
        super().__init__()
        self.chart = chart
        self.plot = _Plot()
        self.plot.setAccessibleName(f"{chart.title}: {chart.y_label} over {chart.x_label}")
        self._keys = [words(series.name, "quiet") for series in chart.series]
        key = row(*self._keys, None) if len(chart.series) > 1 else row(None)
        self.setLayout(column(words(chart.title, "quiet"), self.plot, key, spacing=2))
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the theme's colours."""
        self.plot.clear()
        item = self.plot.getPlotItem()
        item.setLogMode(x=self.chart.log_x)
        for series, colour, key in zip(
            self.chart.series, (theme.accent, theme.warn, theme.good), self._keys, strict=False
        ):
            self._draw(series, colour)
            if len(self.chart.series) > 1:
                key.setStyleSheet(f"color: {colour}")
        if self.chart.kind == "calibration":
            pen = pg.mkPen(theme.quiet, style=Qt.PenStyle.DashLine)
            self.plot.plot([0, 1], [0, 1], pen=pen)
            item.setXRange(0, 1)
            item.setYRange(0, 1)
        self._dress(theme)

    def _draw(self, series: Series, colour: str) -> None:
        if self.chart.kind == "bars":
            self.plot.addItem(
                pg.BarGraphItem(
                    x=series.x, height=series.y, width=BAR_WIDTH, brush=colour, pen=None
                )
            )
            step = -(-len(series.x) // MOST_NAMED)
            named = [(float(x), f"{x:g}") for x in series.x[::step]]
            self.plot.getAxis("bottom").setTicks([named])  # there is nothing between two bars
        elif self.chart.kind == "histogram":
            heights, edges = np.histogram(series.x, self._edges())
            faint = QColor(colour)
            faint.setAlphaF(0.35)
            self.plot.plot(edges, heights, stepMode="center", fillLevel=0, brush=faint, pen=colour)
        else:
            dots = {"symbol": "o", "symbolSize": 5, "symbolBrush": colour, "symbolPen": None}
            self.plot.plot(series.x, series.y, pen=pg.mkPen(colour, width=2), **dots)

    def _edges(self) -> np.ndarray:
        every = np.concatenate([series.x for series in self.chart.series])
        low, high = np.quantile(every, [0.005, 0.995])
        return np.linspace(low, high if high > low else low + 1, BINS)

    def _dress(self, theme: Theme) -> None:
        font = self.font()
        font.setPixelSize(TEXT_SMALL)
        for side, text in (("left", self.chart.y_label), ("bottom", self.chart.x_label)):
            axis = self.plot.getAxis(side)
            axis.setPen(pg.mkPen(theme.line))
            axis.setTextPen(pg.mkPen(theme.quiet))
            axis.setStyle(tickFont=font, tickLength=-4)
            axis.setLabel(text, **{"color": theme.quiet, "font-size": f"{TEXT_SMALL}px"})
            axis.enableAutoSIPrefix(False)


class _Plot(pg.PlotWidget):
    """A plot that is looked at; pyqtgraph's own asks for 640 x 480 and moves under the mouse."""

    def __init__(self) -> None:
        super().__init__(background=None)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMenuEnabled(False)
        self.setMouseEnabled(x=False, y=False)
        self.hideButtons()
        self.setObjectName("curve")
        self.setFixedSize(WIDTH_PX, HEIGHT_PX)
        # The uppermost number stands half above the axis.
        self.getPlotItem().layout.setContentsMargins(1, TEXT_SMALL // 2, 1, 1)

    def sizeHint(self) -> QSize:
        """The size that it has."""
        return QSize(WIDTH_PX, HEIGHT_PX)
