"""Where the pictures and the words of a page lie, in whole dots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.errors import UsageError
from latentlab.export.board import Board
from latentlab.parts.figures import MOST_DOTS, FigureLook

NAME_PT, TITLE_PT, NOTE_PT = 8.0, 11.0, 7.0
PAD_PT = 4.0
MARGIN_PT = 7.0
TICK_PT = 3.0
MOST_TICKS = 9
CRISP = 0.85  # of the room that pictures fill at least, where their pixels are whole dots
LINE = 1.35  # heights of a line of text


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things lie on the page, in dots from its top left."""

    width: int
    height: int
    left: int
    top: int
    cell: tuple[int, int]  # width, height
    gap: int
    grid: tuple[int, int]  # columns, rows
    turned: bool  # whether column names stand upright

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of all pictures together."""
        (columns, rows), (width, height) = self.grid, self.cell
        return (
            columns * (width + self.gap) - self.gap,
            rows * (height + self.gap) - self.gap,
        )

    def centre(self, column: float, row: float) -> tuple[float, float]:
        """The middle of a cell, from the page's top left."""
        across = self.left + column * (self.cell[0] + self.gap) + self.cell[0] / 2
        return across, self.top + row * (self.cell[1] + self.gap) + self.cell[1] / 2


def lay_out(board: Board, look: FigureLook) -> Layout:
    """Give every picture its place.

    Raises:
        UsageError: The page is too large, or has no room for its pictures.
    """
    rows, columns, height, width = board.images.shape[:4]
    page = round(look.width_in * look.dpi)
    left, right = _beside(board, look), dots(MARGIN_PT, look)
    room = page - left - right
    pitch = room / (columns + look.gap * (columns - 1))
    wide = int(pitch)
    whole = wide - wide % width
    if whole >= CRISP * wide and not look.smooth:
        wide = whole  # whole dots for every pixel
    if wide < 1:
        raise UsageError(
            f"{columns} pictures do not fit on a page of {look.width_in:g} inches.",
            where="width",
            do="Choose a wider page, more dots an inch or fewer pictures.",
        )
    cell = (wide, max(1, round(wide * height / width)))
    gap = round(look.gap * max(cell))
    turned = look.names and widest(board.columns, look) > wide + gap - dots(2, look)
    top = _above(board, look, turned=turned)
    below = _below(board, look)
    layout = Layout(page, 0, left, top, cell, gap, (columns, rows), turned)
    high = top + layout.size[1] + below
    if max(page, high) > MOST_DOTS:
        raise UsageError(
            f"The page would have {page:,} x {high:,} dots; at most {MOST_DOTS:,} a side.",
            where="size",
            do="Choose fewer dots an inch, a narrower page or fewer pictures.",
        )
    left += (room - layout.size[0]) // 2  # what whole dots leave over goes to both sides
    return Layout(page, high, left, top, cell, gap, (columns, rows), turned)


def dots(points: float, look: FigureLook) -> int:
    """A length in points as whole dots."""
    return round(points * look.dpi / 72.0)


def _width_pt(text: str, size_pt: float) -> float:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family="DejaVu Sans", size=size_pt)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width)


def widest(texts: Sequence[str], look: FigureLook) -> int:
    """Dots that the longest of some names takes."""
    return dots(max((_width_pt(text, NAME_PT) for text in texts), default=0.0), look)


def _beside(board: Board, look: FigureLook) -> int:
    """Dots at the left of the pictures."""
    found = dots(MARGIN_PT, look)
    if look.names and any(board.rows):
        found += widest(board.rows, look) + dots(PAD_PT, look)
    elif look.names and board.y is not None:
        texts = [text for _, text in ticks(board.y)]
        found += widest(texts, look) + dots(PAD_PT + TICK_PT + LINE * NAME_PT, look)
    return found


def _above(board: Board, look: FigureLook, *, turned: bool) -> int:
    found = dots(MARGIN_PT, look)
    if look.title:
        found += dots(LINE * TITLE_PT + PAD_PT, look)
    if look.names and any(board.columns):
        high = widest(board.columns, look) if turned else dots(LINE * NAME_PT, look)
        found += high + dots(PAD_PT, look)
    return found


def _below(board: Board, look: FigureLook) -> int:
    found = dots(MARGIN_PT, look)
    if look.names and board.x is not None:
        found += dots(TICK_PT + 2 * PAD_PT + 2 * LINE * NAME_PT, look)
    if look.names and board.note:
        found += dots(LINE * NOTE_PT + PAD_PT, look)
    return found


def ticks(values: NDArray[np.float64]) -> list[tuple[float, str]]:
    """Round numbers between the values, each with its place among them (0 is the first)."""
    from matplotlib.ticker import MaxNLocator

    order = np.argsort(values)
    low, high = float(values.min()), float(values.max())
    if not high > low:
        return [(0.0, f"{low:.3g}")]
    numbers = [v for v in MaxNLocator(MOST_TICKS).tick_values(low, high) if low <= v <= high]
    places = np.interp(numbers, values[order], np.arange(len(values))[order])
    texts = (f"{v + 0.0:.6g}".replace("-", "−") for v in numbers)
    return list(zip(places.tolist(), texts, strict=True))
