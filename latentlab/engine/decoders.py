"""What turns latents into pictures in the live lane, before torch is there and after."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from latentlab.engine.messages import DecodeSource
from latentlab.engine.values import Lattice
from latentlab.latent.charts import Chart
from latentlab.models.grids import Grids


class Decoder(Protocol):
    """Latents in, pictures out; used by the live lane's thread alone."""

    source: DecodeSource

    @property
    def latent_dim(self) -> int:
        """d."""

    def decode(self, z: NDArray[np.float64]) -> NDArray[np.uint8]:
        """(B, d) -> (B, H, W) or (B, H, W, 3)."""


@runtime_checkable
class Walker(Decoder, Protocol):
    """A decoder of grids of codes, which knows paths as a whole."""

    def look_among(self, grids: Grids) -> None:
        """Take the nearest of `grids` from now on."""

    def walk(self, z: NDArray[np.float64], knots: tuple[int, ...] = ()) -> NDArray[np.int16]:
        """The grids of a path (F, d): (F, T)."""

    def decode_tokens(self, tokens: NDArray[np.int16]) -> NDArray[np.uint8]:
        """(B, T) -> (B, H, W) or (B, H, W, 3)."""


class StoredLattice:
    """Pictures that came inside a model file, mixed bilinearly: an answer while torch loads.

    Outside the lattice the nearest edge answers; off the plane, its projection.

    Args:
        lattice: The stored pictures.
        plane: The plane that they cover.
    """

    source: DecodeSource = "stored lattice"

    def __init__(self, lattice: Lattice, plane: Chart) -> None:
        self._lattice = lattice
        self._plane = plane

    @property
    def latent_dim(self) -> int:
        """d."""
        return self._plane.latent_dim

    def decode(self, z: NDArray[np.float64]) -> NDArray[np.uint8]:
        """(B, d) -> (B, H, W) or (B, H, W, 3)."""
        images = self._lattice.images  # (R, C, H, W[, 3])
        x0, y0, x1, y1 = self._lattice.rect
        rows, columns = images.shape[:2]
        w = np.nan_to_num(self._plane.project(z))  # (B, 2)
        column = np.clip((w[:, 0] - x0) / (x1 - x0) * columns - 0.5, 0, columns - 1)
        row = np.clip((y1 - w[:, 1]) / (y1 - y0) * rows - 0.5, 0, rows - 1)  # row 0 on top
        c, r = column.astype(np.intp), row.astype(np.intp)
        c1, r1 = np.minimum(c + 1, columns - 1), np.minimum(r + 1, rows - 1)
        one = (slice(None), *[None] * (images.ndim - 2))  # (B, 1, 1[, 1])
        s, t = (column - c)[one], (row - r)[one]
        top = (1 - s) * images[r, c] + s * images[r, c1]
        bottom = (1 - s) * images[r1, c] + s * images[r1, c1]
        return np.asarray(np.rint((1 - t) * top + t * bottom), dtype=np.uint8)
