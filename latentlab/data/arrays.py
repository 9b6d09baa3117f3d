"""Data sets in .npz and .npy files: which array is the data, and which the labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.data.archive import Archive, open_archive
from latentlab.data.catalogue import SPRITES
from latentlab.data.dataset import TEST, TRAIN
from latentlab.data.guard import Reading, sha256_file
from latentlab.data.npy import Header, read_npy
from latentlab.data.raw import Raw
from latentlab.errors import RefusedError
from latentlab.specs import DataSpec

X_KEYS = ("x", "X", "images", "imgs", "data")
Y_KEYS = ("y", "labels", "Y", "label", "targets", "target")
NAME_KEYS = ("label_names", "class_names")
CODES = "z"  # of `embed` and of an exported selection
SPLIT_KEYS = (
    ("x_train", "y_train", "x_test", "y_test"),
    ("X_train", "Y_train", "X_test", "Y_test"),
)

TEXTS = {*Y_KEYS, *NAME_KEYS, *(name for keys in SPLIT_KEYS for name in keys[1::2])}
Headers = dict[str, Header]  # by the name of the array

SPRITE_FACTORS = ("colour", "shape", "scale", "orientation", "position x", "position y")
SPRITE_SHAPES = ("square", "ellipse", "heart")


def open_npy(path: Path, reading: Reading) -> Raw:
    """One .npy file: an array of pictures or a table, without labels."""
    x = read_npy(path, reading)
    return Raw(path.stem, str(path), x, checksums={path.name: sha256_file(path, reading)})


def open_npz(path: Path, spec: DataSpec, reading: Reading) -> Raw:
    """One .npz file: data by `x_key` or a known name, labels by `y_key` or a known name.

    Raises:
        RefusedError: No array is known to be the data (the names are listed), or it is damaged.
    """
    with open_archive(path, reading) as archive:
        headers, texts = _headers(archive)
        if spec.x_key is None and (keys := _published_split({**headers, **texts})):
            raw = _read_split(archive, keys, reading)
        else:
            raw = _read_one(archive, headers, texts, spec, reading)
        if raw.y is not None:
            raw.label_names = _names(archive, texts, reading)
        raw.skipped = [*archive.refused]
        _add_rest(raw, archive, headers, spec, reading)
    raw.checksums[path.name] = sha256_file(path, reading)
    return raw


def _headers(archive: Archive) -> tuple[Headers, Headers]:
    """Headers of the arrays of numbers, and of texts; the other members are noted as refused.

    Texts can be labels and their names, no more: where they are neither, that is noted too.
    """
    numbers, texts = {}, {}
    for name in archive.members:
        try:
            header = archive.header(name)
        except RefusedError as error:
            archive.refused.append((name, error.what))
            continue
        if header.dtype.kind != "U":
            numbers[name] = header
            continue
        texts[name] = header
        if name not in TEXTS:
            archive.refused.append((name, "it holds texts, which are read as labels alone"))
    return numbers, texts


def _published_split(headers: Headers) -> tuple[str, str, str, str] | None:
    for keys in SPLIT_KEYS:
        pictures = (headers[key] for key in keys[::2] if key in headers)
        if all(key in headers for key in keys) and all(x.dtype.kind != "U" for x in pictures):
            return keys
    return None


def _read_split(archive: Archive, keys: tuple[str, str, str, str], reading: Reading) -> Raw:
    x_train, y_train, x_test, y_test = (archive.read(key, reading) for key in keys)
    if x_train.shape[1:] != x_test.shape[1:] or y_train.shape[1:] != y_test.shape[1:]:
        raise RefusedError(
            f"{keys[0]} is {x_train.shape} and {keys[2]} is {x_test.shape}.",
            where=str(archive.path),
            do="Give one of them alone with --x-key.",
        )
    reading.afford(x_train.nbytes + x_test.nbytes, where=str(archive.path))
    split = np.repeat(np.array([TRAIN, TEST], np.int8), [len(x_train), len(x_test)])
    return Raw(
        archive.path.stem,
        str(archive.path),
        np.concatenate([x_train, x_test]),
        y=np.concatenate([y_train, y_test]),
        split=split,
    )


def _read_one(
    archive: Archive, headers: Headers, texts: Headers, spec: DataSpec, reading: Reading
) -> Raw:
    x_key = _choose(spec.x_key, X_KEYS, headers, archive, "--x-key")
    if x_key is None and _holds_codes(headers):
        x_key = CODES
    if x_key is None:
        known = ", ".join(f"{name} {header.shape}" for name, header in headers.items())
        raise RefusedError(
            f"It is not clear which array is the data: {known[:400] or 'there is none'}.",
            where=str(archive.path),
            do="Name it with --x-key.",
        )
    raw = Raw(archive.path.stem, str(archive.path), archive.read(x_key, reading))
    either = {**headers, **texts}
    y_key = _choose(spec.y_key, Y_KEYS, either, archive, "--y-key")
    if y_key is not None and y_key != x_key:
        fits = either[y_key].shape[0] == len(raw.x)
        if not fits and spec.y_key is None:
            raw.notes.append(f"{y_key} was left out: it has not one label for each row.")
        else:
            raw.y = archive.read(y_key, reading)
    if x_key == CODES and spec.x_key is None and _holds_codes(headers):
        _read_codes(raw, archive, headers, reading)
    return raw


def _names(archive: Archive, texts: Headers, reading: Reading) -> tuple[str, ...]:
    """Names of labels 0, 1 ..., where the file has a list of texts for them."""
    key = next((key for key in NAME_KEYS if key in texts and len(texts[key].shape) == 1), None)
    return () if key is None else tuple(str(name) for name in archive.read(key, reading))


def _holds_codes(headers: Headers) -> bool:
    """Whether it is a file of codes, as this program writes them: z, labels and split."""
    z = headers.get(CODES)
    if z is None or len(z.shape) != 2:
        return False
    beside = [headers.get(key) for key in ("labels", "split")]
    return all(other is not None and other.shape == z.shape[:1] for other in beside)


def _read_codes(raw: Raw, archive: Archive, headers: Headers, reading: Reading) -> None:
    """The rest of a file of codes: its split, and a column for each array of as many numbers."""
    raw.pixels = False
    raw.notes.append("The codes (z) were taken as the data.")
    columns = {}
    for name, header in headers.items():
        if name not in (CODES, "labels", "split") and header.shape == raw.x.shape[:1]:
            columns[{"rows": "row"}.get(name, name)] = archive.read(name, reading)
    raw.columns = columns
    split = archive.read("split", reading)
    if set(np.unique(split)) == {TRAIN, TEST}:
        raw.split = split.astype(np.int8)


def _choose(
    asked: str | None,
    known: Sequence[str],
    headers: Headers,
    archive: Archive,
    option: str,
) -> str | None:
    refused = dict(archive.refused)
    if asked is not None:
        if asked in headers:
            return asked
        why = refused.get(asked, "there is no such array")
        raise RefusedError(
            f"{asked} cannot be read: {why.rstrip('.')}. "
            f"The arrays are {', '.join(headers)[:400]}.",
            where=str(archive.path),
            do=f"Name another with {option}.",
        )
    if found := next((key for key in known if key in headers), None):
        return found
    if option == "--x-key" and (found := next((key for key in known if key in refused), None)):
        raise RefusedError(
            f"{found} cannot be read: {refused[found].rstrip('.')}.",
            where=str(archive.path),
            do=f"Save it again, or name another with {option}.",
        )
    return next(iter(headers)) if len(headers) == 1 and option == "--x-key" else None


def _add_rest(
    raw: Raw, archive: Archive, headers: Headers, spec: DataSpec, reading: Reading
) -> None:
    values, classes = headers.get("latents_values"), headers.get("latents_classes")
    if values is None or classes is None or values.shape != classes.shape:
        return
    if len(values.shape) != 2 or values.shape[0] != len(raw.x) or values.shape[1] not in (5, 6):
        return
    try:
        numbers = archive.read("latents_values", reading)
        chosen = archive.read("latents_classes", reading)
    except RefusedError as error:
        raw.skipped.append(("latents_values", str(error)))
        return
    raw.factors = np.ascontiguousarray(numbers, dtype=np.float64)  # (N, F)
    raw.factor_names = SPRITE_FACTORS[-values.shape[1] :]
    raw.name = "dSprites"
    if archive.path.name != SPRITES:
        raw.notes.append(f"{archive.path.name} is a part of the published dSprites.")
    if raw.y is None and spec.y_key is None:
        _name_shapes(raw, chosen[:, raw.factor_names.index("shape")])


def _name_shapes(raw: Raw, shapes: NDArray[Any]) -> None:
    if shapes.dtype.kind in "ui" and shapes.min() >= 0 and shapes.max() < len(SPRITE_SHAPES):
        raw.y, raw.label_names = shapes, SPRITE_SHAPES
        raw.notes.append("The shape (square, ellipse, heart) was taken as the label.")
