"""The path as a frozen record: its waypoints, its kind, its frames, and where the scrubber is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from latentlab.latent.courses import CourseKind
from latentlab.latent.spacing import Spacing

Point = tuple[float, float]  # a place on the map
PlayMode = Literal["loop", "once", "there and back"]
PLAY_MODES: tuple[PlayMode, ...] = ("loop", "once", "there and back")
DEFAULT_FRAMES = 60
FRAMES_PER_S = 20.0
SPEEDS = (0.1, 100.0)  # frames a second, at least and at most
MOST_FRAMES = 1000


@dataclass(frozen=True, slots=True)
class Stop:
    """A waypoint.

    Args:
        at: Where it lies on the map.
        z: Its latents (d,), off the map's plane too.
    """

    at: Point
    z: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PathState:
    """A path through waypoints.

    Args:
        stops: Two waypoints or more, in order.
        kind: How it goes from one to the next.
        spacing: By what its frames are spaced.
        closed: Whether it goes back to the first.
        density: Weight of the term that keeps a geodesic near data; 0 leaves it out.
        shares: By hand: at which share of the film each waypoint is shown (the last is 1).
        frames: Number of decoded frames, both ends included.
        position: Where the scrubber stands: 0 at the beginning, 1 at the end.
        playing: Whether it plays.
        mode: What play does at the end.
        frames_per_s: Speed of play.
        backward: Whether play is on its way back.
    """

    stops: tuple[Stop, ...]
    kind: CourseKind = "straight"
    spacing: Spacing = "z"
    closed: bool = False
    density: float = 0.0
    shares: tuple[float, ...] = ()
    frames: int = DEFAULT_FRAMES
    position: float = 1.0
    playing: bool = False
    mode: PlayMode = "loop"
    frames_per_s: float = FRAMES_PER_S
    backward: bool = False

    @property
    def a(self) -> Point:
        """Where it begins, on the map."""
        return self.stops[0].at

    @property
    def b(self) -> Point:
        """The last waypoint, on the map."""
        return self.stops[-1].at

    @property
    def loop(self) -> bool:
        """Whether play goes round."""
        return self.mode != "once"

    @property
    def frame(self) -> int:
        """The frame that the scrubber stands on, from 0."""
        return round(self.position * (self.frames - 1))

    @property
    def z(self) -> NDArray[np.float64]:
        """(P, d) the latents of the waypoints."""
        return np.array([stop.z for stop in self.stops], dtype=np.float64)

    @property
    def at_rest(self) -> PathState:
        """The same where it matters for undo: not playing, the scrubber at the end."""
        return replace(self, position=1.0, playing=False, backward=False)

    def with_stops(self, stops: tuple[Stop, ...]) -> PathState:
        """The same through other waypoints; frames set by hand are spread anew where need be."""
        return replace(self, stops=stops, shares=self.shares if self._fits(stops) else ())

    def _fits(self, stops: tuple[Stop, ...]) -> bool:
        return len(stops) == len(self.stops)
