"""What is said of labels: one z as every class, and labels that are recovered."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentlab.data.dataset import Dataset


@dataclass(frozen=True, slots=True, eq=False)
class DecodeClasses:
    """Decode one latent point as every class; answered by `ClassesDecoded`.

    A model whose decoder knows no classes does not answer: `classes_of` tells them.
    """

    ticket: int
    z: NDArray[np.float64]  # (d,)
    asked_s: float


@dataclass(frozen=True, slots=True)
class ClassesDecoded:
    """Answer to `DecodeClasses`: (Y, H, W) or (Y, H, W, 3), in the order of the classes."""

    ticket: int
    z: NDArray[np.float64]
    images: NDArray[np.uint8]
    asked_s: float


@dataclass(frozen=True, slots=True, eq=False)
class RecoverLabels:
    """Recover labels of `dataset`; answered by `LabelsRecovered`, and by `Busy` on the way.

    Args:
        ticket: Its number.
        dataset: Labels are -1 where they are missing.
        labelled: Show so many labels of the training split (a share of them if it is a float),
            hide the others and score; None shows all, and nothing is scored.
        methods: Of clusters, spreading, m1, m2, m1m2 and spreading+m2.
        draws: How many times labels are drawn, where they are hidden.
        time_limit_s: The most that a method learns.
        open_model: Use the open model's codes instead of training M1.
        seed: Of everything.
    """

    ticket: int
    dataset: Dataset
    labelled: int | float | None = None
    methods: tuple[str, ...] = ("clusters", "spreading", "m1")
    draws: int = 5
    time_limit_s: float | None = None
    open_model: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True)
class MethodScore:
    """A method's figures over draws, shares of 1; None without truth.

    Of `checked_of` shown labels, hidden from the method once, it found `checked`.
    """

    accuracy_mean: float | None
    accuracy_std: float | None
    test_accuracy_mean: float | None
    test_accuracy_std: float | None
    seconds: float
    checked: int | None = None
    checked_of: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LabelsRecovered:
    """Answer to `RecoverLabels`.

    Args:
        ticket: The request's number.
        scores: By method.
        labelled: Labels that were shown.
        chosen: The method whose labels these are.
        labels: (N,) a class for each datum.
        confidence: (N,) its probability; 1 where the label was given.
        given: (N,) which labels were shown.
    """

    ticket: int
    scores: dict[str, MethodScore]
    labelled: int
    chosen: str
    labels: NDArray[np.int64]
    confidence: NDArray[np.float32]
    given: NDArray[np.bool_] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class WriteLabels:
    """Write what was recovered as a CSV: row, path, label, confidence, method; then `Saved`."""

    ticket: int
    path: Path
    dataset: Dataset
    recovered: LabelsRecovered
