"""What the window and the engine say to each other: frozen records of numpy arrays.

Requests are imperatives, events participles. A request carries all it needs and a ticket; an
answer carries its request's ticket, and an answer older than what is shown is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentlab.data.dataset import Dataset
from latentlab.engine.courses import EpochEnded as EpochEnded
from latentlab.engine.courses import MoveRun as MoveRun
from latentlab.engine.courses import Progressed as Progressed
from latentlab.engine.courses import RunMoved as RunMoved
from latentlab.engine.courses import Train as Train
from latentlab.engine.courses import Trained as Trained
from latentlab.engine.courses import TrainingStarted as TrainingStarted
from latentlab.engine.courses import Warned as Warned
from latentlab.engine.decodes import Decode as Decode
from latentlab.engine.decodes import Decoded as Decoded
from latentlab.engine.decodes import DecodeLattice as DecodeLattice
from latentlab.engine.decodes import DecodeSource as DecodeSource
from latentlab.engine.decodes import DecodeStrip as DecodeStrip
from latentlab.engine.decodes import LatticeDecoded as LatticeDecoded
from latentlab.engine.decodes import Peek as Peek
from latentlab.engine.decodes import Peeked as Peeked
from latentlab.engine.decodes import StripDecoded as StripDecoded
from latentlab.engine.dimensions import LatentsMeasured as LatentsMeasured
from latentlab.engine.dimensions import MeasureLatents as MeasureLatents
from latentlab.engine.fields import BoundGap as BoundGap
from latentlab.engine.fields import Field as Field
from latentlab.engine.fields import FieldEvent as FieldEvent
from latentlab.engine.fields import FieldKind as FieldKind
from latentlab.engine.fields import FieldMapped as FieldMapped
from latentlab.engine.fields import FieldRequest as FieldRequest
from latentlab.engine.fields import HereRead as HereRead
from latentlab.engine.fields import MapField as MapField
from latentlab.engine.fields import MapPosteriors as MapPosteriors
from latentlab.engine.fields import PosteriorShape as PosteriorShape
from latentlab.engine.fields import PosteriorsMapped as PosteriorsMapped
from latentlab.engine.fields import ReadHere as ReadHere
from latentlab.engine.figures import DrawFigure as DrawFigure
from latentlab.engine.figures import FigureDrawn as FigureDrawn
from latentlab.engine.figures import Scene as Scene
from latentlab.engine.figures import WriteFigure as WriteFigure
from latentlab.engine.films import Export as Export
from latentlab.engine.films import FrameShown as FrameShown
from latentlab.engine.films import ShowFrame as ShowFrame
from latentlab.engine.frames import DecodeFrames as DecodeFrames
from latentlab.engine.frames import FramesDecoded as FramesDecoded
from latentlab.engine.judgements import Evaluate as Evaluate
from latentlab.engine.judgements import Evaluated as Evaluated
from latentlab.engine.judgements import WriteReport as WriteReport
from latentlab.engine.labelling import ClassesDecoded as ClassesDecoded
from latentlab.engine.labelling import DecodeClasses as DecodeClasses
from latentlab.engine.labelling import LabelsRecovered as LabelsRecovered
from latentlab.engine.labelling import MethodScore as MethodScore
from latentlab.engine.labelling import RecoverLabels as RecoverLabels
from latentlab.engine.labelling import WriteLabels as WriteLabels
from latentlab.engine.layouts import PlaceLayout as PlaceLayout
from latentlab.engine.measures import Measure as Measure
from latentlab.engine.measures import Measured as Measured
from latentlab.engine.projects import OpenProject as OpenProject
from latentlab.engine.projects import ProjectOpened as ProjectOpened
from latentlab.engine.projects import SaveProject as SaveProject
from latentlab.engine.selections import DuplicatesFound as DuplicatesFound
from latentlab.engine.selections import ExportPictures as ExportPictures
from latentlab.engine.selections import ExportRows as ExportRows
from latentlab.engine.selections import FindDuplicates as FindDuplicates
from latentlab.engine.selections import Grow as Grow
from latentlab.engine.selections import Grown as Grown
from latentlab.engine.selections import SelectionEvent as SelectionEvent
from latentlab.engine.selections import SelectionRequest as SelectionRequest
from latentlab.engine.selections import Summarise as Summarise
from latentlab.engine.selections import Summarised as Summarised
from latentlab.engine.selections import Summary as Summary
from latentlab.engine.selections import WriteTable as WriteTable
from latentlab.engine.shapes import MapPrior as MapPrior
from latentlab.engine.shapes import PriorLine as PriorLine
from latentlab.engine.shapes import PriorMapped as PriorMapped
from latentlab.engine.surroundings import FindNear as FindNear
from latentlab.engine.surroundings import NearFound as NearFound
from latentlab.engine.tiles import DecodeRows as DecodeRows
from latentlab.engine.tiles import DecodeTiles as DecodeTiles
from latentlab.engine.tiles import RowsDecoded as RowsDecoded
from latentlab.engine.tiles import TilesDecoded as TilesDecoded
from latentlab.engine.travels import ChangesFound as ChangesFound
from latentlab.engine.travels import FindChanges as FindChanges
from latentlab.engine.travels import PathFigures as PathFigures
from latentlab.engine.travels import PathTraced as PathTraced
from latentlab.engine.travels import TracePath as TracePath
from latentlab.engine.values import ChartSpec as ChartSpec
from latentlab.engine.values import Codes as Codes
from latentlab.engine.values import Lattice as Lattice
from latentlab.engine.values import ModelInfo as ModelInfo
from latentlab.engine.values import Picture as Picture
from latentlab.engine.values import Rect as Rect
from latentlab.specs import DataSpec

# Requests of the work lane (first in, first out; cancellable within one step)


@dataclass(frozen=True, slots=True)
class OpenData:
    """Read a data set; answered by `DataOpened`."""

    ticket: int
    spec: DataSpec


@dataclass(frozen=True, slots=True)
class OpenModel:
    """Open a model file or a run folder; answered by `ModelOpened`, then `ModelReady`."""

    ticket: int
    path: Path


@dataclass(frozen=True, slots=True, eq=False)
class Embed:
    """Embed `dataset` with the open model; answered by `Embedded`."""

    ticket: int
    dataset: Dataset
    chart: ChartSpec


@dataclass(frozen=True, slots=True, eq=False)
class Rechart:
    """Show the same codes on another chart; answered by `Embedded`."""

    ticket: int
    codes: Codes
    chart: ChartSpec


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Draw from the prior; answered by `Sampled`.

    With `each_class`, a model that knows classes draws `count` of each, from the same noise.
    """

    ticket: int
    count: int
    seed: int
    each_class: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Reconstruct:
    """Originals beside reconstructions of rows, with `samples` decodes of q(z|x) for each."""

    ticket: int
    dataset: Dataset
    rows: tuple[int, ...]
    samples: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class SaveModel:
    """Write the open model to one file, with the embedded map if wanted; answered by `Saved`."""

    ticket: int
    path: Path
    codes: Codes | None


