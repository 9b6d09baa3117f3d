"""A model as one portable file: safetensors with its configuration in the header. No torch here.

Weights are stored under `weights/`, the embedded data set under `map/`, decoded pictures of the
plane under `lattice/`. A file is input from elsewhere: its size, its header, every dtype and every
number is checked, and what does not fit is refused with a sentence.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal, NoReturn

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors import numpy as safetensors

from latentlab.data.guard import Reading, open_regular
from latentlab.errors import RefusedError
from latentlab.files import write_atomic
from latentlab.models.stored import StoredMap as StoredMap
from latentlab.models.stored import map_arrays, read_map
from latentlab.specs import DataSpec, ModelSpec, Spec, TrainSpec, decode_json

FORMAT = 1
MAX_PARAMETERS = 500_000_000
MAX_HEADER_BYTES = 16 * 2**20
MAX_FILE_BYTES = 6 * 2**30
MAX_NAME = 300
ITEM_BYTES = {"F64": 8, "F32": 4, "F16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1}
DO = "Open a model file that latentlab saved."

Text = Annotated[str, Meta(max_length=4096)]
Rect = tuple[float, float, float, float]  # x0, y0, x1, y1 on the map


class Figures(Spec, frozen=True, kw_only=True):
    """Held-out terms in nats per datum: bound = reconstruction - kl; `extras` by name."""

    bound_nats: float
    reconstruction_nats: float
    kl_nats: float
    loss: float
    extras: Annotated[dict[Text, float], Meta(max_length=100)] = msgspec.field(default_factory=dict)


class ModelHeader(Spec, frozen=True, kw_only=True):
    """What a model file says of itself.

    Args:
        name: What a person calls it.
        model: The networks, posterior, prior and likelihood.
        train: How it was trained.
        data: Where its data came from, so that they can be opened again.
        data_name: What a person calls the data.
        checksums: File name -> sha256 of the data read.
        value_range: (low, high) of the data's values that the model knows as 0 and 1.
        label_names: Name of label k at position k.
        epochs: Passes over the training rows so far.
        held_out: The last figures on held-out rows.
        axis_names: What the two axes of the stored plane are called.
        rect: The part of the plane that the stored lattice covers.
        layout: "tsne" or "umap" where the stored map is a layout.
        laid_out: How many data the layout was fitted to.
    """

    format: Literal[1] = 1
    model: ModelSpec
    name: Text = ""
    train: TrainSpec | None = None
    data: DataSpec | None = None
    data_name: Text = ""
    checksums: Annotated[dict[Text, Text], Meta(max_length=100_000)] = msgspec.field(
        default_factory=dict
    )
    value_range: tuple[float, float] | None = None
    label_names: Annotated[tuple[Text, ...], Meta(max_length=100_000)] = ()
    epochs: Annotated[float, Meta(ge=0)] = 0.0
    held_out: Figures | None = None
    versions: Annotated[dict[Text, Text], Meta(max_length=1000)] = msgspec.field(
        default_factory=dict
    )
    axis_names: tuple[Text, Text] | None = None
    rect: Rect | None = None
    layout: Literal["", "tsne", "umap"] = ""
    laid_out: Annotated[int, Meta(ge=0)] = 0


@dataclass(frozen=True, slots=True, eq=False)
class StoredLattice:
    """Decoded pictures over a part of the plane: (R, C, H, W[, 3]) uint8, row 0 on top."""

    rect: Rect
    images: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class ModelFile:
    """A model outside torch: header, weights by parameter name, and what else was kept."""

    header: ModelHeader
    weights: dict[str, NDArray[np.floating]] = field(repr=False)
    map: StoredMap | None = None
    lattice: StoredLattice | None = None

    @property
    def parameter_count(self) -> int:
        """Number of trained values."""
        return sum(array.size for array in self.weights.values())


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One tensor of a safetensors header."""

    dtype: str
    shape: Annotated[tuple[Annotated[int, Meta(ge=0, le=2**40)], ...], Meta(max_length=8)]
    data_offsets: tuple[Annotated[int, Meta(ge=0)], Annotated[int, Meta(ge=0)]]


