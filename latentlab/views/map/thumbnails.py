"""Pictures at the points: which ones, and how they look; all of it may run in any thread."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from latentlab.data.resample import resampled
from latentlab.engine.messages import Picture, Rect
from latentlab.latent.thinning import REACHES, Champions, thin
from latentlab.session.thumbnails import PictureStore
from latentlab.views.map.camera import Camera
from latentlab.views.map.cloud import UNSEEN, Cloud
from latentlab.views.map.pixels import packed
from latentlab.views.theme import DARK

SLOT_PX = 40.0  # a picture and its frame have 40 to 57 pixels
SPARSE = 2.0  # times as far apart, where points lie so close that pictures would hide all of them
FRAME_PX, HALO_PX, DASH_PX = 2.0, 1.0, 4.0
FLATTEST = 0.25  # height over width, or the reverse, of a picture that is shown as it is
UNPICKED = 0.35  # opacity of what is not selected, where something is
AROUND = 0.15  # of the view, on each side: drawn too, for the next pan


@dataclass(frozen=True, slots=True)
class Spacing:
    """Of the pictures of a zoom, in map units: the same for every view of that zoom.

    Args:
        slot: The room of one.
        reach: How far apart they are at least, on one of the axes.
    """

    slot: float
    reach: float


def spacing_for(scale: float, between_points: float) -> Spacing:
    """The spacing at a scale; it changes by steps, so that a little zooming keeps the same ones.

    Args:
        scale: Pixels for one map unit.
        between_points: Typical distance of neighbouring points, in map units.
    """
    slot = 2.0 ** (-math.floor(2.0 * math.log2(scale / SLOT_PX)) / 2.0)
    crowd = math.log2(max(slot / max(between_points, 1e-300), 1.0)) / 4.0
    return Spacing(slot, slot * (1.0 + (SPARSE - 1.0) * min(crowd, 1.0)))


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The points of a part of the map that are shown as pictures, the most important first.

    Args:
        rows: (n,) rows of the data.
        x: (n,) map points.
        y: (n,) map points.
        kind: (n,) places in the cloud's palette; one behind it where something else is selected.
    """

    rows: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    kind: NDArray[np.uint8]
    cloud: Cloud
    spacing: Spacing


class Chooser:
    """Chooses, and keeps what is costly to find while points and view are the same."""

    def __init__(self) -> None:
        self._champions: tuple[Cloud, Champions] | None = None
        self._last: tuple[Rect, Chosen] | None = None

    def choose(self, cloud: Cloud, rect: Rect, spacing: Spacing) -> Chosen:
        """Which points of a part of the map are shown as pictures."""
        if self._last is not None:
            at, last = self._last
            if at == rect and last.cloud is cloud and last.spacing == spacing:
                return last
        chosen = _chosen(cloud, self._champions_of(cloud), rect, spacing)
        self._last = (rect, chosen)
        return chosen

    def _champions_of(self, cloud: Cloud) -> Champions:
        if self._champions is None or self._champions[0] is not cloud:
            index, inks = cloud.index.build(), cloud.inks()
            favoured = None if cloud.picked is None else inks < len(cloud.palette)
            self._champions = (cloud, Champions(index, inks != UNSEEN, favoured))
        return self._champions[1]


def _chosen(cloud: Cloud, champions: Champions, rect: Rect, spacing: Spacing) -> Chosen:
    beyond, half = REACHES * spacing.reach + spacing.slot, spacing.slot / 2
    x0, y0, x1, y1 = rect
    wide = (x0 - beyond, y0 - beyond, x1 + beyond, y1 + beyond)
    found, index = champions.within(wide, spacing.reach), cloud.index
    x, y = index.x[found].astype(np.float64), index.y[found].astype(np.float64)
    kept = thin(x, y, champions.priority_of(found), spacing.reach)
    seen = (x[kept] > x0 - half) & (x[kept] < x1 + half)
    seen &= (y[kept] > y0 - half) & (y[kept] < y1 + half)
    kept = kept[seen]
    rows = index.rows[found[kept]].astype(np.int64)
    return Chosen(rows, x[kept], y[kept], cloud.inks()[found[kept]], cloud, spacing)


@dataclass(frozen=True, slots=True, eq=False)
class Board:
    """Pictures at their points, as pixels of a camera.

    Args:
        argb: (H, W) premultiplied.
        camera: A larger view than the screen's, at its scale.
        ratio: Device pixels for a pixel.
        chosen: What was to be shown.
        shown: (n,) which of it is: the pictures of the others are still to come.
        side_px: Of a picture with its frame.
        redrawn: Whether the pictures are reconstructions.
        of: What the pictures are of, as the store counts it.
    """

    argb: NDArray[np.uint32]
    camera: Camera
    ratio: float
    chosen: Chosen
    shown: NDArray[np.bool_]
    side_px: float
    redrawn: bool
    of: int

    def row_at(self, xy: tuple[float, float]) -> int | None:
        """The row whose picture covers a map point."""
        half = self.side_px / self.camera.scale / 2
        chosen = self.chosen
        over = self.shown & (np.abs(chosen.x - xy[0]) < half) & (np.abs(chosen.y - xy[1]) < half)
        found = np.flatnonzero(over)
        return int(chosen.rows[found[0]]) if len(found) else None


def around(camera: Camera) -> Camera:
    """A larger view of the same scale."""
    more = 1.0 + 2.0 * AROUND
    return replace(camera, width=round(more * camera.width), height=round(more * camera.height))


