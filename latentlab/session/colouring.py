"""What colours the points: a column of the data, and the scale of its numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from latentlab.data.attributes import Attribute
from latentlab.data.scales import (
    Scale,
    ScaleKind,
    Summary,
    histogram,
    scale_for,
    summarise,
    why_no_log,
)
from latentlab.data.sieve import Sieve
from latentlab.data.tally import tally
from latentlab.session.attributes import FEW, Attributes
from latentlab.session.background import GoOn, Latest, Say
from latentlab.session.filter import Filter
from latentlab.session.preferences import Preferences
from latentlab.session.state import EndsByName

BY_CLASS = "class"
MOST_CATEGORIES = 1000  # that a legend lists


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """How the rows that are shown spread over a column.

    Args:
        counts: Rows of each category; those that are hidden in this very column count as well.
        missing: Rows without a number.
        bars: (B,) rows in each part of the range from the smallest to the largest number, even on
            the scale; empty for categories.
    """

    counts: dict[int, int] = field(default_factory=dict)
    missing: int = 0
    bars: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What the other thread found out about a column."""

    attribute: Attribute
    sieve: Sieve
    kind: ScaleKind
    summary: Summary | None
    counted: Counted


class Colouring(QObject):
    """The column that is wanted, the one that is shown, and its colours' scale.

    Where a column must be measured first, the classes are shown until it comes.

    Args:
        attributes: The columns.
        shown: Which rows are shown.
        preferences: Where the choice is remembered.
        mark: Called before the scale's ends change, so that they can be brought back.
        parent: The session.
    """

    changed = Signal()  # other colours: column or scale
    told_changed = Signal()  # what is wanted, what it waits for, the numbers of a legend

    def __init__(
        self,
        attributes: Attributes,
        shown: Filter,
        preferences: Preferences,
        mark: Callable[[], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._attributes = attributes
        self._filter = shown
        self._preferences = preferences
        self._mark = mark
        self._ends: dict[str, tuple[float, float]] = {}  # that a person chose
        self._asked: tuple[Attribute, Sieve, ScaleKind] | None = None
        self._summarised: Attribute | None = None  # the column that the summary is of
        self.attribute: Attribute | None = None
        self.summary: Summary | None = None
        self.scale: Scale | None = None
        self.counted = Counted()
        self._worker = Latest(self)
        self._worker.told.connect(self._take)
        attributes.changed.connect(self._look)
        shown.seen_changed.connect(self._look)

    @property
    def by(self) -> str:
        """The column that is wanted; of columns that these data lack, the class."""
        wanted = self._preferences.settings.colour_by
        if wanted == BY_CLASS:  # which every map has; asked often
            return wanted
        return wanted if wanted in self._attributes.names() else BY_CLASS

    @property
    def kind(self) -> ScaleKind:
        """How numbers become places: as wanted, where the values allow it."""
        wanted = self._preferences.settings.colour_scale
        return "linear" if wanted == "log" and self.why_no_log else wanted

    @property
    def why_no_log(self) -> str:
        """Why these numbers have no logarithms; empty where they have."""
        return "" if self.summary is None else why_no_log(self.summary)

    @property
    def busy(self) -> bool:
        """Whether something is still being found out about a column."""
        return self._worker.busy

    @property
    def moved(self) -> bool:
        """Whether a person has moved an end of the scale."""
        return self.attribute is not None and self.attribute.name in self._ends

    @property
    def ends(self) -> EndsByName:
        """The ends that a person chose, by column."""
        return tuple(sorted(self._ends.items()))

    @property
    def waits(self) -> bool:
        """Whether the wanted column is still on its way."""
        name = self.by
        return name in self._attributes.waiting or (
            self._asked is not None and self._asked[0].name == name and self._shown_name != name
        )

    @property
    def why_not(self) -> str:
        """Why the wanted column is not shown; empty where it is, or is on its way."""
        name, known = self.by, self._attributes.find(self.by)
        if known is not None and _too_many(known):
            return f"{len(known.names):,} different texts are too many for colours: filter by them."
        if name == self._shown_name or self.waits:
            return ""
        offers = {offer.name: offer.why_not for offer in self._attributes.offers()}
        return self._attributes.trouble(name) or offers.get(name, "")

    @property
    def _shown_name(self) -> str:
        return "" if self.attribute is None else self.attribute.name

    # Commands

    def set_by(self, name: str) -> None:
        """Colour by a column; what it needs is measured, and shown when it comes."""
        self._preferences.update({"colour_by": name})
        if self._attributes.find(name) is None:
            self._attributes.want((name,))
        self._look()

    def set_kind(self, kind: ScaleKind) -> None:
        """Make the scale linear, logarithmic or one of ranks."""
        self._preferences.update({"colour_scale": kind})
        self._rescale()
        self._look()

    def set_ends(self, low: float, high: float, *, remember: bool = True) -> bool:
        """Clip the scale: what lies beyond an end has the end's colour.

        Args:
            low: The lower end, in the column's unit.
            high: The upper end, above it.
            remember: Whether undo comes back to before this; the moves of one drag are one change.

        Returns:
            Whether the ends are other ones now.
        """
        if self.attribute is None or self.scale is None or not low < high:
            return False
        if (low, high) == (self.scale.low, self.scale.high) or not np.isfinite([low, high]).all():
            return False
        if remember:
            self._mark()
        self._ends[self.attribute.name] = (low, high)
        self._rescale()
        return True

    def reset_ends(self) -> None:
        """The ends that the scale began with."""
        if self.moved and self.attribute is not None:
            self._mark()
            del self._ends[self.attribute.name]
            self._rescale()

    def restore_ends(self, ends: EndsByName) -> None:
        """The ends of a project or of an undone change; such that are none are left out."""
        kept = {
            name: (low, high)
            for name, (low, high) in ends
            if low < high and np.isfinite([low, high]).all()
        }
        if kept != self._ends:
            self._ends = kept
            self._rescale()

    def set_clusters(self, count: int) -> None:
        """Find another number of clusters."""
        self._again("cluster", {"clusters": count})

    def set_neighbours(self, count: int) -> None:
        """Measure the distance to another number of neighbours."""
        self._again("distance", {"neighbours": count})

    def _again(self, name: str, change: dict[str, int]) -> None:
        before = self._preferences.settings
        self._preferences.update(change)
        if self._preferences.settings != before:
            self._attributes.forget(name)
            if self.by == name:
                self._attributes.want((name,))
                self._look()

    # Keeping true

    def _look(self) -> None:
        """Columns or rows have changed: show what is known, find what is not."""
        self._want()
        wanted = self._attributes.find(self.by)
        fallback = self._attributes.find(BY_CLASS)
        if wanted is None or _too_many(wanted):
            wanted = fallback
        if wanted is None:
            self._show(None, None)
        elif wanted.codes is not None:
            self._show(wanted, None)
        elif not _same(wanted, self.attribute):
            as_before = self.attribute is not None and self.attribute.name == wanted.name
            # The same column of codes that moved keeps its scale until it is known anew.
            self._show(wanted if as_before else fallback, self.summary if as_before else None)
        if wanted is not None:
            self._ask(wanted)
        self.told_changed.emit()

    def _want(self) -> None:
        """Ask for the wanted column; it may come at once."""
        name, known = self.by, self._attributes
        lacking = known.find(name) is None and name not in known.waiting
        if lacking and not known.trouble(name):
            known.want((name,))

    def _ask(self, wanted: Attribute) -> None:
        asked = (wanted, self._filter.sieve, self._kind_of(wanted))
        before = self._asked
        if before is not None and _same(wanted, before[0]) and asked[1:] == before[1:]:
            return
        self._asked = asked
        summary = self.summary if _same(wanted, self._summarised) else None
        work = partial(_look_at, *asked, summary)
        if len(wanted) <= FEW:
            work(self._take, lambda: True)
        else:
            self._worker.ask(work)

    def _kind_of(self, wanted: Attribute) -> ScaleKind:
        if _same(wanted, self.attribute):
            return self.kind
        return self._preferences.settings.colour_scale

    def _take(self, found: object) -> None:
        """What was found out about a column; of an older question it is dropped."""
        if not isinstance(found, _Found) or self._asked is None:
            return
        if not _same(found.attribute, self._asked[0]):
            return
        self._summarised = found.attribute
        self._show(found.attribute, found.summary)
        self.counted = found.counted
        self.told_changed.emit()

    def _show(self, attribute: Attribute | None, summary: Summary | None) -> None:
        if attribute is not None and attribute.codes is None and summary is None:
            return
        if _same(attribute, self.attribute) and summary is self.summary:
            return
        if not _same(attribute, self.attribute):
            self.counted = Counted()
        self.attribute, self.summary = attribute, summary
        self._rescale()

    def _rescale(self) -> None:
        self.scale = None
        if self.attribute is not None and self.summary is not None:
            made = scale_for(self.kind, self.summary)
            low, high = self._ends.get(self.attribute.name, (made.low, made.high))
            self.scale = Scale(made.kind, low, high, made.quantiles)
        self.changed.emit()


def _too_many(attribute: Attribute) -> bool:
    return len(attribute.names) > MOST_CATEGORIES


def _same(a: Attribute | None, b: Attribute | None) -> bool:
    """Whether two columns are one: the same arrays under the same name."""
    if a is None or b is None:
        return a is b
    return a.name == b.name and a.codes is b.codes and a.base is b.base and a.names == b.names


def _look_at(
    attribute: Attribute,
    sieve: Sieve,
    kind: ScaleKind,
    summary: Summary | None,
    say: Say,
    go_on: GoOn,
) -> None:
    """Count over the rows that are shown, and summarise a column of numbers."""
    if not go_on():
        return
    if attribute.codes is not None:
        others = sieve.without(attribute.name)
        counts = tally(attribute.codes)
        if others:  # also those of which none is left are told
            counts = dict.fromkeys(counts, 0) | tally(attribute.codes[others.mask()])
        say(_Found(attribute, sieve, kind, None, Counted(counts)))
        return
    numbers = attribute.numbers
    if numbers is None:
        return
    summary = summarise(numbers) if summary is None else summary
    shown = numbers[sieve.mask()] if sieve else numbers
    if kind == "log" and why_no_log(summary):
        kind = "linear"
    scale = Scale(kind, summary.low, summary.high, summary.quantiles)
    missing = int(np.count_nonzero(~np.isfinite(shown)))
    bars = histogram(shown, scale, summary.low, summary.high)
    say(_Found(attribute, sieve, kind, summary, Counted({}, missing, bars)))
