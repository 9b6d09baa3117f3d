"""IDX files, plain or gzipped, as MNIST and its relatives are published.

A file is: two zero bytes, a type, the number of dimensions, each dimension as four bytes (big
endian), then the values. http://yann.lecun.com/exdb/mnist/
"""

from __future__ import annotations

import gzip
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from latentlab.data.dataset import TEST, TRAIN
from latentlab.data.guard import Reading, open_regular, read_array, regular_file, sha256_file
from latentlab.data.raw import Raw
from latentlab.errors import RefusedError

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
DEFLATE_RATIO = 1040  # deflate cannot pack more than 1032 to 1
AGAIN = "Download or copy it again."

_IMAGES = re.compile(r"images?[-._]idx[1-4](-[a-z]+)?(\.gz)?$", re.IGNORECASE)
_LABELS = re.compile(r"labels?[-._]idx1(-[a-z]+)?(\.gz)?$", re.IGNORECASE)
_ANY = re.compile(r"(\.idx|[-._]idx[1-4](-[a-z]+)?)(\.gz)?$", re.IGNORECASE)


def is_idx_name(name: str) -> bool:
    """Whether a file name is one of an IDX file."""
    return bool(_ANY.search(name))


def is_idx(path: Path) -> bool:
    """Whether a regular file begins as an IDX file does, gzipped or not."""
    try:
        with _unpacked(path) as stream:
            head = stream.read(4)
    except (RefusedError, OSError, EOFError, zlib.error):
        return False
    return len(head) == 4 and head[:2] == b"\0\0" and head[2] in TYPES and 1 <= head[3] <= 4


@contextmanager
def _unpacked(path: Path) -> Iterator[BinaryIO]:
    with open_regular(path) as handle:
        packed = handle.read(2) == b"\x1f\x8b"
        handle.seek(0)
        if packed:
            with gzip.GzipFile(fileobj=handle, mode="rb") as stream:
                yield stream  # type: ignore[misc]  # a GzipFile reads as a BinaryIO does
        else:
            yield handle


def read_idx(path: Path, reading: Reading) -> NDArray[Any]:
    """Read one IDX file.

    Returns:
        The array, in the byte order of this machine.

    Raises:
        RefusedError: It is no IDX file, is damaged, ends early, has more bytes than its header
            says, or does not fit into memory.
    """
    size = regular_file(path)
    try:
        with _unpacked(path) as stream:
            dtype, shape = _header(stream, path)
            _check_claim(
                dtype, shape, size, path, reading, packed=isinstance(stream, gzip.GzipFile)
            )
            array, missing = read_array(stream, dtype, shape, reading, f"Reading {path.name}")
            more = stream.read(1)
    except (OSError, EOFError, zlib.error) as error:
        raise RefusedError(
            "The file is damaged: it cannot be unpacked.", where=str(path), do=AGAIN
        ) from error
    if missing or more:
        what = f"ends {missing:,} bytes early" if missing else "has more bytes than its header says"
        raise RefusedError(f"The file {what}.", where=str(path), do=AGAIN)
    return array.astype(dtype.newbyteorder("="), copy=False)


def _header(stream: BinaryIO, path: Path) -> tuple[np.dtype[Any], tuple[int, ...]]:
    head = stream.read(4)
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in TYPES or not 1 <= head[3] <= 4:
        raise RefusedError(
            "It is not an IDX file: its first four bytes are wrong.",
            where=str(path),
            do="Choose an images-idx3-ubyte file.",
        )
    raw = stream.read(4 * head[3])
    if len(raw) < 4 * head[3]:
        raise RefusedError("The file ends inside its header.", where=str(path), do=AGAIN)
    shape = struct.unpack(f">{head[3]}I", raw)
    if 0 in shape:
        raise RefusedError(f"The file says it holds {shape}: nothing.", where=str(path), do=AGAIN)
    return np.dtype(TYPES[head[2]]), shape


def _check_claim(
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    size: int,
    path: Path,
    reading: Reading,
    *,
    packed: bool,
) -> None:
    claimed = dtype.itemsize
    for length in shape:
        claimed *= length
    most = size * DEFLATE_RATIO if packed else size
    if claimed > most:
        raise RefusedError(
            f"The header says {shape}, more than the file can hold.", where=str(path), do=AGAIN
        )
    reading.afford(claimed, where=str(path), copies=1 if dtype.itemsize == 1 else 2)


@dataclass(frozen=True)
class Pair:
    """An images file, its labels file if there is one, and whether it is the test part."""

    images: Path
    labels: Path | None
    prefix: str
    test: bool


def find_pairs(paths: Sequence[Path]) -> list[Pair]:
    """The images files among `paths`, each with its labels by the published names."""
    by_name = {path.name.lower(): path for path in paths}
    seen: set[str] = set()
    pairs = []
    for name in sorted(by_name):
        plain = name.removesuffix(".gz")
        if not _IMAGES.search(name) or plain in seen:
            continue
        seen.add(plain)  # train-images-idx3-ubyte lies beside its .gz: one is enough
        match = re.search(r"(train|t10k|test)[-._]", plain)
        prefix = plain[: match.start()].strip("-._") if match else ""
        test = match is not None and match.group(1) != "train"
        pairs.append(Pair(by_name[name], _labels_of(plain, by_name), prefix, test))
    return pairs


