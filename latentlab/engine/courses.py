"""What is said of a training: the requests that begin and move it, and the events of its course."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from latentlab.data.dataset import Dataset
from latentlab.engine.values import ChartSpec, ModelInfo
from latentlab.specs import ModelSpec, TrainSpec
from latentlab.training.records import About, EpochMetrics, Outcome, Progress


@dataclass(frozen=True, slots=True, eq=False)
class Train:
    """Train a model on `dataset`, from scratch, from the open model, or from a run folder.

    Answered by `TrainingStarted`, many `Progressed`, `EpochEnded` and `Embedded`, then `Trained`.
    """

    ticket: int
    dataset: Dataset
    model: ModelSpec
    train: TrainSpec
    run: Path | None = None
    warm_start: bool = False
    resume: bool = False
    chart: ChartSpec = field(default_factory=ChartSpec)


@dataclass(frozen=True, slots=True)
class MoveRun:
    """Keep the training under way in a new run folder from now on; answered by `RunMoved`."""

    ticket: int
    path: Path


@dataclass(frozen=True, slots=True)
class TrainingStarted:
    """The probe is done and the first step follows."""

    ticket: int
    info: ModelInfo
    run: Path | None
    device: str
    precision: str
    steps: int
    monitored: Literal["test", "validation"]


@dataclass(frozen=True, slots=True)
class Progressed:
    """Where the training is, at most 20 times a second."""

    ticket: int
    progress: Progress
    paused: bool = False


@dataclass(frozen=True, slots=True)
class EpochEnded:
    """One more point of the curves, at most 20 times a second.

    Epochs that ended since the last word, before `metrics`, are `earlier`.
    """

    ticket: int
    metrics: EpochMetrics
    earlier: tuple[EpochMetrics, ...] = ()


@dataclass(frozen=True, slots=True)
class Trained:
    """The training is over, one way or another; the model is kept and open."""

    ticket: int
    info: ModelInfo
    outcome: Outcome
    message: str


@dataclass(frozen=True, slots=True)
class Warned:
    """Something a person should know while the work goes on (disk full, batch halved)."""

    ticket: int
    what: str
    do: str = ""
    about: About = "other"


@dataclass(frozen=True, slots=True)
class RunMoved:
    """Answer to `MoveRun`; `kept` is false where the new place failed too (`Warned` says how)."""

    ticket: int
    path: Path
    kept: bool
