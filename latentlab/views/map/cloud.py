"""What the map's points are: where they lie, which colour each has, which are shown."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from latentlab.latent.picking import BLOCK, PointIndex

UNSEEN = 255  # the kind of points that are hidden
MOST_COLOURS = 24  # beyond so many the palette begins again


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """The points, their colours and which are shown; a change of anything is another cloud.

    Args:
        index: The points by place.
        values: (N,) what gives each its colour: label or split.
        labels: (N,) classes, -1 where unlabelled.
        hidden: Labels that are not shown.
        colours: One for each value, then the one of those below zero.
        spacing: Typical distance of neighbours, in map units.
        picked: Rows that stand out, in their colours; all others are grey. None: no such thing.
    """

    index: PointIndex
    values: NDArray[np.integer]
    labels: NDArray[np.integer]
    hidden: frozenset[int]
    colours: tuple[str, ...]
    spacing: float
    picked: NDArray[np.int32] | None = None
    _inks: list[NDArray[np.uint8]] = field(default_factory=list)

    @property
    def palette(self) -> tuple[str, ...]:
        """The colour of each kind: every colour once, the last one of no class."""
        return (*self.colours[:-1][:MOST_COLOURS], self.colours[-1])

    def kinds(self, rows: slice | NDArray[np.int32]) -> NDArray[np.uint8]:
        """The place of each row's colour in the palette; UNSEEN where it is not shown."""
        values, named = self.values[rows], len(self.colours) - 1
        last = len(self.palette) - 1
        if named:
            kinds = np.where(values < 0, last, values % named % MOST_COLOURS).astype(np.uint8)
        else:
            kinds = np.full(len(values), last, np.uint8)
        if self.hidden:
            kinds[self.is_hidden(rows)] = UNSEEN
        return kinds

    def is_hidden(self, rows: slice | NDArray[np.int32]) -> NDArray[np.bool_]:
        """Whether the labels of rows are hidden."""
        labels = self.labels[rows]
        found = np.zeros(len(labels), np.bool_)
        for label in self.hidden:
            found |= labels == label
        return found

    def shown_count(self) -> int:
        """How many points are on the map: finite, and of no hidden label."""
        rows = self.index.build().rows
        return len(rows) - int(np.count_nonzero(self.is_hidden(rows))) if self.hidden else len(rows)

    def inks(self) -> NDArray[np.uint8]:
        """(M,) the kind of each sorted point; those that are not picked come after the palette.

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
        for start in range(0, len(out), BLOCK):
            rows = index.rows[start : start + BLOCK]
            kinds = self.kinds(rows)
            if picked is not None:
                kinds[~picked[rows] & (kinds != UNSEEN)] += len(self.palette)
            out[start : start + len(rows)] = kinds
        return out

    def weights(self) -> NDArray[np.float64]:
        """(K, 3) red, green and blue (0 to 255) of each kind; with a picked column (K, 4).

        Those that are not picked add nothing to the colours and nothing to the last column.
        """
        inks = [QColor(name) for name in self.palette]
        rgb = np.array([[ink.red(), ink.green(), ink.blue()] for ink in inks], np.float64)
        if self.picked is None:
            return rgb
        bright = np.column_stack([rgb, np.ones(len(rgb))])
        return np.concatenate([bright, np.zeros_like(bright)])