def _labels_of(images: str, by_name: dict[str, Path]) -> Path | None:
    wanted = re.sub(r"image(s?)", r"label\1", images)
    wanted = re.sub(r"idx[2-4]", "idx1", wanted)
    for name in (wanted, wanted + ".gz"):
        if name in by_name:
            return by_name[name]
    return None


def open_idx_file(path: Path, reading: Reading) -> Raw:
    """One images file, with its labels where they lie beside it.

    Raises:
        RefusedError: See `read_idx`; or it is a labels file.
    """
    try:
        beside = [entry for entry in path.parent.iterdir() if is_idx_name(entry.name)]
    except OSError:
        beside = []
    pairs = [pair for pair in find_pairs([*beside, path]) if pair.images.name == path.name]
    if not pairs and _LABELS.search(path.name):
        raise RefusedError(
            "The file holds labels, not pictures.",
            where=str(path),
            do="Choose the images file beside it.",
        )
    pair = pairs[0] if pairs else Pair(path, None, "", test=False)
    raw = _join([pair], reading, name=path.name)
    raw.source, raw.split = str(path), None
    return raw


def open_idx_folder(folder: Path, paths: Sequence[Path], reading: Reading, prefix: str = "") -> Raw:
    """All IDX files of a folder as one data set, train and t10k as its published split.

    Args:
        folder: The folder, for the name.
        paths: Its IDX files.
        prefix: Which variant to take where there are several ("emnist-balanced").

    Raises:
        RefusedError: See `read_idx`; or there are several data sets in the folder.
    """
    pairs = find_pairs(paths)
    prefixes = sorted({pair.prefix for pair in pairs})
    chosen = prefix if prefix in prefixes else prefixes[0] if len(prefixes) == 1 else None
    if chosen is None and "emnist-balanced" in prefixes:
        chosen = "emnist-balanced"
    pairs = [pair for pair in pairs if pair.prefix == chosen]
    if not pairs or len(pairs) > 2 or (len(pairs) == 2 and pairs[0].test == pairs[1].test):
        names = ", ".join(sorted(path.name for path in paths)[:6])
        raise RefusedError(
            f"The folder holds no single IDX data set ({names}).",
            where=str(folder),
            do="Open one of its images files.",
        )
    raw = _join(sorted(pairs, key=lambda pair: pair.test), reading, name=folder.name)
    raw.source = str(folder)
    if len(prefixes) > 1:
        raw.notes.append(f"Of {', '.join(prefixes)} in the folder, {chosen} was read.")
        raw.source = str(folder)
    return raw


def _join(pairs: Sequence[Pair], reading: Reading, *, name: str) -> Raw:
    raw = Raw(name=name, source="", x=np.empty(0), pixels=True)
    pictures, labels, split = [], [], []
    for pair in pairs:
        x = _pictures(pair, reading)
        raw.checksums[pair.images.name] = sha256_file(pair.images, reading)
        labels.append(_labels(pair, len(x), raw, reading))
        pictures.append(x)
        split.append(np.full(len(x), TEST if pair.test else TRAIN, dtype=np.int8))
    if len({x.shape[1:] for x in pictures}) > 1:
        raise RefusedError(
            f"Training pictures are {pictures[0].shape[1:]}, "
            f"test pictures {pictures[1].shape[1:]}.",
            where=str(pairs[0].images.parent),
            do="Open one images file alone.",
        )
    total = sum(x.nbytes for x in pictures)
    if len(pictures) > 1:
        reading.afford(total, where=str(pairs[0].images.parent), copies=2)
    raw.x = pictures[0] if len(pictures) == 1 else np.concatenate(pictures)
    if any(len(y) and y.min() >= 0 for y in labels):
        raw.y = np.concatenate(labels)
    raw.split = np.concatenate(split) if len(pairs) == 2 else None
    if "emnist" in pairs[0].images.name.lower():
        raw.x = raw.x.swapaxes(1, 2)  # (N, W, H) -> (N, H, W): EMNIST is published transposed
        raw.notes.append("EMNIST's pictures were transposed, as they are published on their side.")
    return raw


def _pictures(pair: Pair, reading: Reading) -> NDArray[Any]:
    x = read_idx(pair.images, reading)
    if x.ndim < 2:
        raise RefusedError(
            "The file holds one number for each row: labels, not pictures.",
            where=str(pair.images),
            do="Choose an images-idx3-ubyte file.",
        )
    return x


def _labels(pair: Pair, count: int, raw: Raw, reading: Reading) -> NDArray[Any]:
    if pair.labels is None:
        raw.notes.append(f"{pair.images.name} has no labels beside it.")
        return np.full(count, -1, dtype=np.int64)
    y = read_idx(pair.labels, reading)
    if y.ndim != 1 or len(y) != count or y.dtype.kind not in "ui":
        raise RefusedError(
            f"There are {count:,} pictures, and labels of shape {y.shape} ({y.dtype}).",
            where=str(pair.labels),
            do="Choose files that belong together.",
        )
    raw.checksums[pair.labels.name] = sha256_file(pair.labels, reading)
    return y.astype(np.int64)
