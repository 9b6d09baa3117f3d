"""CSV and Parquet as named columns, read by pyarrow inside limits."""

from __future__ import annotations

import csv
import io
import re
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from latentlab.data import parquet
from latentlab.data.guard import MAX_COLUMNS, MAX_ROWS, Reading, open_regular, regular_file
from latentlab.data.raw import counted
from latentlab.errors import RefusedError

MAX_FIELD = 64 * 1024
HEAD = 1024**2  # the first row, and any row of a CSV, must end within this
EMPTY = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?")
CORRECT = "Correct it and try again."


@dataclass
class Columns:
    """A table as it stood in the file.

    Args:
        values: Column name -> array: numbers (NaN where empty) or text, each of length N.
        lists: Column name -> (N, D) numbers, of columns that hold a list in each row.
        first_row: What a person calls the first data row (2 below a header).
        header: Whether the names stood in the file.
        skipped: (column, reason) of those that were left out.
    """

    values: dict[str, NDArray[Any]]
    first_row: int
    header: bool
    lists: dict[str, NDArray[Any]] = field(default_factory=dict)
    skipped: list[tuple[str, str]] = field(default_factory=list)


class _Watched(io.RawIOBase):
    """A file that tells how far it is read, and stops when a person asks for it."""

    def __init__(self, handle: BinaryIO, size: int, reading: Reading, text: str) -> None:
        super().__init__()
        self._handle, self._size, self._reading, self._text = handle, size, reading, text
        self._done = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        self._reading.check()
        data = self._handle.read(size)
        self._done += len(data)
        self._reading.report(self._text, min(self._done / self._size, 1.0))
        return data


def read_csv(path: Path, reading: Reading) -> Columns:
    """Read a CSV (comma, semicolon or tab), with or without a row of names.

    Raises:
        RefusedError: It is not UTF-8; it has more than 20,000 columns or 50 million rows; a row has
            another number of cells; a column of numbers has a cell that is none (both named).
    """
    size = regular_file(path)
    # Two characters ("0,") become a number of eight bytes, and then one of four.
    reading.afford(size, where=str(path), copies=6)
    names, lines, delimiter = _first_row(path)
    try:
        table = _parse(path, size, names, lines, delimiter, reading, threads=True)
    except pa.ArrowInvalid:
        try:  # alone on one thread it can say which row
            table = _parse(path, size, names, lines, delimiter, reading, threads=False)
        except pa.ArrowInvalid as error:
            raise _explain(error, path) from error
    columns = _columns(table, 1 + lines, path)
    columns.header = bool(lines)
    return columns


def _first_row(path: Path) -> tuple[list[str], int, str]:
    """Column names, the number of lines they take (0 without a header), and the delimiter."""
    with open_regular(path) as handle:
        head = handle.read(HEAD)
    end = head.find(b"\n")
    if end < 0 and len(head) == HEAD:
        raise RefusedError("The first row is longer than 1 MiB.", where=str(path), do=CORRECT)
    try:
        text = head[: end if end >= 0 else None].decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise RefusedError(
            "The first row is not UTF-8 text.", where=str(path), do="Save the file as UTF-8."
        ) from error
    delimiter = max(",;\t", key=text.count)
    try:
        cells = next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise RefusedError(
            "The first row cannot be understood.", where=str(path), do=CORRECT
        ) from error
    if not cells or len(cells) > MAX_COLUMNS or "\0" in text:
        raise RefusedError(
            f"The first row has {len(cells):,} columns; 1 to {MAX_COLUMNS:,} are read.",
            where=str(path),
            do=CORRECT,
        )
    if all(_is_number(cell) for cell in cells):
        return [f"column {number}" for number in range(1, len(cells) + 1)], 0, delimiter
    return _distinct([cell.strip()[:200] for cell in cells]), 1, delimiter


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def _distinct(names: list[str]) -> list[str]:
    """Names with a number behind those that are empty or stand twice."""
    seen: dict[str, None] = {}
    for number, name in enumerate(names, 1):
        free = name or f"column {number}"
        seen[free if free not in seen else f"{free} ({number})"] = None
        if len(seen) < number:
            seen[f"{free} ({number}, again)"] = None
    return list(seen)


def _parse(
    path: Path,
    size: int,
    names: list[str],
    lines: int,
    delimiter: str,
    reading: Reading,
    *,
    threads: bool,
) -> pa.Table:
    with open_regular(path) as handle:
        watched = _Watched(handle, size, reading, f"Reading {path.name}")
        return pacsv.read_csv(
            watched,
            read_options=pacsv.ReadOptions(
                column_names=names, skip_rows=lines, use_threads=threads, block_size=4 * HEAD
            ),
            parse_options=pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=False),
            convert_options=pacsv.ConvertOptions(
                null_values=list(EMPTY), strings_can_be_null=False, check_utf8=True
            ),
        )


def _explain(error: Exception, path: Path) -> RefusedError:
    text = " ".join(str(error).split())
    where = str(path)
    if found := re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+)", text):
        row, expected, got = found.groups()
        return RefusedError(
            f"Row {row} has {counted(int(got), 'cell', 'cells')} instead of {expected}.",
            where=where,
            do=CORRECT,
        )
    if "Empty CSV" in text:
        return RefusedError("There are no rows below the header.", where=where, do=CORRECT)
    if "straddl" in text:
        return RefusedError("A row is longer than 4 MiB.", where=where, do=CORRECT)
    return RefusedError(f"It cannot be read as CSV ({text[:120]}).", where=where, do=CORRECT)


