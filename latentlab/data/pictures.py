"""Many picture files as one array: one size for all, those that cannot be read named."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.data import pool
from latentlab.data.fit import Size, fitted_size
from latentlab.data.guard import Reading
from latentlab.data.npy import read_npy
from latentlab.data.picture import Look
from latentlab.errors import LatentlabError, RefusedError
from latentlab.files import sha256, write_atomic
from latentlab.specs import DataSpec

SIDES = (32, 64, 128)
CACHED = 10  # sets of resized pictures that are kept
VERSION = 1  # of what decoding gives; part of a cached set's key


@dataclass
class Pictures:
    """Decoded pictures.

    Args:
        x: (N, C, H, W) uint8.
        rows: (N,) which of the given paths each one is.
        skipped: (path, reason) of those that were left out.
        notes: What was done to them.
    """

    x: NDArray[np.uint8]
    rows: NDArray[np.int64]
    skipped: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_pictures(paths: Sequence[Path], spec: DataSpec, reading: Reading, where: str) -> Pictures:
    """Decode pictures on all cores and bring them to one size, or take them from the cache.

    Raises:
        RefusedError: None of them can be read, or they do not fit into memory.
        CancelledError: A person stopped it.
    """
    key = _key(paths, spec) if len(paths) >= pool.POOL_FROM else ""
    folder = reading.cache / "pictures"
    if key and (cached := _cached(folder, key, reading)):
        return cached
    pictures = _decode(*_look(paths, reading, where), spec, reading, where)
    if key:
        _keep(folder, key, pictures, reading)
    return pictures


Found = tuple[list[str], NDArray[np.int64], list[Look], list[tuple[str, str]]]


def _look(paths: Sequence[Path], reading: Reading, where: str) -> Found:
    """Read every header: names and rows of the readable ones, what they say, and the skipped."""
    names = [str(path) for path in paths]
    looks: list[Look | None] = [None] * len(names)
    skipped = []
    for start, results, _ in pool.answers(names, {"do": "look"}, reading, "Looking at pictures"):
        for row, result in enumerate(results, start):
            if isinstance(result, str):
                skipped.append((names[row], result))
            else:
                looks[row] = Look(*result)
    rows = np.array([row for row, seen in enumerate(looks) if seen is not None], dtype=np.int64)
    if not len(rows):
        raise _nothing(skipped, where)
    return [names[row] for row in rows], rows, [seen for seen in looks if seen], skipped


def _nothing(skipped: Sequence[tuple[str, str]], where: str) -> RefusedError:
    why = f"{Path(skipped[0][0]).name}: {skipped[0][1]}" if skipped else "there are none"
    return RefusedError(
        f"No picture can be read ({why}).",
        where=where,
        do="Choose a folder with PNG or JPEG files.",
    )


def _decode(
    names: list[str],
    rows: NDArray[np.int64],
    looks: list[Look],
    skipped: list[tuple[str, str]],
    spec: DataSpec,
    reading: Reading,
    where: str,
) -> Pictures:
    size, notes = choose_size([(seen.height, seen.width) for seen in looks], spec.image_size)
    channels = spec.channels or (1 if all(seen.grey for seen in looks) else 3)
    if any(seen.alpha for seen in looks):
        notes.append("The transparent parts of pictures were put on white.")
    shape = (len(names), *size) if channels == 1 else (len(names), *size, 3)
    reading.afford(len(names) * channels * size[0] * size[1], where=where, copies=2)
    x = np.empty(shape, dtype=np.uint8)  # (N, H, W) or (N, H, W, 3)
    kept = np.ones(len(names), dtype=bool)
    request = {"do": "decode", "size": size, "channels": channels}
    for start, results, data in pool.answers(names, request, reading, "Reading pictures"):
        good = [row for row, result in enumerate(results, start) if result is True]
        x[good] = np.frombuffer(data, dtype=np.uint8).reshape(len(good), *shape[1:])
        for row, result in enumerate(results, start):
            if isinstance(result, str):
                kept[row] = False
                skipped.append((names[row], result))
    if not kept.any():
        raise _nothing(skipped, where)
    x = x if kept.all() else x[kept]
    x = x[:, None] if channels == 1 else _colour(x, spec, notes)  # (N, C, H, W)
    return Pictures(np.ascontiguousarray(x), rows[kept], sorted(skipped), notes)


def _colour(x: NDArray[np.uint8], spec: DataSpec, notes: list[str]) -> NDArray[np.uint8]:
    """(N, H, W, 3) -> (N, 3, H, W), or (N, 1, H, W) where no pixel has a colour."""
    if spec.channels is None and all(
        bool((part[..., :1] == part).all()) for part in np.array_split(x, max(1, len(x) // 512))
    ):
        notes.append("The pictures are stored as colour and have none: kept as grey.")
        return x[:, None, :, :, 0]
    return x.transpose(0, 3, 1, 2)


def choose_size(sizes: Sequence[Size], asked: Size | None) -> tuple[Size, list[str]]:
    """The one (height, width) for pictures of `sizes`, and what to say of it.

    Pictures of one size up to 128 a side stay as they are; larger ones shrink to 128; those of
    different sizes become squares of the nearest of 32, 64 and 128 to their median longest side.

    Example:
        >>> choose_size([(28, 28)] * 3, None)
        ((28, 28), [])
        >>> choose_size([(50, 60), (80, 70)], None)[0]
        (64, 64)
        >>> choose_size([(3000, 4000)] * 2, None)[0]
        (96, 128)
    """
    same = len(set(sizes)) == 1
    longest = median(max(size) for size in sizes)
    if asked is not None:
        size = asked
    elif same and longest <= max(SIDES):
        return sizes[0], []
    elif same:
        size = fitted_size(*sizes[0], (max(SIDES), max(SIDES)))
    else:
        side = min(SIDES, key=lambda side: abs(side - longest))
        size = (side, side)
    if same and size == sizes[0]:
        return size, []
    before = f"of {sizes[0][1]}x{sizes[0][0]}" if same else "of different sizes"
    padded = any(fitted_size(*one, size) != size for one in set(sizes))
    how = ", padded with the colour of their border" if padded else ""
    return size, [f"Pictures {before} were brought to {size[1]}x{size[0]}{how}."]


def _key(paths: Sequence[Path], spec: DataSpec) -> str:
    """What the resized pictures depend on, as a name."""
    digest = hashlib.sha256(json.dumps([VERSION, spec.image_size, spec.channels]).encode())
    for path in paths:
        try:
            found = path.stat()
        except OSError:
            continue
        line = [str(path), found.st_size, found.st_mtime_ns]
        digest.update(json.dumps(line).encode("ascii"))
    return digest.hexdigest()[:32]


def _cached(folder: Path, key: str, reading: Reading) -> Pictures | None:
    about = folder / f"{key}.json"
    try:
        found: dict[str, Any] = json.loads(about.read_bytes())
        x = read_npy(folder / f"{key}.npy", reading)
        rows = np.asarray(found["rows"], dtype=np.int64)
        pictures = Pictures(
            x, rows, [(name, why) for name, why in found["skipped"]], list(found["notes"])
        )
        whole = found["sha256"] == sha256(x.tobytes()) and len(x) == len(rows) and x.ndim == 4
        about.touch()  # newest used is kept longest
    except (OSError, ValueError, TypeError, KeyError, RefusedError):
        return None
    return pictures if whole else None


def _keep(folder: Path, key: str, pictures: Pictures, reading: Reading) -> None:
    """Put resized pictures into the cache; a full disk only costs the next time."""
    reading.report("Keeping the resized pictures", None)
    about = {
        "rows": pictures.rows.tolist(),
        "skipped": pictures.skipped,
        "notes": pictures.notes,
        "sha256": sha256(pictures.x.tobytes()),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(folder / f"{key}.npy", _npy(pictures.x))
        write_atomic(folder / f"{key}.json", json.dumps(about).encode("ascii"))
        newest = sorted(folder.glob("*.json"), key=lambda path: -path.stat().st_mtime)
        for old in newest[CACHED:]:
            old.with_suffix(".npy").unlink(missing_ok=True)
            old.unlink(missing_ok=True)
    except (OSError, LatentlabError):
        reading.report("The resized pictures could not be kept", None)


def _npy(x: NDArray[np.uint8]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, x, allow_pickle=False)
    return stream.getvalue()
