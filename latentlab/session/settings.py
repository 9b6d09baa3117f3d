"""The person's settings: JSON with a schema, written whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from latentlab.errors import LatentlabError
from latentlab.files import write_atomic
from latentlab.latent.courses import CourseKind
from latentlab.parts.figures import FigureLook, FigureSpec, Manifold
from latentlab.parts.films import FilmLook
from latentlab.session.path import (
    DEFAULT_FRAMES,
    FRAMES_PER_S,
    MOST_FRAMES,
    SPEEDS,
    PlayMode,
)

MAX_RECENT = 10
MAX_BYTES = 1 << 20


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the window remembers between starts.

    Args:
        geometry: Window geometry as base64 of Qt's bytes.
        window_state: Docks and tool bars as base64 of Qt's bytes.
        smooth: Whether large pictures are interpolated, else crisp pixels.
        motion: Whether the map's points move to where another chart has them, or are there at once.
        traversals: Whether the strips along each latent are shown.
        text_scale: How much larger text is than the theme's sizes.
        unfinished_run: The run folder that is being written; what a crash leaves behind.
        colour_by: The column that colours the points.
        colour_scale: How its numbers become places in the colours.
        clusters: Of k-means in z.
        neighbours: To the nearest of which the distance in z is told.
        layer_opacity: Of layers by name, where a person changed it.
        brush_px: Radius of the brush that selects, in pixels.
        grow: Neighbours of each selected datum that a step of growing adds.
        gallery_px: Side of a gallery's pictures.
        gallery_sort: What the gallery of the selection is sorted by.
        selection_panel: Whether the gallery and the statistics of the selection are shown.
        flops_per_s: Training speed seen on this machine, for time estimates.
        bookmarks_panel: Whether the bookmarks are shown.
        project_copy: Whether a project keeps a copy of its model.
        figure: The figure that was drawn last.
        figure_look: How its page looked.
        film: How the last film looked.
        path_kind: How a new path goes.
        path_spacing: By what its frames are spaced.
        path_density: Weight of the term that keeps a geodesic near data.
        path_frames: Its number of frames.
        play_mode: What play does at the end.
        play_speed: In frames a second.
    """

    theme: Literal["system", "dark", "light"] = "system"
    smooth: bool = False
    motion: Literal["system", "full", "less"] = "system"
    traversals: bool = False
    text_scale: Annotated[float, Meta(ge=0.5, le=3.0)] = 1.0
    recent_files: tuple[Annotated[str, Meta(max_length=4096)], ...] = ()
    geometry: Annotated[str, Meta(max_length=1 << 16)] = ""
    window_state: Annotated[str, Meta(max_length=1 << 16)] = ""
    layers: tuple[str, ...] = ("points", "rings", "gaps")
    layer_opacity: dict[str, Annotated[float, Meta(ge=0.0, le=1.0)]] = {}
    unfinished_run: Annotated[str, Meta(max_length=4096)] = ""
    colour_by: Annotated[str, Meta(max_length=4096)] = "class"
    colour_scale: Literal["linear", "log", "quantile"] = "linear"
    clusters: Annotated[int, Meta(ge=2, le=100)] = 10
    neighbours: Annotated[int, Meta(ge=1, le=1000)] = 10
    brush_px: Annotated[float, Meta(ge=3.0, le=300.0)] = 24.0
    grow: Annotated[int, Meta(ge=1, le=1000)] = 5
    gallery_px: Annotated[int, Meta(ge=24, le=192)] = 56
    gallery_sort: Literal["row", "class", "distance", "bound"] = "row"
    selection_panel: bool = False
    flops_per_s: Annotated[float, Meta(gt=0)] | None = None
    bookmarks_panel: bool = False
    project_copy: bool = True
    figure: FigureSpec = msgspec.field(default_factory=Manifold)
    figure_look: FigureLook = msgspec.field(default_factory=FigureLook)
    film: FilmLook = msgspec.field(default_factory=FilmLook)
    path_kind: CourseKind = "straight"
    path_spacing: Literal["z", "metric"] = "z"
    path_density: Annotated[float, Meta(ge=0.0, le=1e6)] = 0.0
    path_frames: Annotated[int, Meta(ge=2, le=MOST_FRAMES)] = DEFAULT_FRAMES
    play_mode: PlayMode = "loop"
    play_speed: Annotated[float, Meta(ge=SPEEDS[0], le=SPEEDS[1])] = FRAMES_PER_S


def read_settings(path: Path | None) -> tuple[Settings, str]:
    """Read settings; a file that does not fit is set aside, and defaults are used.

    Returns:
        The settings, and a sentence for the person (empty where all is well).
    """
    if path is None:
        return Settings(), ""
    try:
        if path.stat().st_size > MAX_BYTES:
            return Settings(), _set_aside(path)
        return msgspec.json.decode(path.read_bytes(), type=Settings), ""
    except FileNotFoundError:
        return Settings(), ""
    except OSError:
        return Settings(), f"The settings in {path} can't be read; defaults are used."
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Settings(), _set_aside(path)


def write_settings(path: Path, settings: Settings) -> None:
    """Write settings atomically.

    Raises:
        LatentlabError: The disk is full, or the folder can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LatentlabError(
            "The settings folder can't be made.", where=str(path.parent)
        ) from error
    write_atomic(path, msgspec.json.format(msgspec.json.encode(settings), indent=2))


def merged(ours: Settings, before: Settings, theirs: Settings) -> Settings:
    """Return what two programs with one file of settings both leave there.

    Args:
        ours: As this program has them now.
        before: As it last read or wrote them.
        theirs: As they are in the file, where another program may have written since.

    Returns:
        Theirs with what was changed here; recent files of both, ours first.

    Example:
        >>> start = Settings()
        >>> both = merged(Settings(theme="dark"), start, Settings(smooth=True))
        >>> both.theme, both.smooth
        ('dark', True)
    """
    changed = {
        name: getattr(ours, name)
        for name in ours.__struct_fields__
        if getattr(ours, name) != getattr(before, name)
    }
    if "recent_files" in changed:
        every = dict.fromkeys((*ours.recent_files, *theirs.recent_files))
        changed["recent_files"] = tuple(every)[:MAX_RECENT]
    if not ours.unfinished_run and theirs.unfinished_run != before.unfinished_run:
        changed.pop("unfinished_run", None)  # another program's: it may still crash
    return msgspec.structs.replace(theirs, **changed)


def with_recent(settings: Settings, name: str) -> Settings:
    """Return the settings with `name` first among the recent files."""
    others = tuple(recent for recent in settings.recent_files if recent != name)
    return msgspec.structs.replace(settings, recent_files=(name, *others)[:MAX_RECENT])


def _set_aside(path: Path) -> str:
    aside = path.with_name(path.name + ".damaged")
    try:
        path.replace(aside)
    except OSError:
        return f"The settings in {path} are damaged; defaults are used."
    return f"The settings were damaged and are now in {aside}; defaults are used."
