"""What is true now, as frozen records: the session replaces one, and emits one signal."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from latentlab.engine.messages import ChartSpec, Picture, Rect
from latentlab.session.bookmark import Bookmark
from latentlab.session.path import PathState as PathState
from latentlab.session.path import Point as Point
from latentlab.session.relabelled import Relabelled
from latentlab.training.records import EpochMetrics, Progress

EndsByName = tuple[tuple[str, tuple[float, float]], ...]  # column and ends of its colour scale
HiddenByName = tuple[tuple[str, frozenset[int]], ...]  # column and categories, by column

TrainingStatus = Literal[
    "idle",
    "starting",
    "running",
    "paused",
    "stopping",
    "finished",
    "stopped",
    "early",
    "diverged",
    "failed",
]
ACTIVE: tuple[TrainingStatus, ...] = ("starting", "running", "paused", "stopping")


@dataclass(frozen=True, slots=True)
class TrainingState:
    """What the training panel shows; `history` is one record for each epoch."""

    status: TrainingStatus = "idle"
    progress: Progress | None = None
    history: tuple[EpochMetrics, ...] = ()
    message: str = ""
    device: str = ""
    precision: str = ""
    run: Path | None = None
    monitored: Literal["test", "validation"] = "test"

    @property
    def active(self) -> bool:
        """Whether a training is under way (paused and stopping count)."""
        return self.status in ACTIVE


@dataclass(frozen=True, slots=True)
class BusyState:
    """Long work other than training: what, how far (None where unknown), and seconds left."""

    text: str
    fraction: float | None
    left_s: float | None
    ticket: int


@dataclass(frozen=True, slots=True)
class EngineState:
    """Whether torch is loaded, what "auto" means here, and what can be chosen."""

    ready: bool = False
    device: str = ""
    devices: tuple[str, ...] = ()
    live: bool = False  # whether the open model's own decoder answers


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the person, with one thing to do about it.

    `action` is a name: `session.act(notice)` runs what the session can do itself; the others
    ("open_data", "train", "save_model") are dialogs, which the window opens.
    """

    level: Literal["info", "good", "warn", "bad"]
    text: str
    do: str = ""
    action: str | None = None
    action_label: str = ""
    argument: str = ""
    second: str | None = None  # another thing that can be done
    second_label: str = ""
    instead_of: str = ""  # the action of notices that are no longer true with this one


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A page of pictures: samples, originals beside reconstructions, or one datum's story.

    Args:
        pictures: (n, H, W[, 3]) samples, or the reconstructions of `rows`.
        originals: (n, H, W[, 3]), where there are originals.
        samples: (n, S, H, W[, 3]) decodes of draws from q(z|x), where asked for.
        classes: Names of the rows, where each row is a class.
    """

    kind: Literal["samples", "reconstructions", "datum"]
    title: str
    rows: tuple[int, ...]
    originals: NDArray[np.uint8] | None
    pictures: NDArray[np.uint8]
    samples: NDArray[np.uint8] | None
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class PictureState:
    """A datum's picture; None while it is on its way (`picture_ready(row)` follows)."""

    image: Picture | None
    is_reconstruction: bool


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """What is selected on the map: rows, ascending."""

    rows: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Undoable:
    """The part of the state that Ctrl+Z brings back."""

    z: tuple[float, ...] | None = field(default=None, compare=False)  # it alone is no change
    typed: int = 0  # which z was typed or slid to last
    path: PathState | None = None
    hidden: HiddenByName = ()
    where: str = ""
    colour_ends: EndsByName = ()
    chart: ChartSpec = field(default_factory=ChartSpec)
    view: Rect | None = None
    selection: Selection | None = None
    bookmarks: tuple[Bookmark, ...] = ()
    relabelled: Relabelled | None = None
