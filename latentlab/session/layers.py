"""The map's layers: which are on, how opaque, and what each shows of the part in view."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Hashable, Iterator

import numpy as np
from PySide6.QtCore import QObject, Signal

from latentlab.data.dataset import UNLABELLED
from latentlab.data.tally import tally
from latentlab.engine.messages import (
    Field,
    FieldKind,
    FieldMapped,
    HereRead,
    MapField,
    ReadHere,
    Rect,
)
from latentlab.latent.charts import Chart, Plane
from latentlab.latent.field import FIELD_KINDS
from latentlab.session.contents import Contents
from latentlab.session.desk import Desk
from latentlab.session.filter import Filter
from latentlab.session.hand import Hand
from latentlab.session.layer_parts import Working, around, covers
from latentlab.session.layer_reasons import Given, LayerKind, why_no_layer
from latentlab.session.learning import Learning
from latentlab.session.ports import EngineLike
from latentlab.session.preferences import Preferences
from latentlab.session.timers import single_shot

LAYER_KINDS: tuple[LayerKind, ...] = (
    "density",
    "aggregate",
    "posterior",
    "true_posterior",
    "decisions",
    "magnification",
    "entropy",
    "log_px",
    "far",
)
READ: tuple[FieldKind, ...] = ("magnification", "entropy", "log_px")  # exact under the cursor
DECODED: tuple[FieldKind, ...] = READ  # they change with the class that z is decoded as
AFTERWARDS: tuple[FieldKind, ...] = ("log_px",)  # too long a pause for a training
SIEVED: tuple[FieldKind, ...] = ("density",)  # they are of the data that are shown
OF_DATA: tuple[FieldKind, ...] = ("aggregate",)  # they need the data themselves
MOST_KEPT = 48  # layers of parts that were looked at
REST_MS = 80  # after which a view, or a slid latent, is worth a layer
PAUSE_S = 2.0  # between two looks beside a training
COST_TIMES = 25.0  # and at least so many times what one costs
OPACITY = 0.8
OPAQUE = (
    "lattice",
    "thumbnails",
    "rings",
    "gaps",
)  # pictures, which nothing shines through until it is asked for


class Layers(QObject):
    """Asks for the layers that are on, keeps what was made, and says why there is none.

    Args:
        worker: The engine.
        tickets: The session's counter.
        contents: Model, codes and plane.
        sieved: Which data are shown; the density is of these.
        hand: The cursor, and the part of z off the plane.
        learning: A training is left its time.
        desk: Knows whether the model is loaded.
        preferences: Opacities are remembered there.
        parent: The session.

    Attributes:
        here: Exact values at the cursor, and how each was found.
    """

    changed = Signal(str)  # what a layer shows, or how far it is
    here_changed = Signal()
    switched = Signal()  # which layers are on, or how opaque one is

    def __init__(
        self,
        worker: EngineLike,
        tickets: Iterator[int],
        contents: Contents,
        sieved: Filter,
        hand: Hand,
        learning: Learning,
        desk: Desk,
        preferences: Preferences,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._worker, self._tickets = worker, tickets
        self._contents, self._hand, self._learning = contents, hand, learning
        self._filter = sieved
        self._desk, self._preferences = desk, preferences
        self.here: dict[FieldKind, tuple[float, str]] = {}
        self._on: set[str] = set()
        self._shown: dict[str, tuple[Hashable, Field]] = {}
        self._kept: OrderedDict[Hashable, Field] = OrderedDict()
        self._working: dict[str, Working] = {}
        self._failed: dict[str, tuple[Hashable, str]] = {}
        self._next_s: dict[str, float] = {}
        self._view: Rect | None = None
        self._version = 0  # of the model, as far as its codes tell
        self._z: object = None
        self._labels: object = None
        self._classes = 0
        self._here_ticket = 0
        self._rest = single_shot(self, self.look, REST_MS)
        self._here_rest = single_shot(self, self._read_here, REST_MS)
        contents.codes_changed.connect(self._codes_changed)
        contents.data_changed.connect(self.look)
        sieved.seen_changed.connect(self.look)
        desk.engine_changed.connect(self.look)
        hand.cursor_calm.connect(self._cursor_moved)
        hand.drag_ended.connect(self._drag_ended)

    # What is on

    def on(self, kind: str) -> bool:
        """Whether a layer is switched on."""
        return kind in self._on

    def set_on(self, kind: str, on: bool) -> None:
        """Switch a layer on or off; one that is off is made no further."""
        if on == (kind in self._on) or kind not in LAYER_KINDS:
            return
        if on:
            self._on.add(kind)
            self._failed.pop(kind, None)
        else:
            self._on.discard(kind)
            self._drop(kind)
        self.switched.emit()
        self.changed.emit(kind)
        self.look()
        self._here_rest.start()

    def opacity(self, kind: str) -> float:
        """How opaque a layer is, 0 to 1."""
        begun = 1.0 if kind in OPAQUE else OPACITY
        return self._preferences.settings.layer_opacity.get(kind, begun)

    def set_opacity(self, kind: str, opacity: float) -> None:
        """Show what lies under a layer more, or less."""
        wanted = round(float(np.clip(opacity, 0.0, 1.0)), 2)
        if wanted != self.opacity(kind):
            known = self._preferences.settings.layer_opacity
            self._preferences.update({"layer_opacity": {**known, kind: wanted}})
            self.switched.emit()

    def why_not(self, kind: LayerKind) -> str:
        """Why this map can't have a layer; nothing where it can."""
        return why_no_layer(kind, self._given())

    def _given(self) -> Given:
        contents = self._contents
        codes = contents.codes
        return Given(
            contents.model,
            contents.plane,
            codes is not None and len(codes.z) > 0,
            self._class_count(),
            self._desk.engine.live,
            contents.rows_are_data,
        )

    def _class_count(self) -> int:
        codes = self._contents.codes
        labels = None if codes is None else codes.labels
        if labels is not self._labels:  # counting millions is not for every question
            self._labels = labels
            self._classes = 0 if labels is None else len(set(tally(labels)) - {UNLABELLED})
        return self._classes

    # What they show

    def field(self, kind: str) -> Field | None:
        """What a layer shows; None where it is off, or not made yet."""
        shown = self._shown.get(kind)
        return None if shown is None else shown[1]

    def fraction(self, kind: str) -> float | None:
        """How far a layer is that is being made; None where nothing is."""
        working = self._working.get(kind)
        return None if working is None else working.fraction

    def failure(self, kind: str) -> str:
        """Why a layer could not be made; nothing where it could."""
        return self._failed.get(kind, (None, ""))[1]

    def set_view(self, rect: Rect) -> None:
        """The map shows another part; layers of it follow when it rests."""
        self._view = rect
        self._rest.start()

    @property
    def plane(self) -> Chart | None:
        """The map's chart, moved to the cursor's z where that is off it."""
        plane, residual = self._contents.plane, self._hand.residual
        if isinstance(plane, Plane) and len(residual) == plane.latent_dim and residual.any():
            return Plane(plane.origin + residual, plane.axes, plane.names)
        return plane

    @property
    def beside_training(self) -> bool:
        """Whether a training is under way, which is left its time."""
        return self._learning.state.active

    @property
    def version(self) -> int:
        """Grows whenever the model's codes are others: what was made before is of another model."""
        return self._version

    def look(self) -> None:
        """Ask for what is missing of the layers that are on."""
        for kind in FIELD_KINDS:
            if kind in self._on:
                self._look_at(kind)

    def _look_at(self, kind: FieldKind) -> None:
        plane, view = self.plane, self._view
        if self.why_not(kind) or plane is None or view is None:
            self._drop(kind)
            return
        if not self._desk.engine.live or (kind == "log_px" and plane.latent_dim > 2):
            return
        if self._hand.dragging:
            return
        about = self._about(kind, plane)
        if self._serves(kind, about, view):
            return
        rect = around(view)
        key = (about, rect)
        if key in self._kept:
            self._kept.move_to_end(key)
            self._show(kind, key, self._kept[key])
            return
        self._ask(kind, plane, rect, key)

    def _about(self, kind: FieldKind, plane: Chart) -> Hashable:
        """What a layer depends on beside the part in view."""
        label = self._hand.wishes.label if kind in DECODED else None
        if isinstance(plane, Plane):
            where: object = (plane.origin.round(9).tobytes(), plane.axes.round(9).tobytes())
        else:
            where = plane  # held, so that no later layout can pass for it
        sieve = self._filter.sieve if kind in SIEVED and self._filter.sieve else None
        return kind, self._version, where, label, sieve

    def _serves(self, kind: str, about: Hashable, view: Rect) -> bool:
        """Whether what is shown, or on its way, will do for the part in view."""
        known = [self._shown[kind][0]] if kind in self._shown else []
        if kind in self._working:
            known = [self._working[kind].key]
        if kind in self._failed:
            known.append(self._failed[kind][0])
        return any(
            isinstance(key, tuple) and key[0] == about and covers(key[1], view) for key in known
        )

    def _ask(self, kind: FieldKind, plane: Chart, rect: Rect, key: Hashable) -> None:
        gently = self.beside_training
        if gently and kind in AFTERWARDS:
            return
        if gently and (kind in self._working or time.monotonic() < self._next_s.get(kind, 0.0)):
            return
        self._call_off(kind)
        self._failed.pop(kind, None)
        ticket = next(self._tickets)
        self._working[kind] = Working(ticket, key)
        dataset = self._contents.dataset if kind in OF_DATA else None
        label = self._hand.wishes.label if kind in DECODED else None
        sieve = self._filter.sieve if kind in SIEVED and self._filter.sieve else None
        self._worker.submit(MapField(ticket, kind, plane, rect, label, dataset, gently, sieve))
        self.changed.emit(kind)

    def _call_off(self, kind: str) -> None:
        working = self._working.pop(kind, None)
        if working is not None:
            self._worker.cancel(working.ticket)

    def _drop(self, kind: str) -> None:
        self._call_off(kind)
        self._failed.pop(kind, None)
        if self._shown.pop(kind, None) is not None:
            self.changed.emit(kind)

    def _show(self, kind: str, key: Hashable, field: Field) -> None:
        self._call_off(kind)
        self._shown[kind] = key, field
        self.changed.emit(kind)

    # Answers

    def take(self, event: FieldMapped) -> None:
        """A layer, or more of it."""
        kind = event.field.kind
        working = self._working.get(kind)
        if working is None or working.ticket != event.ticket:
            return
        self._shown[kind] = working.key, event.field
        if event.done:
            del self._working[kind]
            self._keep(working.key, event.field)
            self._next_s[kind] = time.monotonic() + max(PAUSE_S, COST_TIMES * event.cost_s)
        else:
            self._working[kind] = Working(working.ticket, working.key, event.fraction)
        self.changed.emit(kind)
        if event.done:
            self.look()  # the map may have moved on, or learned

    def _keep(self, key: Hashable, field: Field) -> None:
        self._kept[key] = field
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    def take_here(self, event: HereRead) -> None:
        """Exact values at the cursor."""
        if event.ticket == self._here_ticket:
            self.here = event.values
            self.here_changed.emit()

    def let_go(self, ticket: int, why: str = "") -> None:
        """A request came to nothing."""
        for kind, working in list(self._working.items()):
            if working.ticket == ticket:
                del self._working[kind]
                if why:
                    self._failed[kind] = working.key, why
                self.changed.emit(kind)

    def asked(self, ticket: int) -> bool:
        """Whether a request under way is a layer's."""
        return any(working.ticket == ticket for working in self._working.values())

    # What moves under them

    def _codes_changed(self) -> None:
        codes = self._contents.codes
        z = None if codes is None else codes.z
        if z is not self._z or z is None:
            self._z = z
            self._version += 1
            if not self.beside_training:
                self._kept.clear()
                for kind in FIELD_KINDS:
                    self._drop(kind)
        self.look()
        self._cursor_moved()

    def _cursor_moved(self) -> None:
        if self._here_ticket:  # what is on its way is of where the cursor was
            self._worker.cancel(self._here_ticket)
            self._here_ticket = 0
        if self.here:
            self.here = {}
            self.here_changed.emit()
        if self._hand.dragging:  # a layer waits for the hand, never the other way round
            for kind in list(self._working):
                self._call_off(kind)
        elif self._on:
            self._here_rest.start()
            if self._hand.residual.any():
                self._rest.start()

    def _drag_ended(self) -> None:
        self._rest.start()
        self._here_rest.start()

    def _read_here(self) -> None:
        plane, z = self._contents.plane, self._hand.z
        kinds = tuple(kind for kind in READ if kind in self._on and not self.why_not(kind))
        live = self._desk.engine.live
        if not kinds or not isinstance(plane, Plane) or z is None or not live:
            return
        if self._hand.dragging or self.beside_training:
            return
        self._here_ticket = next(self._tickets)
        label = self._hand.wishes.label
        self._worker.submit(ReadHere(self._here_ticket, plane, z, kinds, label))
