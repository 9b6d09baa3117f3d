"""The data that stand apart most by a measure, as a gallery."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QPushButton, QSpinBox, QWidget

from latentlab.data.attributes import Attribute, decimals_of
from latentlab.data.sieve import Sieve
from latentlab.session.background import GoOn, Latest, Say
from latentlab.session.session import Session
from latentlab.views.panels.gallery import Gallery
from latentlab.views.theme import Theme
from latentlab.views.widgets import column, level, row, words

MEASURES = {
    "bound": ("Lowest bound", "What the model thinks least of: log p(x) is above its bound."),
    "logp": ("Lowest log p(x)", "What is least probable under the model."),
    "recon": ("Highest reconstruction error", "What the model can't draw again."),
    "kl": ("Highest KL", "What the model needs most of its code for."),
    "distance": ("Farthest from neighbours in z", "Whose code lies alone."),
}
LOW_IS_ODD = ("bound", "logp")
FIRST, MOST = 100, 10_000

Rows = NDArray[np.int64]


def oddest(numbers: NDArray[np.floating], sieve: Sieve, count: int, *, low: bool) -> Rows:
    """The rows that stand apart most, of those that are shown; the oddest first.

    Args:
        numbers: (N,) the measure; rows without it are left out.
        sieve: Which rows are shown.
        count: How many are wanted.
        low: Whether small values are odd.
    """
    rows = np.flatnonzero(sieve.mask() & ~np.isnan(numbers) if sieve else ~np.isnan(numbers))
    values = numbers[rows] if low else -numbers[rows]
    if len(rows) > count:
        first = np.argpartition(values, count - 1)[:count]
        rows, values = rows[np.sort(first)], values[np.sort(first)]
    return rows[np.argsort(values, kind="stable")]


class OutliersPage(QWidget):
    """A choice of measure and number, and a gallery of what is odd by it.

    Args:
        session: Whose data.

    Signals:
        shown_changed: Other rows are shown.
    """

    shown_changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._values: NDArray[np.floating] = np.empty(0)
        self._decimals = 0
        self._attribute: Attribute | None = None
        self._of: object = None
        self._worker = Latest(self)
        self._worker.told.connect(self._ranked)
        self.measure = QComboBox()
        self.measure.setAccessibleName("Measure")
        for name, (text, _) in MEASURES.items():
            self.measure.addItem(text, name)
        self.count = QSpinBox()
        self.count.setRange(1, MOST)
        self.count.setValue(FIRST)
        self.count.setKeyboardTracking(False)
        self.count.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.count.setAccessibleName("How many are shown")
        self.start = QPushButton("Measure")
        self.start.setAutoDefault(False)
        self.start.clicked.connect(self.measure_now)
        self.about = words("", "quiet", wrap=True)
        self.state = words("", wrap=True)
        self.gallery = Gallery(session, "Gallery of outliers")
        first = words("first", "quiet")
        first.setBuddy(self.count)
        head = level(row(self.measure, first, self.count, self.start, None))
        layout = column(head, self.about, self.state, self.gallery)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setStretch(3, 1)
        self.setLayout(layout)
        self.measure.currentIndexChanged.connect(self.refresh)
        self.count.valueChanged.connect(self.refresh)
        session.attributes.changed.connect(self.refresh)
        session.classes_changed.connect(self.refresh)
        self.refresh()

    @property
    def name(self) -> str:
        """Of the measure."""
        return str(self.measure.currentData())

    @property
    def values(self) -> NDArray[np.floating]:
        """(n,) the measure of each row shown."""
        return self._values

    @property
    def unit(self) -> str:
        """Of the values."""
        return "" if self._attribute is None else self._attribute.unit

    def measure_now(self) -> None:
        """Measure what is wanted, where that is not done yet."""
        self._session.attributes.want((self.name,))
        self.refresh()

    def refresh(self) -> None:
        """Rank anew, or say what is missing."""
        attributes = self._session.attributes
        found = attributes.find(self.name)
        self._attribute = found
        more = (self.unit, "" if found is None else found.how)
        told = ", ".join(part for part in more if part)
        self.about.setText(MEASURES[self.name][1] + (f" ({told})" if told else ""))
        why = {offer.name: offer.why_not for offer in attributes.offers()}.get(self.name, "")
        waiting = self.name in attributes.waiting
        self.start.setVisible(found is None)
        self.start.setEnabled(not why and not waiting)
        if found is not None and found.numbers is not None:
            self._rank(found, found.numbers)
            return
        self._of = None
        self._show(np.empty(0, np.int64), np.empty(0))
        first = "Press Measure: this is not known yet of these codes."
        said = "Measuring..." if waiting else why or attributes.trouble(self.name) or first
        self._say(said)

    def _rank(self, attribute: Attribute, numbers: NDArray[Any]) -> None:
        sieve, low = self._session.filter.sieve, self.name in LOW_IS_ODD
        key = attribute.base, sieve, self.count.value()
        if self._of is not None and all(a is b for a, b in zip(self._of, key, strict=True)):  # type: ignore[call-overload]
            return
        self._of = key
        self._worker.ask(partial(_rank, key, numbers, sieve, self.count.value(), low))

    def _ranked(self, found: object) -> None:
        if isinstance(found, tuple) and found[0] is self._of:
            _, rows, values = found
            self._show(rows, values)
            self._say("" if len(rows) else "No datum has this measure.")

    def _show(self, rows: Rows, values: NDArray[np.floating]) -> None:
        self._values, self._decimals = values, decimals_of(values)
        self.gallery.set_rows(rows, caption=self._caption)
        self.shown_changed.emit()

    def _caption(self, place: int) -> str:
        return f"{float(self._values[place]):,.{self._decimals}f}"

    def _say(self, text: str) -> None:
        self.state.setText(text)
        self.state.setVisible(bool(text))

    def table(self) -> dict[str, NDArray[np.generic]]:
        """What is shown, as columns."""
        codes = self._session.codes
        rows = self.gallery.rows
        columns: dict[str, NDArray[np.generic]] = {
            "rank": np.arange(1, len(rows) + 1),
            "row": rows,
        }
        if codes is not None:
            columns["label"] = codes.labels[rows]
        columns[self.name] = np.asarray(self._values)
        return columns

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self.gallery.set_theme(theme)


def _rank(
    key: object,
    numbers: NDArray[np.floating],
    sieve: Sieve,
    count: int,
    low: bool,
    say: Say,
    go_on: GoOn,
) -> None:
    rows = oddest(np.asarray(numbers, np.float64), sieve, count, low=low)
    if go_on():
        say((key, rows, numbers[rows]))
