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
    """Ask where to write; the ending of the chosen kind is added where none is typed."""
    chosen, kind = QFileDialog.getSaveFileName(parent, title, name, kinds)
    if not chosen:
        return None
    path = Path(chosen)
    if path.suffix:
        return path
    ending = kind.partition("*")[2].partition(")")[0].partition(" ")[0]
    return path.with_name(path.name + ending)


def new_folder(parent: QWidget, title: str, name: str) -> Path | None:
    """Ask for the name of a folder that is to be made; None where it was called off."""
    chosen, _ = QFileDialog.getSaveFileName(
        parent, title, name, "Folder (*)", options=QFileDialog.Option.ShowDirsOnly
    )
    return Path(chosen) if chosen else None