def read_parquet(path: Path, reading: Reading) -> Columns:
    """Read a Parquet file.

    Raises:
        RefusedError: It is damaged, has more than 20,000 columns or 50 million rows, or does not
            fit into memory.
    """
    regular_file(path)
    batches = []
    with closing(parquet.batches_of_child(path, reading)) as stream:
        for batch, fraction in stream:
            reading.check()
            reading.report(f"Reading {path.name}", fraction)
            batches.append(batch)
    if not batches:
        raise RefusedError("There are no rows in it.", where=str(path), do=CORRECT)
    table = pa.Table.from_batches(batches)
    table = table.rename_columns(_distinct([name[:200] for name in table.column_names]))
    return _columns(table, 1, path)


def _columns(table: pa.Table, first_row: int, path: Path) -> Columns:
    if table.num_rows == 0:
        raise RefusedError("There are no rows in it.", where=str(path), do=CORRECT)
    if table.num_rows > MAX_ROWS:
        raise RefusedError(
            f"It has more than {MAX_ROWS:,} rows.", where=str(path), do="Make a smaller file of it."
        )
    columns = Columns({}, first_row, header=True)
    for name in table.column_names:
        column = table.column(name)
        kind = column.type
        if (
            pa.types.is_fixed_size_list(kind)
            or pa.types.is_list(kind)
            or pa.types.is_large_list(kind)
        ):
            _add_list(columns, name, column)
        else:
            _add(columns, name, column, path)
    return columns


def _add(columns: Columns, name: str, column: Any, path: Path) -> None:
    kind = column.type
    if pa.types.is_dictionary(kind) and not _is_text(kind.value_type):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_boolean(kind):
        column, kind = column.cast(pa.uint8()), pa.uint8()
    if pa.types.is_decimal(kind) or pa.types.is_null(kind):
        column, kind = column.cast(pa.float64()), pa.float64()
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        columns.values[name] = _numbers(column)
        return
    if _is_bytes(kind) or (pa.types.is_dictionary(kind) and _is_bytes(kind.value_type)):
        _refuse_bytes(columns, name, column, path)
        return
    if not _is_text(kind) and not pa.types.is_dictionary(kind):
        try:
            column = column.cast(pa.string())  # dates and times
        except pa.ArrowException:
            columns.skipped.append((name, f"columns of type {str(kind)[:60]} are not read"))
            return
    values = _text(columns, name, column, path)
    if values is not None:
        columns.values[name] = values


def _is_bytes(kind: Any) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or _is_bytes(kind))


def _numbers(column: Any) -> NDArray[Any]:
    if column.null_count:
        column = column.cast(pa.float64(), safe=False)
    values: NDArray[Any] = column.to_numpy()  # empty cells become NaN
    return values


def _refuse_bytes(columns: Columns, name: str, column: Any, path: Path) -> None:
    """A CSV column that is not UTF-8 is refused by its first bad cell; Parquet's is left out."""
    if path.suffix.lower() == ".parquet":
        columns.skipped.append((name, "columns of bytes are not read"))
        return
    for index, cell in enumerate(column):
        try:
            (cell.as_py() or b"").decode("utf-8")
        except UnicodeDecodeError as error:
            raise RefusedError(
                f"Row {columns.first_row + index}, column {name} is not UTF-8 text.",
                where=str(path),
                do="Save the file as UTF-8.",
            ) from error


def _text(columns: Columns, name: str, column: Any, path: Path) -> NDArray[Any] | None:
    """A column of text as an array; None (and said) where it is too long to keep."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    column = column.unify_dictionaries()
    words = pc.fill_null(column.chunk(0).dictionary, "")
    codes = np.concatenate([chunk.indices.fill_null(-1).to_numpy() for chunk in column.chunks])
    lengths = pc.utf8_length(words)
    longest = pc.max(lengths).as_py() or 1
    if longest > MAX_FIELD:
        row = columns.first_row + int(np.argmax(codes == int(np.argmax(lengths.to_numpy()))))
        raise RefusedError(
            f"Row {row}, column {name} has {longest:,} characters; at most {MAX_FIELD:,} are read.",
            where=str(path),
            do=CORRECT,
        )
    if longest * 4 * len(column) > 1024**3:
        columns.skipped.append((name, "its texts are too long to keep"))
        return None
    texts = np.array([*words.to_pylist(), ""], dtype=f"<U{longest}")  # the last one for no text
    values: NDArray[Any] = texts[codes]
    return values


def _add_list(columns: Columns, name: str, column: Any) -> None:
    """A list of numbers in each row, all of one length, becomes (N, D)."""
    lengths = pc.unique(pc.list_value_length(column)).to_pylist()
    inner = column.type.value_type
    if (
        len(lengths) != 1
        or not lengths[0]
        or not (pa.types.is_integer(inner) or pa.types.is_floating(inner))
    ):
        columns.skipped.append((name, "its lists are not numbers of one length"))
        return
    flat = pc.list_flatten(column)
    columns.lists[name] = _numbers(flat).reshape(len(column), lengths[0])
