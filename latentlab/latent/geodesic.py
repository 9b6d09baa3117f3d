"""Geodesics of a decoder's metric between two latents: a start on a graph, then less energy.

The discrete energy of a curve c_0 .. c_n is E = sum_i |f(c_{i+1}) - f(c_i)|^2, f the decoder's mean
(with the data's term, if the metric has it, as more entries of f's difference). Its minimum with
the ends held is a geodesic at constant speed. It is a problem of least squares whose normal
equations are a narrow band: Gauss and Newton's method with the damping of Levenberg (1944) and
Marquardt (1963) needs about ten looks at the decoder (Jacobians by JVP), where descent by the
gradient alone needs hundreds. With many latents the band is wide: there L-BFGS goes on VJPs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from latentlab.errors import UsageError
from latentlab.latent.surface import Look, Surface
from latentlab.latent.terrain import Graph

Floats = NDArray[np.float64]
Wanted = Callable[[], bool]

COARSE, GOOD, FINE = 24, 48, 64  # pieces of the curve: at first, then, and at the end
SUB_STEPS, QUICK = 256, 64  # that a length is measured on: at the end, and before
STARTS, FINE_STARTS = 3, 2  # paths over the graph to begin with; curves to end with
NEARLY = 1.006  # so many times as long as the best, a curve is worth the end
FIRST_ROUNDS, COARSE_ROUNDS, FINE_ROUNDS = 2, 4, 9
GOOD_ROUNDS = 3, 4  # of the best path over the finer graph: coarse, then as a good answer
SAME = 0.03  # of their size: two curves that are nowhere farther apart are one
MOST_NEWTON = 12  # latents; with more the band is too wide
ROUNDS = 30
SETTLED = 5e-4  # relative gain of energy below which it rests
GIVE_UP = 1e8  # damping at which no step helps


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
    surface: Surface, a: ArrayLike, b: ArrayLike, graph: Graph | None = None, fine: int = FINE
) -> Geodesic:
    """The geodesic from a to b, settled.

    Args:
        surface: The decoder with its metric.
        a: (d,) where it begins.
        b: (d,) where it ends.
        graph: Whose shortest path it begins as; None begins with the straight line alone.
        fine: Pieces of the curve.

    Returns:
        The curve; it is never longer than the straight line in the metric of `surface`.

    Raises:
        UsageError: The ends have different dimensions.

    Example:
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
    graph: Graph | None = None,
    fine: int = FINE,
    *,
    finer: Callable[[], Graph] | None = None,
    wanted: Wanted = lambda: True,
) -> Iterator[Geodesic]:
    """The same, told as it becomes shorter: a first answer early, the settled one last.

    `finer` gives a graph of more nodes, once the first answer is told: its paths tell better which
    way round is shorter.

    Lengths of answers that are not settled are measured on fewer sub-steps. `wanted` is asked
    between two looks at the decoder; where it says no, there are no more answers.
    """
    start, end = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if start.shape != end.shape or start.ndim != 1:
        raise UsageError("The ends of a geodesic have different dimensions.", where="path")
    line = np.stack([start, end])
    if len(start) == 1 or not (end - start).any():
        along = surface.along(line)
        yield Geodesic(line, along, float(along[-1]), settled=True)
        return
    begun = line if graph is None else graph.path(start, end)
    first = _rounds(surface, resampled(smoothed(begun), COARSE), FIRST_ROUNDS, wanted)
    quick = surface.along(line, QUICK)
    yield _told(surface, first, line, quick)
    if not wanted():
        return
    better = finer() if finer is not None else graph
    starts = [line] if better is None else better.paths(start, end, STARTS)
    good = _rounds(surface, resampled(smoothed(starts[0]), COARSE), GOOD_ROUNDS[0], wanted)
    good = _rounds(surface, resampled(good, GOOD), GOOD_ROUNDS[1], wanted)
    if not wanted():
        return
    yield _told(surface, good, line, quick)
    tried = [good, first]
    for one in [*starts[1:], line]:
        curve = resampled(smoothed(one), COARSE)
        tried.append(_rounds(surface, curve, FIRST_ROUNDS + COARSE_ROUNDS, wanted))
    best = _shortest(surface, tried, QUICK)
    if not wanted():
        return
    close = [curve for length, curve in best[:FINE_STARTS] if length <= NEARLY * best[0][0]]
    ends = [_rounds(surface, resampled(one, fine), FINE_ROUNDS, wanted) for one in close]
    if wanted():
        yield _told(surface, _shortest(surface, ends, SUB_STEPS)[0][1], line)


