"""Writing and opening projects, in the work lane."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from latentlab.data.catalogue import NAMES
from latentlab.engine.projects import OpenProject, ProjectOpened, SaveProject
from latentlab.engine.values import Codes
from latentlab.export.project import KeptModel, ProjectFile, read_project, write_project
from latentlab.files import sha256, write_atomic
from latentlab.specs import DataSpec, replace

if TYPE_CHECKING:
    from latentlab.models.model import Model

MOST_COPIES = 20  # models of projects that are kept at hand
Replace = msgspec.structs.replace


def save(request: SaveProject, model: Model | None, codes: Codes | None) -> None:
    """Write a project, with paths that also hold from its own folder."""
    folder = request.path.absolute().parent
    kept, data = request.project.model, request.project.data
    if kept is not None:
        kept = Replace(kept, beside=_beside(kept.path, folder))
        if request.copy and model is not None:
            copy = _copy_of(model, codes, kept.name)
            kept = Replace(kept, copy=copy, sha256=sha256(copy))
        elif kept.path:
            kept = Replace(kept, sha256=_sha_of(Path(kept.path)))
    if data is not None:
        data = Replace(data, beside=_beside(data.spec.source, folder))
    write_project(request.path, Replace(request.project, model=kept, data=data))


def open_project(request: OpenProject) -> ProjectOpened:
    """Read a project, and look for what it names.

    Raises:
        RefusedError: It is no project, or damaged.
    """
    project = read_project(request.path)
    folder = request.path.absolute().parent
    model, changed = _find_model(project.model, folder, request.models)
    data = None if project.data is None else _find_data(project, folder)
    if project.model is not None:
        project = Replace(project, model=Replace(project.model, copy=None))
    return ProjectOpened(request.ticket, request.path, project, model, data, changed)


def _copy_of(model: Model, codes: Codes | None, name: str) -> bytes:
    from latentlab.engine.lattices import decode_lattice, rect_of
    from latentlab.engine.reading import stored_lattice, stored_map
    from latentlab.models.files import to_bytes

    kept = lattice = None
    if codes is not None:
        kept = stored_map(codes)
        lattice = stored_lattice(decode_lattice(model, codes.plane, rect_of(codes)))
    file = model.to_file(kept, lattice)
    named = replace(file.header, name=file.header.name or name)
    return to_bytes(type(file)(named, file.weights, file.map, file.lattice))


def _find_model(kept: KeptModel | None, folder: Path, models: Path) -> tuple[Path | None, bool]:
    if kept is None:
        return None, False
    if kept.copy is not None:
        return _put(kept.copy, models), sha256(kept.copy) != kept.sha256
    for place in _places(kept.path, kept.beside, folder):
        if place.exists():
            return place, bool(kept.sha256) and _sha_of(place) != kept.sha256
    return None, False


def _put(copy: bytes, models: Path) -> Path:
    """A copy of a model as a file of its own, named by what it holds."""
    models.mkdir(parents=True, exist_ok=True)
    path = models / f"{sha256(copy)[:32]}.safetensors"
    if not path.exists() or path.stat().st_size != len(copy):
        write_atomic(path, copy)
    else:
        path.touch()
    others = sorted(models.glob("*.safetensors"), key=lambda file: file.stat().st_mtime)
    for old in others[:-MOST_COPIES]:
        if old != path:
            old.unlink(missing_ok=True)
    return path


def _find_data(project: ProjectFile, folder: Path) -> DataSpec | None:
    kept = project.data
    if kept is None:
        return None
    if kept.spec.source.strip().lower() in NAMES:
        return kept.spec
    for place in _places(kept.spec.source, kept.beside, folder):
        if place.exists():
            return replace(kept.spec, source=str(place))
    return None


def _places(path: str, beside: str, folder: Path) -> list[Path]:
    found = [(folder / beside).resolve()] if beside else []  # a folder that was moved holds both
    return [*found, Path(path).expanduser()] if path else found


def _beside(path: str, folder: Path) -> str:
    """The way from the project to a file; empty where there is none."""
    place = Path(path).expanduser()
    if not path or not place.exists():
        return ""
    try:
        return os.path.relpath(place.absolute(), folder)
    except ValueError:  # another drive
        return ""


def _sha_of(path: Path) -> str:
    return sha256(path.read_bytes()) if path.is_file() else ""
