"""What is said between the hand and the live lane: single decodes, strips, lattices, peeks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from latentlab.engine.values import Lattice, Picture, Rect

# A model of code grids decodes the nearest one, and fades from grid to grid on a path.
DecodeSource = Literal["model", "stored lattice", "nearest code grid", "code cross-fade"]


# Requests (one place for each kind, latest wins)


@dataclass(frozen=True, slots=True, eq=False)
class Decode:
    """Decode one latent point; `asked_s` is time.perf_counter() when the pointer moved.

    `label` here and below: the class to decode as, for a model that knows them.
    """

    ticket: int
    z: NDArray[np.float64]  # (d,)
    asked_s: float
    label: int | None = None
    path: NDArray[np.float64] | None = None  # (F, d), where z is a frame of a path that fades
    frame: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class DecodeStrip:
    """Decode the frames of a path; `play` frames wait in line behind `Decode`.

    `knots` are the frames of its waypoints, where it has more than two ends.
    """

    ticket: int
    z: NDArray[np.float64]  # (F, d)
    asked_s: float
    knots: tuple[int, ...] = ()
    label: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DecodeLattice:
    """Decode a grid over the visible part of the map."""

    ticket: int
    rect: Rect
    z: NDArray[np.float64]  # (R, C, d)
    label: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Peek:
    """Decode the code of a datum whose own picture is not open (hover, nearest)."""

    ticket: int
    row: int
    z: NDArray[np.float64]  # (d,)
    label: int | None = None


# Answers


@dataclass(frozen=True, slots=True)
class Decoded:
    """Answer to `Decode`.

    `nearest_row` is the datum nearest in full z (-1 without codes), `far` whether every datum is
    so far that this decode is a guess.
    """

    ticket: int
    z: NDArray[np.float64]
    image: Picture
    nearest_row: int
    nearest_distance: float
    far: bool
    source: DecodeSource
    asked_s: float
    decode_ms: float


@dataclass(frozen=True, slots=True)
class StripDecoded:
    """Answer to `DecodeStrip`: (F, H, W) or (F, H, W, 3)."""

    ticket: int
    z: NDArray[np.float64]
    images: NDArray[np.uint8]
    source: DecodeSource
    asked_s: float


@dataclass(frozen=True, slots=True)
class LatticeDecoded:
    """Answer to `DecodeLattice`; sent again as more of it is there (`done` at the end)."""

    ticket: int
    lattice: Lattice
    done: bool


@dataclass(frozen=True, slots=True)
class Peeked:
    """Answer to `Peek`."""

    ticket: int
    row: int
    image: Picture
