"""Telling from a path what it holds: a model, a run, or data."""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path
from typing import Literal

from latentlab.data.dataset import Dataset
from latentlab.engine.values import ModelInfo
from latentlab.errors import LatentlabError
from latentlab.export.project import is_project
from latentlab.session.state import Notice
from latentlab.specs import DataSpec, ModelSpec, RunConfig, TrainSpec
from latentlab.training.runs import Run, is_run

MODEL_ENDINGS = (".safetensors", ".latentlab")


def kind_of(path: Path) -> Literal["project", "model", "data"]:
    """Whether a path is opened as a project, as a model (a file or a run folder) or as data."""
    if is_project(path):
        return "project"
    if path.suffix.lower() in MODEL_ENDINGS:
        return "model"
    return "model" if is_run(path) else "data"


def data_first(sources: tuple[str, ...]) -> list[str]:
    """Sources in the order in which they are opened: models after all else.

    A model without its map opens its own data where there are none: they would be read twice.

    Example:
        >>> data_first(("vae.safetensors", "digits"))
        ['digits', 'vae.safetensors']
    """
    return sorted(sources, key=lambda source: kind_of(Path(source)) == "model")


def data_spec(path: Path) -> DataSpec:
    """How a dropped file or folder is opened."""
    return DataSpec(source=str(path))


def new_run_folder(parent: Path, name: str) -> Path:
    """A folder name for a new run that does not exist yet."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "run"
    stamp = datetime.now().astimezone().strftime("%Y-%m-%d-%H%M%S")
    folder = parent / f"{plain}-{stamp}"
    count = 2
    while folder.exists():
        folder = parent / f"{plain}-{stamp}-{count}"
        count += 1
    return folder


def is_resumable(path: Path) -> bool:
    """Whether `path` is a run with something to go on from."""
    return is_run(path) and any(path.glob("generation-*/manifest.json"))


def can_go_on(path: Path) -> bool:
    """Whether `path` is a run, and no other program trains in it."""
    if not is_run(path):
        return False
    try:
        Run.open(path).close()
    except LatentlabError:
        return False
    return True


def cut_short(path: Path) -> Notice:
    """Offer a run that a crash ended; one that had no checkpoint yet begins again."""
    if is_resumable(path):
        do, label = "It can go on where it was.", "Go on"
    else:
        do, label = "It had no checkpoint yet, and can begin again.", "Begin again"
    text = "The last training was cut short."
    return Notice("info", text, do, "resume_run", label, str(path))


def is_at_hand(spec: DataSpec) -> bool:
    """Whether data can be opened without a download."""
    from latentlab.data.catalogue import CATALOGUE
    from latentlab.data.guard import Reading
    from latentlab.data.named import VARIABLE, files_in

    name = spec.source.strip().lower()
    named = CATALOGUE.get(name)
    if named is None:
        return name == "digits" or Path(spec.source).expanduser().exists()
    own = os.environ.get(VARIABLE, "")
    if own and (files_in(Path(own) / name, named) or files_in(Path(own), named)):
        return True
    return files_in(Reading().cache / "datasets" / name, named, downloaded=True) is not None


def read_run(path: Path) -> RunConfig:
    """A run's configuration.

    Raises:
        LatentlabError: There is no run, or its configuration is damaged.
    """
    return Run.open(path, read_only=True).config


def data_wanted(text: str, model: ModelInfo) -> Notice:
    """Ask for the data of a model: at one press where they can be found, else by a dialog."""
    name = model.data_name or "its data"
    source = model.data.source if model.data is not None else ""
    found = bool(source) and (Path(source).exists() or not set(source) & set("/\\."))
    action = "open_its_data" if found else "open_data"
    label = f"Open {name}" if found else "Open data..."
    return Notice("info", text, f"Open {name} to see them.", action, label)


def suggest(dataset: Dataset) -> tuple[ModelSpec, TrainSpec]:
    """Good defaults for a data set: a person who presses Enter gets a good map."""
    from latentlab.training import defaults

    return defaults.suggest(dataset)
