"""Which data are shown: categories that a person hid, and an expression that chooses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, Signal

from latentlab.data.matching import bind, found_name, needed
from latentlab.data.measures import MEASURED
from latentlab.data.sieve import Hidden, Sieve, Test
from latentlab.data.tally import tally
from latentlab.data.where import Clause, WhereError, columns_in, parse
from latentlab.session.attributes import FEW, TRAINING, Attributes
from latentlab.session.background import GoOn, Latest, Say
from latentlab.session.contents import Contents
from latentlab.session.state import HiddenByName


class Filter(QObject):
    """The one place that says which rows are shown.

    Everything that shows, finds or counts data asks `sieve`. Changes can be undone.

    Args:
        contents: Codes and names.
        attributes: The columns that an expression may name.
        mark: Called before a change that can be undone.
        parent: The session.
    """

    seen_changed = Signal()  # other rows are shown
    told_changed = Signal()  # the expression, what is wrong with it, or how many rows are shown

    def __init__(
        self,
        contents: Contents,
        attributes: Attributes,
        mark: Callable[[], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._contents = contents
        self._attributes = attributes
        self._mark = mark
        self._hidden: dict[str, frozenset[int]] = {}
        self._names: tuple[str, ...] = ()
        self._made_of: tuple[object, ...] = (0,)
        self.where = ""
        self.waits_for: tuple[str, ...] = ()  # columns that the expression lacks
        self.trouble: WhereError | None = None  # why the expression is not in force
        self.sieve = Sieve(0)
        self._shown: int | None = 0
        self._worker = Latest(self)
        self._worker.told.connect(self._counted)
        attributes.changed.connect(self._look)  # also where other codes or data are there

    # What is shown

    @property
    def hidden(self) -> HiddenByName:
        """What is hidden, by column and category; -1 is what has none."""
        return tuple(sorted(self._hidden.items()))

    def hidden_of(self, name: str) -> frozenset[int]:
        """Categories of a column that are hidden."""
        return self._hidden.get(name, frozenset())

    @property
    def shown(self) -> int | None:
        """How many rows pass; None while that is being counted."""
        return self._shown

    # Commands

    def set_hidden(self, name: str, codes: Iterable[int]) -> None:
        """Hide these categories of a column, and show its others."""
        chosen = frozenset(int(code) for code in codes)
        if chosen != self.hidden_of(name):
            self._mark()
            self._put({**self._hidden, name: chosen}, self.where)

    def toggle(self, name: str, code: int) -> None:
        """Hide or show one category."""
        self.set_hidden(name, self.hidden_of(name) ^ {code})

    def isolate(self, name: str, code: int) -> None:
        """Show one category alone; again, and all are shown."""
        attribute = self._attributes.find(name)
        if attribute is None or attribute.codes is None:
            return
        others = frozenset(tally(attribute.codes)) - {code}
        self.set_hidden(name, () if self.hidden_of(name) == others else others)

    def show_all(self) -> None:
        """Hide no category; the expression stays."""
        if self._hidden:
            self._mark()
            self._put({}, self.where)

    def set_where(self, text: str) -> None:
        """Show what an expression chooses; an empty one chooses all.

        Columns that must be measured first are asked for: until they come nothing is ruled out.

        Raises:
            WhereError: It can't be understood; what is shown stays as it is.
        """
        text = text.strip()
        waits_for = self.waits_for
        try:
            self._bound(text)
            self._attributes.want(self.waits_for)  # also what was called off before
            self._bound(text)  # what has come at once may rule it out
        except WhereError:
            self.waits_for = waits_for
            raise
        if text != self.where:
            self._mark()
            self._put(self._hidden, text)

    def restore(self, hidden: HiddenByName, where: str) -> None:
        """Show what was shown before."""
        if (hidden, where) != (self.hidden, self.where):
            self._put(dict(hidden), where)

    def _put(self, hidden: dict[str, frozenset[int]], where: str) -> None:
        self._hidden = {name: codes for name, codes in hidden.items() if codes}
        self.where = where
        self._look()

    # Keeping true

    def _look(self) -> None:
        """Make the sieve anew where something of it has changed."""
        names = self._contents.label_names
        if names != self._names:  # other classes
            self._names = names
            self._hidden.pop("class", None)
        rows = self._attributes.find("class")
        count = 0 if rows is None else len(rows)
        hidden = self._hidden_now()
        test: Test | None = None
        made_of: tuple[object, ...] = ()
        self.waits_for, self.trouble = (), None
        if count and self.where:
            try:
                test, made_of = self._bound(self.where)
            except WhereError as error:  # of a column that these data lack
                self.trouble = error
        parts = (count, *made_of, *(part for one in hidden for part in (one.codes, one.values)))
        if not _same(parts, self._made_of):
            self._made_of = parts
            self.sieve = Sieve(count, hidden, test)
            self._count()
            self.seen_changed.emit()
        self.told_changed.emit()
        known = self._attributes
        hidden_in = {name for name in self._hidden if known.find(name) is None}
        lacking = (set(self.waits_for) | hidden_in) - known.waiting
        # A column may come at once, and be looked at then: so this is the end.
        known.want(sorted(name for name in lacking if not known.trouble(name)))

    def _hidden_now(self) -> tuple[Hidden, ...]:
        found = []
        for name, values in list(self._hidden.items()):
            attribute = self._attributes.find(name)
            if attribute is None and name in MEASURED:
                del self._hidden[name]  # the clusters of other codes are others
            if attribute is not None and attribute.codes is not None:
                found.append(Hidden(name, attribute.codes, values))
        return tuple(found)

    def _bound(self, text: str) -> tuple[Test | None, tuple[object, ...]]:
        """The test that an expression means now, and what it is made of.

        Raises:
            WhereError: It means none.
        """
        clause = parse(text)
        if clause is None:
            return None, ()
        names = needed(clause, self._attributes.names())
        found = {name: self._attributes.find(name) for name in names}
        columns = {name: one for name, one in found.items() if one is not None}
        self.waits_for = tuple(name for name in names if name not in columns)
        self._refuse_what_never_comes(clause)
        if self.waits_for:
            return None, ()
        of = (part for one in columns.values() for part in (one.base, one.codes))
        return bind(clause, columns), (text, *of)

    def _refuse_what_never_comes(self, clause: Clause) -> None:
        for word in columns_in(clause):
            name = found_name(word, self._attributes.names())
            why = self._attributes.why_not(name) if name in self.waits_for else ""
            if why and why != TRAINING:
                raise WhereError(why, word.start, word.end)

    def _count(self) -> None:
        sieve, self._shown = self.sieve, None
        if not sieve:
            self._shown = sieve.count
        elif sieve.count <= FEW:
            self._shown = int(np.count_nonzero(sieve.mask()))
        else:
            self._worker.ask(partial(_look_through, sieve))

    def _counted(self, found: object) -> None:
        if isinstance(found, tuple) and found[0] is self.sieve:
            self._shown = found[1]
            self.told_changed.emit()


def _look_through(sieve: Sieve, say: Say, go_on: GoOn) -> None:
    if go_on():
        say((sieve, int(np.count_nonzero(sieve.mask()))))


def _same(a: tuple[object, ...], b: tuple[object, ...]) -> bool:
    """Whether two sieves are made of the same arrays and words."""
    plain = (str, int, frozenset)
    pairs = zip(a, b, strict=False)
    return len(a) == len(b) and all(
        one is other or (isinstance(one, plain) and one == other) for one, other in pairs
    )
