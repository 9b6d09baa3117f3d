"""A training in a run folder that goes on where it stopped, for the long benches."""

from __future__ import annotations

import sys
from pathlib import Path

from latentlab.data.dataset import Dataset
from latentlab.specs import ModelSpec, RunConfig, TrainSpec
from latentlab.training.records import EpochMetrics
from latentlab.training.runs import Run, is_run
from latentlab.training.trainer import Trainer


def trained(folder: Path, data: Dataset, model: ModelSpec, train: TrainSpec) -> Trainer:
    """Train to the end; call it again after an interruption, and it goes on."""
    resume = is_run(folder)
    if resume:
        run = Run.open(folder)
    else:
        config = RunConfig(
            model=model, train=train, data=data.source, checksums=dict(data.checksums)
        )
        folder.parent.mkdir(parents=True, exist_ok=True)
        run = Run.create(folder, config)
    with run:
        trainer = Trainer(data, model, train, run=run, resume=resume)
        for metrics in trainer:
            if metrics is not None:
                _tell(folder.name, metrics)
    return trainer


def curve(trainer: Trainer) -> list[dict[str, float]]:
    """Seconds, epoch and held-out bound of every epoch that was scored."""
    return [
        {
            "seconds": round(line.elapsed_s),
            "epoch": line.epoch,
            "nats": round(line.held_out.bound_nats, 2),
        }
        for line in trainer.history
        if line.held_out is not None
    ]


def _tell(name: str, line: EpochMetrics) -> None:
    held_out = "" if line.held_out is None else f", held-out {line.held_out.bound_nats:.2f}"
    text = f"epoch {line.epoch}, {line.elapsed_s:.0f} s, train {line.train.bound_nats:.2f}"
    print(f"{name}: {text}{held_out}", file=sys.stderr, flush=True)
