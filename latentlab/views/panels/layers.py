"""What the map shows: its layers, what colours the points, and which plane."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from latentlab.engine.messages import ChartSpec
from latentlab.session.natures import planes
from latentlab.session.session import Session
from latentlab.views.possible import map_note
from latentlab.views.widgets import column, heading, plain_tip, row, words

RARE = ("gaps",)  # layers that few maps have: shown for those alone
COLOURINGS = (("class", "Class"), ("split", "Train or test"))


class ActionBox(QCheckBox):
    """A check box that is an action: the same text, state and shortcut."""

    def __init__(self, action: QAction) -> None:
        super().__init__(action.text().replace("&", ""))
        self._action = action
        self._follow()
        self.toggled.connect(self._tell)
        action.changed.connect(self._follow)

    def _tell(self, on: bool) -> None:
        if on != self._action.isChecked():
            self._action.trigger()

    def _follow(self) -> None:
        self.setChecked(self._action.isChecked())
        self.setEnabled(self._action.isEnabled())
        if self._action.objectName() in RARE:
            self.setVisible(self._action.isEnabled())
        shortcut = self._action.shortcut().toString()
        keys = f" ({shortcut})" if shortcut and self.isEnabled() else ""
        self.setToolTip(plain_tip(f"{self._action.toolTip()}{keys}"))


class LayersPanel(QWidget):
    """Check boxes of the layers, what is special about this map, and the choice of colour.

    Signals:
        colouring_changed: "class" or "split".
    """

    colouring_changed = Signal(str)

    def __init__(self, layers: tuple[QAction, ...], session: Session) -> None:
        super().__init__()
        self._session = session
        self.note = words("", "small", wrap=True)
        self.note.setAccessibleName("About this map")
        self.boxes = tuple(ActionBox(action) for action in layers)
        self.colouring = QComboBox()
        self.colouring.setAccessibleName("Colour points by")
        for value, text in COLOURINGS:
            self.colouring.addItem(text, value)
        self.colouring.currentIndexChanged.connect(self._tell)
        self.setLayout(
            column(
                heading("Layers"),
                column(*self.boxes, spacing=4),
                self.note,
                row(heading("Colour by"), self.colouring),
            )
        )

        session.model_changed.connect(self.refresh)
        session.codes_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say what is special about the open model's map."""
        note = map_note(self._session)
        self.note.setText(note)
        self.note.setVisible(bool(note))

    def _tell(self, index: int) -> None:
        self.colouring_changed.emit(str(self.colouring.itemData(index)))


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
