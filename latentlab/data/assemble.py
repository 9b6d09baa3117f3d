"""From what a reader found to the one `Dataset`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab import specs
from latentlab.data.dataset import UNLABELLED, Dataset
from latentlab.data.fit import fit_arrays
from latentlab.data.guard import MAX_ROWS, Reading
from latentlab.data.labels import draw_split, read_labels
from latentlab.data.pixels import Values, answer_nonfinite, to_values
from latentlab.data.raw import Raw
from latentlab.errors import RefusedError
from latentlab.specs import MAX_SIDE, DataSpec


def assemble(raw: Raw, spec: DataSpec, reading: Reading) -> Dataset:
    """Check and convert what was read: values, size, labels, split.

    Raises:
        RefusedError: No rows, too many rows, values that are not finite, a shape that is no data.
    """
    where = raw.source
    _check_rows(raw.x, where)
    x, nonfinite = answer_nonfinite(raw, spec.nonfinite)
    values = to_values(x, raw.pixels, reading, where=where, table=spec.table)
    notes = [*raw.notes, *(() if raw.levels else values.notes), *([nonfinite] if nonfinite else [])]
    if values.kind == "image":
        if raw.levels is not None:
            values.levels, values.value_range = raw.levels, (0.0, float(raw.levels - 1))
        if spec.image_size not in (None, values.x.shape[2:]):
            _all_levels(values)
        values.x = fit_arrays(values.x, spec.image_size, spec.channels, reading, notes)
        _check_side(values.x, where)
    x = values.x
    labels, names, columns = _labels(raw, len(x), notes)
    split = raw.split
    if split is None:
        split = draw_split(len(x), spec.split_seed)
        held_out = int(np.count_nonzero(split))
        notes.append(
            f"No published split: {held_out:,} of {len(x):,} rows are held out "
            f"(seed {spec.split_seed})."
        )
    return Dataset(
        name=raw.name,
        x=x,
        kind=values.kind,
        levels=values.levels,
        labels=labels,
        label_names=names,
        split=split,
        source=specs.replace(spec, source=raw.source),
        value_range=values.value_range,
        columns=columns,
        factors=raw.factors,
        factor_names=raw.factor_names,
        checksums=raw.checksums,
        notes=tuple(notes),
        skipped=tuple(raw.skipped),
    )


def _all_levels(values: Values) -> None:
    """Spread few levels over 0 .. 255: a resized binary picture has grey edges."""
    if values.levels in (None, 256):
        return
    scale = np.float32(255 / values.value_range[1])
    values.x = np.rint(values.x.astype(np.float32) * scale).astype(np.uint8)
    values.levels, values.value_range = 256, (0.0, 255.0)


def _check_rows(x: NDArray[Any], where: str) -> None:
    if x.ndim == 0 or x.size == 0:
        raise RefusedError("There is no data in it.", where=where, do="Choose another file.")
    if len(x) > MAX_ROWS:
        raise RefusedError(
            f"It has {len(x):,} rows; at most {MAX_ROWS:,} are read.",
            where=where,
            do="Make a smaller file of it.",
        )


def _check_side(x: NDArray[Any], where: str) -> None:
    height, width = x.shape[2:]
    if max(height, width) > MAX_SIDE:
        raise RefusedError(
            f"The pictures have {width}x{height} pixels; at most {MAX_SIDE} a side are used.",
            where=where,
            do="Bring them to a smaller size with the image size option.",
        )


def _labels(
    raw: Raw, count: int, notes: list[str]
) -> tuple[NDArray[np.int64], tuple[str, ...], dict[str, NDArray[Any]]]:
    columns = dict(raw.columns)
    nobody = np.full(count, UNLABELLED, dtype=np.int64)
    if raw.y is None:
        return nobody, (), columns
    read = read_labels(raw.y, count, raw.label_names, where=raw.source)
    if read is None:
        notes.append(f"The labels of {Path(raw.source).name} are no classes: kept as a column.")
        columns["label"] = raw.y.reshape(count)
        return nobody, (), columns
    return *read, columns
