"""Labels from a file of their own: by row number, by file name, or one line for each row."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from latentlab.data.columns import Columns, read_csv, read_parquet
from latentlab.data.dataset import UNLABELLED, Dataset
from latentlab.data.guard import Reading, sha256_file
from latentlab.data.labels import Labels, read_labels
from latentlab.data.tables import LABELS, PATHS
from latentlab.errors import RefusedError
from latentlab.specs import replace

ROWS = ("row", "rows", "index", "id")
ENDINGS = (".csv", ".tsv", ".txt", ".parquet")
CORRECT = "Give a CSV with the columns row (from 0) or path, and label."


def with_labels(dataset: Dataset, path: Path, reading: Reading | None = None) -> Dataset:
    """`dataset` with the labels of a file instead of its own; an empty cell is no label.

    The file has a column `label`, and `row` (numbers from 0) or `path` (as the data have it, or
    the file's name alone); with neither, one line for each row. Classes that have the data's own
    names, or are their numbers, are those.

    Raises:
        RefusedError: The file can't be read; it has no such columns; it names a row twice, or one
            that is not there.
    """
    path = path.expanduser().absolute()
    reading = reading or Reading()
    if path.suffix.lower() not in ENDINGS:
        _refuse("Labels are read from a CSV or Parquet file.", path)
    parquet = path.suffix.lower() == ".parquet"
    columns = read_parquet(path, reading) if parquet else read_csv(path, reading)
    given = _column(columns, LABELS)
    if given is None:
        _refuse("The file of labels has no column label.", path)
    rows = _rows(columns, dataset, len(given), path)
    codes, names = _classes(given, dataset.label_names, path)
    labels = np.full(len(dataset), UNLABELLED, dtype=np.int64)
    labels[rows] = codes
    known = int((labels >= 0).sum())
    return dataclasses.replace(
        dataset,
        labels=labels,
        label_names=names,
        source=replace(dataset.source, labels=str(path)),
        checksums={**dataset.checksums, path.name: sha256_file(path, reading)},
        notes=(*dataset.notes, f"{known:,} of {len(dataset):,} rows have a label in {path.name}."),
    )


def _column(columns: Columns, names: tuple[str, ...]) -> NDArray[Any] | None:
    by_name = {name.strip().lower(): values for name, values in columns.values.items()}
    return next((by_name[name] for name in names if name in by_name), None)


def _rows(columns: Columns, dataset: Dataset, count: int, path: Path) -> NDArray[np.int64]:
    """Which row of the data each line of the file is about."""
    numbers, names = _column(columns, ROWS), _column(columns, PATHS)
    if names is not None and "path" in dataset.columns:
        rows = _by_name(names, dataset.columns["path"], path)
    elif numbers is not None:
        rows = _by_number(numbers, len(dataset), path)
    elif count == len(dataset):
        return np.arange(count)
    elif names is not None:
        _refuse("The labels go by path, and these data have none: number their rows.", path)
    else:
        _refuse(f"There are {len(dataset):,} rows of data, and {count:,} labels.", path)
    values, times = np.unique(rows, return_counts=True)
    if (times > 1).any():
        _refuse(f"The file of labels names row {values[times > 1][0]} twice.", path)
    return rows


def _by_number(numbers: NDArray[Any], count: int, path: Path) -> NDArray[np.int64]:
    whole = numbers.dtype.kind in "iuf" and bool(np.all(np.isfinite(numbers)))
    whole = whole and bool(np.all(numbers == np.floor(numbers)))
    if not whole:
        _refuse("The column of rows holds something that is no whole number.", path)
    wrong = numbers[(numbers < 0) | (numbers >= count)]
    if len(wrong):
        _refuse(f"There is no row {int(wrong[0])}: they go from 0 to {count - 1:,}.", path)
    return numbers.astype(np.int64)


def _by_name(names: NDArray[Any], own: NDArray[Any], path: Path) -> NDArray[np.int64]:
    places: dict[str, int] = {}
    for row, name in enumerate(map(str, own)):
        places[name] = row
        short = Path(name).name
        places[short] = -1 if short in places and places[short] != row else row
    found = [places.get(str(name), places.get(Path(str(name)).name)) for name in names]
    for name, place in zip(names, found, strict=True):
        if place is None:
            _refuse(f'No row of the data is of the file "{str(name)[:100]}".', path)
        if place < 0:
            _refuse(f'Several rows of the data are of a file "{str(name)[:100]}".', path)
    return np.asarray(found, dtype=np.int64)


def _classes(given: NDArray[Any], own: tuple[str, ...], path: Path) -> Labels:
    """Codes and names; those of the data, if all classes of the file are among them."""
    read = read_labels(given, len(given), own, where=str(path))
    if read is None:
        _refuse("The column of labels holds no classes, but fractions or too many values.", path)
    codes, names = read
    if names == own or not set(names) <= set(own):
        return codes, names
    places = np.asarray([own.index(name) for name in names], dtype=np.int64)
    return np.where(codes >= 0, places[np.maximum(codes, 0)], UNLABELLED), own


def _refuse(what: str, path: Path) -> NoReturn:
    raise RefusedError(what, where=str(path), do=CORRECT)
