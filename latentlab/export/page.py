"""A board of pictures as a page: the same on screen, as PNG and WebP, as SVG and as PDF.

The page is laid out in whole dots. Words are matplotlib's, at the same places in every format;
the pictures are put in dot by dot, so that a crisp pixel is a square of whole dots.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latentlab.export.board import Board, in_colour
from latentlab.export.figure import check_ending
from latentlab.export.layout import (
    LINE,
    MARGIN_PT,
    NAME_PT,
    NOTE_PT,
    PAD_PT,
    TICK_PT,
    TITLE_PT,
    Layout,
    dots,
    lay_out,
    ticks,
    widest,
)
from latentlab.export.pictures import Picture, enlarge
from latentlab.files import write_atomic
from latentlab.parts.figures import Colours, FigureLook

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GROUNDS = {"white": ("#FFFFFF", "#1B1F24"), "black": ("#000000", "#E6E8EC")}


def picture(board: Board, look: FigureLook) -> Picture:
    """The page as dots (H, W, 3): what a PNG of it holds, and what the screen shows.

    Raises:
        UsageError: The page is too large, or has no room for its pictures.
    """
    layout = lay_out(board, look)
    figure = _words(board, look, layout)
    figure.canvas.draw()
    page = np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()  # type: ignore[attr-defined]
    (width, height), (top, left) = layout.size, (layout.top, layout.left)
    page[top : top + height, left : left + width] = mosaic(board, look, layout)
    return page


def write_page(path: Path, board: Board, look: FigureLook) -> None:
    """Write the page by the ending: .png, .webp, .svg or .pdf; whole or not at all.

    Raises:
        UsageError: Another ending, or a page without room for its pictures.
        LatentlabError: The folder can't be written.
    """
    check_ending(path)
    ending = path.suffix.lower()
    if ending in (".png", ".webp"):
        write_atomic(path, encode(picture(board, look), look.dpi, ending))
    else:
        write_atomic(path, _vector(board, look, ending[1:]))


def encode(page: Picture, dpi: int, ending: str = ".png") -> bytes:
    """The page's dots as a file's bytes, lossless; a PNG says how many dots an inch has."""
    from PIL import Image

    buffer = io.BytesIO()
    if ending == ".png":
        Image.fromarray(page).save(buffer, "PNG", dpi=(dpi, dpi))
    else:
        Image.fromarray(page).save(buffer, "WEBP", lossless=True)
    return buffer.getvalue()


def mosaic(board: Board, look: FigureLook, layout: Layout) -> Picture:
    """All pictures in their places: (H, W, 3)."""
    rows, columns = board.images.shape[:2]
    (wide, high), gap = layout.cell, layout.gap
    width, height = layout.size
    ground = tuple(bytes.fromhex(GROUNDS[look.ground][0][1:]))
    made = np.full((height, width, 3), ground, np.uint8)
    for r in range(rows):
        cells = _coloured(_scaled(board.images[r], wide, high, smooth=look.smooth), look.colours)
        for c in range(columns):
            if board.present is None or board.present[r, c]:
                top, left = r * (high + gap), c * (wide + gap)
                made[top : top + high, left : left + wide] = cells[c]
    return made


def _scaled(
    images: NDArray[np.uint8], width: int, height: int, *, smooth: bool
) -> NDArray[np.uint8]:
    """(n, H, W[, 3]) -> (n, height, width[, 3])."""
    before = (images.shape[2], images.shape[1])
    times = width // before[0]
    if not smooth and times >= 1 and (width, height) == (before[0] * times, before[1] * times):
        return enlarge(images, times)
    from PIL import Image

    how = Image.Resampling.BICUBIC
    if not smooth:
        images = enlarge(images, times + 1)
        how = Image.Resampling.BOX  # every pixel has its share
    scaled = [np.asarray(Image.fromarray(one).resize((width, height), how)) for one in images]
    return np.stack(scaled)


def _coloured(images: NDArray[np.uint8], colours: Colours) -> NDArray[np.uint8]:
    """(n, H, W) -> (n, H, W, 3) through the colour map; colour pictures as they are."""
    if images.ndim == 4:
        return images
    if colours == "gray":
        return in_colour(images)
    if colours == "inverted":
        return in_colour(255 - images)
    import matplotlib as mpl

    table = np.rint(mpl.colormaps[colours](np.arange(256))[:, :3] * 255).astype(np.uint8)
    return np.asarray(table[images])


# Words


def _words(board: Board, look: FigureLook, layout: Layout) -> Figure:
    """The page without its pictures."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    ground, ink = GROUNDS[look.ground]
    size = (layout.width / look.dpi, layout.height / look.dpi)
    figure = Figure(figsize=size, dpi=look.dpi, facecolor=ground)
    FigureCanvasAgg(figure)
    pen = _Pen(figure, look, layout, ink)
    top = dots(MARGIN_PT, look)
    if look.title:
        pen.write(layout.width / 2, top, look.title, TITLE_PT, va="top")
    if look.names:
        pen.name_rows(board.rows)
        pen.name_columns(board.columns)
        if board.x is not None and board.y is not None:
            pen.number_axes(board.x, board.y, board.axes)
        if board.note:
            bottom = layout.height - dots(MARGIN_PT, look)
            pen.write(layout.width / 2, bottom, board.note, NOTE_PT, va="bottom")
    return figure


