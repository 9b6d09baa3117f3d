"""Benches of many trainings: a line of JSON for each that is done, a run folder to go on with."""

from __future__ import annotations

import json
import os
import platform
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import resumable
import torch

import latentlab
from latentlab.data.dataset import Dataset
from latentlab.models.model import Model
from latentlab.specs import ModelSpec, TrainSpec

Record = dict[str, Any]


def parser(out: str, *, seeds: int) -> ArgumentParser:
    """What such benches are told: where data are and results go, seeds, device."""
    made = ArgumentParser()
    made.add_argument("--data", default=os.environ.get("LATENTLAB_DATA", ""))
    made.add_argument("--out", type=Path, default=Path("build/bench") / out)
    made.add_argument("--seeds", type=int, default=seeds)
    made.add_argument("--device", default="auto")
    return made


class Lines:
    """The records of a file, one for each key; what is there is not computed again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        text = path.read_text() if path.is_file() else ""
        # A line that was cut short by an interruption is computed anew.
        whole = [line for line in text.split("\n")[:-1] if line.startswith("{")]
        self.records: dict[str, Record] = {r["key"]: r for r in map(json.loads, whole)}

    def once(self, key: str, make: Callable[[], Record]) -> Record:
        """The record of `key`, made and written where it is not there."""
        if key not in self.records:
            record = {"key": key} | make() | {"machine": machine()}
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a") as file:
                file.write(json.dumps(record) + "\n")
            self.records[key] = record
            print(f"{key}: done", file=sys.stderr, flush=True)
        return self.records[key]


def tabulate(
    out: Path,
    cells: Iterable[tuple[str, Callable[[], Record]]],
    table: Callable[[list[Record]], str],
) -> None:
    """Make what is not there of (key, record); OUT/table.md is written anew after each."""
    kept, text = Lines(out / "lines.jsonl"), ""
    for key, make in cells:
        kept.once(key, make)
        text = table(list(kept.records.values()))
        (out / "table.md").write_text(text)
    print(text)


def trained(folder: Path, data: Dataset, model: ModelSpec, train: TrainSpec) -> tuple[Model, float]:
    """Train to the end, or go on where it stopped; the model, and the seconds it took in all."""
    trainer = resumable.trained(folder, data, model, train)
    return Model(trainer.vae, trainer.header()), trainer.history[-1].elapsed_s


def pictures(folder: str, name: str) -> Dataset:
    """A named set from a folder that holds it, else from the catalogue."""
    inside = Path(folder) / name
    return latentlab.open_dataset(str(inside) if folder and inside.is_dir() else name)


def mean_and_spread(values: list[float]) -> str:
    """`-98.21 ± 0.12 (3)`: mean, standard deviation over seeds, how many."""
    if not values:
        return ""
    spread = f" ± {np.std(values, ddof=1):.2f}" if len(values) > 1 else ""
    return f"{np.mean(values):.2f}{spread} ({len(values)})"


def machine() -> str:
    """What the figures were made on."""
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else platform.machine()
    load = os.getloadavg()[0]
    return f"{device}, {os.cpu_count()} cores, torch {torch.__version__}, load {load:.1f}"
