"""z to read and to type; its sliders are beside it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from latentlab.latent.cells import GridChart
from latentlab.session.natures import has_latents
from latentlab.session.session import Session
from latentlab.views.panels.sliders import LatentSliders
from latentlab.views.widgets import column, row, words


def write_z(z: NDArray[np.float64], digits: int = 3) -> str:
    """Write latents as they can be typed again: "0.42, -1.17"."""
    return ", ".join(f"{value:.{digits}f}" for value in z)


def parse_z(text: str, latent_dim: int) -> NDArray[np.float64] | str:
    """Read latents, or return the sentence of why not."""
    cleaned = text.replace("\N{MINUS SIGN}", "-").strip(" ()[]")
    parts = [part for part in cleaned.replace(";", ",").replace(",", " ").split() if part]
    try:
        values = [float(part) for part in parts]
    except ValueError:
        return "Type numbers with commas between, for example 0.42, -1.17."
    if len(values) != latent_dim:
        return f"Type {latent_dim} numbers: this model has {latent_dim} latents."
    if not all(math.isfinite(value) for value in values):
        return "Type numbers that are finite."
    return np.array(values)


def write_code(z: NDArray[np.float64], chart: GridChart) -> str:
    """Write the most probable category of each latent: "3, 0"."""
    return ", ".join(str(value) for value in chart.codes_of(z))


def parse_code(text: str, chart: GridChart) -> NDArray[np.float64] | str:
    """Read a code as one-hot values, or return the sentence of why not."""
    parts = [part for part in text.strip(" ()[]").replace(",", " ").split() if part]
    top = chart.categories - 1
    if len(parts) != chart.latents or not all(part.isdecimal() for part in parts):
        many = "a whole number" if chart.latents == 1 else f"{chart.latents} whole numbers"
        return f"Type {many} from 0 to {top}, the category of each latent."
    code = np.array([int(part) for part in parts])
    if code.max() > top:
        return f"Categories go from 0 to {top}."
    if chart.cell_of(code) is None:
        return "This code is not among the cells of the map."
    return chart.one_hot(code)


class LatentsEdit(QWidget):
    """The field for z, its complaint, and sliders for the axes that the map does not show."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.edit = QLineEdit()
        self.edit.setAccessibleName("z, the latents at the cursor")
        self.edit.setToolTip("Type latents and press Enter")
        self.edit.returnPressed.connect(self._apply)
        self.edit.textEdited.connect(self._clear_complaint)
        self.edit.installEventFilter(self)
        self.complaint = words("", "bad", wrap=True)
        self.complaint.hide()
        self.sliders = LatentSliders(session)
        label = words("z")
        label.setToolTip("The latents; of categories, the code of each")
        label.setBuddy(self.edit)
        self.setLayout(column(row(label, self.edit), self.complaint, self.sliders))
        session.cursor_calm.connect(self.refresh)
        session.model_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the session's z, unless the person is typing."""
        z = self._session.z
        model = self._session.model
        self.edit.setEnabled(model is not None and has_latents(model.spec))
        self.sliders.refresh()
        if self.edit.hasFocus() and self.edit.isModified():
            return
        self._show(z)

    def _show(self, z: NDArray[np.float64] | None) -> None:
        self.edit.setText("" if z is None else self._written(z, 3))
        self.edit.setCursorPosition(0)
        self._clear_complaint()

    def _apply(self) -> None:
        model = self._session.model
        if model is None:
            return
        plane = self._session.plane
        if isinstance(plane, GridChart):
            z = parse_code(self.edit.text(), plane)
        else:
            z = parse_z(self.edit.text(), model.spec.latent_dim)
        if isinstance(z, str):
            self._complain(z)
            return
        self.edit.setModified(False)
        self._clear_complaint()
        self._session.set_z(z)

    def _complain(self, sentence: str) -> None:
        self.complaint.setText(sentence)
        self.complaint.show()
        self._mark(True)

    def _clear_complaint(self) -> None:
        self.complaint.hide()
        self._mark(False)

    def _mark(self, invalid: bool) -> None:
        if bool(self.edit.property("invalid")) != invalid:
            self.edit.setProperty("invalid", invalid)
            self.edit.style().unpolish(self.edit)
            self.edit.style().polish(self.edit)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look at another widget's events first."""
        if watched is self.edit and isinstance(event, QKeyEvent):
            escape = event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape
            if escape and self.edit.isModified():
                self.edit.setModified(False)
                self._show(self._session.z)
                return True
        return super().eventFilter(watched, event)

    def copy(self) -> None:
        """Put z on the clipboard, with all its digits."""
        z = self._session.z
        if z is not None:
            QGuiApplication.clipboard().setText(self._written(z, 6))

    def _written(self, z: NDArray[np.float64], digits: int) -> str:
        plane = self._session.plane
        return write_code(z, plane) if isinstance(plane, GridChart) else write_z(z, digits)
