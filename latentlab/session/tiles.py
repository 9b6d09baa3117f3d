"""The decoder's picture of the plane: tiles of what is in view, or a whole lattice of cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from latentlab.engine.messages import (
    DecodeLattice,
    DecodeTiles,
    Lattice,
    LatticeDecoded,
    Rect,
    TilesDecoded,
)
from latentlab.export.figure import grid_points
from latentlab.latent.cells import GridChart
from latentlab.latent.charts import Plane
from latentlab.latent.tiles import Patch, TileStore, Version, patch_of
from latentlab.session.hand import Hand
from latentlab.session.ports import EngineLike
from latentlab.session.state import Point
from latentlab.session.timers import single_shot

AROUND = 0.2  # of the view, on each side: decoded last, for the next pan
SLID_MS = 80  # between two looks at the plane's place while a latent off it is slid
SAME_PLANE = 0.5  # in z: a plane that moved by less still looks like it did
PROBES = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))


@dataclass(frozen=True, slots=True)
class _View:
    """What the map shows, and where the eye is."""

    patch: Patch
    around: Patch
    focus: Point | None


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """Where the map lies in latent space."""

    chart: object  # what tells two charts apart beside where they lie
    probes: NDArray[np.float64]  # (3, d) the latents of three of its points
    residual: NDArray[np.float64]  # (d,) what is added to them


def _place_of(hand: Hand) -> _Place:
    plane, residual = hand.plane, _rounded(hand.residual)
    if isinstance(plane, Plane):
        return _Place(plane.names, plane.lift(PROBES), residual)
    return _Place(plane, np.zeros((0, 0)), residual)


def _rounded(residual: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.round(residual, 9)  # what comes of going to the plane and back is no move


class Tiles(QObject):
    """Asks the live lane for the cells in view, and keeps their pictures.

    Continuous maps have tiles, which follow the zoom; a grid of codes has one picture for each
    cell, the lattice.

    Args:
        worker: The engine.
        tickets: The session's counter.
        hand: Whose plane, off-plane part and class it is.
        parent: The session.

    Attributes:
        shown: Whether the layer is on.
        store: The tiles' pictures.
        lattice: The pictures of a grid of codes; of a plane those that came in the model's file,
            which stand in until there are tiles.
    """

    lattice_changed = Signal()

    def __init__(
        self, worker: EngineLike, tickets: Iterator[int], hand: Hand, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._worker = worker
        self._tickets = tickets
        self._hand = hand
        self.shown = False
        self.store = TileStore()
        self.lattice: Lattice | None = None
        self._lattice_asked: tuple[Rect, int] | None = None
        self._view: _View | None = None
        self._weights = self._since = self._count = 0
        self._label: int | None = None
        self._asked: tuple[object, ...] = ()
        self._lacking: set[tuple[int, ...]] = set()  # cells in view that are not there yet
        self._lacking_of: tuple[object, ...] = ()
        self._place = _place_of(hand)
        self._floor = 0  # answers to older tickets are of another model
        self._lattice_floor = 0
        self._slid = single_shot(self, self._slide, SLID_MS)
        hand.cursor_calm.connect(self._plane_may_have_moved)
        hand.drag_ended.connect(self.follow_class)

    # What is there

    @property
    def tiled(self) -> bool:
        """Whether this map has tiles: every point of it has a z."""
        return self._hand.plane is not None and not self._hand.plane.steps

    @property
    def version(self) -> Version:
        """What the pictures depend on beside their place."""
        return self._weights, self._label

    @property
    def count(self) -> int:
        """Grows with every change of what is there."""
        return self._count

    def are_of_this(self, version: Version) -> bool:
        """Whether pictures of a version are of this model and chart, though they may be old."""
        return version[0] >= self._since

    @property
    def settled(self) -> bool:
        """Whether every picture in view is there, as the newest weights have it."""
        if not self.tiled:
            return self.lattice is not None
        view = self._view
        if view is None:
            return False
        if (view, self.version) != self._lacking_of:
            self._look_for(view)
        return not self._lacking

    def _look_for(self, view: _View) -> NDArray[np.int64]:
        """What is missing in view and around it, as it is wanted; kept true while pictures come."""
        level = view.patch.level
        missing = self.store.missing(self.version, level, view.around.cells(view.focus))
        seen = _inside(missing, view.patch)
        self._lacking = set(map(tuple, missing[seen].tolist()))
        self._lacking_of = (view, self.version)
        return np.concatenate([missing[seen], missing[~seen]])

    # Commands

    def show(self, on: bool) -> None:
        """Turn the layer on or off."""
        self.shown = on
        if on:
            self.follow_class()
            self._ask_again()
        self.lattice_changed.emit()

    def look(self, rect: Rect, level: int, focus: Point | None = None) -> None:
        """The map shows this part, in cells of this level; those nearest to `focus` come first."""
        x0, y0, x1, y1 = rect
        wide, high = AROUND * (x1 - x0), AROUND * (y1 - y0)
        around = patch_of((x0 - wide, y0 - high, x1 + wide, y1 + high), level)
        self._view = _View(patch_of(rect, level), around, focus)
        self._ask()

    def request_lattice(self, rect: Rect, count: int = 20) -> None:
        """Decode a grid over `rect`, `count` cells a side; of a grid of codes, every cell."""
        self._lattice_asked = (rect, count)
        plane = self._hand.plane
        if plane is None:
            return
        if isinstance(plane, GridChart):
            rect, z = plane.rect, plane.lattice()
        else:
            z = plane.lift(grid_points(rect, count)) + self._hand.residual  # (R, C, d)
        label = self._hand.wishes.label
        self._worker.show(DecodeLattice(next(self._tickets), rect, z, label))

    def reset(self) -> None:
        """Another model is open: nothing that is there is of it."""
        self._forget()
        self.lattice, self._lattice_asked = None, None
        self._lattice_floor = self._floor
        self._label = self._hand.wishes.label
        self.lattice_changed.emit()

    def renew(self) -> None:
        """The weights or the plane have moved: what is there is old, and stands in."""
        self._label = self._hand.wishes.label
        if self._is_another_chart():
            self._forget()
            self.lattice = None
        else:
            self._weights += 1
            self._place = _place_of(self._hand)
        self._ask_again()
        self.lattice_changed.emit()

    def follow_class(self) -> None:
        """Decode as the class of the hand; while it moves, tiles stay what they are."""
        if self._hand.wishes.label != self._label and not self._hand.dragging:
            self._label = self._hand.wishes.label
            self._ask_again()
            self.lattice_changed.emit()

    def _ask_again(self) -> None:
        if not self.shown:
            return
        if self.tiled:
            self._ask()
        elif self._lattice_asked is not None:
            self.request_lattice(*self._lattice_asked)

    def _ask(self) -> None:
        view, plane = self._view, self._hand.plane
        if not self.shown or view is None or plane is None or not self.tiled:
            return
        now = (self._count, self.version, view, plane)
        if now == self._asked:
            return  # it is on its way
        self._asked = now
        cells = self._look_for(view)
        if len(cells):
            ticket, level = next(self._tickets), view.patch.level
            where = plane, self._hand.residual, self.version, level, cells
            seen = len(self._lacking)
            self._worker.show(DecodeTiles(ticket, *where, self._label, seen))

    # What moves the plane

    def _forget(self) -> None:
        """No picture that is there can stand in for another."""
        self._weights += 1
        self._count += 1
        self._since = self._weights
        self._lacking_of = ()
        self._floor = next(self._tickets)
        self._place = _place_of(self._hand)
        self.store.clear()

    def _is_another_chart(self) -> bool:
        before, now = self._place, _place_of(self._hand)
        if before.chart != now.chart or before.probes.shape != now.probes.shape:
            return True
        return bool(np.abs(before.probes - now.probes).max(initial=0.0) > SAME_PLANE)

    def _plane_may_have_moved(self) -> None:
        """Changes of the plane are told with `renew`; latents off it are slid without a word."""
        residual = _rounded(self._hand.residual)
        moved = self.tiled and not np.array_equal(residual, self._place.residual)
        if moved and not self._slid.isActive():
            self._slid.start()

    def _slide(self) -> None:
        if not np.array_equal(_rounded(self._hand.residual), self._place.residual):
            self.renew()

    # Answers

    def take(self, event: TilesDecoded) -> None:
        """Some tiles are there."""
        if event.ticket < self._floor:
            return
        self.store.put_all(event.version, event.level, event.cells, event.images)
        self._count += 1
        view = self._view
        if view is not None and (event.level, event.version) == (view.patch.level, self.version):
            self._lacking.difference_update(map(tuple, event.cells.tolist()))
        self.lattice_changed.emit()

    def take_lattice(self, event: LatticeDecoded) -> None:
        """A lattice, or more of the one that is shown."""
        if event.ticket >= self._lattice_floor:
            self._lattice_floor = event.ticket
            self.lattice = event.lattice
            self.lattice_changed.emit()

    def take_stored(self, lattice: Lattice | None) -> None:
        """The lattice that came inside a model file."""
        self.lattice = lattice
        self.lattice_changed.emit()


def _inside(cells: NDArray[np.int64], patch: Patch) -> NDArray[np.bool_]:
    """(n,) which cells (n, 2) are of a patch of their level."""
    across, down = cells[:, 0] - patch.left, cells[:, 1] - patch.bottom
    return (across >= 0) & (across < patch.columns) & (down >= 0) & (down < patch.rows)