def _told(surface: Surface, curve: Floats, line: Floats, quick: Floats | None = None) -> Geodesic:
    """The curve, or the straight line where that is shorter: the promise is kept by measuring.

    `quick` is the straight line's length on fewer sub-steps; with it the answer is not settled.
    """
    settled = quick is None
    steps = SUB_STEPS if settled else QUICK
    along = surface.along(curve, steps)
    straight = surface.along(line, steps) if quick is None else quick
    if along[-1] <= straight[-1]:
        return Geodesic(curve, along, float(straight[-1]), settled)
    return Geodesic(line, straight, float(straight[-1]), settled)


def _rounds(surface: Surface, nodes: Floats, rounds: int, wanted: Wanted) -> Floats:
    """The curve after so many rounds, or fewer where it rests before."""
    best = nodes
    for best in relaxed(surface, nodes, rounds):  # noqa: B007 - the last one counts
        if not wanted():
            break
    return best


def _shortest(surface: Surface, curves: list[Floats], steps: int) -> list[tuple[float, Floats]]:
    """Curves with their lengths in the metric, the shortest first; of equal ones one is kept."""
    if len(curves) == 1:
        return [(0.0, curves[0])]
    lengths = [float(surface.along(curve, steps)[-1]) for curve in curves]
    kept: list[tuple[float, Floats]] = []
    for i in np.argsort(lengths, kind="stable"):
        even, size = resampled(curves[i], COARSE), float(np.ptp(curves[i], axis=0).max())
        away = [np.abs(even - resampled(one, COARSE)).max() for _, one in kept]
        if not away or min(away) > SAME * size:
            kept.append((lengths[i], curves[i]))
    return kept


