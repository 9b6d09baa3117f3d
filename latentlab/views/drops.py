"""Files and folders dropped on the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData
from PySide6.QtWidgets import QAbstractScrollArea, QLineEdit, QWidget


def paths(data: QMimeData) -> list[Path]:
    """Return the local files and folders in what is dragged."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def leave_to_window(*parts: QWidget) -> None:
    """Let no view inside `parts` take a drop before the window does."""
    for part in parts:
        for view in part.findChildren(QAbstractScrollArea):
            view.setAcceptDrops(False)
            view.viewport().setAcceptDrops(False)
        for field in part.findChildren(QLineEdit):
            field.setAcceptDrops(False)
