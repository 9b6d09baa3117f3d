"""The status line: what the map shows, what is being worked on, and a hint."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar, QPushButton, QWidget

from latentlab.latent.cells import GridChart
from latentlab.session.natures import has_latents
from latentlab.session.session import Session
from latentlab.views.widgets import Elided, row, words
from latentlab.views.words import duration

FIRST_HINT = "Drag on the map. Model > Train... makes your own."
LEARNING_HINT = "Drag on the map: it decodes while it learns."
LEARNED_HINT = "Drag on the map: it decodes."

SELECTED_HINT = "View > Panels > Selection shows the selected pictures."


class StatusLine(QWidget):
    """Shows how many points are on the map, the work under way with Cancel, and a hint."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setObjectName("statusBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.points = words("")
        self.hint = Elided("quiet")
        self.busy_text = words("")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(160)
        self.bar.setAccessibleName("Progress")
        self.left = words("", "quiet")
        self.cancel = QPushButton("Cancel")
        self.cancel.setProperty("role", "link")
        self.cancel.setAutoDefault(False)
        self.cancel.clicked.connect(session.cancel_busy)
        self._busy = QWidget()
        self._busy.setLayout(row(self.busy_text, self.bar, self.left, self.cancel, spacing=12))
        self.engine = words("", "quiet")
        line = row(self.points, self.hint, self._busy, self.engine, spacing=16)
        line.setContentsMargins(16, 2, 16, 2)
        line.setStretch(1, 1)
        self.setLayout(line)
        self.setMinimumHeight(32)
        session.codes_changed.connect(self.refresh_points)
        session.data_changed.connect(self.refresh_points)
        session.filter.told_changed.connect(self.refresh_points)
        session.selection_changed.connect(self.refresh_points)
        session.model_changed.connect(self.refresh_points)
        session.settings_changed.connect(self._follow_settings)
        session.busy_changed.connect(self.refresh_busy)
        session.engine_changed.connect(self.refresh_engine)
        self.refresh_points()
        self.refresh_busy()
        self.refresh_engine()

    def refresh_points(self) -> None:
        """Say how much of the data the map shows."""
        self.points.setText(points_words(self._session) + selected_words(self._session))
        self.set_hint("")

    def set_hint(self, hint: object) -> None:
        """Say what the map suggests, or how to begin."""
        said = hint if isinstance(hint, str) and hint else self._default_hint()
        self.hint.set_words(said)

    def _follow_settings(self) -> None:
        if self.hint.whole in ("", SELECTED_HINT):  # the panel it speaks of is shown, or hidden
            self.set_hint("")

    def _default_hint(self) -> str:
        session = self._session
        if session.model is None:
            idle = session.dataset is not None and not session.training.active
            return "Model > Train... makes a map of these data." if idle else ""
        if len(session.selected) and not session.settings.selection_panel:
            return SELECTED_HINT
        return ""

    def refresh_busy(self) -> None:
        """Show the work under way."""
        busy = self._session.busy
        self._busy.setVisible(busy is not None)
        if busy is None:
            return
        self.busy_text.setText(busy.text)
        if busy.fraction is None:
            self.bar.setRange(0, 0)
        else:
            self.bar.setRange(0, 1000)
            self.bar.setValue(round(1000 * busy.fraction))
        self.left.setText("" if busy.left_s is None else f"{duration(busy.left_s)} left")

    def refresh_engine(self) -> None:
        """Say that torch is still loading."""
        self.engine.setText("Loading torch...")
        self.engine.setHidden(self._session.engine.ready)


def selected_words(session: Session) -> str:
    """Return how many points are selected; nothing where none are."""
    count = len(session.selected)
    return f", {count:,} selected" if count else ""


def points_words(session: Session) -> str:
    """Return how much of the data the map shows, in a sentence."""
    codes, dataset = session.codes, session.dataset
    if codes is None:
        if dataset is None:
            return ""
        mapped = session.model is None or has_latents(session.model.spec)
        return f"{len(dataset):,} rows" + (", not on the map yet" if mapped else "")
    total = len(codes.labels)
    sieve, shown = session.filter.sieve, session.filter.shown
    chart = codes.plane
    if not sieve and isinstance(chart, GridChart) and chart.data_left_out:
        return (
            f"{total - chart.data_left_out:,} of {total:,} points: the others have one of"
            f" {chart.codes_left_out:,} rarer codes"
        )
    if not sieve:
        return f"All {total:,} points"
    counted = "..." if shown is None else f"{shown:,}"
    return f"{counted} of {total:,} points: {_why_fewer(session)}"


def _why_fewer(session: Session) -> str:
    hidden = {name: len(codes) for name, codes in session.filter.hidden}
    classes, others = hidden.pop("class", 0), sum(hidden.values())
    parts = ["filtered"] if session.filter.sieve.test is not None else []
    if classes:
        parts.append("1 class hidden" if classes == 1 else f"{classes} classes hidden")
    if others:
        parts.append("1 group hidden" if others == 1 else f"{others} groups hidden")
    return ", ".join(parts)
