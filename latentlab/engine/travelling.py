"""How the path lane works a path out: its course, its frames and its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentlab.engine.decoders import Decoder, Walker
from latentlab.engine.nearest import Nearest
from latentlab.engine.network import NetworkDecoder
from latentlab.engine.travels import (
    ChangesFound,
    FindChanges,
    PathFigures,
    PathTraced,
    TracePath,
)
from latentlab.engine.values import Codes
from latentlab.latent.closeness import DataDensity
from latentlab.latent.courses import FORMULAE, Course, course, polyline, round_trip
from latentlab.latent.effort import multiplications
from latentlab.latent.geodesic import FINE, Geodesic, improving
from latentlab.latent.metric import euclidean_length
from latentlab.latent.relief import Relief, relief_of
from latentlab.latent.spacing import frames_by_hand, frames_in_metric, frames_in_z
from latentlab.latent.surface import Surface
from latentlab.latent.terrain import Graph, Rect, data_graph, landmark_graph

Floats = NDArray[np.float64]
Wanted = Callable[[], bool]

AROUND = 0.25  # of the data's extent: how far beyond them a grid reaches
TAIL = 0.002  # of the data left out at each side of it
KEPT = 64  # settled pieces that are remembered
FINE_IN_ALL = 256  # pieces of a geodesic through many waypoints
LEAST_FINE = 16
MOST_WAYS = 8  # principal directions that are told


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """A course with its length.

    Args:
        course: The curve.
        along: (M,) the length in the metric to each of its points; None without a metric.
        straight: The straight pieces' length in the same metric.
    """

    course: Course
    along: Floats | None = None
    straight: float | None = None


class Tracer:
    """Keeps between requests what they share: the surface, graphs, and pieces that are settled."""

    def __init__(self) -> None:
        self._surface: tuple[object, Surface] | None = None
        self._graph: Graph | Relief | None = None
        self._around: Rect | None = None  # the data that the relief was laid around
        self._data: tuple[object, Graph] | None = None
        self._near: tuple[object, DataDensity] | None = None
        self._pieces: dict[bytes, Geodesic] = {}

    def trace(
        self, request: TracePath, decoder: Decoder, nearest: Nearest | None, wanted: Wanted
    ) -> Iterator[PathTraced]:
        """Answers to a request, each better than the one before, while they are wanted."""
        surface = self._surface_of(request, decoder)
        if request.kind == "geodesic" and surface is not None:
            for laid, settled in self._geodesic(request, surface, wanted):
                yield _answer(request, laid, surface, nearest, settled=settled)
            return
        if request.kind == "graph":
            found = self._over_data(request)
        elif request.kind in FORMULAE:
            found = course(request.kind, request.stops, closed=request.closed)
        else:
            found = course("straight", request.stops, closed=request.closed)
        yield _answer(request, _laid(request, found, surface), surface, nearest, settled=True)

    def changes(self, request: FindChanges, decoder: Decoder) -> ChangesFound | None:
        """The principal directions at a latent; None where there is no metric."""
        at = TracePath(0, request.z[None], "straight", "z", 2, 0.0, label=request.label)
        surface = self._surface_of(at, decoder)
        if surface is None:
            return None
        amounts, ways = surface.changes(request.z)
        return ChangesFound(request.ticket, request.z, amounts[:MOST_WAYS], ways[:MOST_WAYS])

    def prepare(self, decoder: Decoder, nearest: Nearest | None, wanted: Wanted) -> None:
        """Do what the first path of a model would wait for: its relief, and torch's forward mode.

        torch imports a thousand modules at its first Jacobian-vector product.
        """
        start = np.zeros((1, decoder.latent_dim))
        asked = TracePath(0, start, "geodesic", "z", 2, 0.0)
        surface = self._surface_of(asked, decoder)
        if surface is None or not wanted():
            return
        codes = None if nearest is None else nearest.codes
        begun = self._begun(start, codes, surface, wanted)
        if isinstance(begun, Relief):
            begun.paths(start[0], start[0], 1)
            finest = begun.finest(wanted)
            if finest is not None and wanted():
                finest.paths(start[0], start[0], 1)
        if wanted():
            surface.along(np.concatenate([start, start + 0.1]), 2)

    # The surface, and what is kept of it

    def _surface_of(self, request: TracePath, decoder: Decoder) -> Surface | None:
        if not isinstance(decoder, NetworkDecoder) or isinstance(decoder, Walker):
            return None  # torch is not loaded yet, or there is no metric between grids of codes
        near = self._near_of(request.codes) if request.density > 0.0 else None
        key = (decoder, decoder.generation, request.label, request.density, near)
        if self._surface is None or self._surface[0] != key:
            vae, device = decoder.twin()
            decode = _told(vae.decode, request.label)
            work = multiplications(vae, decode, torch.zeros(1, decoder.latent_dim, device=device))
            surface = Surface(decode, device=device, near=near, weight=request.density, work=work)
            self._surface, self._pieces, self._graph = (key, surface), {}, None
        return self._surface[1]

    def _near_of(self, codes: Codes | None) -> DataDensity | None:
        if codes is None or not len(codes.z):
            return None
        if self._near is None or self._near[0] is not codes:
            self._near = codes, DataDensity(codes.z)
        return self._near[1]

    def _over_data(self, request: TracePath) -> Course:
        codes = request.codes
        if self._data is None or self._data[0] is not codes:
            z = np.zeros((0, request.stops.shape[1])) if codes is None else codes.z
            self._data = codes, data_graph(z)
        stops = round_trip(request.stops, closed=request.closed)
        graph = self._data[1]
        return polyline([graph.path(a, b) for a, b in pairwise(stops)])

    def _begun(
        self, stops: Floats, codes: Codes | None, surface: Surface, wanted: Wanted
    ) -> Graph | Relief | None:
        """Where geodesics begin: the relief of a plane, landmarks among data of more latents."""
        flat = stops.shape[1] == 2
        around = _rect(stops, codes, data_alone=True) if flat and _has(codes) else None
        if isinstance(self._graph, Relief) and around != self._around:
            self._graph, self._pieces = None, {}  # paths depend on the data, not on what was before
        self._around = around
        if isinstance(self._graph, Relief) and not self._graph.holds(stops):
            self._graph = None
        if self._graph is None and flat:
            self._graph = relief_of(surface, _rect(stops, codes), wanted=wanted)
        elif self._graph is None and codes is not None and len(codes.z) and stops.shape[1] > 2:
            pull = (lambda z: surface.pull(z)[0]) if surface.weight else None
            self._graph = landmark_graph(
                codes.z.astype(np.float64), lambda z: surface.pictures(z).cpu().numpy(), pull
            )
        return self._graph

    # Geodesics

    def _geodesic(
        self, request: TracePath, surface: Surface, wanted: Wanted
    ) -> Iterator[tuple[Laid, bool]]:
        """Through all waypoints, each piece its own: all of them roughly, then all of them well."""
        stops = round_trip(request.stops, closed=request.closed)
        self._begun(stops, request.codes, surface, wanted)
        if not wanted():
            return
        pairs = list(pairwise(stops))
        fine = int(np.clip(FINE_IN_ALL // len(pairs), LEAST_FINE, FINE))
        ways = [self._improving(surface, a, b, fine, wanted) for a, b in pairs]
        best: list[Geodesic | None] = [None] * len(ways)
        left = set(range(len(ways)))
        while left:
            for i in sorted(left):
                found = next(ways[i], None)
                if not wanted():
                    return
                best[i] = found or best[i]
                if found is None or found.settled:
                    left.discard(i)
            yield _joined([one for one in best if one is not None]), not left

    def _improving(
        self,
        surface: Surface,
        a: Floats,
        b: Floats,
        fine: int,
        wanted: Wanted,
    ) -> Iterator[Geodesic]:
        key = a.tobytes() + b.tobytes() + bytes([fine % 256])
        known = self._pieces.get(key)
        if known is not None:
            yield known
            return
        for found in improving(surface, a, b, self._graph, fine, wanted=wanted):
            if found.settled:
                while len(self._pieces) >= KEPT:
                    self._pieces.pop(next(iter(self._pieces)))
                self._pieces[key] = found
            yield found


def leave_a_core() -> None:
    """Let this thread compute on half of the cores: the hand's pictures have the others.

    torch keeps a number for each thread, so it is this lane's alone.
    """
    torch.set_num_threads(max(1, torch.get_num_threads() // 2))


def _told(decode: Callable[..., Tensor], label: int | None) -> Callable[[Tensor], Tensor]:
    if label is None:
        return decode
    return lambda z: decode(z, torch.full((len(z),), label, dtype=torch.int64, device=z.device))


def _has(codes: Codes | None) -> bool:
    return codes is not None and len(codes.z) > 0


def _rect(stops: Floats, codes: Codes | None, *, data_alone: bool = False) -> Rect:
    """Where a grid reaches: over the data and the waypoints, and some way beyond."""
    low, high = stops.min(axis=0), stops.max(axis=0)
    if data_alone:
        low, high = np.full_like(low, np.inf), np.full_like(high, -np.inf)
    if codes is not None and len(codes.z):
        every = max(1, len(codes.z) // 8192)
        edges = np.nanquantile(codes.z[::every], [TAIL, 1.0 - TAIL], axis=0)
        low, high = np.minimum(low, edges[0]), np.maximum(high, edges[1])
    beyond = AROUND * np.maximum(high - low, 1e-3)
    x0, y0 = low - beyond / 2
    x1, y1 = high + beyond / 2
    return float(x0), float(y0), float(x1), float(y1)


def _joined(pieces: list[Geodesic]) -> Laid:
    """One course of geodesics, each beginning where the one before ends."""
    ends = np.cumsum([0.0, *(one.length for one in pieces)])
    parts = [one.along[1:] + before for one, before in zip(pieces, ends, strict=False)]
    along = np.concatenate([[0.0], *parts])
    return Laid(
        polyline([one.points for one in pieces]), along, sum(one.straight for one in pieces)
    )


def _laid(request: TracePath, found: Course, surface: Surface | None) -> Laid:
    """A course with its lengths measured."""
    if surface is None:
        return Laid(found)
    along = surface.along(found.points)
    if request.kind == "straight":
        return Laid(found, along, float(along[-1]))
    straight = surface.along(round_trip(request.stops, closed=request.closed))
    return Laid(found, along, float(straight[-1]))


def _answer(
    request: TracePath,
    laid: Laid,
    surface: Surface | None,
    nearest: Nearest | None,
    *,
    settled: bool,
) -> PathTraced:
    found, along = laid.course, laid.along
    if request.spacing == "metric" and along is not None:
        rows = frames_in_metric(along, request.frames)
    elif request.spacing == "hand" and request.shares:
        rows = frames_by_hand(found, request.shares, request.frames)
    else:
        rows = frames_in_z(found, request.frames)
    z = found.at(rows)
    figures = figures_of(laid, rows, z, surface, nearest) if settled else None
    return PathTraced(
        request.ticket, found.points, found.knots, z, figures, settled, request.asked_s
    )


def figures_of(
    laid: Laid, rows: Floats, z: Floats, surface: Surface | None, nearest: Nearest | None
) -> PathFigures:
    """The numbers of a path: `rows` are its frames, `z` (F, d) their latents."""
    reach = far = mean = None
    if nearest is not None and nearest.latent_dim == z.shape[1]:
        away = np.array([nearest.find(row)[1] for row in z])
        if np.isfinite(away).all():
            mean, far, reach = float(away.mean()), float(away.max()), nearest.reach
    euclidean, along = euclidean_length(laid.course.points), laid.along
    if surface is None or along is None:
        return PathFigures(euclidean, nearest=mean, farthest=far, reach=reach)
    steps = np.diff(np.interp(rows, np.arange(len(along)), along))
    least = float(steps.min())
    return PathFigures(
        euclidean,
        float(along[-1]),
        laid.straight,
        surface.name,
        float(surface.jumps(z).max()),
        float(steps.max()) / least if least > 0 else None,
        mean,
        far,
        reach,
    )
