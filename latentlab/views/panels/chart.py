"""Which chart the map shows: two latents, a plane through data, or a layout."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QPushButton, QWidget

from latentlab.engine.messages import ChartSpec
from latentlab.engine.values import MOST_LAID_OUT, ChartKind
from latentlab.session.natures import planes
from latentlab.session.session import Session
from latentlab.views.charting import (
    ACTION_OF,
    ALL,
    KINDS,
    PICK,
    ChartCommands,
    chart_words,
    why_no_chart,
)
from latentlab.views.widgets import column, heading, plain_tip, row, words

SIZES = (2_000, 5_000, 10_000, 20_000, 50_000)


class ChartPanel(QWidget):
    """The choice of chart, with what each kind needs; only beyond two latents."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._commands = ChartCommands(session)
        self._picking = False  # whether points are being picked for a plane that is not shown yet
        self.kind = QComboBox()
        self.kind.setAccessibleName("Chart of the map")
        for kind, text, _ in KINDS:
            self.kind.addItem(text, kind)
        self.axes = _Axes(session)
        self.points = _Points(session, self._commands)
        self.layout_size = _LayoutSize()
        self.note = words("", "small", wrap=True)
        self.note.setAccessibleName("About this chart")
        self.setLayout(
            column(heading("Chart"), self.kind, self.axes, self.points, self.layout_size, self.note)
        )
        self.kind.activated.connect(self._choose)
        self.layout_size.box.activated.connect(self._choose_size)
        session.chart_changed.connect(self._chart_changed)
        for signal in (
            session.model_changed,
            session.codes_changed,
            session.training_changed,
            session.plane_points.points_changed,
            session.selection_changed,
        ):
            signal.connect(self.refresh)
        self.refresh()

    @property
    def chosen(self) -> ChartKind:
        """The kind that the panel is about; its chart may still be on its way."""
        kind: ChartKind = self.kind.currentData()
        return kind

    def refresh(self) -> None:
        """Show the session's chart."""
        model, chart = self._session.model, self._session.chart
        self.setVisible(model is not None and planes(model.spec))
        if model is None or not planes(model.spec):
            return
        if not self._picking:
            self.kind.setCurrentIndex([kind for kind, _, _ in KINDS].index(chart.kind))
        self._allow()
        self.axes.refresh(chart, model.spec.latent_dim)
        self.points.refresh()
        self.layout_size.refresh(chart, self._session)
        self._show_parts()

    def _chart_changed(self) -> None:
        self._picking = False
        self.refresh()

    def _allow(self) -> None:
        why = why_no_chart(self._session)
        items = self.kind.model()
        for place, (kind, text, _) in enumerate(KINDS):
            reason = why[ACTION_OF[kind]]
            if isinstance(items, QStandardItemModel):
                items.item(place).setEnabled(not reason)
            self.kind.setItemData(place, plain_tip(reason or text), Qt.ItemDataRole.ToolTipRole)

    def _show_parts(self) -> None:
        chosen, shown = self.chosen, self._session.chart.kind
        self.axes.setVisible(chosen == "axes")
        self.points.setVisible(chosen == "points")
        self.layout_size.setVisible(chosen in ("tsne", "umap"))
        said = chart_words(self._session) if chosen == shown else ""
        self.note.setText(PICK if chosen == "points" != shown else said)
        self.note.setVisible(bool(self.note.text()))

    def _choose(self) -> None:
        kind = self.chosen
        self._picking = kind == "points" and len(self._session.plane_points.points) < 3
        if self._picking:
            self.points.refresh()
            self._show_parts()
            return
        if kind in ("tsne", "umap"):
            self._choose_size()
        else:
            self._commands.table()[ACTION_OF[kind]]()
        self._show_parts()

    def _choose_size(self) -> None:
        self._session.set_chart(ChartSpec(self.chosen, most=self.layout_size.most))


class _Axes(QWidget):
    """Which two latents."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.first, self.second = QComboBox(), QComboBox()
        self.first.setAccessibleName("Latent across")
        self.second.setAccessibleName("Latent up")
        self.setLayout(row(self.first, words("x", "quiet"), self.second, None))
        for box in (self.first, self.second):
            box.activated.connect(self._apply)

    def refresh(self, chart: ChartSpec, count: int) -> None:
        """Show the latents of a chart."""
        if self.first.count() != count:
            for box in (self.first, self.second):
                box.clear()
                box.addItems([f"z{i + 1}" for i in range(count)])
        self.first.setCurrentIndex(min(chart.first, count - 1))
        self.second.setCurrentIndex(min(chart.second, count - 1))

    def _apply(self) -> None:
        first, second = self.first.currentIndex(), self.second.currentIndex()
        if first == second:  # the axis just chosen stays, the other steps aside
            moved = (first + 1) % max(self.first.count(), 1)
            first, second = (moved, second) if self.sender() is self.second else (first, moved)
        self._session.set_chart(ChartSpec(kind="axes", first=max(first, 0), second=max(second, 0)))


class _Points(QWidget):
    """The picked points of a plane, and what picks another."""

    def __init__(self, session: Session, commands: ChartCommands) -> None:
        super().__init__()
        self._session = session
        self.said = words("")
        self.pick_cursor = _button("Pick the cursor", "The latents at the cursor")
        self.pick_mean = _button(
            "Pick the selection's mean", "The mean of the selected points' codes"
        )
        self.anew = _button("Pick anew", "Forget the points")
        self.setLayout(column(self.said, self.pick_cursor, self.pick_mean, self.anew, spacing=4))
        self.pick_cursor.clicked.connect(session.plane_points.pick_cursor)
        self.pick_mean.clicked.connect(commands.pick_mean)
        self.anew.clicked.connect(session.plane_points.clear)

    def refresh(self) -> None:
        """Show how many are picked."""
        count = len(self._session.plane_points.points)
        self.said.setText(f"{count} of 3 picked")
        self.pick_mean.setEnabled(bool(len(self._session.selected)))
        self.anew.setVisible(count > 0)


class _LayoutSize(QWidget):
    """How many points are laid out together."""

    def __init__(self) -> None:
        super().__init__()
        self.box = QComboBox()
        self.box.setAccessibleName("Points laid out")
        self.box.setToolTip("More take longer; the others lie among their nearest of these")
        label = words("Lay out", "quiet")
        label.setBuddy(self.box)
        self.setLayout(row(label, self.box, None))
        self._count = -1

    @property
    def most(self) -> int:
        """So many at most."""
        return int(self.box.currentData() or ALL)

    def refresh(self, chart: ChartSpec, session: Session) -> None:
        """Show the sizes that there are for these data."""
        count = 0 if session.codes is None else len(session.codes.z)
        if count != self._count:
            self._count = count
            self.box.clear()
            for size in SIZES:
                if size < count:
                    self.box.addItem(f"{size:,}", size)
            self.box.addItem(f"all {count:,}", ALL)
            self._set(MOST_LAID_OUT)
        if chart.layout:
            self._set(chart.most)

    def _set(self, most: int) -> None:
        place = self.box.findData(most)
        self.box.setCurrentIndex(place if place >= 0 else self.box.count() - 1)


def _button(text: str, tip: str) -> QPushButton:
    made = QPushButton(text)
    made.setProperty("role", "link")
    made.setAutoDefault(False)
    made.setToolTip(tip)
    return made
