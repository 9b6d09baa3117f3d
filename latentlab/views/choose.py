"""Asking for files and folders with the system's own dialogs."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

MODEL_FILES = "Models (*.safetensors *.latentlab)"
FILM_FILES = (
    "GIF (*.gif);;WebP (*.webp);;MP4 (*.mp4);;PNG strip (*.png);;PNG frames (*.frames)"
    ";;Arrays (*.npz)"
)
FIGURE_FILES = "PNG (*.png);;PDF (*.pdf);;SVG (*.svg);;WebP (*.webp)"
PROJECT_FILES = "Projects (*.latentlab)"
DATA_FILES = "Data (*.npz *.npy *.csv *.parquet *.gz *ubyte *.idx *.h5);;All files (*)"
TABLE_FILES = "CSV (*.csv);;Parquet (*.parquet);;Arrays (*.npz)"
SHEET_FILES = "PNG (*.png);;WebP (*.webp)"
PNG_FILES = "PNG (*.png)"


def existing_file(parent: QWidget, title: str, kinds: str) -> Path | None:
    """Ask for a file that exists; None where the person called it off."""
    name, _ = QFileDialog.getOpenFileName(parent, title, "", kinds)
    return Path(name) if name else None


def folder(parent: QWidget, title: str) -> Path | None:
    """Ask for a folder; None where the person called it off."""
    name = QFileDialog.getExistingDirectory(parent, title)
    return Path(name) if name else None


def new_file(parent: QWidget, title: str, name: str, kinds: str) -> Path | None:
    """Ask where to write; the kind that was chosen gives the ending where none was typed."""
    while True:
        suggested = Path(name).suffix
        begin = next((kind for kind in kinds.split(";;") if ending_of(kind) == suggested), "")
        chosen, kind = QFileDialog.getSaveFileName(parent, title, name, kinds, begin)
        if not chosen:
            return None
        path = with_ending(Path(chosen), suggested, begin, kind)
        if path == Path(chosen) or not path.exists():
            return path
        name = str(path)  # nobody was asked whether this one may be replaced


def with_ending(path: Path, suggested: str, begin: str, kind: str) -> Path:
    """The path with the ending that is meant: the typed one, else that of the chosen kind.

    Args:
        path: What was chosen.
        suggested: The ending that stood there.
        begin: The kind that stood there.
        kind: The kind that was chosen.

    Example:
        >>> with_ending(Path("a.gif"), ".gif", "GIF (*.gif)", "MP4 (*.mp4)").name
        'a.mp4'
        >>> with_ending(Path("a.webp"), ".gif", "GIF (*.gif)", "MP4 (*.mp4)").name
        'a.webp'
        >>> with_ending(Path("a"), ".gif", "GIF (*.gif)", "GIF (*.gif)").name
        'a.gif'
    """
    ending = ending_of(kind)
    if not path.suffix:
        return path.with_name(path.name + ending)
    if path.suffix == suggested and kind != begin and ending:
        return path.with_suffix(ending)
    return path


def ending_of(kind: str) -> str:
    """The first ending of a kind of files.

    Example:
        >>> ending_of("Projects (*.latentlab *.old)")
        '.latentlab'
    """
    return kind.partition("*")[2].partition(")")[0].partition(" ")[0]


def new_folder(parent: QWidget, title: str, name: str) -> Path | None:
    """Ask for the name of a folder that is to be made; None where it was called off."""
    chosen, _ = QFileDialog.getSaveFileName(
        parent, title, name, "Folder (*)", options=QFileDialog.Option.ShowDirsOnly
    )
    return Path(chosen) if chosen else None
