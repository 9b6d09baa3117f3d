"""How the path lane works a path out: its course, its frames and its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
from latentlab.latent.geodesic import FINE, Geodesic, improving
from latentlab.latent.metric import euclidean_length
from latentlab.latent.spacing import frames_by_hand, frames_in_metric, frames_in_z
from latentlab.latent.surface import Surface
from latentlab.latent.terrain import (
    FINER_SIDE,
    SIDE,
    Graph,
    data_graph,
    grid_graph,
    landmark_graph,
)

Floats = NDArray[np.float64]
Wanted = Callable[[], bool]

AROUND = 0.25  # of the data's extent: how far beyond them a grid reaches
TAIL = 0.002  # of the data left out at each side of it
KEPT = 64  # settled pieces that are remembered
FINE_IN_ALL = 256  # pieces of a geodesic through many waypoints
LEAST_FINE = 16
MOST_WAYS = 8  # principal directions that are told


class Tracer:
    """Keeps between requests what they share: the surface, graphs, and pieces that are settled."""

    def __init__(self) -> None:
        self._surface: tuple[object, Surface] | None = None
        self._graph: Graph | None = None
        self._finer: Graph | None = None
        self._data: tuple[object, Graph] | None = None
        self._near: tuple[object, DataDensity] | None = None
        self._pieces: dict[bytes, Geodesic] = {}

    def trace(
        self, request: TracePath, decoder: Decoder, nearest: Nearest | None, wanted: Wanted
    ) -> Iterator[PathTraced]:
        """Answers to a request, each better than the one before, while they are wanted."""
        surface = self._surface_of(request, decoder)
        if request.kind == "geodesic" and surface is not None:
            for found, settled in self._geodesic(request, surface, wanted):
                yield _answer(request, found, surface, nearest, settled=settled)
            return
        if request.kind == "graph":
            found = self._over_data(request)
        elif request.kind in FORMULAE:
            found = course(request.kind, request.stops, closed=request.closed)
        else:
            found = course("straight", request.stops, closed=request.closed)
        yield _answer(request, found, surface, nearest, settled=True)

    def changes(self, request: FindChanges, decoder: Decoder) -> ChangesFound | None:
        """The principal directions at a latent; None where there is no metric."""
        at = TracePath(0, request.z[None], "straight", "z", 2, 0.0, label=request.label)
        surface = self._surface_of(at, decoder)
        if surface is None:
            return None
        amounts, ways = surface.changes(request.z)
        return ChangesFound(request.ticket, request.z, amounts[:MOST_WAYS], ways[:MOST_WAYS])

    # The surface, and what is kept of it

    def _surface_of(self, request: TracePath, decoder: Decoder) -> Surface | None:
        if not isinstance(decoder, NetworkDecoder) or isinstance(decoder, Walker):
            return None  # torch is not loaded yet, or there is no metric between grids of codes
        near = self._near_of(request.codes) if request.density > 0.0 else None
        key = (id(decoder), decoder.generation, request.label, request.density, id(near))
        if self._surface is None or self._surface[0] != key:
            vae, device = decoder.twin()
            decode = _told(vae.decode, request.label)
            surface = Surface(decode, device=device, near=near, weight=request.density)
            self._surface, self._pieces = (key, surface), {}
            self._graph = self._finer = None
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

    def _grid(self, request: TracePath, surface: Surface, side: int) -> Graph | None:
        """A graph to begin on: a grid over a plane, landmarks among data of more latents."""
        codes, stops = request.codes, request.stops
        pull = (lambda z: surface.pull(z)[0]) if surface.weight else None

        def pictures(z: Floats) -> Floats:
            return surface.pictures(z).cpu().numpy()

        if stops.shape[1] == 2:
            return grid_graph(_rect(stops, codes), pictures, pull, side)
        if codes is not None and len(codes.z) and stops.shape[1] > 2:
            return landmark_graph(codes.z.astype(np.float64), pictures, pull)
        return None

    # Geodesics

    def _geodesic(
        self, request: TracePath, surface: Surface, wanted: Wanted
    ) -> Iterator[tuple[Course, bool]]:
        """Through all waypoints, each piece its own: all of them roughly, then all of them well."""
        stops = round_trip(request.stops, closed=request.closed)
        if self._graph is not None and not _inside(stops, self._graph):
            self._graph = self._finer = None
        if self._graph is None:
            self._graph = self._grid(request, surface, SIDE)

        def finer() -> Graph:
            if self._finer is None:
                found = self._grid(request, surface, FINER_SIDE)
                assert found is not None  # noqa: S101 - it is asked for planes alone
                self._finer = found
            return self._finer

        better = finer if stops.shape[1] == 2 else None
        pairs = list(pairwise(stops))
        fine = int(np.clip(FINE_IN_ALL // len(pairs), LEAST_FINE, FINE))
        ways = [self._improving(surface, a, b, better, fine, wanted) for a, b in pairs]
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
            yield polyline([one.points for one in best if one is not None]), not left

    def _improving(
        self,
        surface: Surface,
        a: Floats,
        b: Floats,
        finer: Callable[[], Graph] | None,
        fine: int,
        wanted: Wanted,
    ) -> Iterator[Geodesic]:
        key = a.tobytes() + b.tobytes() + bytes([fine % 256])
        known = self._pieces.get(key)
        if known is not None:
            yield known
            return
        for found in improving(surface, a, b, self._graph, fine, finer=finer, wanted=wanted):
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


def _rect(stops: Floats, codes: Codes | None) -> tuple[float, float, float, float]:
    """Where a grid reaches: over the data and the waypoints, and some way beyond."""
    low, high = stops.min(axis=0), stops.max(axis=0)
    if codes is not None and len(codes.z):
        every = max(1, len(codes.z) // 8192)
        edges = np.nanquantile(codes.z[::every], [TAIL, 1.0 - TAIL], axis=0)
        low, high = np.minimum(low, edges[0]), np.maximum(high, edges[1])
    beyond = AROUND * np.maximum(high - low, 1e-3)
    x0, y0 = low - beyond / 2
    x1, y1 = high + beyond / 2
    return float(x0), float(y0), float(x1), float(y1)


def _inside(stops: Floats, graph: Graph) -> bool:
    if stops.shape[1] != 2:
        return True
    low, high = graph.nodes.min(axis=0), graph.nodes.max(axis=0)
    return bool(((stops >= low) & (stops <= high)).all())


def _answer(
    request: TracePath,
    found: Course,
    surface: Surface | None,
    nearest: Nearest | None,
    *,
    settled: bool,
) -> PathTraced:
    along = None if surface is None else surface.along(found.points)
    if request.spacing == "metric" and along is not None:
        rows = frames_in_metric(along, request.frames)
    elif request.spacing == "hand" and request.shares:
        rows = frames_by_hand(found, request.shares, request.frames)
    else:
        rows = frames_in_z(found, request.frames)
    z = found.at(rows)
    figures = figures_of(request, found, along, rows, z, surface, nearest) if settled else None
    return PathTraced(
        request.ticket, found.points, found.knots, z, figures, settled, request.asked_s
    )


def figures_of(
    request: TracePath,
    found: Course,
    along: Floats | None,
    rows: Floats,
    z: Floats,
    surface: Surface | None,
    nearest: Nearest | None,
) -> PathFigures:
    """The numbers of a path: `along` is its length to each of its points, `rows` its frames."""
    reach = far = mean = None
    if nearest is not None and nearest.latent_dim == z.shape[1]:
        away = np.array([nearest.find(row)[1] for row in z])
        if np.isfinite(away).all():
            mean, far, reach = float(away.mean()), float(away.max()), nearest.reach
    euclidean = euclidean_length(found.points)
    if surface is None or along is None:
        return PathFigures(euclidean, nearest=mean, farthest=far, reach=reach)
    straight = round_trip(request.stops, closed=request.closed)
    steps = np.diff(np.interp(rows, np.arange(len(along)), along))
    least = float(steps.min())
    return PathFigures(
        euclidean,
        float(along[-1]),
        float(surface.along(straight)[-1]),
        surface.name,
        float(surface.jumps(z).max()),
        float(steps.max()) / least if least > 0 else None,
        mean,
        far,
        reach,
    )
