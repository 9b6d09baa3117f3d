"""The columns of the data on the map: what can be asked of each datum, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from latentlab.data import measures
from latentlab.data.attributes import (
    TITLES as PLAIN_TITLES,
)
from latentlab.data.attributes import (
    Attribute,
    attribute_of,
    columns_of,
    free_names,
    plain_attribute,
)
from latentlab.data.measures import MEASURED
from latentlab.engine import messages as m
from latentlab.rules import why_not_measured
from latentlab.session.background import GoOn, Latest, Say
from latentlab.session.contents import Contents
from latentlab.session.desk import Desk
from latentlab.session.preferences import Preferences

FEW = 16_384  # rows of a column that the window's thread may sort by itself
TRAINING = "A training is under way: stop it first."
NO_DATA = "The data of this map are not open."

Kind = Literal["map", "measured", "data", "latent"]
TITLES: dict[str, str] = {**PLAIN_TITLES, **measures.TITLES}


@dataclass(frozen=True, slots=True)
class Offer:
    """A column that can be asked for.

    Args:
        name: What expressions call it.
        title: What a person calls it.
        kind: Where it is from: the map, measured with the model, the data set, or z itself.
        why_not: Why it can't be had now; empty where it can.
    """

    name: str
    title: str
    kind: Kind
    why_not: str = ""


class Attributes(QObject):
    """Columns by name, found when they are wanted and kept as long as they are true.

    What is measured with the model belongs to the codes on the map: other codes, and it is
    measured again when it is wanted.

    Args:
        contents: Codes, model and data.
        desk: Where requests go.
        preferences: Number of clusters and of neighbours.
        training: Says whether a training is under way.
        cancel: Calls a request off.
        parent: The session.
    """

    changed = Signal()  # other columns are known, or can be had

    def __init__(
        self,
        contents: Contents,
        desk: Desk,
        preferences: Preferences,
        training: Callable[[], bool],
        cancel: Callable[[int], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._contents = contents
        self._desk = desk
        self._preferences = preferences
        self._training = training
        self._was_training = False
        self._cancel = cancel
        self._known: dict[str, Attribute] = {}
        self._asked: dict[int, tuple[str, ...]] = {}  # tickets of the engine
        self._sorting: dict[str, NDArray[Any]] = {}  # columns that the other thread looks at
        self._troubles: dict[str, str] = {}
        self._z: NDArray[np.float32] | None = None
        self._data: object = None
        self._worker = Latest(self)
        self._worker.told.connect(self._sorted)
        for signal in (contents.codes_changed, contents.data_changed, contents.model_changed):
            signal.connect(self._contents_changed)

    # What there is

    def offers(self) -> tuple[Offer, ...]:
        """Every column that a map like this has, in the order of a menu."""
        codes, why = self._contents.codes, self._why_not
        found = [Offer("class", TITLES["class"], "map"), Offer("split", TITLES["split"], "map")]
        found += [Offer(name, TITLES[name], "measured", why(name)) for name in MEASURED]
        found += [Offer(name, title, "data") for name, (title, _) in self._columns().items()]
        if codes is not None:
            latents = codes.z.shape[1]
            found += [Offer(f"z{i + 1}", f"z{i + 1}", "latent") for i in range(latents)]
            found.append(Offer("row", "Row", "latent"))
        return tuple(found)

    def names(self) -> tuple[str, ...]:
        """What expressions may name."""
        return tuple(offer.name for offer in self.offers())

    def why_not(self, name: str) -> str:
        """Why a column can't be had now; empty where it can, or there is none of that name."""
        return self._why_not(name) if name in MEASURED else ""

    def find(self, name: str) -> Attribute | None:
        """A column, where it is known; nothing is measured for it.

        Of data that are not on the map yet, class and split are.
        """
        codes = self._contents.codes
        source = codes or self._contents.dataset
        if source is None or name in self._known:
            return self._known.get(name)
        z, names = None if codes is None else codes.z, self._contents.label_names
        found = plain_attribute(name, source.labels, source.split, names, z)
        if found is not None and name == "row":
            self._known[name] = found  # one array, as long as the codes are the same
        return found

    def _columns(self) -> Mapping[str, tuple[str, NDArray[Any]]]:
        """Columns of the data set by the names that expressions use: title and values."""
        dataset = self._contents.dataset
        if dataset is None or not self._contents.rows_are_data:
            return {}
        columns = columns_of(dataset)
        latents = self._contents.codes.z.shape[1] if self._contents.codes is not None else 0
        taken = frozenset({*TITLES, *(f"z{i + 1}" for i in range(latents))})
        names = free_names(iter(columns), taken)
        return {names[name]: (name, values) for name, values in columns.items()}

    def _why_not(self, name: str) -> str:
        model = self._contents.model
        if model is None or self._contents.codes is None:
            return "There is nothing on the map yet."
        if self._training():
            return TRAINING
        if name in measures.OF_CODES:
            return ""
        return why_not_measured(model.spec, name) or (
            "" if self._contents.rows_are_data else NO_DATA
        )

    # Asking

    @property
    def waiting(self) -> frozenset[str]:
        """Columns that are on their way."""
        asked = (name for names in self._asked.values() for name in names)
        return frozenset(asked) | frozenset(self._sorting)

    def trouble(self, name: str) -> str:
        """Why a column did not come; empty where nothing went wrong."""
        return self._troubles.get(name, "")

    def want(self, names: Iterable[str]) -> None:
        """Find these columns; `changed` follows for each that comes."""
        missing = [n for n in names if self.find(n) is None and n not in self.waiting]
        offers = {offer.name: offer for offer in self.offers()}
        columns = self._columns()
        measured = [n for n in missing if n in MEASURED and not offers[n].why_not]
        for name in missing:
            self._troubles.pop(name, None)
            if name in columns:
                self._sorting[name] = columns[name][1]
        if measured:
            self._measure(tuple(measured))
        if self._sorting:
            self._sort({name: columns[name] for name in self._sorting if name in columns})

    def _measure(self, names: tuple[str, ...]) -> None:
        codes, settings = self._contents.codes, self._preferences.settings
        if codes is None:
            return
        dataset = self._contents.dataset if self._contents.rows_are_data else None
        ticket = self._desk.ask(
            lambda ticket: m.Measure(
                ticket, names, codes.z, dataset, settings.clusters, settings.neighbours
            ),
            "Measuring " + ", ".join(TITLES[name] for name in names),
        )
        self._asked[ticket] = names

    def _sort(self, columns: dict[str, tuple[str, NDArray[Any]]]) -> None:
        if sum(len(values) for _, values in columns.values()) > FEW:
            self._worker.ask(partial(_look_at, columns))
            return
        _look_at(columns, self._sorted, lambda: True)

    def _sorted(self, found: object) -> None:
        """A column of the data set has come from the other thread."""
        if not isinstance(found, tuple):
            return
        name, values, attribute = found
        if self._sorting.get(name) is values:  # of the data that are open now
            del self._sorting[name]
            self._known[name] = attribute
            self.changed.emit()

    # Answers

    def take(self, event: m.Measured) -> None:
        """What was measured; what is no longer asked for is dropped."""
        if self._asked.pop(event.ticket, None) is not None:
            self._known |= {attribute.name: attribute for attribute in event.attributes}
        self.changed.emit()

    def let_go(self, ticket: int, sentence: str = "It was called off.") -> None:
        """A request came to nothing."""
        names = self._asked.pop(ticket, ())
        if names:
            self._troubles |= dict.fromkeys(names, sentence)
            self.changed.emit()

    def forget(self, name: str) -> None:
        """A column is to be measured anew: another number of clusters, say."""
        self._known.pop(name, None)
        for ticket in [ticket for ticket, names in self._asked.items() if name in names]:
            self._cancel(ticket)
            del self._asked[ticket]
        self._troubles.pop(name, None)
        self.changed.emit()

    def training_changed(self) -> None:
        """While a model learns nothing can be measured; it need not wait for what was asked."""
        if self._training() != self._was_training:
            self._was_training = not self._was_training
            if self._was_training:
                self._call_off()
            self.changed.emit()

    def _call_off(self) -> None:
        for ticket in self._asked:
            self._cancel(ticket)
        self._asked.clear()

    def _contents_changed(self) -> None:
        contents = self._contents
        z = None if contents.codes is None else contents.codes.z
        data = contents.dataset if contents.rows_are_data else None
        if z is not self._z:
            self._z = z
            self._drop(lambda name: name in MEASURED or name == "row")
            self._call_off()  # it is of codes that are no more
        if data is not self._data:
            self._data = data
            self._drop(lambda name: name not in MEASURED and name != "row")
            self._sorting.clear()
        self.changed.emit()

    def _drop(self, gone: Callable[[str], bool]) -> None:
        self._known = {name: one for name, one in self._known.items() if not gone(name)}
        self._troubles = {name: one for name, one in self._troubles.items() if not gone(name)}


def _look_at(columns: dict[str, tuple[str, NDArray[Any]]], say: Say, go_on: GoOn) -> None:
    for name, (title, values) in columns.items():
        if go_on():
            say((name, values, attribute_of(name, values, title)))
