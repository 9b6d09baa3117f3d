"""The session's face: every fact a view can read, and the signal that says it changed."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from latentlab.data.dataset import Dataset
from latentlab.engine import messages as m
from latentlab.latent.charts import Chart
from latentlab.models.dims import code_dim
from latentlab.session.attributes import Attributes
from latentlab.session.bookmarks import Bookmarks
from latentlab.session.choice import Choice
from latentlab.session.colouring import Colouring
from latentlab.session.contents import Contents
from latentlab.session.desk import Desk
from latentlab.session.filter import Filter
from latentlab.session.habits import Habits
from latentlab.session.hand import Hand
from latentlab.session.history import History
from latentlab.session.layers import Layers
from latentlab.session.learning import Learning
from latentlab.session.natures import is_quantised, model_classes
from latentlab.session.neighbours import Neighbours
from latentlab.session.path import PathState
from latentlab.session.path_class import PathClass
from latentlab.session.player import Player
from latentlab.session.ports import EngineLike
from latentlab.session.posteriors import Posteriors
from latentlab.session.preferences import Preferences
from latentlab.session.prior import PriorShape
from latentlab.session.relabelling import Relabelling
from latentlab.session.settings import Settings
from latentlab.session.slack import Slack
from latentlab.session.state import (
    BusyState,
    EngineState,
    Notice,
    Point,
    TrainingState,
    Undoable,
)
from latentlab.session.telling import Telling
from latentlab.session.thumbnails import Thumbnails
from latentlab.session.tiles import Tiles
from latentlab.session.travel import Travel
from latentlab.session.waypoints import Waypoints


class Facts(QObject):
    """What is true now, read-only; `Session` adds the commands that change it.

    Args:
        engine: Where requests go.
        settings_path: The settings' JSON file; None keeps them in memory.
        parent: Qt's owner.
    """

    relabelling: Relabelling  # made by `Work`, which knows when it may begin

    data_changed = Signal()
    model_changed = Signal()
    codes_changed = Signal()
    chart_changed = Signal()
    classes_changed = Signal()  # other rows are shown: `filter` has changed
    cursor_changed = Signal()
    cursor_calm = Signal()  # likewise; a few times a second while the hand drags
    decoded_changed = Signal()
    path_changed = Signal()
    path_calm = Signal()  # likewise
    strip_changed = Signal()
    lattice_changed = Signal()
    class_changed = Signal()
    each_class_changed = Signal()
    prior_changed = Signal()
    drag_ended = Signal()
    training_changed = Signal()
    busy_changed = Signal()
    engine_changed = Signal()
    settings_changed = Signal()
    history_changed = Signal()
    view_changed = Signal()  # undo brought back `view`: the map should show it
    selection_changed = Signal()
    picture_ready = Signal(int)
    notice = Signal(object)  # Notice
    sheet_ready = Signal(object)  # Sheet
    report_ready = Signal(object)  # Report: of an evaluation
    saved = Signal(object)  # Path

    def __init__(
        self,
        engine: EngineLike,
        settings_path: Path | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._worker = engine
        self._tickets = itertools.count(1)
        self._view: m.Rect | None = None
        self._typed = 0
        self._history = History()
        self._contents = Contents(engine, self._tickets, self)
        self._learning = Learning(engine, self._tickets, self)
        self._desk = Desk(engine, self._tickets, self)
        self._preferences = Preferences(settings_path, self)
        self.attributes = Attributes(
            self._contents,
            self._desk,
            self._preferences,
            lambda: self.training.active,
            engine.cancel,
            self,
        )
        self.filter = Filter(self._contents, self.attributes, self._mark, self)
        self.colouring = Colouring(
            self.attributes, self.filter, self._preferences, self._mark, self
        )
        self._choice = Choice(self._contents, self.filter, self._mark, self)
        self._hand = Hand(engine, self._tickets, self)
        self.travel = Travel(engine, self._tickets, self._hand, lambda: self.codes, self)
        self.waypoints = Waypoints(
            self.travel,
            self._hand,
            lambda: self.codes,
            self._mark,
            self._say_path,
            Habits(self.travel, self._hand, lambda: self.codes, self._preferences, self),
            self,
        )
        self.player = Player(self.travel, self)
        self.bookmarks = Bookmarks(self._contents, self._hand, self.travel, self._mark, self)
        self.tiles = Tiles(engine, self._tickets, self._hand, self)
        self.thumbnails = thumbs = Thumbnails(engine, self._tickets, self._contents, self)
        self.neighbours = Neighbours(
            engine, self._tickets, self._contents, self.filter, self._hand, thumbs, self
        )
        self.layers = Layers(
            engine,
            self._tickets,
            self._contents,
            self.filter,
            self._hand,
            self._learning,
            self._desk,
            self._preferences,
            self,
        )
        self.posteriors = Posteriors(
            engine, self._tickets, self.layers, self._contents, self._hand, self._choice, self
        )
        self._telling = Telling(self._told, self)
        PathClass(self._telling, self.travel, self._hand, self._contents, self)
        self._prior = PriorShape(engine, self._tickets, self)
        self._forward()

    def _forward(self) -> None:
        contents, hand, learning, desk = self._contents, self._hand, self._learning, self._desk
        for source, names in (
            (contents, "data model codes chart"),
            (hand, "cursor decoded"),
            (self.travel, "path strip"),
            (self.tiles, "lattice"),
            (learning, "training"),
            (desk, "busy engine"),
            (self._choice, "selection"),
            (self._telling, "class each_class"),
            (self._prior, "prior"),
        ):
            for name in names.split():
                getattr(source, f"{name}_changed").connect(getattr(self, f"{name}_changed"))
        self.filter.seen_changed.connect(self.classes_changed)
        learning.training_changed.connect(self.attributes.training_changed)
        hand.drag_ended.connect(self.drag_ended)
        hand.cursor_calm.connect(self.cursor_calm)
        self.travel.path_calm.connect(self.path_calm)
        self.class_changed.connect(self.layers.look)
        contents.picture_ready.connect(self.picture_ready)
        desk.sheet_ready.connect(self.sheet_ready)
        desk.report_ready.connect(self.report_ready)
        desk.saved.connect(self.saved)
        self._preferences.settings_changed.connect(self.settings_changed)
        for teller in (contents, learning, desk, self._preferences):
            teller.notice.connect(self.notice)

    def _told(self, label: int | None, chosen: bool) -> None:
        wishes = self._hand.wishes
        wishes.label, wishes.every_class = label, label is not None
        wishes.fades = self.model is not None and is_quantised(self.model.spec)
        if chosen:
            self._hand.refresh()  # cursor, film and lattice are of that class now
        elif self._hand.plane is not None:
            self._hand.ask_decode()
            self.travel.ask_strip()  # the film is of one class, that which is told
        self.tiles.follow_class()

    def _say_path(self, what: str, do: str) -> None:
        self.notice.emit(Notice("info", what, do))

    def _mark(self) -> None:
        self._history.mark(self._undoable())
        self.history_changed.emit()

    def _undoable(self) -> Undoable:
        path = self.path
        if path is not None:
            path = path.at_rest
        z = self.z
        return Undoable(
            None if z is None else tuple(z.tolist()),
            self._typed,
            path,
            self.filter.hidden,
            self.filter.where,
            self.colouring.ends,
            self.chart,
            self._view,
            self._choice.selection,
            self.bookmarks.all,
            self.relabelling.current,
        )

    @property
    def dataset(self) -> Dataset | None:
        """The open data set."""
        return self._contents.dataset

    @property
    def model(self) -> m.ModelInfo | None:
        """The open model; while training, the one that is being trained."""
        return self._contents.model

    @property
    def codes(self) -> m.Codes | None:
        """What the map shows."""
        return self._contents.codes

    @property
    def chart(self) -> m.ChartSpec:
        """Which plane the map shows."""
        return self._contents.chart

    @property
    def chart_on_its_way(self) -> bool:
        """Whether another chart was asked for, and is not there yet."""
        return self._contents.chart_on_its_way

    @property
    def plane(self) -> Chart | None:
        """The map's plane, also where there are no codes yet."""
        return self._contents.plane

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the classes on the map: label k is at position k."""
        return self._contents.label_names

    @property
    def rows_are_data(self) -> bool:
        """Whether row i of the map is row i of the open data set."""
        return self._contents.rows_are_data

    @property
    def hidden(self) -> frozenset[int]:
        """Label values that are hidden; -1 is unlabelled. `filter` knows of other columns."""
        return self.filter.hidden_of("class")

    @property
    def choice(self) -> Choice:
        """What is selected on the map."""
        return self._choice

    @property
    def selected(self) -> NDArray[np.int32]:
        """The rows that are selected on the map, ascending."""
        return self._choice.rows

    @property
    def lattice(self) -> m.Lattice | None:
        """The decoded grid of a map of cells; elsewhere that of the model's file. See `tiles`."""
        return self.tiles.lattice

    @property
    def lattice_shown(self) -> bool:
        """Whether the lattice layer is on."""
        return self.tiles.shown

    @property
    def cursor(self) -> Point | None:
        """The decoded place, on the map."""
        return self._hand.cursor

    @property
    def z(self) -> NDArray[np.float64] | None:
        """(d,) the latents at the cursor, off-plane part kept."""
        z, model = self._hand.z, self.model
        # While a model takes another's place, the hand still holds the former one's latents.
        fits = z is None or model is None or len(z) == code_dim(model.spec)
        return z if fits else None

    @property
    def mixed(self) -> bool:
        """Whether z is no more than what a layout's place is a mix of."""
        plane = self.plane
        return plane is not None and plane.mixes and not self._hand.residual.any()

    @property
    def dragging(self) -> bool:
        """Whether the hand holds the cursor or a handle of the path; `drag_ended` follows."""
        return self._hand.dragging

    @property
    def slack(self) -> Slack:
        """What can wait while the hand drags is done there."""
        return self._hand.slack

    @property
    def decoded(self) -> m.Decoded | None:
        """The newest decode."""
        return self._hand.decoded

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes that one z can be decoded as; none where z says it all."""
        model = self.model
        return () if model is None else model_classes(model, self.label_names)

    @property
    def class_chosen(self) -> int | None:
        """The class that a person chose to decode as; None follows the nearest datum."""
        return self._telling.chosen

    @property
    def class_decoded(self) -> int | None:
        """The class that z is decoded as; None where the model knows none."""
        return self._telling.label

    @property
    def each_class(self) -> m.ClassesDecoded | None:
        """The z at the cursor as every class."""
        return self._telling.each

    @property
    def prior_lines(self) -> tuple[m.PriorLine, ...]:
        """Where a prior that has no rings lies."""
        return self._prior.lines

    @property
    def path(self) -> PathState | None:
        """The path from A to B."""
        return self.travel.path

    @property
    def strip(self) -> m.StripDecoded | None:
        """The path's frames, evenly spread from A to B (fewer while a handle moves)."""
        return self.travel.strip

    @property
    def training(self) -> TrainingState:
        """How the training goes."""
        return self._learning.state

    @property
    def busy(self) -> BusyState | None:
        """Other long work."""
        return self._desk.busy

    @property
    def engine(self) -> EngineState:
        """Device, and whether torch is loaded."""
        return self._desk.engine

    @property
    def settings(self) -> Settings:
        """What is remembered between starts."""
        return self._preferences.settings

    @property
    def view(self) -> m.Rect | None:
        """The part of the map in view, where the map told it."""
        return self._view

    @property
    def can_undo(self) -> bool:
        """Whether undo would do something."""
        return self._history.can_undo(self._undoable())

    @property
    def can_redo(self) -> bool:
        """Whether redo would do something."""
        return self._history.can_redo
