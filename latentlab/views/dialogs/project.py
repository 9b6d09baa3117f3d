"""File > Project > Save project as...: one file, with a copy of the model or without."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QWidget

from latentlab.export.project import ENDING
from latentlab.session.session import Session
from latentlab.views import choose
from latentlab.views.dialogs.save_file import SaveFileDialog
from latentlab.views.dialogs.save_model import plain_name

ABOUT = "Data, chart, path, bookmarks, layers, colours and window, as they are now."
COPIED = "Then the project opens anywhere; without it, the model's file is remembered by its place."


class SaveProjectDialog(SaveFileDialog):
    """Where to, and whether the model goes with it."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Save project", choose.PROJECT_FILES, parent)
        self._session = session
        model, dataset = session.model, session.dataset
        name = model.name if model is not None else (dataset.name if dataset else "project")
        start = session.project.path or Path.home() / f"{plain_name(name)}{ENDING}"
        self.copy = QCheckBox("Keep a copy of the model in the file")
        unsaved = model is not None and model.path is None and model.run is None
        self.copy.setChecked(unsaved or session.settings.project_copy)
        self.copy.setEnabled(model is not None and not unsaved)
        self.build(ABOUT, start, self.copy, COPIED)

    def accept(self) -> None:
        """Save."""
        path = self.typed()
        if path is None:
            return
        super().accept()
        copy = self.copy.isChecked()
        if self.copy.isEnabled():
            self._session.update_settings(project_copy=copy)
        self._session.project.save(path, copy=copy)
