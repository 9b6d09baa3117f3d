"""Directions of the open model: kept by name beside it, made of groups of data, walked from z."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QObject, Signal

from latentlab.engine.messages import ChangesFound, Codes, FindChanges, ModelInfo
from latentlab.errors import LatentlabError, UsageError
from latentlab.latent.arithmetic import latent_of, rows_of, vocabulary
from latentlab.latent.direction_files import (
    place_for,
    read_directions,
    with_direction,
    write_directions,
)
from latentlab.latent.directions import Direction, attribute
from latentlab.session.background import GoOn, Latest, Say
from latentlab.session.ports import EngineLike

Floats = NDArray[np.float64]
REST = "rest"
NOTHING = "There is no map with data yet."


class Facts(Protocol):
    """What directions need to know of the session."""

    @property
    def model(self) -> ModelInfo | None:
        """The open model."""

    @property
    def codes(self) -> Codes | None:
        """The data on the map."""

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the classes."""

    @property
    def selected(self) -> NDArray[np.int32]:
        """The selected rows."""

    @property
    def z(self) -> Floats | None:
        """The latents at the cursor."""

    @property
    def class_decoded(self) -> int | None:
        """The class that z is decoded as."""


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    of: int  # which model's
    direction: Direction


@dataclass(frozen=True, slots=True, eq=False)
class _Computed:
    of: int
    z: Floats


