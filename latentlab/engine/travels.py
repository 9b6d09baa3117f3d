"""What is asked of the path lane, and its answers: courses, evenly spaced frames, lengths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.engine.values import Codes
from latentlab.latent.courses import CourseKind
from latentlab.latent.spacing import Spacing

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class TracePath:
    """Work a path out: its course, its frames and its lengths; answered by `PathTraced`.

    An answer comes early and again as it becomes better; a newer request ends it.
    """

    ticket: int
    stops: Floats  # (P, d)
    kind: CourseKind
    spacing: Spacing
    frames: int
    asked_s: float
    closed: bool = False
    shares: tuple[float, ...] = ()  # by hand, one for each waypoint
    density: float = 0.0
    codes: Codes | None = None
    label: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FindChanges:
    """What can change at a latent: the Jacobian's principal directions; `ChangesFound` answers."""

    ticket: int
    z: Floats  # (d,)
    label: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ChangesFound:
    """Answer to `FindChanges`.

    Args:
        amounts: (k,) how far the picture moves for a unit step, the largest first.
        ways: (k, d) the directions, one a row.
    """

    ticket: int
    z: Floats
    amounts: Floats
    ways: Floats


@dataclass(frozen=True, slots=True)
class PathFigures:
    """What a path is worth, side by side.

    Args:
        euclidean: Its length in latent units.
        metric: Its length in the metric, in pixel units; None where the model has none.
        straight: The straight pieces' length in the same metric.
        metric_name: Which metric.
        jump: The largest step of the picture between two frames, in pixel units.
        evenness: The longest step of the film in the metric over the shortest.
        nearest: The mean distance of its frames to their nearest datum, in z; None without data.
        farthest: The largest of them.
        reach: The distance beyond which a decode is a guess.
    """

    euclidean: float
    metric: float | None = None
    straight: float | None = None
    metric_name: str = ""
    jump: float | None = None
    evenness: float | None = None
    nearest: float | None = None
    farthest: float | None = None
    reach: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PathTraced:
    """Answer to `TracePath`.

    Args:
        points: (M, d) the course.
        knots: (P,) rows of `points` that are waypoints.
        z: (F, d) its frames.
        settled: Whether it is the last answer.
    """

    ticket: int
    points: Floats
    knots: NDArray[np.int64]
    z: Floats
    figures: PathFigures | None
    settled: bool
    asked_s: float
