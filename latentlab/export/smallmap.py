"""The small map of a film: the data, the path, and a cursor that moves along it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.export.pictures import Picture

Rect = tuple[float, float, float, float]  # x0, y0, x1, y1 on the map
FINER = 3  # lines are drawn so many times as large, and averaged
MARGIN = 0.06  # of the map's side, around data and path
GROUND = (16, 18, 22)
LINE = (230, 232, 236)
RING = (255, 255, 255)


@dataclass(frozen=True, slots=True, eq=False)
class MapPoints:
    """What the small map shows of the data.

    Args:
        xy: (N, 2) where they lie; rows that are not finite are left out.
        colour_of: (N,) the colour of each, a row of `colours`.
        colours: (K, 3) uint8.
    """

    xy: NDArray[np.floating]
    colour_of: NDArray[np.integer]
    colours: NDArray[np.uint8]


def rect_around(points: MapPoints | None, path: NDArray[np.floating]) -> Rect:
    """A square that holds the path and all but the outermost data."""
    parts = [path[np.isfinite(path).all(axis=1)]]
    if points is not None:
        xy = points.xy[np.isfinite(points.xy).all(axis=1)]
        if len(xy):
            parts.append(np.quantile(xy, [0.005, 0.995], axis=0))
    every = np.concatenate(parts) if sum(map(len, parts)) else np.zeros((1, 2))
    low, high = every.min(axis=0), every.max(axis=0)
    middle = (low + high) / 2
    half = max(float((high - low).max()) / 2, 1e-6) * (1 + 2 * MARGIN)
    return (
        float(middle[0] - half),
        float(middle[1] - half),
        float(middle[0] + half),
        float(middle[1] + half),
    )


class SmallMap:
    """A square picture of the map with the path, and the same with the cursor at a frame.

    Args:
        points: The data; None shows the path alone.
        path: (F, 2) where the frames lie on the map.
        side_px: Its side.
    """

    def __init__(
        self,
        points: MapPoints | None,
        path: NDArray[np.floating],
        side_px: int,
    ) -> None:
        self.side_px = side_px
        self._rect = rect_around(points, path)
        self._path = self._pixels(path)  # (F, 2) x, y from the top left
        self._still = self._drawn(points)
        self._radius = max(3.0, side_px / 26)

    def at(self, frame: int) -> Picture:
        """The map (side, side, 3) with the cursor where a frame lies."""
        made = self._still.copy()
        x, y = self._path[frame]
        if not np.isfinite((x, y)).all():
            return made
        reach = int(np.ceil(self._radius)) + 2
        left, right = _span(x, reach, self.side_px)
        top, bottom = _span(y, reach, self.side_px)
        rows, columns = np.mgrid[top:bottom, left:right] + 0.5
        far = np.hypot(columns - x, rows - y)[..., None]
        for radius, colour in ((self._radius, RING), (self._radius * 0.62, (110, 161, 255))):
            share = np.clip(radius - far + 0.5, 0.0, 1.0)
            part = made[top:bottom, left:right]
            made[top:bottom, left:right] = np.rint(part + share * (np.asarray(colour) - part))
        return made

    def _pixels(self, xy: NDArray[np.floating]) -> NDArray[np.float64]:
        x0, y0, x1, y1 = self._rect
        x = (xy[:, 0] - x0) / (x1 - x0) * self.side_px
        y = (y1 - xy[:, 1]) / (y1 - y0) * self.side_px  # the largest y is on top
        return np.stack([x, y], axis=-1).astype(np.float64)

    def _drawn(self, points: MapPoints | None) -> Picture:
        from PIL import Image, ImageDraw

        side = self.side_px
        page = _splat(points, self._pixels(points.xy), side) if points is not None else _empty(side)
        whole = self._path[np.isfinite(self._path).all(axis=1)]
        image = Image.fromarray(page).resize((side * FINER, side * FINER), Image.Resampling.NEAREST)
        pen = ImageDraw.Draw(image)
        line = [(float(x) * FINER, float(y) * FINER) for x, y in whole]
        if len(line) > 1:
            pen.line(line, fill=LINE, width=max(1, round(side / 110 * FINER)), joint="curve")
        pen.rectangle((0, 0, side * FINER - 1, side * FINER - 1), outline=(74, 82, 95), width=FINER)
        return np.asarray(image.resize((side, side), Image.Resampling.BOX)).copy()


def _empty(side: int) -> Picture:
    return np.broadcast_to(np.asarray(GROUND, np.uint8), (side, side, 3)).copy()


def _span(at: float, reach: int, side: int) -> tuple[int, int]:
    return max(0, int(at) - reach), min(side, int(at) + reach + 1)


def _splat(points: MapPoints, pixels: NDArray[np.float64], side: int) -> Picture:
    """The mean colour of the data at each pixel; more data are less see-through."""
    fine = np.isfinite(pixels).all(axis=1)
    column, row = np.floor(pixels[fine]).astype(np.int64).T
    inside = (column >= 0) & (column < side) & (row >= 0) & (row < side)
    place = row[inside] * side + column[inside]
    colours = points.colours[points.colour_of[fine][inside]].astype(np.float64)  # (n, 3)
    count = np.bincount(place, minlength=side * side)
    sums = [np.bincount(place, colours[:, c], minlength=side * side) for c in range(3)]
    mean = np.stack(sums, axis=-1) / np.maximum(count, 1)[:, None]
    share = (1.0 - np.exp(-1.2 * count))[:, None] * 0.8
    ground = np.asarray(GROUND, np.float64)
    page = ground + share * (mean - ground)
    return np.asarray(np.rint(page), dtype=np.uint8).reshape(side, side, 3)
