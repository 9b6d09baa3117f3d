"""File > Save model...: one portable file, with the map or without."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QLineEdit, QPushButton, QWidget

from latentlab.session.session import Session
from latentlab.views import choose
from latentlab.views.dialogs.base import Dialog
from latentlab.views.widgets import column, row, words

ENDING = ".safetensors"


class SaveModelDialog(Dialog):
    """Where to, and whether the embedded map goes with it."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Save model", parent)
        self._session = session
        model = session.model
        name = model.name if model is not None else "model"
        self.path = QLineEdit(str(Path.home() / f"{plain_name(name)}{ENDING}"))
        self.path.setAccessibleName("File")
        self.with_map = QCheckBox("Keep the map in the file")
        self.with_map.setChecked(session.codes is not None)
        self.with_map.setEnabled(session.codes is not None)
        browse = QPushButton("Choose...")
        browse.setAutoDefault(False)
        browse.clicked.connect(self._browse)
        self.trouble = words("", "bad", wrap=True)
        self.trouble.hide()
        self.add_title("Save model", "One file, that opens anywhere without its data.")
        self.body.addLayout(column(words("File"), row(self.path, browse), spacing=4))
        note = "The points and the lattice show at once, where the data are not at hand."
        self.body.addLayout(column(self.with_map, words(note, "small", wrap=True), spacing=2))
        self.body.addWidget(self.trouble)
        self.body.addStretch(1)
        self.add_primary("Save")
        self.begin_at(560, 280)
        self.path.setFocus()

    def _browse(self) -> None:
        kinds = f"Models (*{ENDING})"
        chosen = choose.new_file(self, "Save model", self.path.text(), kinds)
        if chosen is not None:
            self.path.setText(str(chosen))

    def accept(self) -> None:
        """Save."""
        text = self.path.text().strip()
        if not text:
            self.trouble.setText("Type a file name.")
            self.trouble.show()
            return
        path = Path(text).expanduser()
        if path.suffix != ENDING:
            path = path.with_name(path.name + ENDING)
        super().accept()
        self._session.save_model(path, with_map=self.with_map.isChecked())


def plain_name(name: str) -> str:
    """A name as a file may have it."""
    kept = "".join(c if c.isalnum() or c in "-_." else "-" for c in name.lower())
    return kept.strip("-.") or "model"
