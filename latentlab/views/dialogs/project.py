"""File > Project > Save project as...: one file, with a copy of the model or without."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QLineEdit, QPushButton, QWidget

from latentlab.export.project import ENDING
from latentlab.session.session import Session
from latentlab.views import choose
from latentlab.views.dialogs.base import Dialog
from latentlab.views.dialogs.save_model import plain_name
from latentlab.views.widgets import column, row, words

ABOUT = "Data, chart, path, bookmarks, layers, colours and window, as they are now."
COPIED = "Then the project opens anywhere; without it, the model's file is remembered by its place."


class SaveProjectDialog(Dialog):
    """Where to, and whether the model goes with it."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Save project", parent)
        self._session = session
        model, dataset = session.model, session.dataset
        name = model.name if model is not None else (dataset.name if dataset else "project")
        start = session.project.path or Path.home() / f"{plain_name(name)}{ENDING}"
        self.path = QLineEdit(str(start))
        self.path.setAccessibleName("File")
        self.copy = QCheckBox("Keep a copy of the model in the file")
        unsaved = model is not None and model.path is None and model.run is None
        self.copy.setChecked(unsaved or session.settings.project_copy)
        self.copy.setEnabled(model is not None and not unsaved)
        browse = QPushButton("Choose...")
        browse.setAutoDefault(False)
        browse.clicked.connect(self._browse)
        self.trouble = words("", "bad", wrap=True)
        self.trouble.hide()
        self.add_title("Save project", ABOUT)
        self.body.addLayout(column(words("File"), row(self.path, browse), spacing=4))
        self.body.addLayout(column(self.copy, words(COPIED, "small", wrap=True), spacing=2))
        self.body.addWidget(self.trouble)
        self.body.addStretch(1)
        self.add_primary("Save")
        self.begin_at(560, 280)
        self.path.setFocus()

    def _browse(self) -> None:
        chosen = choose.new_file(self, "Save project", self.path.text(), choose.PROJECT_FILES)
        if chosen is not None:
            self.path.setText(str(chosen))

    def accept(self) -> None:
        """Save."""
        text = self.path.text().strip()
        if not text:
            self.trouble.setText("Type a file name.")
            self.trouble.show()
            return
        super().accept()
        copy = self.copy.isChecked()
        if self.copy.isEnabled():
            self._session.update_settings(project_copy=copy)
        self._session.project.save(Path(text).expanduser(), copy=copy)
