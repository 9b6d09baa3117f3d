"""What the dialogs of figures and films share: choices at the left, at the right what comes out."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from latentlab.engine.messages import Picture
from latentlab.session.timers import single_shot
from latentlab.views.dialogs.base import Dialog
from latentlab.views.fields import TextField
from latentlab.views.pictures import PictureView
from latentlab.views.theme import GRID, Theme
from latentlab.views.widgets import column, row, rule, set_role, words

SETTLE_MS = 150  # after the last change, before a new picture is asked for
CHOICES_PX = 330
PICTURE_PX = 520


class LineField(TextField):
    """A line of text that may be empty; `hint` stands there then."""

    def __init__(self, hint: str = "none") -> None:
        super().__init__(str, str, empty=hint)

    def value(self) -> str:
        """Return the text."""
        return super().value() or ""


class PreviewDialog(Dialog):
    """Choices, a picture that follows them, and buttons.

    Args:
        title: Of the window.
        below: A sentence under it.
        theme: The colours of the picture's frame.
        parent: Qt's owner.
    """

    def __init__(self, title: str, below: str, theme: Theme, parent: QWidget | None) -> None:
        super().__init__(title, parent)
        self.setModal(False)
        self.add_title(title, below)
        self.picture = PictureView(PICTURE_PX, f"{title}: preview", words="Drawing...")
        self.picture.set_theme(theme)
        self.said = words("", "quiet", wrap=True)
        self.choices = QVBoxLayout()
        self.choices.setSpacing(GRID)
        self.choices.setContentsMargins(0, 0, GRID, 0)
        self.beside = column(self.picture, self.said)
        self.beside.setStretch(0, 1)
        self._settle = single_shot(self, self.look, SETTLE_MS)

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self.picture.set_theme(theme)

    def lay_out(self, *buttons: QPushButton | None, below: QWidget) -> None:
        """Put the parts together when the choices are there; None is room between the buttons.

        Args:
            *buttons: At the left of the last line.
            below: A part above that line.
        """
        held = QWidget()
        held.setLayout(self.choices)
        self.choices.addStretch(1)
        area = QScrollArea()
        area.setWidget(held)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        bar = area.verticalScrollBar().sizeHint().width()
        wide = max(CHOICES_PX, held.minimumSizeHint().width() + bar + GRID)
        area.setMinimumWidth(wide)
        across = row(area, self.beside, spacing=3 * GRID)
        across.setStretch(1, 1)
        self.body.addLayout(across, 1)
        self.body.addWidget(below)
        self.add_away("Close")
        self.body.removeWidget(self.buttons)
        for button in buttons:
            if button is not None:
                button.setAutoDefault(False)
        self.body.addLayout(row(*buttons, None, self.buttons))
        self.begin_at(wide + PICTURE_PX + 120, 660)
        self.ask()

    def add(self, part: QWidget | QLayout) -> None:
        """Add a part to the choices."""
        if isinstance(part, QWidget):
            self.choices.addWidget(part)
        else:
            self.choices.addLayout(part)

    def add_rule(self) -> None:
        """A line between choices."""
        self.choices.addWidget(rule())

    def ask(self) -> None:
        """Something changed: look again when it rests."""
        self._settle.start()

    def look(self) -> None:
        """Ask for what the choices describe."""
        raise NotImplementedError

    def show_picture(self, picture: Picture, said: str) -> None:
        """Show what came out."""
        self.picture.set_picture(picture)
        self.say(said)

    def say(self, text: str, *, bad: bool = False) -> None:
        """A line below the picture."""
        set_role(self.said, "bad" if bad else "quiet")
        self.said.setText(text)
