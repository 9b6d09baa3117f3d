"""Damaged files: each reader answers with data or with one sentence, never with anything else.

About 1,000 in all on each run; LATENTLAB_MUTANTS=10000 makes that many for each kind of file.
"""

from __future__ import annotations

import gzip
import io
import os
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from latentlab.data import parquet as parquet_module
from latentlab.data.dataset import Dataset
from latentlab.data.open import open_dataset
from latentlab.errors import RefusedError
from latentlab.specs import DataSpec

COUNT = int(os.environ.get("LATENTLAB_MUTANTS", "70"))
RNG = np.random.default_rng(1)
X = RNG.integers(0, 256, (12, 6, 5), dtype=np.uint8)
Y = RNG.integers(0, 3, 12)


def idx() -> bytes:
    return b"\0\0\x08\x03" + struct.pack(">3I", *X.shape) + X.tobytes()


def npy() -> bytes:
    stream = io.BytesIO()
    np.save(stream, X.astype(np.float32))
    return stream.getvalue()


def npz(*, packed: bool) -> bytes:
    stream = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(stream, imgs=X, labels=Y)
    return stream.getvalue()


def csv() -> bytes:
    rows = [f"{y},{','.join(map(str, x.ravel()))},{'ab'[y % 2]}" for x, y in zip(X, Y, strict=True)]
    names = ",".join(f"pixel{number}" for number in range(30))
    return "\n".join([f"label,{names},mood", *rows]).encode()


def parquet() -> bytes:
    stream = io.BytesIO()
    columns = {f"pixel{number}": X.reshape(12, -1)[:, number] for number in range(30)}
    pq.write_table(pa.table({**columns, "label": [str(y) for y in Y]}), stream, compression="zstd")
    return stream.getvalue()


def picture(kind: str, mode: str) -> bytes:
    stream = io.BytesIO()
    values = np.random.default_rng(2).integers(0, 256, (24, 20, 3), dtype=np.uint8)
    Image.fromarray(values).convert(mode).save(stream, kind)
    return stream.getvalue()


KINDS: dict[str, Callable[[], bytes]] = {
    "images-idx3-ubyte": idx,
    "images-idx3-ubyte.gz": lambda: gzip.compress(idx(), mtime=0),
    "a.npy": npy,
    "stored.npz": lambda: npz(packed=False),
    "packed.npz": lambda: npz(packed=True),
    "a.csv": csv,
    "a.parquet": parquet,
    "a.png": lambda: picture("PNG", "RGBA"),
    "palette.png": lambda: picture("PNG", "P"),
    "a.jpg": lambda: picture("JPEG", "RGB"),
    "a.gif": lambda: picture("GIF", "P"),
    "a.bmp": lambda: picture("BMP", "RGB"),
    "a.webp": lambda: picture("WEBP", "RGB"),
    "a.tif": lambda: picture("TIFF", "RGB"),
    "a.pgm": lambda: picture("PPM", "L"),
}
PICTURES = (".png", ".jpg", ".gif", ".bmp", ".webp", ".tif", ".pgm")


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """One to four damages: bits, bytes, numbers at their limits, cuts, doublings, foreign bytes."""
    for _ in range(rng.integers(1, 5)):
        if not data:
            return b"\0"
        # Headers decide: half of the damages fall on the first or last hundred bytes.
        where = int(rng.integers(0, len(data)))
        if rng.random() < 0.5:
            where = min(int(rng.integers(0, 100)), len(data) - 1)
            where = len(data) - 1 - where if rng.random() < 0.4 else where
        end = where + int(rng.integers(1, 9))
        limit = bytes(rng.choice([0x00, 0x7F, 0x80, 0xFF], end - where).astype(np.uint8))
        noise = rng.bytes(end - where)
        bit = bytes([data[where] ^ (1 << int(rng.integers(8)))])
        before, piece, after = data[:where], data[where:end], data[end:]
        data = (
            before + bit + data[where + 1 :],
            before + limit + after,
            before,
            before + after,
            before + piece * 3 + after,
            before + noise + piece + after,
            before + noise + after,
        )[rng.integers(7)]
    return data


def assert_whole(dataset: Dataset) -> None:
    assert len(dataset) > 0
    assert len(dataset.labels) == len(dataset.split) == len(dataset)
    assert dataset.labels.max() < max(dataset.class_count, 1)
    inputs = dataset.inputs(slice(0, 4))
    assert np.isfinite(inputs).all()
    assert inputs.min() >= 0
    assert inputs.max() <= 1 + 1e-6


def assert_sentence(error: RefusedError) -> None:
    assert error.what.endswith((".", "?", "!"))
    assert "\n" not in str(error)
    assert len(error.what) < 700
    assert "Traceback" not in str(error)


@pytest.mark.parametrize("name", KINDS)
def test_damaged_files_give_data_or_one_sentence(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A process for each would take half a second for each; two files below do go through one.
    monkeypatch.setattr(parquet_module, "batches_of_child", parquet_module.read_batches)
    good = KINDS[name]()
    rng = np.random.default_rng([ord(letter) for letter in name])
    source = tmp_path / ("pictures" if name.endswith(PICTURES) else name)
    path = source / name if name.endswith(PICTURES) else source
    path.parent.mkdir(exist_ok=True)
    refused = 0
    for _ in range(COUNT):
        path.write_bytes(mutate(good, rng))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # as in the program, where a warning stops nothing
            try:
                assert_whole(open_dataset(DataSpec(source=str(source)), cache=tmp_path / "cache"))
            except RefusedError as error:
                assert_sentence(error)
                refused += 1
    assert refused > COUNT // 10  # a reader that accepts everything has looked at nothing


@pytest.mark.parametrize("name", KINDS)
def test_the_undamaged_files_open(name: str, tmp_path: Path) -> None:
    path = tmp_path / "folder" / name
    path.parent.mkdir()
    path.write_bytes(KINDS[name]())
    dataset = open_dataset(DataSpec(source=str(path.parent)), cache=tmp_path / "cache")
    assert_whole(dataset)
    assert dataset.skipped == ()


def test_every_cut_of_an_archive_is_refused(tmp_path: Path) -> None:
    good = npz(packed=True)
    path = tmp_path / "cut.npz"
    for length in range(0, len(good), 7):
        path.write_bytes(good[:length])
        with pytest.raises(RefusedError):
            open_dataset(DataSpec(source=str(path)), cache=tmp_path)


def test_an_archive_with_foreign_members_gives_its_arrays(tmp_path: Path) -> None:
    path = tmp_path / "mixed.npz"
    path.write_bytes(npz(packed=True))
    with zipfile.ZipFile(path, "a") as zipped:
        zipped.writestr("../../escape.npy", b"x")
        zipped.writestr("readme.txt", b"hello")
    dataset = open_dataset(DataSpec(source=str(path)), cache=tmp_path)
    assert len(dataset) == 12
    assert {name for name, _ in dataset.skipped} == {"../../escape", "readme.txt"}
