"""A session as a project, and back: what is kept of each part, and how it is brought back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from latentlab.engine.messages import ChartSpec, Rect
from latentlab.export.project import (
    KeptBookmark,
    KeptChart,
    KeptData,
    KeptLook,
    KeptModel,
    KeptPath,
    ProjectFile,
    kept_picture,
    shown_picture,
)
from latentlab.latent.direction_files import kept_direction, made_direction, with_direction
from latentlab.resources import sample_path
from latentlab.session.bookmark import Bookmark
from latentlab.session.bookmarks import Bookmarks
from latentlab.session.choice import Choice
from latentlab.session.colouring import Colouring
from latentlab.session.contents import Contents
from latentlab.session.directing import Directing
from latentlab.session.filter import Filter
from latentlab.session.hand import Hand
from latentlab.session.path import PathState
from latentlab.session.preferences import Preferences
from latentlab.session.relabelling import Relabelling
from latentlab.session.state import Selection
from latentlab.session.telling import Telling
from latentlab.session.travel import Travel

LOOK = KeptLook.__struct_fields__  # settings that a project keeps, by their names


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What a project is made of."""

    contents: Contents
    hand: Hand
    travel: Travel
    bookmarks: Bookmarks
    filter: Filter
    choice: Choice
    telling: Telling
    preferences: Preferences
    directing: Directing
    colouring: Colouring
    relabelling: Relabelling
    view: Callable[[], Rect | None]
    set_view: Callable[[Rect], object]


def kept(parts: Parts) -> ProjectFile:
    """The session as it is now, without a copy of the model."""
    contents, plane = parts.contents, parts.hand.plane
    z, path, rows = parts.hand.z, parts.travel.path, parts.choice.rows
    labels = parts.relabelling.current
    settings = msgspec.structs.asdict(parts.preferences.settings)
    return ProjectFile(
        model=_kept_model(contents),
        data=_kept_data(contents),
        labels=None if labels is None else labels.kept,
        chart=None if plane is None else _kept_chart(contents.chart),
        z=None if z is None or not np.isfinite(z).all() else tuple(z.tolist()),
        path=None if path is None else kept_path(path),
        bookmarks=tuple(kept_bookmark(b) for b in parts.bookmarks.all),
        directions=tuple(kept_direction(one) for one in parts.directing.directions),
        hidden=tuple((name, tuple(sorted(codes))) for name, codes in parts.filter.hidden),
        where=parts.filter.where,
        colour_ends=dict(parts.colouring.ends),
        selection=rows.astype("<i4").tobytes() if len(rows) else None,
        view=parts.view(),
        decoded_class=parts.telling.chosen,
        look=KeptLook(**{name: settings[name] for name in LOOK}),
    )


def says_little(project: ProjectFile) -> bool:
    """Whether there is nothing of a person's own: the sample model as the program opens on it."""
    sample = sample_path()
    own = (
        project.data,
        project.path,
        project.bookmarks,
        project.directions,
        project.hidden,
        project.where,
        project.colour_ends,
        project.selection,
        project.decoded_class,
    )
    return (
        sample is not None
        and project.model is not None
        and Path(project.model.path) == sample.absolute()
        and not any(own)
    )


def bring_back(parts: Parts, project: ProjectFile) -> None:
    """Look at what is open as the project did; what does not fit it is left out."""
    parts.filter.restore(
        tuple((name, frozenset(codes)) for name, codes in project.hidden), project.where
    )
    parts.colouring.restore_ends(tuple(project.colour_ends.items()))
    _choose(parts, project)
    _bring_directions(parts, project)
    if project.decoded_class is not None and project.decoded_class < parts.telling.count:
        parts.telling.choose(project.decoded_class)
    plane = parts.hand.plane
    if plane is None:
        return
    if project.path is not None and len(project.path.stops[0]) == plane.latent_dim:
        parts.travel.put(_path(parts, project.path))
    if project.z is not None and len(project.z) == plane.latent_dim:
        parts.hand.set_z(np.asarray(project.z, dtype=np.float64))
    if project.view is not None:
        parts.set_view(project.view)


def _choose(parts: Parts, project: ProjectFile) -> None:
    codes = parts.contents.codes
    if project.selection is None or codes is None or len(project.selection) % 4:
        return
    rows = np.frombuffer(project.selection, "<i4").astype(np.int32)
    if len(rows) and (np.diff(rows) > 0).all() and rows[0] >= 0 and rows[-1] < len(codes.xy):
        parts.choice.set(Selection(rows))


def _bring_directions(parts: Parts, project: ProjectFile) -> None:
    """The project's directions among those kept beside the model."""
    plane, found = parts.hand.plane, parts.directing.directions
    for one in map(made_direction, project.directions):
        if plane is not None and one.latent_dim == plane.latent_dim:
            found = with_direction(found, one)
    if found is not parts.directing.directions:
        parts.directing.put(found)


def bookmarks_of(parts: Parts, project: ProjectFile) -> tuple[Bookmark, ...]:
    """A project's bookmarks."""
    return tuple(
        Bookmark(
            mark.name,
            mark.z,
            None if mark.path is None else _path(parts, mark.path),
            shown_picture(mark.picture),
        )
        for mark in project.bookmarks
    )


def chart_of(project: ProjectFile) -> ChartSpec | None:
    """The chart that a project showed; None where there was none, or none that is known."""
    kept = project.chart
    if kept is None:
        return None
    fields: dict[str, Any] = msgspec.structs.asdict(kept)
    if kept.most is None:
        del fields["most"]
    try:
        return msgspec.convert(fields, ChartSpec)
    except msgspec.ValidationError:
        return None


def kept_bookmark(mark: Bookmark) -> KeptBookmark:
    """A bookmark as it is kept."""
    path = None if mark.path is None else kept_path(mark.path)
    return KeptBookmark(name=mark.name, z=mark.z, path=path, picture=kept_picture(mark.picture))


def kept_path(path: PathState) -> KeptPath:
    """A path as it is kept."""
    return KeptPath(
        stops=tuple(stop.z for stop in path.stops),
        kind=path.kind,
        spacing=path.spacing,
        closed=path.closed,
        density=path.density,
        shares=path.shares,
        frames=path.frames,
        position=path.position,
        mode=path.mode,
        frames_per_s=path.frames_per_s,
    )


def _path(parts: Parts, kept: KeptPath) -> PathState:
    fields: dict[str, Any] = msgspec.structs.asdict(kept)
    stops = tuple(parts.travel.stop_at(z) for z in fields.pop("stops"))
    return replace(PathState(stops), **fields)


def _kept_model(contents: Contents) -> KeptModel | None:
    model = contents.model
    if model is None:
        return None
    place = model.run or model.path
    return KeptModel(name=model.name, path="" if place is None else str(place.absolute()))


def _kept_data(contents: Contents) -> KeptData | None:
    dataset = contents.dataset
    if dataset is None:
        return None
    spec = dataset.source
    if Path(spec.source).expanduser().exists():
        whole = str(Path(spec.source).expanduser().absolute())
        spec = msgspec.structs.replace(spec, source=whole)
    return KeptData(spec=spec, name=dataset.name, checksums=dict(dataset.checksums))


def _kept_chart(chart: ChartSpec) -> KeptChart:
    return msgspec.convert(msgspec.to_builtins(chart), KeptChart)
