"""Categorical latents on the map: a grid with a cell for each code."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentlab.latent.charts import Floats

MOST_CELLS = 400
# Where in its cell a datum may lie: the upper part is left to the cell's words.
JITTER_LOW, JITTER_HIGH = (-0.40, -0.40), (0.40, 0.24)


@dataclass(frozen=True, slots=True, eq=False)
class GridChart:
    """S latents of K categories as cells of side 1, row 0 on top; z is their one-hot values (S K,).

    Args:
        latents: S.
        categories: K.
        cells: (M, S) the code of each cell, row after row.
        counts: (M,) data in each cell.
        columns: Cells in a row.
        codes_left_out: Codes of data that have no cell.
        data_left_out: Data of those codes.

    Example:
        >>> chart = grid_chart(np.eye(3)[[0, 0, 2]], latents=1, categories=3)
        >>> chart.counts.tolist(), chart.lift((0.2, 0.9)).tolist()
        ([2, 0, 1], [1.0, 0.0, 0.0])
    """

    latents: int
    categories: int
    cells: NDArray[np.int64]
    counts: NDArray[np.int64]
    columns: int
    codes_left_out: int = 0
    data_left_out: int = 0
    _places: dict[tuple[int, ...], int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        places = {tuple(code): index for index, code in enumerate(self.cells.tolist())}
        object.__setattr__(self, "_places", places)

    @property
    def latent_dim(self) -> int:
        """S K, the values of one z."""
        return self.latents * self.categories

    @property
    def whole(self) -> bool:
        """Whether every code that there is has a cell, used or not."""
        every: int = self.categories**self.latents
        return every == len(self.cells)

    @property
    def names(self) -> tuple[str, str]:
        """Two latents span the grid; otherwise its sides have no meaning."""
        return ("z1", "z2") if self.latents == 2 and self.whole else ("", "")

    @property
    def steps(self) -> bool:
        """Only codes have a place."""
        return True

    @property
    def mixes(self) -> bool:
        """A cell is one code."""
        return False

    @property
    def rows(self) -> int:
        """Rows of cells."""
        return -(-len(self.cells) // self.columns)

    @property
    def rect(self) -> tuple[float, float, float, float]:
        """The part of the map that the cells cover: x0, y0, x1, y1."""
        return -0.5, -0.5, self.columns - 0.5, self.rows - 0.5

    def codes_of(self, z: ArrayLike) -> NDArray[np.int64]:
        """The most probable category of each latent: (..., S K) -> (..., S)."""
        values = np.asarray(z, dtype=np.float64)
        split = values.reshape(*values.shape[:-1], self.latents, self.categories)
        return np.asarray(split.argmax(axis=-1))

    def cell_of(self, code: ArrayLike) -> int | None:
        """The cell of one code (S,); None where it has none."""
        return self._places.get(tuple(int(value) for value in np.asarray(code)))

    def cell_at(self, w: tuple[float, float]) -> int:
        """The cell at, or nearest to, a map point."""
        return int(self._indices(np.asarray(w, dtype=np.float64)))

    def count_of(self, z: ArrayLike) -> int:
        """Data that have the code of one z (S K,)."""
        cell = self.cell_of(self.codes_of(z))
        return 0 if cell is None else int(self.counts[cell])

    def one_hot(self, codes: NDArray[np.int64]) -> Floats:
        """Codes (..., S) -> z (..., S K)."""
        z = np.eye(self.categories)[codes]  # (..., S, K)
        return np.asarray(z.reshape(*codes.shape[:-1], self.latent_dim))

    def lift(self, w: ArrayLike) -> Floats:
        """Map points (..., 2) -> the code of the cell there, exactly: (..., S K)."""
        return self.one_hot(self.cells[self._indices(np.asarray(w, dtype=np.float64))])

    def project(self, z: ArrayLike) -> Floats:
        """Latents (..., S K) -> the middle of their cell (..., 2); NaN without a cell."""
        codes = self.codes_of(z)
        flat = codes.reshape(-1, self.latents).tolist()
        cells = np.array([self._places.get(tuple(code), -1) for code in flat], dtype=np.int64)
        middles = self.middles()[cells]
        middles[cells < 0] = np.nan
        return middles.reshape(*codes.shape[:-1], 2)

    def place(self, z: ArrayLike) -> Floats:
        """Data (N, S K) -> a place in their cell that is each row's own (N, 2)."""
        middles = self.project(z)
        source = np.random.default_rng(0)  # the same row lies at the same place, always
        return middles + source.uniform(JITTER_LOW, JITTER_HIGH, middles.shape)

    def snap(self, w: tuple[float, float]) -> tuple[float, float]:
        """The middle of the nearest cell."""
        x, y = self.middles()[self.cell_at(w)]
        return float(x), float(y)

    def between(self, a: ArrayLike, b: ArrayLike, t: Floats) -> Floats:
        """A cross-fade of the codes at a and b: (1 - t) z_a + t z_b, (F, S K)."""
        share = np.asarray(t)[:, None]  # (F, 1)
        return np.asarray((1.0 - share) * self.lift(a) + share * self.lift(b))

    def lattice(self) -> Floats:
        """The latents of all cells as they lie, row 0 on top: (R, C, S K)."""
        x, y = np.meshgrid(np.arange(self.columns), np.arange(self.rows)[::-1])
        return self.lift(np.stack([x, y], axis=-1))

    def middles(self) -> Floats:
        """The middle of each cell: (M, 2)."""
        index = np.arange(len(self.cells))
        row, column = np.divmod(index, self.columns)
        return np.stack([column, self.rows - 1 - row], axis=-1).astype(np.float64)

    def _indices(self, w: Floats) -> NDArray[np.int64]:
        w = np.nan_to_num(w)
        column = np.clip(np.rint(w[..., 0]), 0, self.columns - 1).astype(np.int64)
        row = np.clip(self.rows - 1 - np.rint(w[..., 1]), 0, self.rows - 1).astype(np.int64)
        return np.asarray(np.minimum(row * self.columns + column, len(self.cells) - 1))


