"""A report in a window of its own: figures in groups, a sentence on each, small charts."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from latentlab.export.report import Group, Report, Row
from latentlab.session.session import Session
from latentlab.views import choose
from latentlab.views.charts import ChartView
from latentlab.views.dialogs.base import Dialog
from latentlab.views.theme import GRID, Theme
from latentlab.views.widgets import column, row, rule, words

REPORT_FILES = "JSON (*.json);;CSV (*.csv);;PNG (*.png);;SVG (*.svg);;PDF (*.pdf)"
NAME_PX, VALUE_PX = 150, 130


class ReportWindow(Dialog):
    """Stays open beside the map, so that two models can be compared."""

    def __init__(self, session: Session, report: Report, theme: Theme, parent: QWidget) -> None:
        super().__init__(f"Evaluation of {report.title}", parent)
        self.setModal(False)
        self._session = session
        self.report = report
        self.charts: list[ChartView] = []
        self.add_title(report.title, report.subtitle)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 2 * GRID, 0)
        layout.setSpacing(2 * GRID)
        for place, group in enumerate(report.groups):
            if place:
                layout.addWidget(rule())
            layout.addLayout(self._group(group, theme))
        layout.addStretch(1)
        area = QScrollArea()
        area.setWidget(page)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.body.addWidget(area, 1)
        self.add_away("Close")
        export = QPushButton("Export...")
        export.setAutoDefault(False)
        export.clicked.connect(self._export)
        self.body.removeWidget(self.buttons)
        self.body.addLayout(row(export, None, self.buttons))
        self.begin_at(860, 760)

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        for chart in self.charts:
            chart.set_theme(theme)

    def _group(self, group: Group, theme: Theme) -> QVBoxLayout:
        figures = column(words(group.title, "heading"), _table(group.rows))
        if group.verdict:
            figures.addWidget(words(group.verdict, wrap=True))
        figures.addStretch(1)
        made = [ChartView(chart, theme) for chart in group.charts]
        self.charts += made
        beside = row(figures, *made, spacing=2 * GRID)
        beside.setStretch(0, 1)
        return column(beside)

    def _export(self) -> None:
        path = choose.new_file(self, "Export report", "evaluation.json", REPORT_FILES)
        if path is not None:
            self._session.write_report(path, self.report)


def _table(rows: tuple[Row, ...]) -> QGridLayout:
    """Name, value with unit, note: one line each."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(2 * GRID)
    grid.setVerticalSpacing(4)
    for place, figure in enumerate(rows):
        name = words(figure.name, wrap=True)
        value = words(figure.text)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        value.setAccessibleName(f"{figure.name}: {figure.text} {figure.unit}")
        below = " · ".join(part for part in (figure.unit, figure.note) if part)
        grid.addWidget(name, place, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(value, place, 1)
        grid.addWidget(words(below, "quiet", wrap=True), place, 2, Qt.AlignmentFlag.AlignTop)
    grid.setColumnMinimumWidth(0, NAME_PX)
    grid.setColumnMinimumWidth(1, VALUE_PX)
    grid.setColumnStretch(2, 1)
    return grid