class _Pen:
    """Writes on a page in dots from its top left."""

    def __init__(self, figure: Figure, look: FigureLook, layout: Layout, ink: str) -> None:
        self._figure = figure
        self._look = look
        self._layout = layout
        self._ink = ink

    def write(self, x: float, y: float, text: str, size_pt: float, **how: Any) -> None:
        """Put a line of plain text; a dollar in a class's name is a dollar."""
        page = self._layout
        options = {"ha": "center", "va": "center", **how}
        self._figure.text(
            x / page.width,
            1.0 - y / page.height,
            text,
            fontsize=size_pt,
            family="DejaVu Sans",
            color=self._ink,
            parse_math=False,
            **options,
        )

    def name_rows(self, names: Sequence[str]) -> None:
        at = self._layout.left - dots(PAD_PT, self._look)
        for r, name in enumerate(names):
            _, y = self._layout.centre(0, r)
            self.write(at, y, name, NAME_PT, ha="right")

    def name_columns(self, names: Sequence[str]) -> None:
        at = self._layout.top - dots(PAD_PT, self._look)
        for c, name in enumerate(names):
            x, _ = self._layout.centre(c, 0)
            turn = 90.0 if self._layout.turned else 0.0
            self.write(x, at, name, NAME_PT, va="bottom", rotation=turn)

    def number_axes(
        self, x: NDArray[np.float64], y: NDArray[np.float64], names: tuple[str, str]
    ) -> None:
        look, page = self._look, self._layout
        width, height = page.size
        tick, pad = dots(TICK_PT, look), dots(PAD_PT, look)
        bottom, line = page.top + height, dots(LINE * NAME_PT, look)
        texts = ticks(x)
        apart = widest([text for _, text in texts], look) + pad
        for at, text in _apart([(page.centre(place, 0)[0], text) for place, text in texts], apart):
            self._draw_line((at, at), (bottom, bottom + tick))
            self.write(at, bottom + tick + pad / 2, text, NAME_PT, va="top")
        for at, text in _apart(
            [(page.centre(0, place)[1], text) for place, text in ticks(y)], line
        ):
            self._draw_line((page.left - tick, page.left), (at, at))
            self.write(page.left - tick - pad / 2, at, text, NAME_PT, ha="right")
        low = bottom + tick + pad + line
        self.write(page.left + width / 2, low, names[0], NAME_PT, va="top")
        numbers = widest([text for _, text in ticks(y)], look)
        side = page.left - tick - pad - numbers
        self.write(side, page.top + height / 2, names[1], NAME_PT, ha="right", rotation=90.0)

    def _draw_line(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        from matplotlib.lines import Line2D

        page = self._layout
        across, down = np.asarray(x) / page.width, 1.0 - np.asarray(y) / page.height
        line = Line2D(across, down, color=self._ink, linewidth=0.6)
        line.set_transform(self._figure.transFigure)
        self._figure.add_artist(line)


def _apart(places: list[tuple[float, str]], least: float) -> list[tuple[float, str]]:
    """Those numbers that have room beside each other, from the middle outwards."""
    kept: list[tuple[float, str]] = []
    middle = sum(at for at, _ in places) / max(len(places), 1)
    for at, text in sorted(places, key=lambda place: abs(place[0] - middle)):
        if all(abs(at - other) >= least for other, _ in kept):
            kept.append((at, text))
    return kept


def _vector(board: Board, look: FigureLook, kind: str) -> bytes:
    import matplotlib as mpl

    layout = lay_out(board, look)
    figure = _words(board, look, layout)
    (width, height), (wide, high) = layout.size, (layout.width, layout.height)
    box = (layout.left / wide, 1.0 - (layout.top + height) / high, width / wide, height / high)
    axes: Axes = figure.add_axes(box)
    axes.imshow(mosaic(board, look, layout), interpolation="none", aspect="auto")
    axes.set_axis_off()
    buffer = io.BytesIO()
    # no date and no random names inside: the same figure gives the same file
    stamp = {"Date": None} if kind == "svg" else {"CreationDate": None}
    with mpl.rc_context({"svg.hashsalt": "latentlab"}):
        figure.savefig(buffer, format=kind, metadata=stamp, dpi=look.dpi)
    return buffer.getvalue()
