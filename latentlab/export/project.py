"""A project as a file: what was open, and how it was looked at. JSON, checked like any input.

The model is kept as a copy of its file, or as a reference with its checksum; data are kept as a
reference with theirs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from latentlab.data.guard import open_regular
from latentlab.errors import RefusedError
from latentlab.files import sweep, write_atomic
from latentlab.latent.courses import CourseKind
from latentlab.latent.direction_files import KeptDirection
from latentlab.latent.spacing import Spacing
from latentlab.specs import DataSpec
from latentlab.version import __version__

ENDING = ".latentlab"
FORMAT = 1
MAX_BYTES = 2 * 2**30
DO = "Open a project that latentlab saved."

Text = Annotated[str, Meta(max_length=4096)]
Latents = Annotated[tuple[float, ...], Meta(min_length=1, max_length=65_536)]
Rect = tuple[float, float, float, float]


class Kept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a project, strict about unknown fields."""


class KeptModel(Kept, frozen=True, kw_only=True):
    """The model: where it was, what its weights were, and a copy of its file if wanted."""

    name: Text = ""
    path: Text = ""
    beside: Text = ""  # the path from the project's folder
    sha256: Text = ""  # of the file at `path`, or of `copy`
    copy: bytes | None = None


class KeptData(Kept, frozen=True, kw_only=True):
    """The data: how they were opened, and what their files held."""

    spec: DataSpec
    name: Text = ""
    beside: Text = ""
    checksums: Annotated[dict[Text, Text], Meta(max_length=100_000)] = msgspec.field(
        default_factory=dict
    )


class KeptLabels(Kept, frozen=True, kw_only=True):
    """Labels that were recovered: a class, a confidence and its source for each of N data."""

    chosen: Text  # the method
    labels: bytes  # (N,) little-endian int32
    confidence: bytes  # (N,) little-endian float32
    given: bytes  # (N,) bits: which labels were known


class KeptChart(Kept, frozen=True, kw_only=True):
    """Which chart the map showed."""

    kind: Text = "axes"
    first: Annotated[int, Meta(ge=0)] = 0
    second: Annotated[int, Meta(ge=0)] = 1
    points: Annotated[tuple[Latents, ...], Meta(max_length=3)] = ()
    most: Annotated[int, Meta(ge=1)] | None = None


class KeptPath(Kept, frozen=True, kw_only=True):
    """A path by its waypoints."""

    stops: Annotated[tuple[Latents, ...], Meta(min_length=2, max_length=10_000)]
    kind: CourseKind = "straight"
    spacing: Spacing = "z"
    closed: bool = False
    density: Annotated[float, Meta(ge=0)] = 0.0
    shares: tuple[float, ...] = ()
    frames: Annotated[int, Meta(ge=2, le=100_000)] = 60
    position: Annotated[float, Meta(ge=0, le=1)] = 1.0
    mode: Literal["loop", "once", "there and back"] = "loop"
    frames_per_s: Annotated[float, Meta(gt=0, le=1000)] = 20.0


class KeptPicture(Kept, frozen=True, kw_only=True):
    """A small picture: its shape and its bytes, row after row."""

    shape: Annotated[tuple[Annotated[int, Meta(ge=1, le=1024)], ...], Meta(min_length=2)]
    pixels: Annotated[bytes, Meta(max_length=1 << 22)]


class KeptBookmark(Kept, frozen=True, kw_only=True):
    """A bookmark."""

    name: Text
    z: Latents
    path: KeptPath | None = None
    picture: KeptPicture | None = None


class KeptLook(Kept, frozen=True, kw_only=True):
    """How the window looked."""

    layers: Annotated[tuple[Text, ...], Meta(max_length=100)] = ()
    layer_opacity: dict[Text, Annotated[float, Meta(ge=0, le=1)]] = msgspec.field(
        default_factory=dict
    )
    colour_by: Text = "class"
    colour_scale: Literal["linear", "log", "quantile"] = "linear"
    clusters: Annotated[int, Meta(ge=2, le=100)] = 10
    neighbours: Annotated[int, Meta(ge=1, le=1000)] = 10
    smooth: bool = False
    traversals: bool = False
    selection_panel: bool = False
    bookmarks_panel: bool = False
    geometry: Annotated[str, Meta(max_length=1 << 16)] = ""
    window_state: Annotated[str, Meta(max_length=1 << 16)] = ""


