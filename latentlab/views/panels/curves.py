"""Curves of a training: train solid, held-out dashed, and a thin line of the newest steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from latentlab.rules import BoundKind
from latentlab.session.state import TrainingState
from latentlab.training.records import EpochMetrics, Terms
from latentlab.views.theme import DARK, TEXT_SMALL, Theme
from latentlab.views.widgets import Steady, column, row, words
from latentlab.views.words import number

Point = TypeVar("Point")

MOST_LIVE = 1000
MOST_EPOCHS = 1000  # points of a line; its plot is narrower
KEY_PX = 24
PLOT_PX = 72

TERMS: tuple[tuple[str, Callable[[Terms], float]], ...] = (
    ("Loss", lambda terms: terms.loss),
    ("Reconstruction", lambda terms: terms.reconstruction_nats),
    ("KL", lambda terms: terms.kl_nats),
)


UNSETTLED = 0.08  # of the epochs so far, at the beginning


class Plot(pg.PlotWidget):
    """A plot that asks for little room; pyqtgraph's asks for 640 x 480."""

    def sizeHint(self) -> QSize:
        """The size that suits it."""
        return QSize(240, PLOT_PX)

    def minimumSizeHint(self) -> QSize:
        """The least room it needs."""
        return QSize(96, PLOT_PX)


