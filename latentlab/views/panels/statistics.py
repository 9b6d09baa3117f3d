"""What the selected data have in common: classes, mean picture, codes, and what the model gives."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QPushButton, QScrollArea, QSizePolicy, QWidget

from latentlab.data.dataset import to_picture
from latentlab.engine.messages import Summary
from latentlab.session.session import Session
from latentlab.views.palette import class_colors
from latentlab.views.pictures import PictureView
from latentlab.views.theme import DARK, GRID, Theme
from latentlab.views.widgets import column, heading, row, words

PICTURE_PX = 84
MOST_BARS = 12
MOST_LATENTS = 8
BAR_PX, LEAST_BAR_PX = 6, 36


class ClassBars(QWidget):
    """A line for each class: colour, name, bar, count and share."""

    def __init__(self) -> None:
        super().__init__()
        self._theme: Theme = DARK
        self._lines: tuple[tuple[str, str, int, float], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Classes of the selection")

    def set_counts(self, lines: tuple[tuple[str, str, int, float], ...], theme: Theme) -> None:
        """Show (name, colour, count, share) lines."""
        self._lines, self._theme = lines, theme
        told = (f"{name} {count:,} ({share:.0%})" for name, _, count, share in lines)
        self.setAccessibleDescription(", ".join(told))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """A line of text for each class."""
        return QSize(200, len(self._lines) * self._line_px())

    def minimumSizeHint(self) -> QSize:
        """Room for counts, some letters of each name and a short bar."""
        letters = self.fontMetrics().horizontalAdvance("Trouser")
        return QSize(self._right_px() + letters + 22 + LEAST_BAR_PX, self.sizeHint().height())

    def _counts(self) -> list[str]:
        return [f"{count:,}  {share:.0%}" for _, _, count, share in self._lines]

    def _right_px(self) -> int:
        advance = self.fontMetrics().horizontalAdvance
        return max((advance(text) for text in self._counts()), default=0) + 4

    def _line_px(self) -> int:
        return self.fontMetrics().height() + 4

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics, high = self.fontMetrics(), self._line_px()
        texts, right = self._counts(), self._right_px()
        left = min(
            max((metrics.horizontalAdvance(name) for name, *_ in self._lines), default=0) + 22,
            self.width() - right - LEAST_BAR_PX,
        )
        most = max((share for *_, share in self._lines), default=1.0) or 1.0
        for place, ((name, ink, _, share), text) in enumerate(zip(self._lines, texts, strict=True)):
            top = place * high
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(ink))
            painter.drawEllipse(QRectF(0, top + high / 2 - 5, 10, 10))
            room = max(self.width() - left - right - 12, 0)
            bar = QRectF(left, top + high / 2 - BAR_PX / 2, room * share / most, BAR_PX)
            painter.drawRoundedRect(bar, BAR_PX / 2, BAR_PX / 2)
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.setPen(QColor(self._theme.text))
            said = metrics.elidedText(name, Qt.TextElideMode.ElideRight, left - 22)
            painter.drawText(QRectF(16, top, left - 18, high), middle, said)
            painter.setPen(QColor(self._theme.quiet))
            end = QRectF(self.width() - right, top, right, high)
            painter.drawText(end, middle | Qt.AlignmentFlag.AlignRight, text)
        painter.end()


class Statistics(QScrollArea):
    """Shows the session's summary of the selection, in a column that scrolls.

    Args:
        session: Whose `summing` it is.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._theme: Theme = DARK
        self.bars = ClassBars()
        self.mean = PictureView(PICTURE_PX, "Mean picture of the selection")
        self.variance = PictureView(PICTURE_PX, "Variance of the selection's pictures")
        for view in (self.mean, self.variance):
            view.setFixedSize(PICTURE_PX, PICTURE_PX)
        self.mean_words, self.variance_words = words("mean", "small"), words("", "small")
        self.note = words("", "mark")
        self.figures = QGridLayout()
        self.figures.setHorizontalSpacing(2 * GRID)
        self.figures.setVerticalSpacing(2)
        self.state = words("", "quiet", wrap=True)
        self.again = QPushButton("Measure again")
        self.again.setProperty("role", "link")
        self.again.setAutoDefault(False)
        self.again.clicked.connect(session.study.summing.again)
        self._pictures = QWidget()
        both = row(
            column(self.mean, self.mean_words, spacing=2),
            column(self.variance, self.variance_words, spacing=2),
            None,
            spacing=2 * GRID,
        )
        self._pictures.setLayout(column(both, self.note, spacing=2))
        self._page = page = QWidget()
        page.setProperty("role", "side")
        self._classes = heading("Classes")
        measured = column(self._pictures, self.figures, self.state, self.again)
        classes = column(self._classes, self.bars)
        for part in (measured, classes):
            part.addStretch(1)
        body = row(measured, classes, spacing=2 * GRID)
        body.setStretch(1, 1)
        body.setContentsMargins(12, 0, 4, 0)
        page.setLayout(body)
        self.setWidget(page)
        page.installEventFilter(self)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setProperty("role", "side")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        session.study.summing.changed.connect(self.refresh)
        session.settings_changed.connect(self._follow_settings)
        self._follow_settings()
        self.refresh()

    def refresh(self) -> None:
        """Show the newest summary."""
        summing = self._session.study.summing
        summary = summing.summary
        for part in (self._classes, self.bars, self._pictures):
            part.setVisible(summary is not None)
        self._clear_figures()
        if summary is not None:
            self._show(summary)
        drawn = 0 if summary is None else summary.samples
        terms = f"Terms by {drawn} draws of z for each." if drawn else ""
        said = summing.trouble or ("Measuring..." if summing.working else terms)
        self.state.setText(said)
        self.state.setVisible(bool(said))
        self.again.setVisible(bool(summing.trouble))

    def _show(self, summary: Summary) -> None:
        self.bars.set_counts(_lines(summary, self._session, self._theme), self._theme)
        self._pictures.setVisible(summary.mean is not None)
        if summary.mean is not None and summary.variance is not None:
            self.mean.set_picture(to_picture(summary.mean))
            most = float(summary.variance.max())
            self.variance.set_picture(to_picture(summary.variance / max(most, 1e-12)))
            self.variance_words.setText(f"variance, white {most:.3g}")
        self.note.setText("of reconstructions" if summary.of_reconstructions else "")
        self.note.setVisible(summary.of_reconstructions)
        for place, (name, value, below) in enumerate(figures_of(summary)):
            self.figures.addWidget(words(name, "quiet"), place, 0)
            number = words(value)
            number.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            number.setAccessibleName(f"{name}: {value} {below}")
            self.figures.addWidget(number, place, 1)
            self.figures.addWidget(words(below, "small"), place, 2)
        self.figures.setColumnStretch(2, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Never narrower than what is in it."""
        super().resizeEvent(event)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """What is in it has come to need more room, or less."""
        if watched is self._page and event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        bar = self.verticalScrollBar().sizeHint().width()
        self.setMinimumWidth(self._page.minimumSizeHint().width() + bar)

    def _clear_figures(self) -> None:
        while (item := self.figures.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        self.mean.set_theme(theme)
        self.variance.set_theme(theme)
        self.refresh()

    def _follow_settings(self) -> None:
        for view in (self.mean, self.variance):
            view.set_smooth(self._session.settings.smooth)


def _lines(
    summary: Summary, session: Session, theme: Theme
) -> tuple[tuple[str, str, int, float], ...]:
    names = session.label_names
    most = max((label for label, _ in summary.classes), default=0)
    colours = class_colors(len(names) or most + 1, theme.name)
    found = []
    for label, count in summary.classes[:MOST_BARS]:
        name = "Unlabelled" if label < 0 else f"Class {label}"
        name = names[label] if 0 <= label < len(names) else name
        ink = theme.quiet if label < 0 else colours[label % len(colours)]
        found.append((name, ink, count, count / summary.count))
    rest = sum(count for _, count in summary.classes[MOST_BARS:])
    if rest:
        others = f"{len(summary.classes) - MOST_BARS} more"
        found.append((others, theme.line, rest, rest / summary.count))
    return tuple(found)


def figures_of(summary: Summary) -> list[tuple[str, str, str]]:
    """Name, value and what it is, for each line: terms in nats first, then the codes."""
    lines = []
    for name, figure in (summary.terms or {}).items():
        told = f"± {figure.deviation:.1f} nats"
        lines.append((name, f"{figure.mean:.1f}", told))
    mean, deviation = summary.mean_z, summary.deviation_z
    if np.isfinite(mean).all():
        some = range(min(len(mean), MOST_LATENTS))
        lines += [(f"z{j + 1}", f"{mean[j]:.2f}", f"± {deviation[j]:.2f}") for j in some]
        if len(mean) > MOST_LATENTS:
            lines.append(("...", "", f"{len(mean)} latents in all"))
        lines.append(("spread in z", f"{summary.spread:.2f}", "from the mean"))
    return lines
