"""How much the decoder stretches the map: sqrt(det G) of its pull-back metric (MATH 7).

G = A^T J^T J A for a plane z = o + A w and the Jacobian J of the decoder's mean: a small patch of
the map of area a becomes a patch of area sqrt(det G) a in the space of pictures (Bishop, Svensen
and Williams, 1997). Where there is one latent it is a length, sqrt(G).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from latentlab.latent.charts import Plane
from latentlab.latent.field import Rect, centres, corners
from latentlab.latent.forward_mode import jvp

Decoder = Callable[[Tensor], Tensor]

VALUES_AT_ONCE = 2**20  # of pictures that are held: what a processor's cache takes
BATCH = 2**17 // 784  # pictures decoded at once: more no longer fit into a core's own cache
STEP = 2.0**-12  # of one-sided differences, where the decoder has creases within a cell
LOOKED_AT = 48  # cells by which that is found out
CREASED = 0.05  # by so much (a share) a cell's differences may be off
MOST = 0.95  # of the cells are within it where values between cells are interpolated
HALVED_FROM = 150 * 150  # cells: so many may be told from a quarter of them


def magnification_rows(
    decode: Decoder,
    plane: Plane,
    rect: Rect,
    rows: int,
    columns: int,
    *,
    device: torch.device | str = "cpu",
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """sqrt(det G) of a lattice over a part of a plane, from above to below.

    Central differences over each cell, of the decodes at its four corners: a picture is decoded
    once and serves the four cells around it. With the cell's diagonals a and b,
    sqrt(det G) = sqrt(|a|^2 |b|^2 - (a.b)^2) / (2 h_x h_y).

    Where the decoder has creases within the cells (networks of ReLU: a share of a few cells is
    compared first), one-sided differences of a much smaller step are taken at their middles: three
    pictures a cell, as near to the Jacobian as float32 allows.

    Where the lattice is fine and the decoder smooth, cells twice as wide and as high tell the same:
    a quarter of the pictures is decoded and the values between are interpolated. A few cells are
    compared first: of these, 19 in 20 must be within 5 % of the Jacobian's.

    Args:
        decode: (B, d) latents -> (B, ...) mean pictures.
        plane: Where on the plane which latent lies.
        rect: x0, y0, x1, y1 on it.
        rows: R; 1 for one latent.
        columns: C.
        device: Where `decode` computes.

    Yields:
        Rows and their values (r, C), in pixel units squared for each unit squared of the map (one
        latent: pixel units for each unit).

    Example:
        >>> from latentlab.latent.charts import axes_plane
        >>> scale = torch.tensor([[2.0, 0.0], [0.0, 3.0]])
        >>> parts = magnification_rows(lambda z: z @ scale, axes_plane(2), (0, 0, 1, 1), 4, 4)
        >>> np.concatenate([values for _, values in parts]).round(3)[0].tolist()
        [6.0, 6.0, 6.0, 6.0]
    """
    cells = _Cells(decode, plane, rect, rows, columns, device)
    if not cells.flat and cells.are_creased():
        yield from _small_steps(decode, plane, centres(rect, rows, columns), device)
    elif not cells.flat and cells.are_smooth():
        yield from _twice_as_fine(replace(cells, rows=rows // 2, columns=columns // 2).stretches())
    else:
        yield from cells.stretches()


@dataclass(frozen=True, slots=True)
class _Cells:
    """A lattice over a part of a plane, and what decodes there: as of `magnification_rows`."""

    decode: Decoder
    plane: Plane
    rect: Rect
    rows: int
    columns: int
    device: torch.device | str

    @property
    def flat(self) -> bool:
        """Whether there is one latent: a stretch is a length."""
        return self.plane.latent_dim == 1

    @property
    def side(self) -> NDArray[np.float64]:
        """(2,) width and height of a cell."""
        x0, y0, x1, y1 = self.rect
        return np.array([(x1 - x0) / self.columns, (y1 - y0) / self.rows])

    def stretches(self) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """sqrt(det G) by differences over whole cells: rows and (r, C)."""
        w = corners(self.rect, self.rows, self.columns)  # (R+1, C+1, 2)
        w = w[: 1 if self.flat else None]  # one latent: 1 row
        last: Tensor | None = None  # (1, C+1, P) the lowest row of corners so far
        done, at_once = 0, 1
        while done < self.rows:
            first = 0 if last is None else done + 1
            fresh = self._pictures(w[first : done + at_once + 1])
            at_once = max(1, VALUES_AT_ONCE // fresh[0].numel())
            held = fresh if last is None else torch.cat([last, fresh])
            last = held[-1:]
            found = _stretch(held, self.side.tolist(), flat=self.flat)
            yield slice(done, done + len(found)), found
            done += len(found)

    def are_creased(self) -> bool:
        """Whether differences over some whole cells are not those in their middles."""
        if self.side.min() < 4 * STEP:
            return False
        w = self._some_centres(seed=0)
        around = w[:, None] + self.side / 2 * [[-1, 1], [1, 1], [-1, -1], [1, -1]]  # (n, 4, 2)
        held = self._pictures(around)
        areas = _area(held[:, 2] - held[:, 1], held[:, 3] - held[:, 0])
        return not self._agrees(w, areas / (2.0 * float(self.side.prod()))).all()

    def are_smooth(self) -> bool:
        """Whether cells are told by interpolation between differences over cells twice as wide."""
        if self.rows % 2 or self.columns % 2 or self.rows * self.columns < HALVED_FROM:
            return False
        w = self._some_centres(seed=1)
        # Around a cell's middle, the four wide cells whose middles are 1/2 and 3/2 sides away.
        places = np.stack(np.meshgrid([-1.5, 0.5, 2.5], [1.5, -0.5, -2.5]), axis=-1)  # (3, 3, 2)
        held = self._pictures((w[:, None, None] + self.side * places).reshape(-1, 9, 2))
        held = held.view(len(w), 3, 3, -1)
        areas = _area(held[:, 1:, 1:] - held[:, :-1, :-1], held[:, :-1, 1:] - held[:, 1:, :-1])
        share = areas.new_tensor([0.75, 0.25])
        told = torch.einsum("nij,i,j->n", areas, share, share) / (8.0 * float(self.side.prod()))
        return float(self._agrees(w, told).mean()) >= MOST

    def _some_centres(self, *, seed: int) -> NDArray[np.float64]:
        """The middles of some cells: (at most LOOKED_AT, 2)."""
        w = centres(self.rect, self.rows, self.columns).reshape(-1, 2)
        return np.random.default_rng(seed).choice(w, min(LOOKED_AT, len(w)), replace=False)

    def _agrees(self, w: NDArray[np.float64], told: Tensor) -> NDArray[np.bool_]:
        """Whether what is told of places (n, 2) is what small steps there say: (n,)."""
        ((_, inside),) = _small_steps(self.decode, self.plane, w[None], self.device)
        near: NDArray[np.bool_] = np.abs(told.cpu().numpy() - inside[0]) <= CREASED * inside[0]
        return near

    def _pictures(self, w: NDArray[np.float64]) -> Tensor:
        return _pictures(self.decode, self.plane.lift(w), self.device)


def _twice_as_fine(
    parts: Iterator[tuple[slice, NDArray[np.float32]]],
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Rows of wide cells (r, C) as rows of cells of half their side (2 r, 2 C), interpolated."""
    last: NDArray[np.float32] | None = None  # (2, 2 C) the lowest rows, of which the next are told
    done = 0
    for _, values in parts:
        wide = _between(values.T).T  # (r, 2 C)
        held = wide if last is None else np.concatenate([last, wide])
        if len(held) > 1:
            found = _between(held)[3 if done else 0 : -1]  # the lowest waits for the next
            yield slice(done, done + len(found)), found
            done += len(found)
        last = held[-2:]
    if last is not None:
        found = _between(last)[-1 if done else 0 :]
        yield slice(done, done + len(found)), found


