"""File > Open data...: a named set, a file or a folder, and how it is read."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QWidget,
)

from latentlab.data.catalogue import CATALOGUE, NAMES
from latentlab.session.session import Session
from latentlab.specs import DataSpec
from latentlab.views import choose
from latentlab.views.dialogs.base import Dialog
from latentlab.views.dialogs.file_field import FileField
from latentlab.views.fields import InvalidFieldError
from latentlab.views.forms import Form
from latentlab.views.theme import GRID
from latentlab.views.widgets import boxed, column, heading, row, with_text, words
from latentlab.views.words import EMPTY

ABOUT = {
    "digits": "1,797 handwritten digits, 8 x 8; nothing to download",
    "mnist": "70,000 handwritten digits, 28 x 28; 12 MB",
    "fashion-mnist": "70,000 pieces of clothing, 28 x 28; 31 MB",
    "kmnist": "70,000 cursive Japanese characters, 28 x 28; 21 MB",
    "emnist": "131,600 handwritten digits and letters, 28 x 28; 562 MB",
    "dsprites": "737,280 shapes with known factors, 64 x 64; 26 MB",
}
NAME = Qt.ItemDataRole.UserRole
READING = ("image_size", "channels", "x_key", "y_key", "labels", "nonfinite", "split_seed")
LEAST_LIST_PX = 110
LABEL_FILES = "Tables (*.csv *.tsv *.txt *.parquet)"


class OpenDataDialog(Dialog):
    """Chooses a data set; the session opens it.

    Args:
        session: Who opens it.
        parent: The window.
        again: What could not be opened as it was read: it begins with that, to be read otherwise.
    """

    def __init__(
        self, session: Session, parent: QWidget | None = None, again: DataSpec | None = None
    ) -> None:
        super().__init__("Open data", parent)
        self._session = session
        self.names = QListWidget()
        self.names.setAccessibleName("Known data sets")
        self.names.setWordWrap(True)
        for name in NAMES:
            item = QListWidgetItem(f"{_title(name)}\n{ABOUT.get(name, '')}")
            item.setData(NAME, name)
            self.names.addItem(item)
        self.names.currentItemChanged.connect(self._name_chosen)
        self.names.itemDoubleClicked.connect(self.accept)
        self.path = QLineEdit()
        self.path.setPlaceholderText("a file or a folder")
        self.path.setAccessibleName("File or folder")
        self.path.textChanged.connect(self._check)
        self.kind = words("", "small", wrap=True)
        self.options = QCheckBox("Say how it is read")
        start = again or DataSpec(source="digits")
        makers = {"labels": _labels_field}
        self.form: Form[DataSpec] = Form(DataSpec, start, only=READING, makers=makers)
        self.form.changed.connect(self._check)
        self.form.hide()
        self.options.toggled.connect(self.form.setVisible)
        self.trouble = words("", "bad", wrap=True)
        self._build()
        self.names.setCurrentRow(0)
        self.begin_at(640, 640)
        self.names.setFocus()
        if again is not None:
            self.path.setText(again.source)
            self.options.setChecked(True)
            self.path.setFocus()

    def _build(self) -> None:
        self.add_title(
            "Open data", "A known set, or files of your own. A drop on the window does it too."
        )
        self.names.setMinimumHeight(with_text(self, LEAST_LIST_PX).height())
        file_button = QPushButton("File...")
        folder_button = QPushButton("Folder...")
        for button, slot in (
            (file_button, self._choose_file),
            (folder_button, self._choose_folder),
        ):
            button.setAutoDefault(False)
            button.clicked.connect(slot)
        parts = (
            column(heading("Known sets"), self.names),
            column(
                heading("Or a file or folder"),
                row(self.path, file_button, folder_button),
                self.kind,
            ),
            self.options,
            self.form,
        )
        self.add_scrolled(boxed(column(*parts, spacing=2 * GRID)))
        self.body.addWidget(self.trouble)
        self.open_button = self.add_primary("Open")

    def _choose_file(self) -> None:
        path = choose.existing_file(self, "Open data", choose.DATA_FILES)
        if path is not None:
            self.path.setText(str(path))

    def _choose_folder(self) -> None:
        path = choose.folder(self, "Open data")
        if path is not None:
            self.path.setText(str(path))

    def _name_chosen(self) -> None:
        if self.names.currentItem() is not None:
            self.path.clear()
        self._check()

    def _check(self) -> None:
        typed = self.path.text().strip()
        self.kind.setText(_kind_words(typed))
        if typed and self.names.currentItem() is not None:
            self.names.blockSignals(True)
            self.names.setCurrentRow(-1)
            self.names.clearSelection()
            self.names.blockSignals(False)
        found = self.form.problems() if self.options.isChecked() else {}
        self.trouble.setText(next(iter(found.values()), ""))
        self.trouble.setVisible(bool(found))
        self.open_button.setEnabled(not found and bool(self.source()))

    def source(self) -> str:
        """What is chosen: a name or a path; empty where nothing is."""
        typed = self.path.text().strip()
        if typed:
            return str(Path(typed).expanduser())
        item = self.names.currentItem()
        return str(item.data(NAME)) if self.names.currentRow() >= 0 else ""

    def accept(self) -> None:
        """Open what is chosen."""
        source = self.source()
        if not source:
            return
        spec = DataSpec(source=source)
        if self.options.isChecked():
            try:
                read = self.form.spec()
            except InvalidFieldError:
                return
            spec = DataSpec(**{**{name: getattr(read, name) for name in READING}, "source": source})
        super().accept()
        self._session.open_data(spec)


def _labels_field() -> FileField:
    return FileField("Labels in a file", LABEL_FILES, EMPTY["labels"])


def _title(name: str) -> str:
    return CATALOGUE[name].title if name in CATALOGUE else "Digits (scikit-learn)"


def _kind_words(typed: str) -> str:
    if not typed:
        return "Folders: IDX files as published, or pictures with sub-folders as labels."
    path = Path(typed).expanduser()
    if path.is_dir():
        return "A folder: pictures, with sub-folders as labels, or the files of a known set."
    kinds = {
        ".npz": "Arrays: pictures and labels are found by their names.",
        ".npy": "One array of pictures.",
        ".csv": "A table: a row each, pixels or numbers in columns.",
        ".parquet": "A table: a row each, pixels or numbers in columns.",
        ".gz": "IDX, packed.",
    }
    if not path.exists():
        return "There is no such file or folder."
    return kinds.get(path.suffix.lower(), "IDX, or whatever its first bytes say.")