WorkRequest = (
    OpenData
    | OpenModel
    | Train
    | MoveRun
    | Embed
    | Rechart
    | PlaceLayout
    | Sample
    | Reconstruct
    | SaveModel
    | Export
    | ShowFrame
    | DrawFigure
    | WriteFigure
    | OpenProject
    | SaveProject
    | Evaluate
    | WriteReport
    | RecoverLabels
    | WriteLabels
    | SelectionRequest
    | FieldRequest
    | MapPrior
    | MeasureLatents
    | Measure
)

# Requests of the live lane (one place for each kind, latest wins)

LiveRequest = (
    Decode
    | DecodeClasses
    | DecodeStrip
    | DecodeLattice
    | DecodeTiles
    | DecodeRows
    | DecodeFrames
    | Peek
    | TracePath
    | FindChanges
    | FindNear
)
Request = WorkRequest | LiveRequest


# Events


@dataclass(frozen=True, slots=True)
class EngineReady:
    """torch is loaded; `devices` can be chosen, `device` is what "auto" means here."""

    device: str
    devices: tuple[str, ...]
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Busy:
    """Long work says where it is; fraction is None where it can't be known."""

    ticket: int
    text: str
    fraction: float | None = None
    left_s: float | None = None


@dataclass(frozen=True, slots=True)
class DataOpened:
    """Answer to `OpenData`."""

    ticket: int
    dataset: Dataset


@dataclass(frozen=True, slots=True)
class ModelOpened:
    """First answer to `OpenModel`: everything that needs no torch."""

    ticket: int
    info: ModelInfo
    codes: Codes | None
    lattice: Lattice | None


@dataclass(frozen=True, slots=True)
class ModelReady:
    """The open model's decoder is live."""

    ticket: int
    device: str


@dataclass(frozen=True, slots=True)
class Embedded:
    """New codes: an answer to `Embed` or `Rechart`, or a refresh while training (`step`)."""

    ticket: int
    codes: Codes
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Sampled:
    """Answer to `Sample`: (n, H, W) or (n, H, W, 3); those of class 0 first where `classes`."""

    ticket: int
    images: NDArray[np.uint8]
    classes: int = 0


@dataclass(frozen=True, slots=True)
class Reconstructed:
    """Answer to `Reconstruct`; `samples` is (n, S, H, W[, 3])."""

    ticket: int
    rows: tuple[int, ...]
    originals: NDArray[np.uint8]
    reconstructions: NDArray[np.uint8]
    samples: NDArray[np.uint8]
    z: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Saved:
    """Something was written."""

    ticket: int
    path: Path
    what: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The person called it off."""

    ticket: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A request came to nothing; the lane lives on.

    `request` is the request's type name, `trace` the traceback for the log, never for the window.
    """

    ticket: int
    request: str
    what: str
    where: str = ""
    do: str = ""
    trace: str = ""


Event = (
    EngineReady
    | Busy
    | DataOpened
    | ModelOpened
    | ModelReady
    | Embedded
    | TrainingStarted
    | Progressed
    | EpochEnded
    | Trained
    | Warned
    | RunMoved
    | Decoded
    | StripDecoded
    | LatticeDecoded
    | TilesDecoded
    | RowsDecoded
    | FramesDecoded
    | PathTraced
    | ChangesFound
    | NearFound
    | Peeked
    | ClassesDecoded
    | LabelsRecovered
    | PriorMapped
    | LatentsMeasured
    | SelectionEvent
    | FieldEvent
    | Sampled
    | Reconstructed
    | Evaluated
    | Measured
    | FigureDrawn
    | FrameShown
    | ProjectOpened
    | Saved
    | Cancelled
    | Failed
)
