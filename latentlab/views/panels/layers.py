"""What the map shows: its layers, what colours the points, and which plane."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

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
