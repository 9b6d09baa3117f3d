"""The choice of classes to train on."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from latentlab.views.fields import Field, InvalidFieldError
from latentlab.views.theme import GRID

HIGHEST_PX = 116  # more classes scroll


class ClassesField(Field):
    """A check box for each class; all of them is None: every row, also the unlabelled."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self.list = QListWidget()
        for name in names:
            item = QListWidgetItem(name)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked)
            self.list.addItem(item)
        whole = len(names) * self.list.sizeHintForRow(0) + 2 * self.list.frameWidth() + GRID
        self.list.setFixedHeight(min(HIGHEST_PX, whole))
        self.list.itemChanged.connect(self._tell)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.list)

    def _tell(self) -> None:
        self.changed.emit()

    def focus_widget(self) -> QWidget:
        """The control that takes the keyboard."""
        return self.list

    def value(self) -> Any:
        """Return the plain value."""
        checked = [
            index
            for index in range(self.list.count())
            if self.list.item(index).checkState() == Qt.CheckState.Checked
        ]
        if not checked:
            raise InvalidFieldError("Choose at least one class.")
        return None if len(checked) == self.list.count() else checked

    def set_value(self, value: Any) -> None:
        """Show a plain value."""
        for index in range(self.list.count()):
            on = value is None or index in value
            state = Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
            self.list.item(index).setCheckState(state)