def grid_chart(z: NDArray[np.floating], latents: int, categories: int) -> GridChart:
    """The grid for data of which each latent's category has probabilities z (N, S K).

    Up to 400 codes there are all, by number (two latents as columns and rows); of more, those that
    data have, the most frequent first.
    """
    split = z[np.isfinite(z).all(axis=1)].reshape(-1, latents, categories)
    data = split.argmax(axis=-1).astype(np.int64)  # (N, S)
    known, counts = np.unique(data, axis=0, return_counts=True)
    if categories**latents <= MOST_CELLS:
        return _whole(known, counts, latents, categories)
    order = np.argsort(-counts, kind="stable")
    kept, left = order[:MOST_CELLS], order[MOST_CELLS:]
    if not len(kept):  # no data yet: a first code, so that there is something to decode
        known, counts = np.zeros((1, latents), np.int64), np.zeros(1, np.int64)
        kept = np.zeros(1, np.intp)
    columns = int(np.ceil(np.sqrt(len(kept))))
    return GridChart(
        latents,
        categories,
        known[kept],
        counts[kept],
        columns,
        codes_left_out=len(left),
        data_left_out=int(counts[left].sum()),
    )


def _whole(
    known: NDArray[np.int64], counts: NDArray[np.int64], latents: int, categories: int
) -> GridChart:
    if latents == 2:  # the first across, the second up: row 0 is on top
        pairs = [(x, y) for y in range(categories - 1, -1, -1) for x in range(categories)]
        cells, columns = np.array(pairs), categories
    else:
        cells = np.array(list(product(range(categories), repeat=latents)))
        columns = int(np.ceil(np.sqrt(len(cells))))
    found = {tuple(code): int(n) for code, n in zip(known.tolist(), counts, strict=True)}
    used = np.array([found.get(tuple(code), 0) for code in cells.tolist()], dtype=np.int64)
    return GridChart(latents, categories, cells, used, columns)