class _Raw(msgspec.Struct, frozen=True):
    format: int


def write_model_file(path: Path, file: ModelFile) -> None:
    """Write `file` to `path` in one step.

    Raises:
        LatentlabError: The disk is full, or the folder is read-only or gone.
    """
    write_atomic(Path(path), to_bytes(file))


def to_bytes(file: ModelFile) -> bytes:
    """A model file's bytes.

    Raises:
        RefusedError: A weight or a code is not finite, or the parts do not fit each other.
    """
    arrays: dict[str, NDArray[Any]] = {f"weights/{name}": a for name, a in file.weights.items()}
    header = file.header
    if file.map is not None:
        header = msgspec.structs.replace(header, axis_names=file.map.axis_names)
        header = msgspec.structs.replace(header, layout=file.map.layout, laid_out=file.map.laid_out)
        arrays |= map_arrays(file.map)
    if file.lattice is not None:
        header = msgspec.structs.replace(header, rect=file.lattice.rect)
        arrays["lattice/images"] = file.lattice.images
    metadata = {"latentlab": msgspec.json.encode(header).decode()}
    _assemble(decode_json(metadata["latentlab"], ModelHeader), arrays, "the model")
    # safetensors takes an array's memory as it lies: it must be contiguous.
    return safetensors.save({k: np.asarray(a, order="C") for k, a in arrays.items()}, metadata)


def read_model_file(path: Path) -> ModelFile:
    """Read and check a model file.

    Raises:
        RefusedError: It is not a model file, damaged, too large, or holds numbers that are not
            finite. Whether its weights fit its configuration is seen by `Model.from_file`.
    """
    where = str(path)
    try:
        with _open_regular(Path(path), where) as stream:
            size = os.fstat(stream.fileno()).st_size
            head = _read_head(stream, size, where)
            _check_head(head, size, where)
            Reading().afford(size, where=where, copies=2)
            data = head + stream.read(size - len(head))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise RefusedError(
            f"The file could not be read: {reason}.", where=where, do="Choose another file."
        ) from error
    return from_bytes(data, where)


def from_bytes(data: bytes, where: str) -> ModelFile:
    """Read and check a model file's bytes; errors name `where`.

    Raises:
        RefusedError: As `read_model_file`.
    """
    entries, text = _check_head(data, len(data), where)
    try:
        arrays = safetensors.load(data)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise RefusedError("The model file is damaged.", where=where, do=DO) from error
    if {name: array.shape for name, array in arrays.items()} != {
        name: entry.shape for name, entry in entries.items()
    }:
        _refuse("The model file's header contradicts itself.", where)
    return _assemble(_decode_header(text, where), arrays, where)


def is_model_file(path: Path) -> bool:
    """Whether `path` looks like a safetensors file; reads nine bytes."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        with path.open("rb") as stream:
            first = stream.read(9)
    except OSError:
        return False
    return first[8:] == b"{" and 2 <= int.from_bytes(first[:8], "little") <= MAX_HEADER_BYTES


def _open_regular(path: Path, where: str) -> BinaryIO:
    if path.suffix.lower() in {".pt", ".pth", ".ckpt", ".pkl", ".pickle"}:
        raise RefusedError(
            "Files made by pickle can run programs, so they are not opened.",
            where=where,
            do="Save the model as safetensors from latentlab.",
        )
    return open_regular(path, limit=MAX_FILE_BYTES)


def _read_head(stream: BinaryIO, size: int, where: str) -> bytes:
    first = stream.read(8)
    length = int.from_bytes(first, "little")
    if len(first) < 8 or not 2 <= length <= min(MAX_HEADER_BYTES, size - 8):
        _refuse("This is not a model file.", where)
    return first + stream.read(length)


def _check_head(data: bytes, size: int, where: str) -> tuple[dict[str, _Entry], str]:
    """The tensors that the header promises and latentlab's own text; nothing large is touched."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or not 2 <= length <= min(MAX_HEADER_BYTES, size - 8):
        _refuse("This is not a model file.", where)
    try:
        raw = msgspec.json.decode(data[8 : 8 + length], type=dict[str, msgspec.Raw])
        metadata = msgspec.json.decode(raw.pop("__metadata__", b"{}"), type=dict[str, str])
        entries = {name: msgspec.json.decode(r, type=_Entry) for name, r in raw.items()}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedError("This is not a model file.", where=where, do=DO) from error
    if "latentlab" not in metadata:
        _refuse("This safetensors file was not made by latentlab.", where)
    _check_entries(entries, size - 8 - length, where)
    return entries, metadata["latentlab"]