class Curve(QWidget):
    """One term over the epochs."""

    def __init__(self, name: str, term: Callable[[Terms], float]) -> None:
        super().__init__()
        self._term = term
        self._live: list[tuple[float, float]] = []
        self._epochs: list[tuple[float, float, float]] = []  # epoch, train, held-out
        self._drawn = np.zeros((0, 3))  # those of them that the lines go through
        self.value = Steady("000.0 / 000.0", "quiet")
        self.plot = Plot(background=None)
        self.plot.setAccessibleName(f"{name} over the epochs")
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plot.setMenuEnabled(False)
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.hideButtons()
        self.plot.setObjectName("curve")
        self.plot.getAxis("left").setWidth(44)
        # The uppermost number stands half above the axis.
        self.plot.getPlotItem().layout.setContentsMargins(1, TEXT_SMALL // 2, 1, 1)
        # Ranges are set here: pyqtgraph would look for them while it paints, and paint twice.
        self.plot.disableAutoRange()
        for side in ("left", "bottom"):
            self.plot.getAxis(side).enableAutoSIPrefix(False)
        self.live = self.plot.plot()
        self.train = self.plot.plot()
        self.held_out = self.plot.plot()
        self._name = words(name)
        said = column(self._name, self.value, spacing=0)
        said.addStretch(1)
        layout = row(said, self.plot, spacing=4)
        layout.setStretch(1, 1)
        self.setLayout(layout)

    def set_name(self, name: str) -> None:
        """Call it something else."""
        self._name.setText(name)
        self.plot.setAccessibleName(f"{name} over the epochs")

    def clear(self) -> None:
        """Forget a former training."""
        self._live.clear()
        self._epochs.clear()
        self._drawn = np.zeros((0, 3))
        self.value.clear()
        for curve in (self.live, self.train, self.held_out):
            curve.setData([], [])

    def add_live(self, epoch: float, terms: Terms) -> None:
        """One more point of the thin line; thinned by half when it grows long."""
        self._live.append((epoch, self._term(terms)))
        if len(self._live) > MOST_LIVE:
            del self._live[::2]

    def draw(self, history: tuple[EpochMetrics, ...]) -> None:
        """Show the thin line, and what the epochs came to."""
        live = np.array(self._live).reshape(-1, 2)
        if len(live):
            self.live.setData(*live.T)
        if len(history) != len(self._epochs):
            self._draw_epochs(history)
        self._show_settled_range(np.vstack([live, self._drawn[:, :2], self._drawn[:, ::2]]))

    def _draw_epochs(self, history: tuple[EpochMetrics, ...]) -> None:
        for record in history[len(self._epochs) :]:
            held_out = record.held_out
            held = self._term(held_out) if held_out is not None else np.nan
            self._epochs.append((record.epoch, self._term(record.train), held))
        rows = self._drawn = np.array(thinned(self._epochs, MOST_EPOCHS)).reshape(-1, 3)
        # Not every epoch is scored on held-out rows: the line goes from one that is to the next.
        scored = rows[np.isfinite(rows[:, 2])]
        self.train.setData(rows[:, 0], rows[:, 1], connect="finite")
        self.held_out.setData(scored[:, 0], scored[:, 2])
        if history:
            newest = number(scored[-1, 2], 1) if len(scored) else "..."
            self.value.setText(f"{number(rows[-1, 1], 1)} / {newest}")
            self.value.setToolTip("Train / held-out, nats per datum")

    def _show_settled_range(self, points: NDArray[np.float64]) -> None:
        """Fit the height to what follows the first steps, which would flatten all the rest.

        Args:
            points: (n, 2) epoch and value.
        """
        points = points[np.isfinite(points).all(axis=1)]
        if len(points) < 2:
            return
        first, last = points[:, 0].min(), points[:, 0].max()
        settled = points[points[:, 0] >= UNSETTLED * last, 1]
        low, high = settled.min(), settled.max()
        margin = max(0.08 * (high - low), 1e-3)
        self.plot.setRange(xRange=(first, last), yRange=(low - margin, high + margin), padding=0)

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        faint = QColor(theme.accent)
        faint.setAlphaF(0.35)
        self.live.setPen(pg.mkPen(faint, width=1))
        self.train.setPen(pg.mkPen(theme.accent, width=2))
        self.held_out.setPen(pg.mkPen(theme.warn, width=2, style=Qt.PenStyle.DashLine))
        font = self.font()
        font.setPixelSize(TEXT_SMALL)
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(pg.mkPen(theme.line))
            axis.setTextPen(pg.mkPen(theme.quiet))
            axis.setStyle(tickFont=font, tickLength=-4, maxTickLevel=0)


def thinned(points: list[Point], most: int) -> list[Point]:
    """At most `most` of the points, evenly spread, the last one among them.

    Example:
        >>> thinned(list(range(10)), 4)
        [0, 3, 6, 9]
    """
    stride = -(-len(points) // most) or 1
    return points[(len(points) - 1) % stride :: stride]


class CurveKey(QWidget):
    """Which line is which: drawn as the curves are, with words beside."""

    def __init__(self) -> None:
        super().__init__()
        self._theme = DARK
        self._held_out = ""
        self.set_held_out("test")

    def set_held_out(self, kind: str) -> None:
        """Name the rows that the dashed line is of."""
        if kind != self._held_out:
            self._held_out = kind
            self.setAccessibleName(f"Solid: train. Dashed: held-out, {kind}. By epoch.")
            self.updateGeometry()
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        self.update()

    def _lines(self) -> tuple[tuple[str, str, Qt.PenStyle], ...]:
        return (
            ("train", self._theme.accent, Qt.PenStyle.SolidLine),
            (f"held-out ({self._held_out})", self._theme.warn, Qt.PenStyle.DashLine),
        )

    def sizeHint(self) -> QSize:
        """The size that suits it."""
        metrics = self.fontMetrics()
        texts = sum(metrics.horizontalAdvance(text) for text, _, _ in self._lines())
        return QSize(texts + 2 * (KEY_PX + 8) + 16, metrics.height() + 4)

    def minimumSizeHint(self) -> QSize:
        """The least room it needs."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        x, middle = 0, self.height() // 2
        for text, colour, style in self._lines():
            painter.setPen(QPen(QColor(colour), 2, style))
            painter.drawLine(x, middle, x + KEY_PX, middle)
            x += KEY_PX + 8
            painter.setPen(QColor(self._theme.quiet))
            width = self.fontMetrics().horizontalAdvance(text)
            painter.drawText(
                x, 0, width + 2, self.height(), int(Qt.AlignmentFlag.AlignVCenter), text
            )
            x += width + 16
        painter.end()


class Curves(QWidget):
    """The three curves side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.curves = tuple(Curve(name, term) for name, term in TERMS)
        self._kind: BoundKind = "bound"
        self.setLayout(row(*self.curves, spacing=16))
        self._epochs_shown = -1
        self._step_shown = -1
        self._turn = 0

    def show_terms(self, kind: BoundKind) -> None:
        """Show what there is: without a bound no KL, with an exact likelihood that alone."""
        if kind == self._kind:
            return
        self._kind = kind
        loss, reconstruction, kl = self.curves
        loss.setVisible(kind != "exact")
        kl.setVisible(kind == "bound")
        reconstruction.set_name("log p(x)" if kind == "exact" else TERMS[1][0])

    def take(self, state: TrainingState) -> None:
        """Take note of where a training is; `draw` shows it."""
        progress = state.progress
        step = progress.step if progress is not None else 0
        if state.status == "starting" or len(state.history) < self._epochs_shown:
            self._clear()
        self._epochs_shown = len(state.history)
        if progress is not None and progress.train is not None and step > self._step_shown:
            self._step_shown = step
            for curve in self.curves:
                curve.add_live(progress.epoch, progress.train)

    def draw(self, state: TrainingState) -> None:
        """Show a training as it is."""
        for curve in self.curves:
            curve.draw(state.history)

    def draw_next(self, state: TrainingState) -> None:
        """Show one of them, the others in their turn: together they take a frame's time."""
        self._turn = (self._turn + 1) % len(self.curves)
        self.curves[self._turn].draw(state.history)

    def _clear(self) -> None:
        self._epochs_shown = self._step_shown = -1
        for curve in self.curves:
            curve.clear()

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        for curve in self.curves:
            curve.set_theme(theme)
