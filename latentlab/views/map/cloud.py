"""What the map's points are: where they lie, which colour each has, which are shown."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from latentlab.data.sieve import Sieve
from latentlab.latent.picking import BLOCK, PointIndex
from latentlab.views.map.paint import Paint, Rows

UNSEEN = 255  # the kind of points that are hidden


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """The points, their colours and which are shown; a change of anything is another cloud.

    Args:
        index: The points by place.
        paint: Their colours.
        sieve: Which of them are shown.
        spacing: Typical distance of neighbours, in map units.
        picked: Rows that stand out, in their colours; all others are grey. None: no such thing.
    """

    index: PointIndex
    paint: Paint
    sieve: Sieve
    spacing: float
    picked: NDArray[np.int32] | None = None
    _inks: list[NDArray[np.uint8]] = field(default_factory=list)
    _palette: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def palette(self) -> tuple[str, ...]:
        """The colour of each kind, the last one of no value."""
        if not self._palette:
            self._palette.append(self.paint.palette)
        return self._palette[0]

    def kinds(self, rows: Rows) -> NDArray[np.uint8]:
        """The place of each row's colour in the palette; UNSEEN where it is not shown."""
        kinds = self.paint.kinds(rows)
        if self.sieve:
            kinds[self.sieve.drops(rows)] = UNSEEN
        return kinds

    def is_hidden(self, rows: Rows) -> NDArray[np.bool_]:
        """Whether rows are not shown."""
        return self.sieve.drops(rows)

    def shown_count(self) -> int:
        """How many points are on the map: finite, and not filtered out."""
        rows = self.index.build().rows
        return int(np.count_nonzero(self.sieve.mask()[rows])) if self.sieve else len(rows)

    def inks(self) -> NDArray[np.uint8]:
        """(M,) the kind of each sorted point; one behind the palette where it is not picked.

        It takes a while, once: not for the window's thread where the points are many.
        """
        if not self._inks:
            self._inks.append(self._sorted_kinds())
        return self._inks[0]

    def _sorted_kinds(self) -> NDArray[np.uint8]:
        index = self.index.build()
        out = np.empty(len(index.rows), np.uint8)
        picked = None
        if self.picked is not None:
            picked = np.zeros(len(index.xy), np.bool_)
            picked[self.picked] = True
        if self.sieve:
            self.sieve.mask()  # at once, in the order of rows: quicker than here and there
        for start in range(0, len(out), BLOCK):
            rows = index.rows[start : start + BLOCK]
            kinds = self.kinds(rows)
            if picked is not None:
                kinds[~picked[rows] & (kinds != UNSEEN)] = len(self.palette)
            out[start : start + len(rows)] = kinds
        return out

    def weights(self, *, picked: bool = True) -> NDArray[np.float64]:
        """(K, n) what each kind adds to a pixel; with picked rows, a column that counts them.

        Those that are not picked (the last kind) add nothing. With `picked` False, as without.
        """
        weights = self.paint.weights()
        if self.picked is None or not picked:
            return weights
        bright = np.column_stack([weights, np.ones(len(weights))])
        return np.concatenate([bright, np.zeros((1, bright.shape[1]))])
