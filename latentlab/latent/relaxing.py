"""Curves of less and less energy between the same ends: how a geodesic is found.

    E = sum_i |f(c_{i+1}) - f(c_i)|^2,  f the decoder's mean, c_0 .. c_n the nodes of a curve

(with the data's term, if the metric has it, as more entries of f's difference). It is a problem of
least squares whose normal equations are a narrow band: Gauss and Newton's method with the damping
of Levenberg (1944) and Marquardt (1963) needs about ten looks at the decoder (Jacobians by JVP),
where descent by the gradient alone needs hundreds. With many latents the band is wide: there L-BFGS
goes on VJPs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentlab.latent.surface import Look, Surface

Floats = NDArray[np.float64]
Wanted = Callable[[], bool]

MOST_NEWTON = 12  # latents; with more the band is too wide
ROUNDS = 30
SETTLED = 5e-4  # relative gain of energy below which it rests
GIVE_UP = 1e8  # damping at which no step helps


class Ground(Protocol):
    """What curves are laid on: a `Surface`, or its `Relief`."""

    weight: float
    cheap: bool  # whether a Jacobian costs hardly more than a picture

    def pictures(self, z: Floats) -> Tensor:
        """Latents (B, d) -> pictures (B, D)."""

    def look(self, z: Floats) -> Look:
        """Pictures and their Jacobian at latents (B, d)."""

    def pull(self, z: Floats) -> tuple[Floats, Floats]:
        """The metric's second term (B,), and its slope (B, d)."""


def after_rounds(
    ground: Ground, nodes: Floats, rounds: int, wanted: Wanted, rest: float = SETTLED
) -> Floats:
    """The curve after so many rounds, or fewer where it rests before."""
    best = nodes
    for best in relaxed(ground, nodes, rounds, rest):  # noqa: B007 - the last one counts
        if not wanted():
            break
    return best


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


def relaxed(
    ground: Ground, nodes: Floats, rounds: int = ROUNDS, rest: float = SETTLED
) -> Iterator[Floats]:
    """Curves of less and less energy between the same ends, until it rests; nodes are (n + 1, d).

    It rests where a round gains less than `rest` of the energy. Raises nothing where it can't be
    made less: then there is no curve.
    """
    if isinstance(ground, Surface) and nodes.shape[1] > MOST_NEWTON:
        yield from _descended(ground, nodes, rounds)
        return
    damping, look = 1e-3, ground.look(nodes)
    energy = energy_of(ground, nodes, look.pictures)
    seen: Look | None = look
    for _ in range(rounds):
        look = ground.look(nodes) if seen is None else seen
        gradient, diagonal, beside = _normal(ground, nodes, look)
        moved = None
        while damping < GIVE_UP:
            trial = nodes.copy()
            trial[1:-1] -= _solve(gradient, diagonal, beside, damping)
            seen = ground.look(trial) if ground.cheap else None
            now = energy_of(ground, trial, None if seen is None else seen.pictures)
            if np.isfinite(now) and now < energy:
                moved = trial
                damping = max(damping / 5.0, 1e-7)
                break
            damping *= 6.0
        if moved is None:
            return
        gain, energy, nodes = (energy - now) / energy, now, moved
        yield nodes
        if gain < rest:
            return


def energy_of(ground: Ground, nodes: Floats, pictures: Tensor | None = None) -> float:
    """sum_i of the squared step of the picture, and of the metric's second term."""
    shown = ground.pictures(nodes) if pictures is None else pictures
    energy = float((shown[1:] - shown[:-1]).square().sum())
    steps = np.diff(nodes, axis=0)
    pull, _ = ground.pull((nodes[1:] + nodes[:-1]) / 2.0)
    return energy + float((pull**2 * np.square(steps).sum(axis=1)).sum())


def _normal(ground: Ground, nodes: Floats, look: Look) -> tuple[Floats, Floats, Floats]:
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
    if not ground.weight:
        return gradient, diagonal, beside
    return _with_pull(ground, nodes, gradient, diagonal, beside)


def _with_pull(
    ground: Ground, nodes: Floats, gradient: Floats, diagonal: Floats, beside: Floats
) -> tuple[Floats, Floats, Floats]:
    """The same with the residuals v(m_i) (c_{i+1} - c_i) of the second term."""
    steps, middles = np.diff(nodes, axis=0), (nodes[1:] + nodes[:-1]) / 2.0
    pull, slope = ground.pull(middles)
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

    def fun(flat: Floats) -> tuple[float, Floats]:
        curve = nodes.copy()
        curve[1:-1] = flat.reshape(-1, nodes.shape[1])
        value, slope = sloped_energy(surface, curve)
        return value * scale, slope[1:-1].ravel() * scale

    return fun


def sloped_energy(surface: Surface, curve: Floats) -> tuple[float, Floats]:
    """A curve's energy, and its slope by each node (n + 1, d): one VJP."""

    def of_pictures(pictures: Tensor) -> Tensor:
        return (pictures[1:] - pictures[:-1]).square().sum()

    value, slope = surface.gradient(curve, of_pictures)
    steps, middles = np.diff(curve, axis=0), (curve[1:] + curve[:-1]) / 2.0
    pull, pulled = surface.pull(middles)
    squared = np.square(steps).sum(axis=1)
    value += float((pull**2 * squared).sum())
    toward = 2.0 * pull[:, None] ** 2 * steps
    sideways = (pull * squared)[:, None] * pulled
    slope[1:] += toward + sideways
    slope[:-1] += sideways - toward
    return value, slope
