"""What is asked about a selection of the map, and how the work lane answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.data.dataset import Dataset
from latentlab.engine.values import Codes


@dataclass(frozen=True, slots=True, eq=False)
class ExportRows:
    """Write rows of the map to npz, CSV or Parquet by the ending; answered by `Saved`."""

    ticket: int
    path: Path
    codes: Codes
    rows: NDArray[np.int32]
    label_names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ExportPictures:
    """Write the pictures of rows: a sheet (.png, .webp), else a folder; answered by `Saved`.

    Args:
        ticket: Its number.
        path: Where to.
        codes: What is on the map.
        rows: (n,) whose pictures, in this order.
        dataset: Whose rows they are; None where the data are not open: then reconstructions.
        label_names: Names of the classes.
    """

    ticket: int
    path: Path
    codes: Codes
    rows: NDArray[np.int32]
    dataset: Dataset | None
    label_names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Grow:
    """Add the k nearest neighbours in z of each row; answered by `Grown`."""

    ticket: int
    codes: Codes
    rows: NDArray[np.int32]
    k: int


@dataclass(frozen=True, slots=True, eq=False)
class Grown:
    """Answer to `Grow`: the rows (n,), ascending, and the codes that they are of."""

    ticket: int
    codes: Codes
    rows: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Summarise:
    """Measure what rows have in common; answered by `Summarised`, twice where there is a model.

    Args:
        ticket: Its number.
        codes: What is on the map.
        rows: (n,) which rows.
        dataset: Whose rows they are; None where the data are not open: then reconstructions.
        terms: Whether bound, reconstruction and KL are wanted too.
    """

    ticket: int
    codes: Codes
    rows: NDArray[np.int32]
    dataset: Dataset | None
    terms: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """Mean and standard deviation over the rows, in nats."""

    mean: float
    deviation: float


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """What rows have in common.

    Args:
        count: n.
        classes: (label, rows of it), the most frequent first; -1 is unlabelled.
        mean: (C, H, W) mean picture, in [0, 1]; None without data and model.
        variance: (C, H, W) of each value.
        of_reconstructions: Whether these are of decodes: the data are not open.
        mean_z: (d,) mean code.
        deviation_z: (d,) standard deviation of each latent.
        spread: Root mean square distance of the codes from their mean.
        terms: By name ("bound", "log-likelihood", "reconstruction", "KL"); None where not wanted,
            or still to come.
        samples: Draws from q(z|x) for each datum that they are from.
    """

    count: int
    classes: tuple[tuple[int, int], ...]
    mean: NDArray[np.float32] | None
    variance: NDArray[np.float32] | None
    of_reconstructions: bool
    mean_z: NDArray[np.float64]
    deviation_z: NDArray[np.float64]
    spread: float
    terms: dict[str, Figure] | None = None
    samples: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Summarised:
    """Answer to `Summarise`; the first has no terms, `done` is said of the last."""

    ticket: int
    rows: NDArray[np.int32]
    summary: Summary
    done: bool


@dataclass(frozen=True, slots=True, eq=False)
class FindDuplicates:
    """Find rows that are nearly the same; answered by `DuplicatesFound`."""

    ticket: int
    dataset: Dataset
    limit: float


@dataclass(frozen=True, slots=True, eq=False)
class DuplicatesFound:
    """Answer to `FindDuplicates`; arrays as in `latentlab.data.duplicates.Pairs`."""

    ticket: int
    dataset: Dataset
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    distance: NDArray[np.float32]
    limit: float


@dataclass(frozen=True, slots=True, eq=False)
class WriteTable:
    """Write columns of equal length to npz, CSV or Parquet by the ending; answered by `Saved`.

    Args:
        ticket: Its number.
        path: Where to.
        columns: Name -> (n,) values.
        what: The table, in words.
    """

    ticket: int
    path: Path
    columns: Mapping[str, NDArray[Any]]
    what: str


SelectionRequest = ExportRows | ExportPictures | Grow | Summarise | FindDuplicates | WriteTable
SelectionEvent = Grown | Summarised | DuplicatesFound
