"""Pictures of chosen data: a folder with a file for each, or one contact sheet."""

from __future__ import annotations

import contextlib
import io
import secrets
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentlab.errors import RefusedError, UsageError
from latentlab.export.pictures import ENDINGS, enlarge, enlargement, sheet, write_picture
from latentlab.files import DISK, disk_error

Pictures = NDArray[np.uint8]  # (n, H, W) or (n, H, W, 3)
Parts = Iterable[tuple[NDArray[np.integer], Pictures]]
GoOn = Callable[[float], None]  # called with the fraction done; may raise to end the work

MOST_SHEET_PIXELS = 100_000_000
ENLARGED_PIXELS = 4_000_000  # a sheet of small pictures grows up to here
CELL_PX = 56
NAME_MOST = 40


def write_selected(
    path: Path,
    parts: Parts,
    *,
    count: int,
    labels: NDArray[np.integer],
    label_names: Sequence[str] = (),
    reconstructed: bool = False,
    go_on: GoOn | None = None,
) -> str:
    """Write pictures by the ending of `path`: .png or .webp is one sheet, without one a folder.

    Args:
        path: Where to.
        parts: Rows and their pictures, some at a time.
        count: Number of rows.
        labels: (N,) labels of all rows.
        label_names: Name of each label.
        reconstructed: Whether the pictures are reconstructions; their file names then say so.
        go_on: Called with the fraction done; it may raise, and nothing is left behind.

    Returns:
        What was written, in words.

    Raises:
        UsageError: Another ending, no pictures, or too many for one sheet.
        RefusedError: The folder exists and holds something.
        LatentlabError: The place can't be written.
    """
    if not count:
        raise UsageError("There are no pictures to write.", do="Select some data.")
    tell = go_on or _quiet
    kind = "reconstruction" if reconstructed else "picture"
    said = f"{count:,} {kind}{'' if count == 1 else 's'}"
    if path.suffix.lower() in ENDINGS:
        write_picture(path, _laid_out(parts, count, tell))
        return f"a sheet of {said}"
    if path.suffix and path.suffix[1:].isalpha() and len(path.suffix) <= 5:
        raise UsageError(
            f'Pictures are not written as "{path.suffix}".',
            where=str(path),
            do=f"Give a folder's name, or end with {' or '.join(ENDINGS)}.",
        )
    suffix = "_reconstruction" if reconstructed else ""
    digits = len(str(max(len(labels) - 1, 0)))

    def name_of(row: int) -> str:
        name = _safe(_class_of(int(labels[row]), label_names))
        return f"{row:0{digits}d}{'_' if name else ''}{name}{suffix}.png"

    _write_folder(path, parts, name_of, lambda done: tell(done / count))
    return said


def _quiet(_fraction: float) -> None:
    """Tell nobody."""


def _class_of(label: int, names: Sequence[str]) -> str:
    if label < 0:
        return ""
    return names[label] if label < len(names) else f"class {label}"


def _safe(name: str) -> str:
    """A class as a part of a file's name: letters, digits and hyphens.

    Example:
        >>> _safe("T-shirt/top"), _safe("../&")
        ('T-shirt-top', '')
    """
    kept = "".join(letter if letter.isalnum() else "-" for letter in name)
    return "-".join(part for part in kept.split("-") if part)[:NAME_MOST]


def _laid_out(parts: Parts, count: int, tell: GoOn) -> NDArray[np.uint8]:
    pictures: Pictures | None = None
    done = 0
    for _, some in parts:
        if pictures is None:
            _check_sheet(count, some.shape[1], some.shape[2])
            pictures = np.empty((count, *some.shape[1:]), np.uint8)
        pictures[done : done + len(some)] = some
        done += len(some)
        tell(0.9 * done / count)
    if pictures is None:
        raise UsageError("There are no pictures to write.", do="Select some data.")
    pixels = count * pictures.shape[1] * pictures.shape[2]
    times = min(enlargement(pictures, CELL_PX), max(1, int((ENLARGED_PIXELS / pixels) ** 0.5)))
    return sheet(enlarge(pictures, times))


def _check_sheet(count: int, height: int, width: int) -> None:
    most = MOST_SHEET_PIXELS // ((height + 1) * (width + 1))
    if count > most:
        raise UsageError(
            f"{count:,} pictures are too many for one sheet: it holds {most:,} of them.",
            do="Write them to a folder, or select fewer.",
        )


def _write_folder(
    path: Path, parts: Parts, name_of: Callable[[int], str], tell: Callable[[int], None]
) -> None:
    """A new folder beside its place, which it takes when it is whole."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise RefusedError(
            "There is something here already.", where=str(path), do="Choose another name."
        )
    made = path.parent / f".{path.name}.{secrets.token_hex(4)}.part"
    try:
        DISK.mkdir(made)
        done = 0
        for rows, pictures in parts:
            for row, picture in zip(rows.tolist(), pictures, strict=True):
                DISK.write_bytes(made / name_of(row), _png(picture), fsync=False)
                done += 1
                if done % 100 == 0:
                    tell(done)
        if path.exists():
            DISK.rmdir(path)
        DISK.replace(made, path)
        DISK.fsync_dir(path.parent)
    except OSError as error:
        raise disk_error(error, path) from error
    finally:
        with contextlib.suppress(OSError):
            if made.exists():
                shutil.rmtree(made)


def _png(picture: NDArray[np.uint8]) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(buffer, "PNG")
    return buffer.getvalue()
