"""Which chart the map shows: two latents, or principal components."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QWidget

from latentlab.engine.messages import ChartSpec
from latentlab.session.natures import planes
from latentlab.session.session import Session
from latentlab.views.widgets import column, heading, row, words


class ChartPanel(QWidget):
    """Which two axes the map shows, or principal components; only beyond two latents."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.kind = QComboBox()
        self.kind.setAccessibleName("Plane of the map")
        self.kind.addItems(["Two latents", "Principal components"])
        self.first, self.second = QComboBox(), QComboBox()
        self.first.setAccessibleName("Latent across")
        self.second.setAccessibleName("Latent up")
        self._axes = QWidget()
        self._axes.setLayout(row(self.first, words("x", "quiet"), self.second, None))
        self.setLayout(column(heading("Plane"), self.kind, self._axes))
        for box in (self.kind, self.first, self.second):
            box.activated.connect(self._apply)
        session.model_changed.connect(self.refresh)
        session.chart_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the session's chart."""
        model, chart = self._session.model, self._session.chart
        self.setVisible(model is not None and planes(model.spec))
        if model is None or not planes(model.spec):
            return
        dim = model.spec.latent_dim
        if self.first.count() != dim:
            for box in (self.first, self.second):
                box.clear()
                box.addItems([f"z{i + 1}" for i in range(dim)])
        self.kind.setCurrentIndex(0 if chart.kind == "axes" else 1)
        self.first.setCurrentIndex(min(chart.first, dim - 1))
        self.second.setCurrentIndex(min(chart.second, dim - 1))
        self._axes.setVisible(chart.kind == "axes")

    def _apply(self) -> None:
        if self.kind.currentIndex() == 1:
            self._session.set_chart(ChartSpec(kind="principal"))
            return
        first, second = self.first.currentIndex(), self.second.currentIndex()
        if first == second:  # the axis just chosen stays, the other steps aside
            moved = (first + 1) % max(self.first.count(), 1)
            first, second = (moved, second) if self.sender() is self.second else (first, moved)
        self._session.set_chart(ChartSpec(kind="axes", first=max(first, 0), second=max(second, 0)))
