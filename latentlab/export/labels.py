"""Recovered labels as a CSV."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentlab.data.dataset import Dataset
from latentlab.export.tables import Columns, csv_bytes
from latentlab.files import write_atomic


def write_recovered(
    path: Path,
    dataset: Dataset,
    *,
    labels: NDArray[np.int64],
    confidence: NDArray[np.float32],
    methods: Sequence[str],
) -> None:
    """Write row, path (where the data have one), label, confidence and method of each datum.

    Args:
        path: Where to; an older file is replaced in one step.
        dataset: What the labels are of.
        labels: (N,) classes.
        confidence: (N,) the probability of each, 0 to 1.
        methods: N names: "given", or the method that found it.

    Raises:
        LatentlabError: The folder can't be written.
    """
    columns: Columns = {"row": np.arange(len(dataset))}
    if "path" in dataset.columns:
        columns["path"] = dataset.columns["path"]
    names = np.asarray(dataset.label_names, dtype=object)
    columns["label"] = names[labels]
    columns["confidence"] = np.round(confidence.astype(np.float64), 4)
    columns["method"] = np.asarray(methods, dtype=object)
    write_atomic(path, csv_bytes(columns))
