"""What the dialogs share: margins, one primary button, deletion when they are closed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from latentlab.views.theme import GRID
from latentlab.views.widgets import rule, with_text, words


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

    def done(self, result: int) -> None:
        """Close, and give the keyboard back where no window manager does."""
        give_back = self.isActiveWindow()
        super().done(result)
        parent = self.parentWidget()
        if give_back and parent is not None:
            parent.window().activateWindow()

    def begin_at(self, width: int, height: int) -> None:
        """Begin at this size times the text's scale, or as much of it as the screen has."""
        width, height = with_text(self, width).width(), with_text(self, height).width()
        screen = (self.parentWidget() or self).screen().availableGeometry()
        self.resize(min(width, screen.width() - 64), min(height, screen.height() - 96))

    def add_title(self, text: str, below: str = "") -> None:
        """A large title, and a quiet sentence below it."""
        self.body.addWidget(words(text, "title"))
        if below:
            self.body.addWidget(words(below, "quiet", wrap=True))

    def add_scrolled(self, page: QWidget) -> QScrollArea:
        """What scrolls where it needs more height than the screen has; returns what scrolls it."""
        page.setProperty("role", "scrolled")
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(page)
        self.body.addWidget(area, 1)
        return area

    def add_away(self, text: str) -> None:
        """A line and the button that closes the dialog, as Escape does."""
        self.body.addWidget(rule())
        self.buttons = QDialogButtonBox()
        away = self.buttons.addButton(text, QDialogButtonBox.ButtonRole.RejectRole)
        away.setAutoDefault(False)
        self.buttons.rejected.connect(self.reject)
        self.body.addWidget(self.buttons)

    def add_primary(self, text: str) -> QPushButton:
        """A Cancel button, and the one that Enter presses."""
        self.add_away("Cancel")
        made = self.buttons.addButton(text, QDialogButtonBox.ButtonRole.AcceptRole)
        made.setDefault(True)
        self.buttons.accepted.connect(self.accept)
        return made
