"""What a figure of the latent space shows, and how its page looks."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from latentlab.parts.base import Fraction, Spec

Spacing = Literal["uniform", "quantiles"]
Curve = Literal["bilinear", "spherical"]
Colours = Literal["gray", "inverted", "viridis", "magma", "cividis"]
Ground = Literal["white", "black"]
Latents = Annotated[tuple[float, ...], Meta(min_length=1, max_length=65_536)]
Rect = tuple[float, float, float, float]  # x0, y0, x1, y1 on the map
PicturesASide = Annotated[int, Meta(ge=1, le=200)]
Steps = Annotated[int, Meta(ge=2, le=200)]

COLOURS: tuple[Colours, ...] = ("gray", "inverted", "viridis", "magma", "cividis")
SPACINGS: tuple[Spacing, ...] = ("uniform", "quantiles")
CURVES: tuple[Curve, ...] = ("bilinear", "spherical")


class Manifold(Spec, frozen=True, kw_only=True, tag="manifold"):
    """The decoder's pictures of a grid over the map.

    Args:
        grid: Pictures a side; categorical latents have one for each code instead.
        spacing: Even steps over `rect`, or equal shares of the prior's mass: coordinates through
            its inverse distribution function (Kingma and Welling, 2014, figure 4).
        rect: The part of the map; None takes what is in view, or three standard deviations.
    """

    grid: PicturesASide = 20
    spacing: Spacing = "uniform"
    rect: Rect | None = None


class Palette(Spec, frozen=True, kw_only=True, tag="palette"):
    """Four latents in the corners, and what lies between them.

    Args:
        corners: Top left, top right, bottom left, bottom right; None takes those of the map.
        side: Pictures a side.
        curve: Bilinear mixes of the four, or great circles along the sides and then across.
    """

    corners: tuple[Latents, Latents, Latents, Latents] | None = None
    side: Steps = 9
    curve: Curve = "bilinear"


class ClassTable(Spec, frozen=True, kw_only=True, tag="classes"):
    """Between the mean codes of the classes.

    Args:
        share: How far a picture is on the way from the class of its row (0) to that of its
            column (1).
        steps: 0 makes a table of every class with every other; more makes a row for each pair,
            with so many pictures from the one to the other.
    """

    share: Fraction = 0.5
    steps: Annotated[int, Meta(ge=0, le=50)] = 0


class Traversal(Spec, frozen=True, kw_only=True, tag="traversal"):
    """A row for each latent: it alone moves, the others stay.

    Args:
        at: Where the others stay; None is 0.
        steps: Pictures a row.
        reach: A latent moves from minus to plus this.
        latents: Which, from 0; None takes all, those that vary most over the data first, at most
            `MOST_ROWS`.
    """

    at: Latents | None = None
    steps: Steps = 11
    reach: Annotated[float, Meta(gt=0, le=1000)] = 3.0
    latents: Annotated[tuple[Annotated[int, Meta(ge=0)], ...], Meta(min_length=1)] | None = None


class Reconstructions(Spec, frozen=True, kw_only=True, tag="reconstructions"):
    """Originals over reconstructions.

    Args:
        count: How many data, spread evenly over the test rows.
        columns: Data in a row.
        rows: Instead, these rows of the data.
    """

    count: Annotated[int, Meta(ge=1, le=2000)] = 24
    columns: Annotated[int, Meta(ge=1, le=100)] = 8
    rows: Annotated[tuple[Annotated[int, Meta(ge=0)], ...], Meta(max_length=2000)] | None = None


class Comparison(Spec, frozen=True, kw_only=True, tag="comparison"):
    """Two latents, the straight path between them, and what differs from the first.

    Args:
        a: The first.
        b: The second.
        steps: Pictures of the path, both ends included.
    """

    a: Latents
    b: Latents
    steps: Steps = 9


FigureSpec = Manifold | Palette | ClassTable | Traversal | Reconstructions | Comparison

MOST_ROWS = 32  # of a traversal where no latents are named
MOST_DOTS = 16_000  # a side


class FigureLook(Spec, frozen=True, kw_only=True, tag="look"):
    """How a page looks, on screen and in every file.

    Args:
        title: Above the pictures; empty is none.
        width_in: The page's width in inches.
        dpi: Dots an inch of PNG and WebP, and of the pictures in SVG and PDF.
        gap: Between pictures, as a share of a picture's side.
        colours: The colour map of grey pictures.
        names: Whether rows, columns and axes say what they are.
        smooth: Whether pictures are interpolated, else every pixel is a crisp square.
        ground: The colour of the page.
    """

    title: Annotated[str, Meta(max_length=300)] = ""
    width_in: Annotated[float, Meta(ge=0.5, le=60)] = 7.0
    dpi: Annotated[int, Meta(ge=36, le=1200)] = 300
    gap: Annotated[float, Meta(ge=0, le=1)] = 0.0
    colours: Colours = "gray"
    names: bool = True
    smooth: bool = False
    ground: Ground = "white"
