"""A plane of two latents decoded once, so that curves over it are found without the decoder.

A geodesic's search looks at some hundred curves of many points. A decoder of two latents needs not
be asked each time: its pictures on a grid, in their principal components, with cubic splines
between, are the surface within a per cent, at a hundredth of the price of a convolutional decoder.
What was found there is then made exact on the decoder itself.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from latentlab.latent.bicubic import Bicubic
from latentlab.latent.metric import refine
from latentlab.latent.surface import Look, Surface
from latentlab.latent.terrain import Graph, Rect, join_grid

Floats = NDArray[np.float64]
Wanted = Callable[[], bool]

SIDE = 25  # nodes of the longer side, for a first answer
HALVINGS = 2  # of the nodes' distance, at most, after it
WORK = (
    8e9  # multiplications that all of a relief's pictures may cost, but those of the first answer
)
COMPONENTS = 64  # that a picture is kept as
MOST_PIXELS = 4096  # of a picture that they are made of
BATCH = 64  # pictures between two looks at whether they are still wanted


class Relief:
    """What a `Surface` of two latents looks like over a rectangle, without asking its decoder.

    Where a curve is sought it takes the place of the surface: `pictures`, `look` and `pull` have
    the same meaning, but that a picture is its principal components (distances stay).

    Args:
        surface: Whose relief it is.
        origin: (2,) the node at the lower left.
        step: Between two nodes.
        nodes: (R, C, K) the pictures at the nodes, in components.
        basis: (D, K) the components.
    """

    cheap = True

    def __init__(
        self, surface: Surface, origin: Floats, step: float, nodes: Floats, basis: Tensor
    ) -> None:
        self.weight = surface.weight
        self._surface, self._origin, self._step = surface, origin, step
        self._nodes, self._basis = nodes, basis
        self._shown = Bicubic(nodes, origin, step)
        self._pull: Bicubic | None = None
        if self.weight:
            pull = surface.pull(_places(origin, step, nodes.shape[:2]))[0]
            self._pull = Bicubic(pull.reshape(*nodes.shape[:2], 1), origin, step)
        self._graph: Graph | None = None
        self._finer: Relief | None = None

    def pictures(self, z: Floats) -> Tensor:
        """Latents (B, 2) -> components of their pictures (B, K)."""
        return torch.from_numpy(self._shown.at(z))

    def look(self, z: Floats) -> Look:
        """Components and Jacobian at latents (B, 2)."""
        values, slopes = self._shown.look(z)
        return Look(torch.from_numpy(values), torch.from_numpy(slopes))

    def pull(self, z: Floats) -> tuple[Floats, Floats]:
        """As `Surface.pull`."""
        if self._pull is None:
            return np.zeros(len(z)), np.zeros_like(z)
        values, slopes = self._pull.look(z)
        return np.maximum(values[:, 0], 0.0), slopes[:, 0]

    def along(self, path: ArrayLike, sub_steps: int = 256) -> Floats:
        """About the length from the beginning of a path (M, 2) to each of its rows: (M,)."""
        coarse = np.asarray(path, dtype=np.float64)
        fine = refine(coarse, sub_steps)
        steps = np.diff(fine, axis=0)
        speeds = np.linalg.norm(np.diff(self._shown.at(fine), axis=0), axis=1)
        if self.weight:
            pull = self.pull((fine[1:] + fine[:-1]) / 2.0)[0]
            speeds = np.hypot(speeds, pull * np.linalg.norm(steps, axis=1))
        each = len(steps) // max(len(coarse) - 1, 1)
        return np.concatenate([[0.0], np.cumsum(speeds.reshape(-1, each).sum(axis=1))])

    def chords(self, path: ArrayLike, sub_steps: int = 256) -> float:
        """A path's length, as `along`."""
        return float(self.along(path, sub_steps)[-1])

    def paths(self, a: Floats, b: Floats, most: int) -> list[Floats]:
        """Paths (m, 2) over the nodes: the shortest, and others nearly as short elsewhere."""
        if self._graph is None:
            places = _places(self._origin, self._step, self._nodes.shape[:2])
            flat = self._nodes.reshape(len(places), -1)
            pull = (lambda z: self.pull(z)[0]) if self.weight else None
            rows, columns = self._nodes.shape[:2]
            self._graph = join_grid(places, flat, (rows, columns), pull)
        return self._graph.paths(a, b, most)

    def holds(self, z: Floats) -> bool:
        """Whether latents (B, 2) lie on it."""
        shape = np.array(self._nodes.shape[1::-1])
        high = self._origin + self._step * (shape - 1)
        return bool(((z >= self._origin) & (z <= high)).all())

    def finer(self, wanted: Wanted = lambda: True) -> Relief | None:
        """The same with nodes half as far apart, made once; None where it is not wanted."""
        if self._finer is None:
            self._finer = self._halved(wanted)
        return self._finer

    def finest(self, wanted: Wanted = lambda: True, halvings: int = HALVINGS) -> Relief | None:
        """The finest that is worth its decoder's price; None where it is not wanted."""
        rows, columns, _ = self._nodes.shape
        if not halvings or self._surface.work * 4 * rows * columns > WORK:
            return self
        half = self.finer(wanted)
        return None if half is None else half.finest(wanted, halvings - 1)

    def _halved(self, wanted: Wanted) -> Relief | None:
        rows, columns, count = self._nodes.shape
        shape = (2 * rows - 1, 2 * columns - 1)
        known = np.zeros(shape, dtype=bool)
        known[::2, ::2] = True
        places = _places(self._origin, self._step / 2.0, shape)
        parts = _shown(self._surface, places[~known.ravel()], wanted)
        if parts is None:
            return None
        nodes = np.empty((*shape, count))
        nodes[::2, ::2] = self._nodes
        nodes[~known] = np.concatenate([_within(part, self._basis) for part in parts])
        return Relief(self._surface, self._origin, self._step / 2.0, nodes, self._basis)


