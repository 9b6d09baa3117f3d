"""The one door for data: a name, file or folder becomes a `Dataset`, or one sentence of why not."""

from __future__ import annotations

import difflib
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

from latentlab.data.arrays import open_npy, open_npz
from latentlab.data.assemble import assemble
from latentlab.data.catalogue import CATALOGUE, NAMES, recognise
from latentlab.data.dataset import Dataset
from latentlab.data.download import Opener, open_https
from latentlab.data.folders import find_pictures, open_pictures
from latentlab.data.guard import Reading, Report, regular_file
from latentlab.data.idx import is_idx, is_idx_name, open_idx_file, open_idx_folder
from latentlab.data.named import files_in, give_name, open_named
from latentlab.data.picture import ENDINGS
from latentlab.data.raw import Raw
from latentlab.errors import RefusedError
from latentlab.specs import DataSpec

TABLES = (".csv", ".tsv", ".parquet")
FILES = (".npz", ".npy", *TABLES)
KINDS = "an .npz, .npy, IDX, .csv or .parquet file, or a folder of pictures"

# What NumPy, Pillow, zlib and pyarrow may raise on files that our own checks let through.
_UNFORESEEN = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    OSError,
    EOFError,
    ArithmeticError,
    RuntimeError,
    AttributeError,
    NotImplementedError,
    struct.error,
    zlib.error,
    Warning,
)


def open_dataset(
    spec: DataSpec,
    *,
    report: Report | None = None,
    cancelled: Callable[[], bool] | None = None,
    cache: Path | None = None,
    opener: Opener = open_https,
) -> Dataset:
    """Open a data set by name, file or folder.

    Args:
        spec: Where it comes from and how it is read.
        report: Told what is done now, and how far (0 to 1, or None where not known).
        cancelled: Asked often, from this thread; True stops the reading.
        cache: The folder for downloads and resized pictures; None is the user's own.
        opener: How an address is opened; https alone unless a test brings its own.

    Returns:
        The data, with `source` an absolute path (or a built-in name) and `notes` of all that was
        decided on the way.

    Raises:
        RefusedError: It is missing, damaged, too large or not of a known kind; one sentence.
        CancelledError: `cancelled` said so.

    Example:
        >>> digits = open_dataset(DataSpec(source="digits"))
        >>> digits.x.shape, digits.levels, digits.class_count
        ((1797, 1, 8, 8), 17, 10)
    """
    given = {"report": report, "cancelled": cancelled, "cache": cache}
    reading = Reading(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    try:
        raw = _read(spec, reading, opener)
        dataset = assemble(raw, spec, reading)
        if spec.labels is None:
            return dataset
        from latentlab.data.label_file import with_labels  # pyarrow takes a third of a second

        return with_labels(dataset, Path(spec.labels), reading)
    except MemoryError as error:
        raise RefusedError(
            "It does not fit into memory.", where=spec.source, do="Make a smaller file of it."
        ) from error
    except _UNFORESEEN as error:
        raise RefusedError(
            f"It cannot be read ({_short(error)}).", where=spec.source, do="Choose another file."
        ) from error


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def _read(spec: DataSpec, reading: Reading, opener: Opener) -> Raw:
    reading.check()
    name = spec.source.strip().lower()
    path = _existing(spec.source)
    if name in NAMES and (path is None or spec.source == name):
        return open_named(name, spec, reading, opener)
    if path is None:
        close = difflib.get_close_matches(name, NAMES, n=1)
        raise RefusedError(
            "There is no file, folder or data set of that name.",
            where=spec.source[:300],
            do=f"Do you mean {close[0]}?" if close else f"Give {KINDS}; or {', '.join(NAMES)}.",
        )
    return _open_folder(path, spec, reading) if path.is_dir() else _open_file(path, spec, reading)


def _existing(source: str) -> Path | None:
    try:
        path = Path(source).expanduser().resolve()
        return path if path.exists() else None
    except (OSError, ValueError, RuntimeError):  # a NUL, a name too long, a loop of links, no home
        return None


def _open_file(path: Path, spec: DataSpec, reading: Reading) -> Raw:
    regular_file(path)
    ending = path.suffix.lower()
    if ending == ".npz":
        return open_npz(path, spec, reading)
    if ending == ".npy":
        return open_npy(path, reading)
    if ending in TABLES:
        from latentlab.data.tables import open_table  # pyarrow takes a third of a second

        return open_table(path, spec, reading)
    if is_idx_name(path.name) or is_idx(path):
        return _recognised(open_idx_file(path, reading))
    if ending in ENDINGS:
        raise RefusedError(
            "It is one picture.", where=str(path), do="Open the folder that holds the pictures."
        )
    raise RefusedError("It is no file of a known kind.", where=str(path), do=f"Choose {KINDS}.")


def _recognised(raw: Raw) -> Raw:
    if named := recognise(raw.checksums):
        give_name(raw, named)
    elif any(name.lower().startswith("emnist-balanced") for name in raw.checksums):
        give_name(raw, CATALOGUE["emnist"])
    return raw


def _open_folder(folder: Path, spec: DataSpec, reading: Reading) -> Raw:
    try:
        entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise RefusedError(
            f"The folder cannot be read ({error.strerror}).",
            where=str(folder),
            do="Check its rights.",
        ) from error
    idx = [entry for entry in entries if is_idx_name(entry.name)]
    if idx:
        return _recognised(open_idx_folder(folder, idx, reading))
    files = [entry for entry in entries if entry.suffix.lower() in FILES]
    tables = [file for file in files if file.suffix.lower() in TABLES]
    if len(files) == 1 and not tables:
        return _open_file(files[0], spec, reading)
    if sprites := files_in(folder, CATALOGUE["dsprites"]):
        return _open_file(sprites[0], spec, reading)
    paths, others = find_pictures(folder, reading)
    if len(files) == 1:
        return _open_table_or_pictures(folder, files[0], paths, others, spec, reading)
    if paths:
        return open_pictures(folder, paths, others, spec, reading)
    if files:
        names = ", ".join(file.name for file in files[:6])
        raise RefusedError(
            f"The folder holds several data files ({names}).",
            where=str(folder),
            do="Open one of them.",
        )
    raise RefusedError("The folder holds no data.", where=str(folder), do=f"Choose {KINDS}.")


def _open_table_or_pictures(
    folder: Path, table: Path, paths: list[Path], others: int, spec: DataSpec, reading: Reading
) -> Raw:
    """A folder with one table: the table, unless it does not go with the pictures beside it."""
    try:
        raw = _open_file(table, spec, reading)
    except RefusedError as error:
        if not paths:
            raise
        why = error.what
    else:
        if not paths or "path" in raw.columns:
            return raw
        why = "It has no column of paths."
    pictures = open_pictures(folder, paths, others, spec, reading)
    pictures.notes.append(f"{table.name} was passed over: {why}")
    return pictures
