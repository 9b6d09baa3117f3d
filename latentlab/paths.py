"""Paths through latent space: courses through waypoints, and where frames lie on them.

numpy alone. The shortest path in a decoder's metric is in `latentlab.metric`.

Example:
    >>> from latentlab import paths
    >>> way = paths.course("spline", [[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]])
    >>> way.at(paths.frames_in_z(way, 5))[2].tolist()
    [1.0, 1.0]
"""

from latentlab.latent.courses import Course, course, polyline
from latentlab.latent.paths import slerp, spline, straight, through
from latentlab.latent.sketching import simplified, tour
from latentlab.latent.spacing import frames_by_hand, frames_in_metric, frames_in_z

__all__ = [
    "Course",
    "course",
    "frames_by_hand",
    "frames_in_metric",
    "frames_in_z",
    "polyline",
    "simplified",
    "slerp",
    "spline",
    "straight",
    "through",
    "tour",
]
