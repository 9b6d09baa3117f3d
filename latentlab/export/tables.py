"""Tables of codes: z of every datum with its label, as npz, CSV or Parquet, by the ending."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.data.dataset import TEST, Dataset
from latentlab.errors import UsageError
from latentlab.files import write_atomic

ENDINGS = (".npz", ".csv", ".parquet")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Columns = dict[str, NDArray[Any]]


def check_ending(path: Path) -> None:
    """Refuse an ending that no table has.

    Raises:
        UsageError: The ending is unknown.
    """
    if path.suffix.lower() not in ENDINGS:
        raise UsageError(
            f'Tables are not written as "{path.suffix or path.name}".',
            where=str(path),
            do=f"End the name with {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}.",
        )


def write_codes(
    path: Path,
    z: NDArray[np.float32],
    dataset: Dataset,
    more: Columns | None = None,
    rows: NDArray[np.integer] | None = None,
) -> None:
    """Write the code of every row, or of some, with what the data set says of it.

    CSV and Parquet have a row for each datum: row, z1 .. zd, what more there is, label,
    label_name, split and the text columns of the data set. An npz holds z (N, d), what more there
    is, labels, split and label_names.

    Args:
        path: Where to; ends with .npz, .csv or .parquet.
        z: (N, d) codes, one for each row of `dataset`.
        dataset: What was embedded.
        more: Further columns (N,) by name.
        rows: (n,) which rows, by their numbers; None is all. An npz then holds their numbers too.

    Raises:
        UsageError: Another ending.
        LatentlabError: The folder can't be written.
    """
    check_ending(path)
    ending, more = path.suffix.lower(), more or {}
    if ending == ".npz":
        write_atomic(path, _npz(z, dataset, more, rows))
        return
    columns = _columns(z, dataset, more)
    if rows is not None:
        columns = {name: column[rows] for name, column in columns.items()}
    write_atomic(path, csv_bytes(columns) if ending == ".csv" else _parquet(columns))


def write_selection(
    path: Path,
    rows: NDArray[np.integer],
    *,
    z: NDArray[np.float32],
    labels: NDArray[np.int64],
    split: NDArray[np.int8],
    label_names: Sequence[str] = (),
) -> None:
    """Write some rows of a map: their numbers, codes, labels and splits.

    CSV and Parquet have the columns row, z1 .. zd, label, label_name and split; an npz has rows
    (n,), z (n, d), labels, split and label_names.

    Args:
        path: Where to; ends with .npz, .csv or .parquet.
        rows: (n,) which rows.
        z: (N, d) codes of all.
        labels: (N,) of all, -1 where unlabelled.
        split: (N,) of all.
        label_names: Name of each label.

    Raises:
        UsageError: Another ending.
        LatentlabError: The folder can't be written.
    """
    check_ending(path)
    z, labels, split = z[rows], labels[rows], split[rows]
    if path.suffix.lower() == ".npz":
        buffer = io.BytesIO()
        names = np.asarray(label_names, dtype=np.str_)
        np.savez_compressed(buffer, rows=rows, z=z, labels=labels, split=split, label_names=names)
        write_atomic(path, buffer.getvalue())
        return
    columns: Columns = {"row": rows} | {f"z{i + 1}": z[:, i] for i in range(z.shape[1])}
    columns["label"] = labels
    named = [label_names[k] if 0 <= k < len(label_names) else "" for k in labels.tolist()]
    columns["label_name"] = np.asarray(named, dtype=object)
    columns["split"] = np.where(split == TEST, "test", "train").astype(object)
    csv_wanted = path.suffix.lower() == ".csv"
    write_atomic(path, csv_bytes(columns) if csv_wanted else _parquet(columns))


def write_columns(path: Path, columns: Mapping[str, NDArray[Any]]) -> None:
    """Write columns of equal length as a table.

    Args:
        path: Where to; ends with .npz, .csv or .parquet.
        columns: Name -> (n,) values.

    Raises:
        UsageError: Another ending.
        LatentlabError: The folder can't be written.
    """
    check_ending(path)
    if path.suffix.lower() == ".npz":
        buffer = io.BytesIO()
        plain = {k: v.astype(np.str_) if v.dtype.kind == "O" else v for k, v in columns.items()}
        np.savez_compressed(buffer, **plain)  # type: ignore[arg-type]
        write_atomic(path, buffer.getvalue())
    else:
        csv_wanted = path.suffix.lower() == ".csv"
        write_atomic(path, csv_bytes(dict(columns)) if csv_wanted else _parquet(dict(columns)))


def guard(text: str) -> str:
    """A text cell that a spreadsheet would run as a formula, made plain by an apostrophe.

    Example:
        >>> guard("=1+1"), guard("Ankle boot")
        ("'=1+1", 'Ankle boot')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_bytes(columns: Columns) -> bytes:
    """Columns of equal length as UTF-8 CSV with a header; text cells and names are guarded."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([guard(name) for name in columns])
    writer.writerows(zip(*(_cells(column) for column in columns.values()), strict=True))
    return buffer.getvalue().encode()


def _cells(column: NDArray[Any]) -> list[Any]:
    if column.dtype.kind in "biu":
        return list(column.tolist())
    if column.dtype.kind == "f":
        return [str(value) for value in column]  # the shortest text that reads back the same
    return [guard(str(value)) for value in column]


def _columns(z: NDArray[np.float32], dataset: Dataset, more: Columns) -> Columns:
    names = [dataset.label_name(row) for row in range(len(dataset))]
    columns: Columns = {"row": np.arange(len(z))}
    columns |= {f"z{i + 1}": z[:, i] for i in range(z.shape[1])} | more
    columns["label"] = dataset.labels
    columns["label_name"] = np.asarray(names, dtype=object)
    columns["split"] = np.where(dataset.split == TEST, "test", "train").astype(object)
    for name, column in dataset.columns.items():
        if name not in columns and column.dtype.kind in "UO":
            columns[name] = column
    return columns


def _npz(
    z: NDArray[np.float32],
    dataset: Dataset,
    more: Columns,
    rows: NDArray[np.integer] | None,
) -> bytes:
    buffer = io.BytesIO()
    # A text array of fixed width, never object: no pickle inside.
    names = np.asarray(dataset.label_names, dtype=np.str_)
    columns: dict[str, Any] = more | {"z": z, "labels": dataset.labels, "split": dataset.split}
    if rows is not None:
        columns = {name: column[rows] for name, column in columns.items()} | {"rows": rows}
    np.savez_compressed(buffer, **columns, label_names=names)
    return buffer.getvalue()


def _parquet(columns: Columns) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = {
        name: pa.array([str(v) for v in column] if column.dtype.kind in "UO" else column)
        for name, column in columns.items()
    }
    buffer = io.BytesIO()
    pq.write_table(pa.table(arrays), buffer)
    return buffer.getvalue()
