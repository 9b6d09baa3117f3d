"""What is asked of figures: a page to look at, the same page as a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentlab.data.dataset import Dataset
from latentlab.engine.values import PRIOR_RECT, Picture, Rect
from latentlab.export.board import Board
from latentlab.latent.charts import Chart
from latentlab.parts.figures import FigureLook, FigureSpec


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What a figure is drawn from, beside the model.

    Args:
        chart: The map.
        offset: (d,) the part of z off the map's plane; None is none.
        rect: The part of the map that is taken where a figure names none.
        codes: (N, d) of the data, where they are known.
        labels: (N,) of the data, -1 where unlabelled.
        names: Of the classes.
        dataset: The data, where they are open.
        label: The class to decode as, for a model that knows them.
    """

    chart: Chart | None
    offset: NDArray[np.float64] | None = None
    rect: Rect = PRIOR_RECT
    codes: NDArray[np.floating] | None = None
    labels: NDArray[np.int64] | None = None
    names: tuple[str, ...] = ()
    dataset: Dataset | None = field(default=None, repr=False)
    label: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DrawFigure:
    """Draw a page with the open model; answered by `FigureDrawn`."""

    ticket: int
    wanted: FigureSpec
    look: FigureLook
    scene: Scene


@dataclass(frozen=True, slots=True, eq=False)
class WriteFigure:
    """Write the same page: .png, .webp, .svg or .pdf by the ending; answered by `Saved`."""

    ticket: int
    path: Path
    wanted: FigureSpec
    look: FigureLook
    scene: Scene


@dataclass(frozen=True, slots=True, eq=False)
class FigureDrawn:
    """Answer to `DrawFigure`: the page as dots (H, W, 3), and what is on it."""

    ticket: int
    page: Picture
    board: Board
    look: FigureLook
