"""A folder of pictures: sub-folders are labels, train/ and test/ a published split."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from latentlab.data.dataset import TEST, TRAIN
from latentlab.data.guard import Reading
from latentlab.data.picture import ENDINGS
from latentlab.data.pictures import read_pictures
from latentlab.data.raw import Raw, counted, left_out
from latentlab.errors import RefusedError
from latentlab.specs import DataSpec

MAX_FILES = 1_000_000
PARTS = {
    "train": TRAIN,
    "training": TRAIN,
    "test": TEST,
    "testing": TEST,
    "val": TEST,
    "valid": TEST,
}


def find_pictures(folder: Path, reading: Reading) -> tuple[list[Path], int]:
    """All picture files below a folder in the order of their names, and how many others there are.

    Hidden files and folders are passed over, and linked folders are not entered.

    Raises:
        RefusedError: There are more than a million files.
    """
    found: list[Path] = []
    others = 0
    for parent, folders, names in os.walk(folder):
        reading.check()
        reading.report(f"Looking for pictures: {len(found):,}", None)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.startswith("."):
                continue
            if Path(name).suffix.lower() in ENDINGS:
                found.append(Path(parent, name))
            else:
                others += 1
        if len(found) + others > MAX_FILES:
            raise RefusedError(
                f"There are more than {MAX_FILES:,} files.",
                where=str(folder),
                do="Open a sub-folder.",
            )
    return found, others


def open_pictures(
    folder: Path, paths: Sequence[Path], others: int, spec: DataSpec, reading: Reading
) -> Raw:
    """Read the pictures of a folder.

    Raises:
        RefusedError: None of them can be read, or they do not fit into memory.
    """
    pictures = read_pictures(paths, spec, reading, str(folder))
    read = [paths[row].relative_to(folder) for row in pictures.rows]
    names = np.array([str(path) for path in read])
    raw = Raw(
        folder.name,
        str(folder),
        pictures.x,
        pixels=True,
        levels=256,
        columns={"path": names},
        notes=pictures.notes,
        skipped=[(str(Path(name).relative_to(folder)), why) for name, why in pictures.skipped],
    )
    if raw.skipped:
        raw.notes.append(left_out(len(raw.skipped)))
    if others:
        said = counted(others, "file that is no picture was", "files that are no pictures were")
        raw.notes.append(f"{said} passed over.")
    _name_rows(raw, read)
    # A digest of the pixels, not of the files: hashing 10,000 photographs would take a minute more.
    raw.checksums["pictures, decoded"] = hashlib.sha256(pictures.x.tobytes()).hexdigest()
    return raw


def _name_rows(raw: Raw, read: Sequence[Path]) -> None:
    """Labels from the sub-folders' names, and the split where they are train/ and test/."""
    tops = {path.parts[0] for path in read if len(path.parts) > 1}
    split = len(tops) > 1 and tops <= PARTS.keys() and all(len(path.parts) > 1 for path in read)
    if split:
        raw.split = np.array([PARTS[path.parts[0]] for path in read], dtype=np.int8)
        read = [Path(*path.parts[1:]) for path in read]
        if len(set(raw.split.tolist())) < 2:
            raw.split = None
    labels = [path.parts[0] if len(path.parts) > 1 else "" for path in read]
    if any(labels):
        raw.y = np.array(labels)
