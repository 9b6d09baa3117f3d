"""Tables: which columns are the data, which the label, which attributes; or paths of pictures."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.data.columns import CORRECT, EMPTY, Columns, read_csv, read_parquet
from latentlab.data.counts import least_integers
from latentlab.data.dataset import TEST, TRAIN
from latentlab.data.guard import Reading, sha256_file
from latentlab.data.picture import ENDINGS
from latentlab.data.pictures import read_pictures
from latentlab.data.raw import Raw, left_out
from latentlab.errors import RefusedError
from latentlab.specs import DataSpec

LABELS = ("label", "labels", "class", "target", "category", "species", "y")
PATHS = ("path", "file", "filename", "file_name", "image", "image_path", "img", "picture", "photo")
NAMES = ("label_name", "class_name")  # of the label beside them: no data, also where they are "7"
SPLITS = ("split", "partition", "set", "subset")
NUMBERING = ("", "id", "index", "unnamed: 0", "row")
PARTS = {
    "train": TRAIN,
    "training": TRAIN,
    "test": TEST,
    "testing": TEST,
    "val": TEST,
    "valid": TEST,
}

_PIXEL = re.compile(
    r"^(pixel|px|pix|attribute)?[ _.-]?\d+$|^\d+x\d+(x\d+)?$|^r\d+c\d+$", re.IGNORECASE
)
_NUMBERED = re.compile(r"^(.*?\D)(\d{1,6})$")


def open_table(path: Path, spec: DataSpec, reading: Reading) -> Raw:
    """Read a CSV or Parquet file: pixel or number columns, or a path column with attributes.

    Raises:
        RefusedError: See `read_csv` and `read_parquet`; or no column can be the data.
    """
    parquet = path.suffix.lower() == ".parquet"
    columns = read_parquet(path, reading) if parquet else read_csv(path, reading)
    raw = Raw(path.stem, str(path), np.empty(0), skipped=list(columns.skipped))
    raw.checksums[path.name] = sha256_file(path, reading)
    raw.first_row = columns.first_row
    if not columns.header:
        raw.notes.append("The first row holds numbers: the columns have no names.")
    label = _label_column(columns, spec, path)
    pictures = _path_column(columns, spec, label)
    if pictures is not None:
        _read_paths(raw, columns, pictures, spec, reading, path)
    else:
        label = _read_numbers(raw, columns, label, spec, reading, path)
    _add_roles(raw, columns, label)
    return raw


def _label_column(columns: Columns, spec: DataSpec, path: Path) -> str | None:
    if spec.y_key is not None:
        if spec.y_key in columns.values:
            return spec.y_key
        known = ", ".join([*columns.values][:12])
        raise RefusedError(
            f"There is no column {spec.y_key}; the first are {known}.",
            where=str(path),
            do="Name another with --y-key.",
        )
    lower = {name.lower(): name for name in reversed(columns.values)}
    return next((lower[name] for name in LABELS if name in lower), None)


def _path_column(columns: Columns, spec: DataSpec, label: str | None) -> str | None:
    texts = [name for name, values in columns.values.items() if values.dtype.kind == "U"]
    if spec.x_key is not None:
        return spec.x_key if spec.x_key in texts else None
    ordered = sorted(texts, key=lambda name: name.lower() not in PATHS)
    for name in ordered:
        sample = [Path(value).suffix.lower() for value in columns.values[name][:20] if value]
        if name != label and sample and all(ending in ENDINGS for ending in sample):
            return name
    return None


def _read_paths(
    raw: Raw, columns: Columns, name: str, spec: DataSpec, reading: Reading, path: Path
) -> None:
    """Pictures by the paths of a column, relative to the table; rows without one are left out."""
    stated = columns.values[name]
    paths = [path.parent / str(value) for value in stated]
    pictures = read_pictures(paths, spec, reading, str(path))
    raw.x, raw.pixels, raw.levels = pictures.x, True, 256
    raw.notes += pictures.notes
    if pictures.skipped:
        raw.notes.append(left_out(len(pictures.skipped)))
    raw.skipped += pictures.skipped
    columns.values = {key: values[pictures.rows] for key, values in columns.values.items()}
    raw.columns = {**raw.columns, "path": columns.values.pop(name)}


def _read_numbers(
    raw: Raw, columns: Columns, label: str | None, spec: DataSpec, reading: Reading, path: Path
) -> str | None:
    """Fill x from number columns; returns the label column, which may be found by its place."""
    if (found := _list_column(columns, spec)) is not None:
        raw.x = columns.lists[found]
        return label
    names = _number_names(columns, label, spec, path)
    if label is None:
        label = _label_by_place(columns, names)
        if label is not None:
            names.remove(label)
            raw.notes.append(f"{label} was taken as the label: the other columns are a square.")
    if not names:
        raise RefusedError(
            "No column holds numbers or paths of pictures.",
            where=str(path),
            do="Choose a table with pixel columns or a path column.",
        )
    _say_left_out(raw, columns, label, names)
    raw.x = _matrix([columns.values[name] for name in names], reading, path)
    raw.column_names = tuple(names)
    for name in names:
        del columns.values[name]
    return label


def _say_left_out(raw: Raw, columns: Columns, label: str | None, names: list[str]) -> None:
    """Name the columns of numbers that are kept beside the data, but for what only numbers rows."""
    known = {*names, label}
    others = [
        name
        for name, values in columns.values.items()
        if name not in known and name.lower() not in NUMBERING and values.dtype.kind != "U"
    ]
    if label is not None:
        others = [name for name in others if name.lower() not in NAMES]
    if others and columns.header:
        said = ", ".join(others[:4]) + (f" and {len(others) - 4:,} more" if len(others) > 4 else "")
        raw.notes.append(f"{len(names):,} columns are the data; kept beside them: {said}.")


def _list_column(columns: Columns, spec: DataSpec) -> str | None:
    if spec.x_key is not None:
        return spec.x_key if spec.x_key in columns.lists else None
    return next(iter(columns.lists)) if len(columns.lists) == 1 else None


def _number_names(columns: Columns, label: str | None, spec: DataSpec, path: Path) -> list[str]:
    if spec.x_key is not None:
        raise RefusedError(
            f"{spec.x_key} is neither a column of paths nor of lists.",
            where=str(path),
            do="Leave --x-key out to read all number columns.",
        )
    names = [name for name in columns.values if name != label]
    pixels = [name for name in names if _PIXEL.match(name)] if columns.header else names
    if len(pixels) < 4 and columns.header:
        pixels = _numbered_square(names)
    special = {*NUMBERING, *SPLITS, *(NAMES if label is not None else ())}
    if len(pixels) < 4:
        pixels = []
        names = [name for name in names if name.lower() not in special]
    for name in pixels or names:
        if columns.values[name].dtype.kind == "U":
            _refuse_text(columns, name, path, must=bool(pixels))
    return pixels or [name for name in names if columns.values[name].dtype.kind != "U"]


def _numbered_square(names: list[str]) -> list[str]:
    """Columns such as p0 .. p63: one stem, numbers without a gap, as many as a square's pixels."""
    stems: dict[str, dict[int, str]] = {}
    for name in names:
        if found := _NUMBERED.match(name):
            stems.setdefault(found[1], {})[int(found[2])] = name
    for numbered in stems.values():
        side = math.isqrt(len(numbered))
        running = max(numbered) - min(numbered) + 1 == len(numbered) and min(numbered) <= 1
        if side >= 8 and side * side == len(numbered) and running:
            return [name for name in names if name in set(numbered.values())]
    return []


