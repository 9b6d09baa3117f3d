"""What is asked of films: one to write, one frame of it to look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentlab.engine.values import Picture
from latentlab.export.smallmap import MapPoints
from latentlab.latent.charts import Chart
from latentlab.parts.films import FilmLook


@dataclass(frozen=True, slots=True, eq=False)
class Export:
    """Write path frames by the ending; answered by `Busy` on the way, then `Saved`.

    Args:
        ticket: Its number.
        path: .gif, .webp, .mp4, .png (a strip), .frames (a folder of PNG files) or .npz.
        z: (F, d) latents of the frames.
        label: The class to decode as, for a model that knows them.
        look: Size, speed, easing, caption and map.
        frames: (F, H, W[, 3]) the pictures, where they are decoded already; else they are decoded.
        chart: The map, for its small picture.
        points: The data on it.
        knots: Frames of the path's waypoints, where it has more than two ends.
    """

    ticket: int
    path: Path
    z: NDArray[np.float64]
    label: int | None = None
    look: FilmLook = field(default_factory=FilmLook)
    frames: NDArray[np.uint8] | None = None
    chart: Chart | None = None
    points: MapPoints | None = None
    knots: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ShowFrame:
    """Put one frame of a film together; answered by `FrameShown`.

    Args:
        ticket: Its number.
        film: The film; nothing is written.
        share: Which frame, 0 the first and 1 the last.
    """

    ticket: int
    film: Export
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class FrameShown:
    """Answer to `ShowFrame`: the frame, of how many, and how long the film is."""

    ticket: int
    picture: Picture
    frames: int
    seconds: float