def relief_of(
    surface: Surface, rect: Rect, side: int = SIDE, wanted: Wanted = lambda: True
) -> Relief | None:
    """The relief of a surface over a rectangle; None where it is no longer wanted.

    Args:
        surface: Of two latents.
        rect: x0, y0, x1, y1 in z.
        side: Nodes of the longer side.
        wanted: Asked between two batches of pictures.

    Example:
        >>> scale = torch.tensor([[2.0, 0.0], [0.0, 1.0]])
        >>> relief = relief_of(Surface(lambda z: z @ scale), (-1.0, -1.0, 1.0, 1.0))
        >>> round(float(relief.along([[0.0, 0.0], [0.5, 0.0]])[-1]), 4)
        1.0
    """
    x0, y0, x1, y1 = rect
    step = max(x1 - x0, y1 - y0) / (side - 1)
    rows, columns = (max(2, int(np.ceil(size / step - 1e-9)) + 1) for size in (y1 - y0, x1 - x0))
    origin = np.array([x0, y0])
    parts = _shown(surface, _places(origin, step, (rows, columns)), wanted)
    if parts is None:
        return None
    basis = _components(torch.cat(parts))
    nodes = np.concatenate([_within(part, basis) for part in parts])
    return Relief(surface, origin, step, nodes.reshape(rows, columns, -1), basis)


def _places(origin: Floats, step: float, shape: tuple[int, ...]) -> Floats:
    """The nodes (R * C, 2) of a grid, row by row."""
    x, y = np.meshgrid(
        origin[0] + step * np.arange(shape[1]), origin[1] + step * np.arange(shape[0])
    )
    return np.stack([x.ravel(), y.ravel()], axis=1)


def _shown(surface: Surface, z: Floats, wanted: Wanted) -> list[Tensor] | None:
    """Pictures (B, D) of latents (N, 2), in parts; None where they are not wanted."""
    parts = []
    for first in range(0, len(z), BATCH):
        if not wanted():
            return None
        part = surface.pictures(z[first : first + BATCH]).float()
        every = -(-part.shape[1] // MOST_PIXELS)
        parts.append(part if every == 1 else part[:, ::every] * every**0.5)
    return parts


def _components(shown: Tensor) -> Tensor:
    """The principal components (D, K) of pictures (N, D), by the products of N among themselves."""
    every = -(-len(shown) // (8 * COMPONENTS))
    some = shown[::every] - shown.mean(dim=0)
    powers, mixes = torch.linalg.eigh((some @ some.T).double())
    kept = min(COMPONENTS, *some.shape)
    kept = max(1, min(kept, int((powers > 1e-9 * powers[-1].clamp_min(1e-30)).sum())))
    scale = powers[-kept:].clamp_min(1e-30).sqrt()
    found: Tensor = some.T @ (mixes[:, -kept:] / scale).float()
    return found


def _within(shown: Tensor, basis: Tensor) -> Floats:
    return (shown @ basis).double().cpu().numpy()