def _refuse_text(columns: Columns, name: str, path: Path, *, must: bool) -> None:
    """Name the first cell that is no number, in a column that should hold numbers.

    A column must hold numbers where its name says that it is a pixel, or where half of its cells
    do; any other column of text is an attribute.
    """
    cells = columns.values[name]
    numbers = np.array([_reads_as_number(str(cell)) for cell in cells])
    if not must and (numbers.all() or np.count_nonzero(numbers) * 2 < len(cells)):
        return  # where all do, the file itself says that it is text: names such as "7"
    row = int(np.argmin(numbers))
    raise RefusedError(
        f"Row {columns.first_row + row}, column {name}: {str(cells[row])[:40]!r} is no number.",
        where=str(path),
        do=CORRECT,
    )


def _reads_as_number(text: str) -> bool:
    if text.strip() in EMPTY:
        return True
    try:
        float(text)
    except ValueError:
        return False
    return True


def _label_by_place(columns: Columns, names: list[str]) -> str | None:
    """The first or last of 1 + side^2 columns, where it holds few whole numbers."""
    side = math.isqrt(len(names) - 1) if len(names) > 16 else 0
    if side < 4 or side * side != len(names) - 1:
        return None
    for name in (names[0], names[-1]):
        values = columns.values[name]
        whole = np.isfinite(values).all() and bool(np.all(values == np.floor(values)))
        if whole and len(np.unique(values)) <= min(100, max(2, len(values) // 2)):
            return name
    return None


def _matrix(columns: list[NDArray[Any]], reading: Reading, path: Path) -> NDArray[Any]:
    """(N, D) uint8 or uint16 where all cells are whole numbers that fit, else float32."""
    dtype = np.dtype(np.float32)
    if all(values.dtype.kind in "ui" and values.min() >= 0 for values in columns):
        dtype = least_integers(max(int(values.max()) for values in columns))
    reading.afford(len(columns) * len(columns[0]) * dtype.itemsize, where=str(path), copies=2)
    matrix = np.empty((len(columns[0]), len(columns)), dtype=dtype)
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is counted as that
        for number, values in enumerate(columns):
            matrix[:, number] = values
    return matrix


def _name_labels(raw: Raw, rest: dict[str, NDArray[Any]]) -> None:
    """Number the labels 0, 1 ... with the names beside them, where each has one of its own."""
    named = next((name for name in rest if name.lower() in NAMES), None)
    if named is None or raw.y is None or raw.y.dtype.kind not in "iu":
        return
    known = raw.y >= 0
    values, places, codes = np.unique(raw.y[known], return_index=True, return_inverse=True)
    names = rest[named][known].astype(np.str_)  # (n,)
    if (names[places][codes] == names).all() and len({*names[places], ""}) == len(values) + 1:
        raw.y = np.full(len(known), -1, dtype=np.int64)
        raw.y[known] = codes
        raw.label_names = tuple(str(name) for name in names[places])
        del rest[named]


def _add_roles(raw: Raw, columns: Columns, label: str | None) -> None:
    """What is left of the table: the label, the split, the attributes."""
    rest = columns.values
    if label is not None:
        raw.y = rest.pop(label)
        _name_labels(raw, rest)
    for name in list(rest):
        if name.lower() in SPLITS and rest[name].dtype.kind == "U":
            parts = [PARTS.get(str(part).strip().lower()) for part in rest[name]]
            if None not in parts and len(set(parts)) == 2:
                raw.split = np.array(parts, dtype=np.int8)
    raw.columns = {**raw.columns, **rest}
