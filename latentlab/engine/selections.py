"""What is asked about a selection of the map, and how the work lane answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentlab.engine.values import Codes


@dataclass(frozen=True, slots=True, eq=False)
class ExportRows:
    """Write rows of the map to npz, CSV or Parquet by the ending; answered by `Saved`."""

    ticket: int
    path: Path
    codes: Codes
    rows: NDArray[np.int32]
    label_names: tuple[str, ...]


def write_rows(request: ExportRows) -> str:
    """Write them; returns in words what was written."""
    from latentlab.export.tables import write_selection

    codes = request.codes
    write_selection(
        request.path,
        request.rows,
        z=codes.z,
        labels=codes.labels,
        split=codes.split,
        label_names=request.label_names,
    )
    return f"{len(request.rows):,} selected rows"
