"""The manifold as a figure: the decoder's pictures over a part of the map.

Nothing here needs torch: it is given pictures that are decoded already.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latentlab.errors import UsageError
from latentlab.export import pictures
from latentlab.files import write_atomic

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Rect = tuple[float, float, float, float]  # x0, y0, x1, y1

ENDINGS = (".png", ".webp", ".svg", ".pdf")
_INCHES = 7.0


def check_ending(path: Path) -> None:
    """Refuse an ending that no figure has.

    Raises:
        UsageError: The ending is unknown.
    """
    if path.suffix.lower() not in ENDINGS:
        raise UsageError(
            f'Figures are not written as "{path.suffix or path.name}".',
            where=str(path),
            do=f"End the name with {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}.",
        )


def grid_points(rect: Rect, side: int) -> NDArray[np.float64]:
    """Cell centres of `rect` cut into side x side, (side, side, 2); row 0 is the top (largest y).

    Example:
        >>> grid_points((0.0, 0.0, 2.0, 2.0), 2)[0].tolist()
        [[0.5, 1.5], [1.5, 1.5]]
    """
    x0, y0, x1, y1 = rect
    at = (np.arange(side) + 0.5) / side
    x, y = x0 + at * (x1 - x0), y1 - at * (y1 - y0)
    return np.stack(np.meshgrid(x, y), axis=-1)  # (side, side, 2)


def tile(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(R, C, H, W[, 3]) pictures of a grid -> one picture without gaps.

    Example:
        >>> tile(np.zeros((2, 3, 8, 8), np.uint8)).shape
        (16, 24)
    """
    flat = images.reshape(-1, *images.shape[2:])  # (R * C, H, W[, 3])
    return pictures.sheet(flat, columns=images.shape[1], gap=0)


def write_manifold(
    path: Path, images: NDArray[np.uint8], rect: Rect, names: tuple[str, str] = ("z1", "z2")
) -> None:
    """Write the manifold: .png and .webp pixel for pixel, .svg and .pdf with axes.

    Args:
        path: Where to.
        images: (R, C, H, W) or (R, C, H, W, 3) uint8; row 0 is the top.
        rect: The part of the map that the grid covers.
        names: What the two axes are called.

    Raises:
        UsageError: Another ending.
        LatentlabError: The folder can't be written.
    """
    check_ending(path)
    picture = tile(images)
    if path.suffix.lower() in pictures.ENDINGS:
        pictures.write_picture(path, picture)
    else:
        write_atomic(path, _vector(picture, rect, names, path.suffix.lower()[1:]))


def _vector(picture: pictures.Picture, rect: Rect, names: tuple[str, str], kind: str) -> bytes:
    import matplotlib as mpl

    buffer = io.BytesIO()
    # no date and no random names inside: the same model gives the same file
    stamp = {"Date": None} if kind == "svg" else {"CreationDate": None}
    with mpl.rc_context({"svg.hashsalt": "latentlab"}):
        _manifold_figure(picture, rect, names).savefig(buffer, format=kind, metadata=stamp)
    return buffer.getvalue()


def _manifold_figure(picture: pictures.Picture, rect: Rect, names: tuple[str, str]) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    x0, y0, x1, y1 = rect
    height, width = picture.shape[:2]
    figure = Figure(figsize=(_INCHES, _INCHES * height / width), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.imshow(
        picture,
        extent=(x0, x1, y0, y1),
        cmap="gray",
        vmin=0,
        vmax=255,
        interpolation="nearest",
        aspect="auto",
    )
    axes.set_xlabel(names[0])
    axes.set_ylabel(names[1])
    return figure
