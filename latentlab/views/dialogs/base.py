"""What the dialogs share: margins, one primary button, deletion when they are closed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from latentlab.views.theme import GRID
from latentlab.views.widgets import rule, words


class Dialog(QDialog):
    """A dialog that is deleted when it is closed."""

    def __init__(self, title: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowFlag(Qt.WindowType.WindowContextHelpButtonHint, False)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        self.body.setSpacing(2 * GRID)

    def add_title(self, text: str, below: str = "") -> None:
        """A large title, and a quiet sentence below it."""
        self.body.addWidget(words(text, "title"))
        if below:
            self.body.addWidget(words(below, "quiet", wrap=True))

    def add_buttons(self, primary: str | None, *, cancel: str = "Cancel") -> QPushButton | None:
        """A line and the buttons; Enter presses the primary one, Escape calls it off."""
        self.body.addWidget(rule())
        self.buttons = QDialogButtonBox()
        away = self.buttons.addButton(cancel, QDialogButtonBox.ButtonRole.RejectRole)
        away.setAutoDefault(False)
        self.buttons.rejected.connect(self.reject)
        made = None
        if primary is not None:
            made = self.buttons.addButton(primary, QDialogButtonBox.ButtonRole.AcceptRole)
            made.setDefault(True)
            self.buttons.accepted.connect(self.accept)
        self.body.addWidget(self.buttons)
        return made
