"""Which colour each point has: that of its category, or its number's place on a scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from latentlab.data.scales import Scale

Rows = slice | NDArray[np.int32]

MOST_COLOURS = 24  # of categories; beyond so many the palette begins again
LEVELS = 64  # of numbers: two neighbours are hardly told apart, and a mean is finer


class Paint(Protocol):
    """What gives points their colours; each has one of a few kinds."""

    @property
    def palette(self) -> tuple[str, ...]:
        """The colour of each kind; the last one is of points without a value."""
        ...

    @property
    def ramp(self) -> NDArray[np.float64] | None:
        """(R, 3) the colours of means, from 0 to 1; None where the colours themselves are mixed."""
        ...

    def kinds(self, rows: Rows) -> NDArray[np.uint8]:
        """The kind of each row."""
        ...

    def weights(self) -> NDArray[np.float64]:
        """(K, n) what each kind adds to a pixel: (K, 3) colours, or (K, 2) place and number."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Categories:
    """A colour for each category.

    Args:
        values: (N,) categories; below zero is none.
        colours: One for each category, then the one of none.
    """

    values: NDArray[np.integer]
    colours: tuple[str, ...]

    @property
    def palette(self) -> tuple[str, ...]:
        """Every colour once, the last one of no category."""
        return (*self.colours[:-1][:MOST_COLOURS], self.colours[-1])

    @property
    def ramp(self) -> None:
        """Colours are mixed."""

    def kinds(self, rows: Rows) -> NDArray[np.uint8]:
        """The place of each row's colour in the palette."""
        values, named = self.values[rows], len(self.colours) - 1
        last = len(self.palette) - 1
        if not named:
            return np.full(len(values), last, np.uint8)
        if len(values) and values.max() >= named:
            return np.where(values < 0, last, values % named % MOST_COLOURS).astype(np.uint8)
        table = np.append(np.arange(named) % MOST_COLOURS, last).astype(np.uint8)
        return np.asarray(table[np.maximum(values, -1)])  # -1 is the table's last

    def weights(self) -> NDArray[np.float64]:
        """(K, 3) red, green and blue, 0 to 255."""
        return rgb_of(self.palette)


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A place on a scale of colours for each number.

    Args:
        values: (N,) numbers, NaN where there is none.
        scale: From numbers to places.
        colours: From the scale's lower end to its upper one.
        missing: The colour of no number.
    """

    values: NDArray[Any]
    scale: Scale
    colours: tuple[str, ...]
    missing: str

    @property
    def palette(self) -> tuple[str, ...]:
        """The colour of each level, then that of no number."""
        at = np.rint(np.linspace(0, len(self.colours) - 1, LEVELS)).astype(int)
        return (*(self.colours[k] for k in at), self.missing)

    @property
    def ramp(self) -> NDArray[np.float64]:
        """(R, 3) the colours of places from 0 to 1."""
        return rgb_of(self.colours)

    def kinds(self, rows: Rows) -> NDArray[np.uint8]:
        """The level of each row."""
        places = self.scale.places(self.values[rows]) * np.float32(LEVELS - 1)
        missing = np.isnan(places)
        places[missing] = LEVELS
        return np.rint(places).astype(np.uint8)

    def weights(self) -> NDArray[np.float64]:
        """(K, 2) level, and 1 where there is a number: whole, so that sums are exact."""
        levels = np.column_stack([np.arange(LEVELS), np.ones(LEVELS)])
        return np.concatenate([levels, np.zeros((1, 2))])


def rgb_of(colours: tuple[str, ...]) -> NDArray[np.float64]:
    """(K, 3) red, green and blue, 0 to 255."""
    inks = [QColor(name) for name in colours]
    return np.array([[ink.red(), ink.green(), ink.blue()] for ink in inks], np.float64)