def resampled(curve: Floats, pieces: int) -> Floats:
    """A polyline cut into so many pieces of the same Euclidean length: (pieces + 1, d)."""
    steps = np.linalg.norm(np.diff(curve, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    if along[-1] == 0.0:
        return np.repeat(curve[:1], pieces + 1, axis=0)
    at = np.linspace(0.0, along[-1], pieces + 1)
    even = np.stack([np.interp(at, along, column) for column in curve.T], axis=1)
    even[0], even[-1] = curve[0], curve[-1]
    return even


def smoothed(path: Floats, rounds: int = 4) -> Floats:
    """A path over a grid without its corners; the ends stay."""
    curve = resampled(path, 2 * COARSE)
    for _ in range(rounds):
        curve[1:-1] = (curve[:-2] + 2.0 * curve[1:-1] + curve[2:]) / 4.0
    return curve


def relaxed(surface: Surface, nodes: Floats, rounds: int = ROUNDS) -> Iterator[Floats]:
    """Curves of less and less energy between the same ends, until it rests; nodes are (n + 1, d).

    Raises nothing where it can't be made less: then there is no curve.
    """
    if nodes.shape[1] > MOST_NEWTON:
        yield from _descended(surface, nodes, rounds)
        return
    damping, look = 1e-3, surface.look(nodes)
    energy = energy_of(surface, nodes, look.pictures)
    for _ in range(rounds):
        gradient, diagonal, beside = _normal(surface, nodes, look)
        moved = None
        while damping < GIVE_UP:
            trial = nodes.copy()
            trial[1:-1] -= _solve(gradient, diagonal, beside, damping)
            now = energy_of(surface, trial)
            if np.isfinite(now) and now < energy:
                moved = trial
                damping = max(damping / 5.0, 1e-7)
                break
            damping *= 6.0
        if moved is None:
            return
        gain, energy, nodes = (energy - now) / energy, now, moved
        yield nodes
        if gain < SETTLED:
            return
        look = surface.look(nodes)


def energy_of(surface: Surface, nodes: Floats, pictures: Tensor | None = None) -> float:
    """sum_i of the squared step of the picture, and of the metric's second term."""
    shown = surface.pictures(nodes) if pictures is None else pictures
    energy = float((shown[1:] - shown[:-1]).square().sum())
    steps = np.diff(nodes, axis=0)
    pull, _ = surface.pull((nodes[1:] + nodes[:-1]) / 2.0)
    return energy + float((pull**2 * np.square(steps).sum(axis=1)).sum())


def _normal(surface: Surface, nodes: Floats, look: Look) -> tuple[Floats, Floats, Floats]:
    """The normal equations of the free nodes: gradient (m, d), blocks (m, d, d), (m - 1, d, d).

    `beside` couples each free node with the next.
    """
    jacobian, shown = look.jacobian, look.pictures  # (n + 1, D, d), (n + 1, D)
    step = shown[1:] - shown[:-1]  # (n, D)
    blocks = torch.einsum("nDi,nDj->nij", jacobian, jacobian)
    coupled = torch.einsum("nDi,nDj->nij", jacobian[:-1], jacobian[1:])
    before = torch.einsum("nDi,nD->ni", jacobian[1:], step)  # of the step that ends here
    after = torch.einsum("nDi,nD->ni", jacobian[:-1], step)  # of the step that begins here
    gradient = (before[:-1] - after[1:]).cpu().numpy()
    diagonal = 2.0 * blocks[1:-1].cpu().numpy()
    beside = -coupled[1:-1].cpu().numpy()
    if not surface.weight:
        return gradient, diagonal, beside
    return _with_pull(surface, nodes, gradient, diagonal, beside)


def _with_pull(
    surface: Surface, nodes: Floats, gradient: Floats, diagonal: Floats, beside: Floats
) -> tuple[Floats, Floats, Floats]:
    """The same with the residuals v(m_i) (c_{i+1} - c_i) of the second term."""
    steps, middles = np.diff(nodes, axis=0), (nodes[1:] + nodes[:-1]) / 2.0
    pull, slope = surface.pull(middles)
    bend = 0.5 * steps[:, :, None] * slope[:, None, :]  # (n, d, d)
    unit = pull[:, None, None] * np.eye(nodes.shape[1])
    to_start, to_end = bend - unit, bend + unit  # by c_i, by c_{i+1}
    residual = pull[:, None] * steps
    at_end = np.einsum("nri,nr->ni", to_end, residual)
    at_start = np.einsum("nri,nr->ni", to_start, residual)
    gradient = gradient + at_end[:-1] + at_start[1:]
    diagonal = diagonal + np.einsum("nri,nrj->nij", to_end, to_end)[:-1]
    diagonal = diagonal + np.einsum("nri,nrj->nij", to_start, to_start)[1:]
    return gradient, diagonal, beside + np.einsum("nri,nrj->nij", to_start, to_end)[1:-1]


def _solve(gradient: Floats, diagonal: Floats, beside: Floats, damping: float) -> Floats:
    """The damped step (m, d): (H + damping * mean of H's diagonal) step = gradient."""
    from scipy.linalg import solveh_banded

    count, dims = gradient.shape
    size, width = count * dims, 2 * dims - 1
    band = np.zeros((width + 1, size))  # the lower form: band[k, j] = H[j + k, j]
    for i in range(dims):
        for j in range(i + 1):
            band[i - j, j::dims] = diagonal[:, i, j]
        for j in range(dims):  # H[next node i, this node j] = beside[j, i]
            band[dims + i - j, j : (count - 1) * dims : dims] = beside[:, j, i]
    own = band[0]
    band[0] = own + damping * np.maximum(own, 0.1 * own.mean() + 1e-12)
    step = solveh_banded(band, gradient.ravel(), lower=True, check_finite=False)
    return np.asarray(step.reshape(count, dims))


def _descended(surface: Surface, nodes: Floats, rounds: int) -> Iterator[Floats]:
    """The same by L-BFGS, from coarse to fine: its steps reach as far as a curve has pieces."""
    from scipy.optimize import minimize

    pieces = len(nodes) - 1
    curve = nodes
    for count in sorted({max(4, pieces // 4), max(4, pieces // 2), pieces}):
        coarse = resampled(curve, count)
        fun = _flat_energy(surface, coarse)
        found = minimize(
            fun, coarse[1:-1].ravel(), jac=True, method="L-BFGS-B", options={"maxiter": rounds}
        )
        curve = coarse.copy()
        curve[1:-1] = found.x.reshape(-1, nodes.shape[1])
        yield curve if count == pieces else resampled(curve, pieces)


def _flat_energy(surface: Surface, nodes: Floats) -> Callable[[Floats], tuple[float, Floats]]:
    scale = 1.0 / max(energy_of(surface, nodes), 1e-12)

    def of_pictures(pictures: Tensor) -> Tensor:
        return (pictures[1:] - pictures[:-1]).square().sum()

    def fun(flat: Floats) -> tuple[float, Floats]:
        curve = nodes.copy()
        curve[1:-1] = flat.reshape(-1, nodes.shape[1])
        value, slope = surface.gradient(curve, of_pictures)
        steps, middles = np.diff(curve, axis=0), (curve[1:] + curve[:-1]) / 2.0
        pull, pulled = surface.pull(middles)
        squared = np.square(steps).sum(axis=1)
        value += float((pull**2 * squared).sum())
        toward = 2.0 * pull[:, None] ** 2 * steps
        sideways = (pull * squared)[:, None] * pulled
        slope[1:] += toward + sideways
        slope[:-1] += sideways - toward
        return value * scale, slope[1:-1].ravel() * scale

    return fun
