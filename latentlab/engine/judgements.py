"""What is said of an evaluation: the request, its report, and the wish to write that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from latentlab.data.dataset import Dataset
from latentlab.export.report import Report
from latentlab.parts.evaluation import EvaluationSpec


@dataclass(frozen=True, slots=True, eq=False)
class Evaluate:
    """Judge the open model on `dataset`; answered by many `Busy`, then `Evaluated`."""

    ticket: int
    dataset: Dataset
    wanted: EvaluationSpec


@dataclass(frozen=True, slots=True, eq=False)
class WriteReport:
    """Write a report by the ending: .json, .csv, .png, .svg, .pdf; answered by `Saved`."""

    ticket: int
    path: Path
    report: Report


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Answer to `Evaluate`."""

    ticket: int
    report: Report