class ProjectFile(Kept, frozen=True, kw_only=True):
    """All of a project; what is None or empty was not there."""

    project: Literal[1] = 1
    version: Text = __version__
    model: KeptModel | None = None
    data: KeptData | None = None
    labels: KeptLabels | None = None  # of the data, where they are not their own
    chart: KeptChart | None = None
    z: Latents | None = None
    path: KeptPath | None = None
    bookmarks: Annotated[tuple[KeptBookmark, ...], Meta(max_length=10_000)] = ()
    directions: Annotated[tuple[KeptDirection, ...], Meta(max_length=1000)] = ()
    hidden: Annotated[tuple[tuple[Text, tuple[int, ...]], ...], Meta(max_length=10_000)] = ()
    where: Annotated[str, Meta(max_length=1 << 16)] = ""
    colour_ends: Annotated[dict[Text, tuple[float, float]], Meta(max_length=10_000)] = (
        msgspec.field(default_factory=dict)
    )  # of the scales that a person moved, by column
    selection: bytes | None = None  # rows as little-endian int32, ascending
    view: Rect | None = None
    decoded_class: int | None = None
    look: KeptLook = msgspec.field(default_factory=KeptLook)


class _Head(msgspec.Struct, frozen=True):
    project: int


def is_project(path: Path) -> bool:
    """Whether a file is one to read as a project; reads a few bytes.

    Models may have the same ending: theirs have a length before the first brace. What is neither
    is refused as a project.

    Example:
        >>> is_project(Path("nowhere.latentlab"))
        False
    """
    if path.suffix.lower() != ENDING or not path.is_file():
        return False
    try:
        with path.open("rb") as stream:
            return stream.read(9)[8:] != b"{"
    except OSError:
        return False


def write_project(path: Path, project: ProjectFile) -> None:
    """Write a project in one step; what a killed program left beside it is swept away.

    Raises:
        LatentlabError: The disk is full, or the folder is read-only or gone.
    """
    write_atomic(path, msgspec.json.encode(project))
    sweep(path.parent)


def read_project(path: Path) -> ProjectFile:
    """Read and check a project.

    Raises:
        RefusedError: There is none, it is damaged, too large, or of a newer program.
    """
    where = str(path)
    try:
        with open_regular(path, limit=MAX_BYTES) as stream:
            data = stream.read()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise RefusedError(
            f"The project could not be read: {reason}.", where=where, do="Choose another file."
        ) from error
    try:
        version = msgspec.json.decode(data, type=_Head).project
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedError("This is not a project.", where=where, do=DO) from error
    if version != FORMAT:
        raise RefusedError(
            f"The project has format {version}, this program reads format {FORMAT}.",
            where=where,
            do="Update latentlab.",
        )
    try:
        return msgspec.json.decode(data, type=ProjectFile)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedError(f"The project is damaged: {error}.", where=where, do=DO) from error


def kept_picture(picture: NDArray[np.uint8] | None) -> KeptPicture | None:
    """A small picture (H, W) or (H, W, 3) as it is kept."""
    if picture is None:
        return None
    return KeptPicture(shape=picture.shape, pixels=np.ascontiguousarray(picture).tobytes())


def shown_picture(kept: KeptPicture | None) -> NDArray[np.uint8] | None:
    """A kept picture as it is shown; None where its shape and its bytes contradict each other.

    Example:
        >>> shown_picture(KeptPicture(shape=(2, 2), pixels=b"abc")) is None
        True
    """
    if kept is None or len(kept.shape) > 3 or (len(kept.shape) == 3 and kept.shape[2] != 3):
        return None
    pixels = np.frombuffer(kept.pixels, np.uint8)
    if pixels.size != int(np.prod(kept.shape)):
        return None
    return pixels.reshape(kept.shape).copy()
