"""File > Save model...: one portable file, with the map or without."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QWidget

from latentlab.session.session import Session
from latentlab.views.dialogs.save_file import SaveFileDialog

ENDING = ".safetensors"
ABOUT = "One file, that opens anywhere without its data."
WITH_MAP = "The points and the lattice show at once, where the data are not at hand."


class SaveModelDialog(SaveFileDialog):
    """Where to, and whether the embedded map goes with it."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Save model", f"Models (*{ENDING})", parent)
        self._session = session
        model = session.model
        name = model.name if model is not None else "model"
        self.with_map = QCheckBox("Keep the map in the file")
        self.with_map.setChecked(session.codes is not None)
        self.with_map.setEnabled(session.codes is not None)
        start = Path.home() / f"{plain_name(name)}{ENDING}"
        self.build(ABOUT, start, self.with_map, WITH_MAP)

    def accept(self) -> None:
        """Save."""
        path = self.typed()
        if path is None:
            return
        if path.suffix != ENDING:
            path = path.with_name(path.name + ENDING)
        super().accept()
        self._session.save_model(path, with_map=self.with_map.isChecked())


def plain_name(name: str) -> str:
    """A name as a file may have it."""
    kept = "".join(c if c.isalnum() or c in "-_." else "-" for c in name.lower())
    return kept.strip("-.") or "model"