def compose(
    chosen: Chosen,
    known: tuple[int, Mapping[int, Picture]],
    camera: Camera,
    ratio: float,
    *,
    redrawn: bool,
    ground: str = DARK.ground,
) -> Board:
    """Lay pictures at their points.

    Args:
        chosen: Which points.
        known: What the pictures are of, and those that are there by row.
        camera: Which view, at the screen's scale.
        ratio: Device pixels for a pixel.
        redrawn: Whether they are reconstructions: their frames are then dashed.
        ground: Colour of what keeps the frames apart from points of their colour.
    """
    of, pictures = known
    scale = camera.scale * ratio
    side = max(int(chosen.spacing.slot * scale), 3)
    rim = side  # nothing is cut off at the edge
    wide, high = round(camera.width * ratio) + 2 * rim, round(camera.height * ratio) + 2 * rim
    argb = np.zeros((high, wide), np.uint32)
    x0, _, _, y1 = camera.rect
    left = np.rint((chosen.x - x0) * scale - side / 2).astype(np.int64) + rim
    top = np.rint((y1 - chosen.y) * scale - side / 2).astype(np.int64) + rim
    there = np.array([row in pictures for row in chosen.rows.tolist()], np.bool_)
    shown = there & (left >= 0) & (top >= 0) & (left <= wide - side) & (top <= high - side)
    _lay(argb, chosen, pictures, np.flatnonzero(shown), (left, top), side, ratio, redrawn, ground)
    whole = np.ascontiguousarray(argb[rim : high - rim, rim : wide - rim])
    return Board(whole, camera, ratio, chosen, shown, side / ratio, redrawn, of)


def _lay(
    argb: NDArray[np.uint32],
    chosen: Chosen,
    pictures: Mapping[int, Picture],
    places: NDArray[np.intp],
    corner: tuple[NDArray[np.int64], NDArray[np.int64]],
    side: int,
    ratio: float,
    redrawn: bool,
    ground: str,
) -> None:
    if not len(places):
        return
    found = [pictures[row] for row in chosen.rows[places].tolist()]
    shape = found[0].shape
    fits = [picture.shape == shape for picture in found]
    places = places[fits]
    frame, halo = max(1, round(FRAME_PX * ratio)), max(1, round(HALO_PX * ratio))
    frame += halo
    high, wide = _fitted(shape[0], shape[1], side - 2 * frame)
    stack = np.stack([picture for picture, fit in zip(found, fits, strict=True) if fit])
    pixels = packed(resampled(stack, high, wide))  # (n, high, wide)
    tall, broad = high + 2 * frame, wide + 2 * frame
    line = _line(tall, broad, halo, max(1, round(DASH_PX * ratio)) if redrawn else 0)
    rim = np.uint32(QColor(ground).rgba())
    inks = np.array([0xFF000000 | QColor(name).rgb() for name in chosen.cloud.palette], np.uint32)
    inks = np.append(inks, inks[-1])  # of what is not picked
    down, across = (side - tall) // 2, (side - broad) // 2
    for place, inner in zip(places.tolist(), pixels, strict=True):
        kind = min(int(chosen.kind[place]), len(inks) - 1)
        card = np.where(line, inks[kind], rim)
        card[frame : frame + high, frame : frame + wide] = inner
        if kind == len(inks) - 1 and chosen.cloud.picked is not None:
            card = _faint(card)
        x, y = int(corner[0][place]) + across, int(corner[1][place]) + down
        argb[y : y + tall, x : x + broad] = card


def _fitted(height: int, width: int, room: int) -> tuple[int, int]:
    """Height and width of a picture in a square; one that is all too flat is drawn higher."""
    longer = max(height, width)
    high = room * max(height / longer, FLATTEST)
    wide = room * max(width / longer, FLATTEST)
    return max(round(high), 1), max(round(wide), 1)


def _line(tall: int, broad: int, halo: int, dash: int) -> NDArray[np.bool_]:
    """(tall, broad) where a frame has its colour; the picture covers what is inside.

    Args:
        tall: Height with the frame.
        broad: Width with the frame.
        halo: Pixels outside of it that keep it apart from points of its colour.
        dash: Length of its dashes; 0 is a whole line.
    """
    line = np.zeros((tall, broad), np.bool_)
    line[halo : tall - halo, halo : broad - halo] = True
    if dash:
        y, x = np.indices((tall, broad))
        line &= (x + y) // dash % 2 == 0
    return line


def _faint(card: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Opaque pixels -> the same with little opacity, premultiplied."""
    channels = card[..., None] >> np.array([24, 16, 8, 0], np.uint32) & np.uint32(0xFF)
    some = (channels * UNPICKED).astype(np.uint32)
    return np.asarray(some[..., 0] << 24 | some[..., 1] << 16 | some[..., 2] << 8 | some[..., 3])


def draw(  # one request of the map to its thread
    chooser: Chooser,
    cloud: Cloud,
    camera: Camera,
    ratio: float,
    store: PictureStore,
    redrawn: bool,
    ground: str,
    say: Callable[[object], None],
    go_on: Callable[[], bool],
) -> None:
    """Say which points are to be shown, then how far they are."""
    wider = around(camera)
    chosen = chooser.choose(cloud, wider.rect, spacing_for(camera.scale, cloud.spacing))
    say(chosen)
    if go_on():
        known = store.look(chosen.rows.tolist())
        say(compose(chosen, known, wider, ratio, redrawn=redrawn, ground=ground))
