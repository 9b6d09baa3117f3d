"""What the dialogs that save one file share: where to, and one choice about it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QLineEdit, QPushButton, QWidget

from latentlab.views import choose
from latentlab.views.dialogs.base import Dialog
from latentlab.views.widgets import column, row, words


class SaveFileDialog(Dialog):
    """A file's name to type or to choose, a box with its explanation, and Save.

    Args:
        title: Of the dialog, such as "Save model".
        kinds: The files that the system's dialog lists.
        parent: Qt's owner.
    """

    def __init__(self, title: str, kinds: str, parent: QWidget | None) -> None:
        super().__init__(title, parent)
        self._kinds = kinds
        self.path = QLineEdit()
        self.path.setAccessibleName("File")
        self.trouble = words("", "bad", wrap=True)
        self.trouble.hide()

    def build(self, about: str, start: Path, box: QCheckBox, note: str) -> None:
        """Put it together.

        Args:
            about: What is saved, below the title.
            start: The file that is named at first.
            box: The choice.
            note: What the choice means.
        """
        self.path.setText(str(start))
        browse = QPushButton("Choose...")
        browse.setAutoDefault(False)
        browse.clicked.connect(self._browse)
        self.add_title(self.windowTitle(), about)
        self.body.addLayout(column(words("File"), row(self.path, browse), spacing=4))
        self.body.addLayout(column(box, words(note, "small", wrap=True), spacing=2))
        self.body.addWidget(self.trouble)
        self.body.addStretch(1)
        self.add_primary("Save")
        self.begin_at(560, 280)
        self.path.setFocus()

    def typed(self) -> Path | None:
        """Return the file that is named; None where none is, which the dialog then says."""
        text = self.path.text().strip()
        if text:
            return Path(text).expanduser()
        self.trouble.setText("Type a file name.")
        self.trouble.show()
        return None

    def _browse(self) -> None:
        chosen = choose.new_file(self, self.windowTitle(), self.path.text(), self._kinds)
        if chosen is not None:
            self.path.setText(str(chosen))
