"""What is asked of projects: one to write, one to open."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from latentlab.export.project import ProjectFile
from latentlab.specs import DataSpec


@dataclass(frozen=True, slots=True, eq=False)
class SaveProject:
    """Write a project; answered by `Saved`.

    Args:
        ticket: Its number.
        path: Where to.
        project: What is kept, without the model's copy.
        copy: Whether the open model is copied into the file, with its map.
    """

    ticket: int
    path: Path
    project: ProjectFile
    copy: bool


@dataclass(frozen=True, slots=True, eq=False)
class OpenProject:
    """Read a project, and find its model and data; answered by `ProjectOpened`.

    Args:
        ticket: Its number.
        path: The project.
        models: Where copies of models are put, to be opened from there.
    """

    ticket: int
    path: Path
    models: Path


@dataclass(frozen=True, slots=True, eq=False)
class ProjectOpened:
    """Answer to `OpenProject`.

    Args:
        ticket: Of the request.
        path: The project.
        project: What it holds, without the model's copy.
        model: The model's file or run folder; None where it is not there.
        data: How to open the data; None where they are not there.
        changed: Whether the model's file is no longer what it was.
    """

    ticket: int
    path: Path
    project: ProjectFile
    model: Path | None
    data: DataSpec | None
    changed: bool