def _check_entries(entries: dict[str, _Entry], data_bytes: int, where: str) -> None:
    end = parameters = 0
    for name, entry in sorted(entries.items(), key=lambda item: item[1].data_offsets):
        if len(name) > MAX_NAME:
            _refuse("The model file has a tensor with an endless name.", where)
        if entry.dtype not in ITEM_BYTES:
            _refuse(f"“{name}” has the type {entry.dtype[:20]}, which models do not use.", where)
        begin, stop = entry.data_offsets
        if begin != end or stop - begin != prod(entry.shape) * ITEM_BYTES[entry.dtype]:
            _refuse("The model file's header contradicts itself.", where)
        end = stop
        parameters += prod(entry.shape) if name.startswith("weights/") else 0
    if end != data_bytes:
        _refuse(f"The file should hold {end:,} bytes of numbers and holds {data_bytes:,}.", where)
    if parameters > MAX_PARAMETERS:
        _refuse(f"The model has {parameters:,} parameters; at most 500 million are allowed.", where)


def _decode_header(text: str, where: str) -> ModelHeader:
    try:
        version = msgspec.json.decode(text, type=_Raw).format
    except (msgspec.MsgspecError, RecursionError) as error:
        raise RefusedError("This is not a model file.", where=where, do=DO) from error
    if version != FORMAT:
        raise RefusedError(
            f"The model file has format {version}, this program reads format {FORMAT}.",
            where=where,
            do="Update latentlab.",
        )
    return decode_json(text, ModelHeader, where=where)


def _assemble(header: ModelHeader, arrays: dict[str, NDArray[Any]], where: str) -> ModelFile:
    weights = {
        name.removeprefix("weights/"): array
        for name, array in arrays.items()
        if name.startswith("weights/")
    }
    others = {name: array for name, array in arrays.items() if not name.startswith("weights/")}
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            _refuse(f"“{name}” holds numbers that are not finite.", where)
    for name, array in weights.items():
        if array.dtype not in (np.float32, np.float16):
            _refuse(f"The weight “{name}” is {array.dtype}, not float32 or float16.", where)
    stored_map = read_map(header, others, where)
    lattice = _read_lattice(header, others, where)
    if others:
        _refuse(f"“{min(others)}” does not belong into a model file.", where)
    return ModelFile(header, weights, stored_map, lattice)


def _read_lattice(
    header: ModelHeader, arrays: dict[str, NDArray[Any]], where: str
) -> StoredLattice | None:
    images = arrays.pop("lattice/images", None)
    if images is None:
        return None
    channels, height, width = header.model.shape
    one = (height, width, 3) if channels == 3 else (height, width)
    rect = header.rect
    fits = images.dtype == np.uint8 and images.ndim >= 4 and images.shape[2:] == one and images.size
    if not fits or rect is None or not (rect[0] < rect[2] and rect[1] < rect[3]):
        _refuse("The stored lattice does not fit the model.", where)
    return StoredLattice(rect, images)


def _refuse(what: str, where: str) -> NoReturn:
    raise RefusedError(what, where=where, do=DO)
