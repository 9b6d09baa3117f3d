"""The camera: which part of the map is on screen, at equal aspect."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from latentlab.data.ends import ends
from latentlab.engine.messages import Rect

MARGIN = 0.05
TAIL = 0.0005  # the share of points left out at each side by `robust_rect`
LOOKED_AT = 8192  # quantiles of this many points are enough, and bounded in the GUI thread
LEAST_SCALE, MOST_SCALE = 1e-4, 1e7  # pixels for one map unit


@dataclass(frozen=True, slots=True)
class Camera:
    """A window of `width` x `height` logical pixels on the map; y of pixels grows downwards.

    Args:
        x: Map position of the middle.
        y: Map position of the middle.
        scale: Pixels for one map unit, the same on both axes.

    Example:
        >>> camera = Camera(0.0, 0.0, 100.0, 400.0, 200.0)
        >>> camera.to_px(1.0, 0.5)
        (300.0, 50.0)
        >>> camera.to_map(300.0, 50.0)
        (1.0, 0.5)
    """

    x: float = 0.0
    y: float = 0.0
    scale: float = 100.0
    width: float = 1.0
    height: float = 1.0

    @property
    def rect(self) -> Rect:
        """The part of the map that is on screen."""
        half_w, half_h = self.width / self.scale / 2, self.height / self.scale / 2
        return self.x - half_w, self.y - half_h, self.x + half_w, self.y + half_h

    def to_px(self, x: float, y: float) -> tuple[float, float]:
        """Map -> pixels."""
        return (
            (x - self.x) * self.scale + self.width / 2,
            (self.y - y) * self.scale + self.height / 2,
        )

    def to_map(self, px: float, py: float) -> tuple[float, float]:
        """Pixels -> map."""
        return (
            (px - self.width / 2) / self.scale + self.x,
            (self.height / 2 - py) / self.scale + self.y,
        )

    def panned(self, dx_px: float, dy_px: float) -> Camera:
        """The map moved with the hand by so many pixels."""
        return replace(self, x=self.x - dx_px / self.scale, y=self.y + dy_px / self.scale)

    def zoomed(self, factor: float, px: float, py: float) -> Camera:
        """Closer by `factor`; what lies under the pixel stays there."""
        x, y = self.to_map(px, py)
        scale = float(np.clip(self.scale * factor, LEAST_SCALE, MOST_SCALE))
        return replace(
            self,
            scale=scale,
            x=x - (px - self.width / 2) / scale,
            y=y - (self.height / 2 - py) / scale,
        )

    def resized(self, width: float, height: float) -> Camera:
        """Another size of the window; what was on screen stays on screen."""
        width, height = max(width, 1.0), max(height, 1.0)
        grown = min(width / self.width, height / self.height)
        scale = float(np.clip(self.scale * grown, LEAST_SCALE, MOST_SCALE))
        return Camera(self.x, self.y, scale, width, height)

    def showing(self, rect: Rect, margin: float = MARGIN) -> Camera:
        """All of `rect` on screen, as large as it goes, with a margin at each side."""
        x0, y0, x1, y1 = rect
        room = 1.0 - 2.0 * margin
        scale = min(room * self.width / max(x1 - x0, 1e-9), room * self.height / max(y1 - y0, 1e-9))
        scale = float(np.clip(scale, LEAST_SCALE, MOST_SCALE))
        return replace(self, x=(x0 + x1) / 2, y=(y0 + y1) / 2, scale=scale)


def robust_rect(xy: NDArray[np.floating]) -> Rect | None:
    """Where all but a few outliers of the points (N, 2) lie; None without finite points.

    Quantiles of every k-th point, so that the cost is bounded however many there are.
    """
    few = xy[:: max(1, len(xy) // LOOKED_AT)]
    few = few[np.isfinite(few[:, 0]) & np.isfinite(few[:, 1])]
    if not len(few):
        return None
    (x0, y0), (x1, y1) = ends(few, TAIL)
    pad = 0.5 if x1 == x0 and y1 == y0 else 0.0
    return float(x0 - pad), float(y0 - pad), float(x1 + pad), float(y1 + pad)