def _between(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """(r, C) -> (2 r, C), linear between rows and beyond the outer ones; never below zero."""
    if len(values) == 1:
        return np.repeat(values, 2, axis=0)
    steps = np.diff(values, axis=0) / 4
    found = np.repeat(values, 2, axis=0)
    found[2::2] -= steps
    found[1:-1:2] += steps
    found[0] -= steps[0]
    found[-1] += steps[-1]
    return np.maximum(found, 0.0, out=found)


def _small_steps(
    decode: Decoder, plane: Plane, w: NDArray[np.float64], device: torch.device | str
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """sqrt(det G) at map points (R, C, 2), by one-sided differences: rows and (r, C)."""
    done, at_once = 0, 1
    while done < len(w):
        at = w[done : done + at_once, :, None]  # (r, C, 1, 2)
        moved = (at + STEP * np.array([[0, 0], [1, 0], [0, 1]])).reshape(len(at), -1, 2)
        held = _pictures(decode, plane.lift(moved), device)
        held = held.view(len(at), w.shape[1], 3, -1)  # (r, C, 3, P)
        at_once = max(1, VALUES_AT_ONCE // held[0].numel())
        found = _area(held[:, :, 1] - held[:, :, 0], held[:, :, 2] - held[:, :, 0]) / STEP**2
        yield slice(done, done + len(at)), found.cpu().numpy().astype(np.float32)
        done += len(at)


def magnification_at(
    decode: Decoder, plane: Plane, w: ArrayLike, *, device: torch.device | str = "cpu"
) -> NDArray[np.float64]:
    """sqrt(det G) at map points (n, 2), by Jacobian-vector products: (n,), exact.

    Example:
        >>> from latentlab.latent.charts import axes_plane
        >>> magnification_at(lambda z: z * 3.0, axes_plane(2), [[0.0, 0.0]]).round(4).tolist()
        [9.0]
    """
    z = plane.lift(np.asarray(w, dtype=np.float64).reshape(-1, 2))  # (n, d)
    at = torch.as_tensor(z, dtype=torch.float32, device=device)
    directions = plane.axes.T[: 1 if plane.latent_dim == 1 else 2]  # (1 or 2, d)
    columns = [_pushed(decode, at, direction) for direction in directions]
    if len(columns) == 1:
        return np.asarray(columns[0].square().sum(1).sqrt().cpu().numpy())
    one, other = columns
    return np.asarray(_area(one, other).cpu().numpy())


def _pushed(decode: Decoder, at: Tensor, direction: NDArray[np.float64]) -> Tensor:
    """J(at) direction for each row: (n, P) float64."""
    along = torch.as_tensor(direction, dtype=at.dtype, device=at.device).expand_as(at)
    moved = jvp(decode, at, along)[1]
    flat = moved.detach().reshape(len(at), -1)
    return flat.cpu().double() if flat.device.type == "mps" else flat.double()


@torch.inference_mode()
def _pictures(decode: Decoder, z: NDArray[np.float64], device: torch.device | str) -> Tensor:
    """(r, C, d) -> (r, C, P)."""
    rows, columns, latent_dim = z.shape
    points = torch.as_tensor(z.reshape(-1, latent_dim), dtype=torch.float32, device=device)
    parts = [decode(part).float().flatten(1) for part in torch.split(points, BATCH)]
    return torch.cat(parts).view(rows, columns, -1)


@torch.inference_mode()
def _stretch(held: Tensor, steps: tuple[float, float], *, flat: bool) -> NDArray[np.float32]:
    """Pictures at corners (r+1, C+1, P) -> (r, C); of one latent (1, C+1, P) -> (1, C)."""
    many = torch.get_num_threads()
    torch.set_num_threads(1)  # row by row it all stays in the cache: threads would cost more
    try:
        if flat:
            found = (held[:, 1:] - held[:, :-1]).square().sum(-1).sqrt() / steps[0]
        else:
            rows = [_area(*_diagonals(upper, lower)) for upper, lower in pairwise(held)]
            found = torch.stack(rows) / (2.0 * steps[0] * steps[1])
        return np.asarray(found.cpu().numpy(), dtype=np.float32)
    finally:
        torch.set_num_threads(many)


def _diagonals(upper: Tensor, lower: Tensor) -> tuple[Tensor, Tensor]:
    """Two rows of corners (C+1, P) -> the falling and the rising diagonal of each cell (C, P)."""
    return lower[1:] - upper[:-1], upper[1:] - lower[:-1]


def _area(one: Tensor, other: Tensor) -> Tensor:
    """sqrt(|a|^2 |b|^2 - (a.b)^2) over the last axis."""
    dot = torch.linalg.vecdot
    aa, bb, ab = dot(one, one), dot(other, other), dot(one, other)
    area: Tensor = (aa * bb - ab.square()).clamp_min(0.0).sqrt()
    return area


def unit_of(latent_dim: int) -> str:
    """What a magnification of 1 is, in words.

    Example:
        >>> unit_of(2)
        'pixel² per unit²'
    """
    return "pixels per unit" if latent_dim == 1 else "pixel² per unit²"


def finest_side(cells_a_second: float, seconds: float, sides: tuple[int, ...]) -> int:
    """The largest of some sides whose square cells take no longer than `seconds`; else the first.

    Example:
        >>> finest_side(5000.0, 4.0, (50, 100, 200))
        100
    """
    most = math.sqrt(max(cells_a_second * seconds, 0.0))
    fitting = [side for side in sides if side <= most]
    return fitting[-1] if fitting else sides[0]
