"""A file's name, typed or chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QWidget

from latentlab.views import choose
from latentlab.views.fields import Field, InvalidFieldError
from latentlab.views.theme import GRID


class FileField(Field):
    """The path of a file that is there, or nothing.

    Args:
        title: Of the dialog that chooses it.
        filters: Which files that shows, as Qt writes it.
        empty: What no name means.
    """

    def __init__(self, title: str, filters: str, empty: str) -> None:
        super().__init__()
        self._title, self._filters = title, filters
        self.edit = QLineEdit()
        self.edit.setPlaceholderText(empty)
        self.edit.textChanged.connect(self._tell)
        self.button = QPushButton("File...")
        self.button.setAutoDefault(False)
        self.button.clicked.connect(self._choose)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(GRID)
        line.addWidget(self.edit, 1)
        line.addWidget(self.button)

    def _tell(self) -> None:
        self.changed.emit()

    def _choose(self) -> None:
        path = choose.existing_file(self, self._title, self._filters)
        if path is not None:
            self.edit.setText(str(path))

    def focus_widget(self) -> QWidget:
        """The control that takes the keyboard."""
        return self.edit

    def value(self) -> Any:
        """The absolute path; None where nothing is named."""
        text = self.edit.text().strip()
        if not text:
            return None
        path = Path(text).expanduser().absolute()
        if not path.is_file():
            raise InvalidFieldError(f"There is no file {path.name}.")
        return str(path)

    def set_value(self, value: Any) -> None:
        """Show a path."""
        self.edit.setText("" if value is None else str(value))
