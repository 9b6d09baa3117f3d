"""Geodesics of a decoder's metric between two latents: many starts, then less energy.

The minimum of the discrete energy of a curve with its ends held (see `relaxing`) is a geodesic at
constant speed. With two latents it is sought on the decoder's relief, which costs next to nothing,
from several starts, and made exact on the decoder. With more, it begins on a graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentlab.errors import UsageError
from latentlab.latent.relaxing import Wanted, after_rounds, resampled
from latentlab.latent.relief import Relief
from latentlab.latent.surface import Surface
from latentlab.latent.terrain import Graph

Floats = NDArray[np.float64]

COARSE, GOOD, FINE = 24, 48, 128  # pieces of the curve: at first, then, and at the end
QUICK, SUB_STEPS = 64, 256  # that a length is measured on: before the end, and then
STARTS, FINE_STARTS = 3, 2  # paths over the graph to begin with; curves to end with
NEARLY = 1.006  # so many times as long as the best, a curve is worth the end
FIRST_ROUNDS, COARSE_ROUNDS, FINE_ROUNDS = 2, 4, 9
GOOD_ROUNDS = 3, 4  # of the best path over the graph: coarse, then as a good answer
SAME = 0.03  # of their size: two curves that are nowhere farther apart are one

# On a relief, where a round costs a thousandth of a second
RELIEF_STARTS, RELIEF_KEPT, RELIEF_NEARLY = 4, 3, 1.06
RELIEF_PIECES = 64  # of coarse curves on the finer one: fewer cut across its folds and leave them
RELIEF_ROUNDS = 5, 8  # of coarse curves, of fine ones
DOUBT, EXACT = 1.008, 2  # reliefs are so far from the truth: how many curves are then made exact
EXACT_ROUNDS, EXACT_REST = 5, 5e-3
DEAR = 1e6  # multiplications for a picture: where they are more, every second node says enough
CHORDS = 3  # of each piece of a curve that is compared: its own alone cut creases short
SMOOTH = 1.002  # where it is no more times as long as on its relief, the surface has no creases
CREASED, CREASED_ROUNDS = 1.009, 4  # a length so many times its chords is cut finer


@dataclass(frozen=True, slots=True, eq=False)
class Geodesic:
    """A curve between two latents, as short as it has become.

    Args:
        points: (m, d), the ends exact.
        along: (m,) the length from the beginning to each, in the metric.
        straight: The length of the straight line in the same metric.
        settled: Whether more rounds would hardly shorten it.
    """

    points: Floats
    along: Floats
    straight: float
    settled: bool

    @property
    def length(self) -> float:
        """In the metric; never more than `straight`."""
        return float(self.along[-1])


def geodesic(
    surface: Surface,
    a: ArrayLike,
    b: ArrayLike,
    graph: Graph | Relief | None = None,
    fine: int = FINE,
) -> Geodesic:
    """The geodesic from a to b, settled.

    Args:
        surface: The decoder with its metric.
        a: (d,) where it begins.
        b: (d,) where it ends.
        graph: Whose shortest path it begins as; with two latents a relief is faster; None begins
            with the straight line alone.
        fine: Pieces of the curve.

    Returns:
        The curve; it is never longer than the straight line in the metric of `surface`.

    Raises:
        UsageError: The ends have different dimensions.

    Example:
        >>> import torch
        >>> flat = Surface(lambda z: z @ torch.tensor([[2.0, 0.0], [0.0, 1.0]]))
        >>> round(geodesic(flat, [0.0, 0.0], [1.0, 0.0]).length, 4)
        2.0
    """
    found = None
    for found in improving(surface, a, b, graph, fine):  # noqa: B007 - the last one counts
        pass
    assert found is not None  # noqa: S101 - there is a first one
    return found


def improving(
    surface: Surface,
    a: ArrayLike,
    b: ArrayLike,
    graph: Graph | Relief | None = None,
    fine: int = FINE,
    *,
    wanted: Wanted = lambda: True,
) -> Iterator[Geodesic]:
    """The same, told as it becomes shorter: a first answer early, the settled one last.

    Lengths of answers that are not settled are measured on the relief, or on fewer sub-steps.
    `wanted` is asked between two looks at the decoder; where it says no, there are no more answers.
    """
    start, end = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if start.shape != end.shape or start.ndim != 1:
        raise UsageError("The ends of a geodesic have different dimensions.", where="path")
    line = np.stack([start, end])
    if len(start) == 1 or not (end - start).any():
        along = surface.along(line)
        yield Geodesic(line, along, float(along[-1]), settled=True)
    elif isinstance(graph, Relief):
        yield from _over_relief(surface, graph, line, fine, wanted)
    else:
        yield from _over_graph(surface, graph, line, fine, wanted)


def _over_relief(
    surface: Surface, rough: Relief, line: Floats, fine: int, wanted: Wanted
) -> Iterator[Geodesic]:
    """A first answer on the rough relief, a better one on the finer, the last on the surface."""
    firsts = _sought(rough, [line, *rough.paths(line[0], line[1], 1)], COARSE, wanted)
    yield _told(rough, firsts[0], line, QUICK, settled=False)
    relief = rough.finest(wanted) if wanted() else None
    if relief is None:
        return
    starts = [line, *relief.paths(line[0], line[1], RELIEF_STARTS)]
    pieces = min(RELIEF_PIECES, max(fine, COARSE))
    coarse = _sought(relief, starts, pieces, wanted)[:RELIEF_KEPT]
    close = _within(relief, coarse, RELIEF_NEARLY)
    if not wanted():
        return
    ends = [after_rounds(relief, resampled(c, fine), RELIEF_ROUNDS[1], wanted) for c in close]
    ends = [curve for _, curve in _shortest(relief, ends, SUB_STEPS * fine // FINE)]
    yield _told(relief, ends[0], line, SUB_STEPS * fine // FINE, settled=False)
    exact = []
    for curve in _likely(surface, ends)[:EXACT]:
        if not wanted():
            return
        exact.append(_made_exact(surface, curve, wanted))
    if wanted():
        best = _likely(surface, exact)[0]
        found = _told(surface, best, line, SUB_STEPS * fine // FINE, settled=True)
        creased = found.length > SMOOTH * float(relief.along(best)[-1])
        yield _finer(surface, best, found, wanted) if creased and wanted() else found


def _likely(surface: Surface, curves: list[Floats]) -> list[Floats]:
    """Those of some curves that may be the shortest on the surface, the likeliest first."""
    if len(curves) == 1:
        return curves
    lengths = np.array([surface.chords(curve, CHORDS * (len(curve) - 1)) for curve in curves])
    order = np.argsort(lengths, kind="stable")
    return [curves[i] for i in order if lengths[i] <= DOUBT * lengths[order[0]]]


def _made_exact(surface: Surface, curve: Floats, wanted: Wanted) -> Floats:
    """A curve that was found on a relief, brought to rest on the surface.

    It is shifted little and smoothly: where pictures are dear, the shifts of every second node say
    those between.
    """
    every = 2 if surface.work > DEAR and len(curve) > FINE and len(curve) % 2 else 1
    rough = curve[::every]
    shifts = after_rounds(surface, rough, EXACT_ROUNDS, wanted, EXACT_REST) - rough
    places = np.arange(len(curve)) / every
    even = [np.interp(places, np.arange(len(rough)), column) for column in shifts.T]
    moved = curve + np.stack(even, axis=1)
    moved[0], moved[-1] = curve[0], curve[-1]
    return np.asarray(moved)


def _finer(surface: Surface, curve: Floats, found: Geodesic, wanted: Wanted) -> Geodesic:
    """A curve whose chords cut creases of the surface goes on, cut finer."""
    chords = surface.chords(curve, len(curve) - 1)
    if surface.weight or found.length <= CREASED * chords:
        return found
    finer = after_rounds(surface, resampled(curve, 2 * len(curve) - 2), CREASED_ROUNDS, wanted)
    along = surface.along(finer, SUB_STEPS)
    if along[-1] >= found.length:
        return found
    return Geodesic(finer, along, found.straight, settled=True)


def _sought(relief: Relief, starts: list[Floats], pieces: int, wanted: Wanted) -> list[Floats]:
    """Coarse curves from some starts, the shortest first; of those that became one, one."""
    curves: list[Floats] = []
    for start in starts:
        if curves and not wanted():
            break
        bent = resampled(start if len(start) == 2 else smoothed(start), pieces)
        curves.append(after_rounds(relief, bent, RELIEF_ROUNDS[0], wanted))
    return [curve for _, curve in _shortest(relief, curves, QUICK)]


def _within(relief: Relief, curves: list[Floats], times: float) -> list[Floats]:
    """Those of curves, the shortest first, that are at most so many times as long as it."""
    lengths = [float(relief.along(curve, QUICK)[-1]) for curve in curves]
    pairs = zip(curves, lengths, strict=True)
    return [curve for curve, length in pairs if length <= times * lengths[0]]


def _over_graph(
    surface: Surface, graph: Graph | None, line: Floats, fine: int, wanted: Wanted
) -> Iterator[Geodesic]:
    """Every answer on the surface itself."""
    starts = [line] if graph is None else graph.paths(line[0], line[1], STARTS)
    begun = resampled(smoothed(starts[0]), COARSE)
    first = after_rounds(surface, begun, FIRST_ROUNDS, wanted)
    yield _told(surface, first, line, QUICK, settled=False)
    if not wanted():
        return
    good = after_rounds(surface, begun, GOOD_ROUNDS[0], wanted)
    good = after_rounds(surface, resampled(good, GOOD), GOOD_ROUNDS[1], wanted)
    if not wanted():
        return
    yield _told(surface, good, line, QUICK, settled=False)
    tried = [good, first]
    for one in [*starts[1:], line]:
        curve = resampled(smoothed(one), COARSE)
        tried.append(after_rounds(surface, curve, FIRST_ROUNDS + COARSE_ROUNDS, wanted))
    best = _shortest(surface, tried, QUICK)
    if not wanted():
        return
    close = [curve for length, curve in best[:FINE_STARTS] if length <= NEARLY * best[0][0]]
    ends = [after_rounds(surface, resampled(one, fine), FINE_ROUNDS, wanted) for one in close]
    if wanted():
        shortest = _shortest(surface, ends, SUB_STEPS * fine // FINE)[0][1]
        yield _told(surface, shortest, line, SUB_STEPS * fine // FINE, settled=True)


def _told(
    ground: Surface | Relief, curve: Floats, line: Floats, steps: int, *, settled: bool
) -> Geodesic:
    """The curve, or the straight line where that is shorter: the promise is kept by measuring."""
    along, straight = ground.along(curve, steps), ground.chords(line, steps)
    if along[-1] <= straight:
        return Geodesic(curve, along, straight, settled)
    along = ground.along(resampled(line, len(curve) - 1), steps)
    return Geodesic(resampled(line, len(curve) - 1), along, float(along[-1]), settled)


def _shortest(
    ground: Surface | Relief, curves: list[Floats], steps: int
) -> list[tuple[float, Floats]]:
    """Curves with their lengths in the metric, the shortest first; of equal ones one is kept."""
    if len(curves) == 1:
        return [(0.0, curves[0])]
    lengths = [float(ground.along(curve, steps)[-1]) for curve in curves]
    kept: list[tuple[float, Floats]] = []
    for i in np.argsort(lengths, kind="stable"):
        even, size = resampled(curves[i], COARSE), float(np.ptp(curves[i], axis=0).max())
        away = [np.abs(even - resampled(one, COARSE)).max() for _, one in kept]
        if not away or min(away) > SAME * size:
            kept.append((lengths[i], curves[i]))
    return kept


def smoothed(path: Floats, rounds: int = 4) -> Floats:
    """A path over a grid without its corners; the ends stay."""
    curve = resampled(path, 2 * COARSE)
    for _ in range(rounds):
        curve[1:-1] = (curve[:-2] + 2.0 * curve[1:-1] + curve[2:]) / 4.0
    return curve