class Directing(QObject):
    """Owner of the directions and of how far each is walked.

    Args:
        worker: The engine.
        tickets: The session's counter.
        facts: What is open, selected and pointed at.
        set_z: Puts the cursor on latents.
        points: The named latents of expressions beside `here`: the path's ends.
        parent: The session.

    Signals:
        directions_changed: Another list of them.
        strengths_changed: How far they are walked.
        said: What could not be done, or nothing.
    """

    directions_changed = Signal()
    strengths_changed = Signal()
    said = Signal(str)

    def __init__(
        self,
        worker: EngineLike,
        tickets: Iterator[int],
        facts: Facts,
        set_z: Callable[[ArrayLike], object],
        points: Callable[[], dict[str, Floats]],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._worker, self._tickets, self._facts = worker, tickets, facts
        self._set_z, self._points = set_z, points
        self.directions: tuple[Direction, ...] = ()
        self.here: tuple[Direction, ...] = ()  # what can change where it was last looked
        self.hold = False  # whether walking one leaves the others as they are
        self._base: Floats | None = None
        self._put: Floats | None = None
        self._strengths: dict[str, float] = {}
        self._place: Path | None = None
        self._asked = 0
        self._of = 0  # grows with every model
        self._worker_thread = Latest(self)
        self._worker_thread.told.connect(self._take)

    # What is kept

    def follow_model(self) -> None:
        """Another model is open: its own directions."""
        model = self._facts.model
        path = None if model is None else model.run or model.path
        place = None if path is None else place_for(path)
        if place is not None and place == self._place:
            return
        self._place, self.directions, self.here = place, (), ()
        self._of += 1
        self._asked = next(self._tickets)  # what was asked of the former one is not wanted
        self._forget()
        if place is not None:
            try:
                self.directions = read_directions(place)
            except LatentlabError as error:
                self.said.emit(str(error))
        self.directions_changed.emit()

    def put(self, directions: tuple[Direction, ...]) -> None:
        """Take other directions in place of all (a project that is opened)."""
        self.directions = directions
        self._forget()
        self.directions_changed.emit()

    def add(self, direction: Direction) -> None:
        """Keep one more, in the place of its name if that is taken."""
        self.directions = with_direction(self.directions, direction)
        self._keep()

    def remove(self, name: str) -> None:
        """Keep one less."""
        self.directions = tuple(one for one in self.directions if one.name != name)
        self._strengths.pop(name, None)
        self._keep()

    def _keep(self) -> None:
        said = ""
        if self._place is not None:
            try:
                write_directions(self._place, self.directions)
            except LatentlabError as error:
                said = f"It is kept until the program ends: {error.what}"
        self.directions_changed.emit()
        self.said.emit(said)

    # Making them

    def make(self, name: str, with_: str, without: str = REST) -> None:
        """An attribute vector of two groups: classes by name, "selection", "rest"."""
        codes, facts = self._facts.codes, self._facts
        if codes is None or not len(codes.z):
            self.said.emit(NOTHING)
            return
        if not name.strip():
            self.said.emit("Give it a name.")
            return
        work = partial(
            _make, self._of, name.strip(), with_, without, codes, facts.label_names, facts.selected
        )
        self.said.emit("Working...")
        self._worker_thread.ask(work)

    def compute(self, text: str) -> None:
        """Put the cursor on what an expression means."""
        codes, z = self._facts.codes, self._facts.z
        if codes is None or z is None:
            self.said.emit(NOTHING)
            return
        points = {"here": z, **self._points()}
        vectors = {one.name: one.vector for one in self.directions if one.latent_dim == len(z)}
        names, selected = self._facts.label_names, self._facts.selected
        self._worker_thread.ask(
            partial(_compute, self._of, text, codes, names, points, vectors, selected)
        )

    def analogy(self, a: str, b: str, c: str) -> None:
        """Put the cursor on a : b :: c : ?; a class's name stands for its mean."""
        a, b, c = map(self._term, (a, b, c))
        self.compute(f"({c}) + ({b}) - ({a})")

    def _term(self, text: str) -> str:
        """What a term of an analogy means: names of points and directions go before classes."""
        word, points = text.strip(), {"here", *self._points(), *(d.name for d in self.directions)}
        classes = {name.lower() for name in self._facts.label_names}
        if word.lower() in {name.lower() for name in points}:
            return word
        return f'mean("{word}")' if word.lower() in classes or word.isdecimal() else word

    def look_here(self) -> None:
        """Find what can change at the cursor; `directions_changed` follows."""
        z = self._facts.z
        if z is not None:
            self._asked = next(self._tickets)
            self._worker.show(FindChanges(self._asked, z, self._facts.class_decoded))

    def take_changes(self, event: ChangesFound) -> None:
        """The principal directions of the Jacobian, each a unit long."""
        if event.ticket < self._asked:
            return
        for one in self.here:
            self._strengths.pop(one.name, None)
        self.here = tuple(
            Direction(f"change {i + 1}", way, about=f"{amount:.1f} pixels a unit")
            for i, (amount, way) in enumerate(zip(event.amounts, event.ways, strict=True))
        )
        self.directions_changed.emit()

    def let_go(self, ticket: int, sentence: str) -> None:
        """What was asked came to nothing."""
        if ticket == self._asked and sentence:
            self.said.emit(sentence)

    def _take(self, found: object) -> None:
        if isinstance(found, _Made | _Computed) and found.of != self._of:
            return  # another model is open by now
        if isinstance(found, _Made):
            self.add(found.direction)
        elif isinstance(found, _Computed):
            self.said.emit("")
            self._set_z(found.z)
        elif isinstance(found, str):
            self.said.emit(found)

    # Walking

    def strength(self, name: str) -> float:
        """How far a direction is walked; 1 is its whole length."""
        return self._strengths.get(name, 0.0)

    def walk(self, name: str, strength: float) -> None:
        """Walk a direction so far from where the walk began; the others stay as far as they are."""
        z = self._facts.z
        if z is None:
            return
        if self._base is None or self._put is None or not np.allclose(z, self._put):
            self._base, self._strengths = z, {}  # the cursor was moved since: it begins here
        self._strengths[name] = float(strength)
        try:
            put = self._base + sum(
                (amount * self.vector(one) for one, amount in self._strengths.items()),
                np.zeros_like(z),
            )
        except UsageError as error:
            self._strengths.pop(name)
            self.said.emit(str(error))
            return
        self._put = put
        self._set_z(put)
        self.strengths_changed.emit()

    def vector(self, name: str) -> Floats:
        """A direction's vector, without what it shares with the others where they are held.

        Raises:
            UsageError: There is none of that name, or nothing is left of it.
        """
        one = next((d for d in (*self.directions, *self.here) if d.name == name), None)
        z = self._facts.z
        if one is None or z is None or one.latent_dim != len(z):
            raise UsageError(f"“{name}” is not a direction of this model.")
        if self.hold and one in self.directions:
            others = [d for d in self.directions if d.latent_dim == len(z)]
            return one.holding(others).vector
        return one.vector

    def set_hold(self, on: bool) -> None:
        """Whether walking one leaves the others as they are."""
        if on != self.hold:
            self.hold = on
            self._forget()
            self.strengths_changed.emit()

    def moved(self) -> None:
        """The cursor was moved: by another hand, the walk is over."""
        z = self._facts.z
        if self._put is not None and (z is None or z.shape != self._put.shape):
            self._forget()
        elif self._put is not None and z is not None and not np.allclose(z, self._put):
            self._forget()
            self.strengths_changed.emit()

    def ends(self, name: str, reach: float = 1.0) -> Floats | None:
        """(2, d) the ends of a path along a direction through z; None where there is none."""
        z = self._facts.z if self._base is None else self._base
        if z is None:
            return None
        try:
            vector = self.vector(name)
        except UsageError as error:
            self.said.emit(str(error))
            return None
        return replace(Direction(name, vector)).walk(z, [-reach, reach])

    def _forget(self) -> None:
        self._base, self._put, self._strengths = None, None, {}


def _make(
    of: int,
    name: str,
    with_: str,
    without: str,
    codes: Codes,
    names: tuple[str, ...],
    selected: NDArray[np.int32],
    say: Say,
    go_on: GoOn,
) -> None:
    try:
        chosen = rows_of(with_, codes.labels, names, selected)
        if without == REST:
            rest = np.ones(len(codes.z), np.bool_)
            rest[chosen] = False
            others = np.flatnonzero(rest)
        else:
            others = rows_of(without, codes.labels, names, selected)
        found = attribute(name, codes.z[chosen], codes.z[others])
        found = replace(found, about=f"{with_} against {without}")
    except LatentlabError as error:
        say(str(error))
        return
    if go_on():
        say(_Made(of, found))


def _compute(
    of: int,
    text: str,
    codes: Codes,
    names: tuple[str, ...],
    points: dict[str, Floats],
    vectors: dict[str, Floats],
    selected: NDArray[np.int32],
    say: Say,
    go_on: GoOn,
) -> None:
    try:
        words = vocabulary(codes.z, codes.labels, names, points, vectors, selected)
        z = latent_of(text, words)
    except LatentlabError as error:
        say(str(error))
        return
    if go_on():
        say(_Computed(of, z))
