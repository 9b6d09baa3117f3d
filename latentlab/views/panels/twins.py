"""Data that are nearly the same, in groups, for any threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QSlider, QWidget

from latentlab.data.duplicates import LIMIT, Pairs
from latentlab.session.session import Session
from latentlab.session.timers import single_shot
from latentlab.views.panels.gallery import Gallery
from latentlab.views.theme import Theme
from latentlab.views.widgets import column, level, row, words

STEPS = 100
FIRST = 0.02
REST_MS = 60  # after which a slid threshold is worth grouping for
ABOUT = (
    "Pictures are compared pixel by pixel, each with each: none that is near is missed. The"
    " distance is the root mean square difference, 0 for the same and 1 for black against white."
)


class TwinsPage(QWidget):
    """A button that compares, a threshold, and a gallery of the groups.

    Args:
        session: Whose data.

    Signals:
        shown_changed: Other rows are shown.
    """

    shown_changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._groups: NDArray[np.int64] = np.empty(0, np.int64)
        self._nearest: NDArray[np.float32] = np.empty(0, np.float32)
        self._of: object = None
        self.start = QPushButton("Compare")
        self.start.setAutoDefault(False)
        self.start.clicked.connect(self.compare)
        self.threshold = QSlider(Qt.Orientation.Horizontal)
        self.threshold.setRange(0, STEPS)
        self.threshold.setValue(round(STEPS * FIRST / LIMIT))
        self.threshold.setAccessibleName("Largest distance of two pictures")
        self.value = words("")
        self.value.setMinimumWidth(
            self.value.fontMetrics().horizontalAdvance("0.0000 (00.0 of 255)")
        )
        self.about = words(ABOUT, "quiet", wrap=True)
        self.state = words("", wrap=True)
        self.gallery = Gallery(session, "Gallery of near-identical data")
        self.copies = QPushButton("Choose all but the first of each group")
        self.copies.setProperty("role", "link")
        self.copies.setAutoDefault(False)
        self.copies.clicked.connect(self._choose_copies)
        self._rest = single_shot(self, self._set_threshold, REST_MS)
        label = words("Up to", "quiet")
        label.setBuddy(self.threshold)
        head = level(row(self.start, label, self.threshold, self.value))
        head.setStretch(2, 1)
        told = row(self.state, self.copies)
        told.setStretch(0, 1)
        layout = column(head, self.about, told, self.gallery)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setStretch(3, 1)
        self.setLayout(layout)
        self.threshold.valueChanged.connect(self._slid)
        for signal in (session.study.twins.changed, session.data_changed, session.codes_changed):
            signal.connect(self.refresh)
        self._say_value()
        self.refresh()

    @property
    def wanted(self) -> float:
        """The threshold on the slider."""
        pairs = self._session.study.twins.pairs
        limit = LIMIT if pairs is None else max(pairs.limit, 1e-6)
        return limit * self.threshold.value() / STEPS

    def compare(self) -> None:
        """Look for pairs; again, and it is called off."""
        if self._session.study.twins.ticket is not None:
            self._session.cancel_busy()
        else:
            self._session.study.twins.find(LIMIT)

    def _slid(self) -> None:
        self._say_value()
        self._rest.start()

    def _say_value(self) -> None:
        self.value.setText(f"{self.wanted:.4f} ({255 * self.wanted:.1f} of 255)")

    def _set_threshold(self) -> None:
        self._session.study.twins.set_threshold(self.wanted)

    def _why_not(self) -> str:
        session = self._session
        if session.dataset is None:
            return "The data are not open: open them to compare their pictures."
        if session.codes is not None and not session.rows_are_data:
            return "The map shows other data: embed the open data first."
        return "A training is under way: stop it first." if session.training.active else ""

    def refresh(self) -> None:
        """Show the groups, or what is missing."""
        twins = self._session.study.twins
        why, working = self._why_not(), twins.ticket is not None
        self.start.setText("Stop" if working else "Compare")
        self.start.setEnabled(working or (not why and twins.pairs is None))
        known = twins.pairs is not None and not why
        self.threshold.setEnabled(known)
        if known and twins.threshold != self.wanted and not self._rest.isActive():
            self._set_threshold()
        if known and twins.groups is not None:
            self._show(twins.groups)
            return
        said = why or twins.trouble or ("Comparing..." if working else "")
        if known:
            return  # another threshold is on its way: what is shown stays
        self._of = None
        self._show_rows(np.empty(0, np.int64))
        self._say(said or "Press Compare to look at every pair of pictures.")

    def _show(self, groups: list[NDArray[np.int64]]) -> None:
        if groups is self._of:
            return
        self._of = groups
        pairs = self._session.study.twins.pairs
        rows = np.concatenate(groups) if groups else np.empty(0, np.int64)
        self._groups = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
        if pairs is not None and len(rows):
            nearest = np.full(int(rows.max()) + 1, np.inf, np.float32)
            near = pairs.distance <= np.float32(self._session.study.twins.threshold)
            for side in (pairs.first[near], pairs.second[near]):
                np.minimum.at(nearest, side, pairs.distance[near])
            self._nearest = nearest[rows]
        self._show_rows(rows)
        same = 0 if pairs is None else pairs.identical
        identical = f", {same:,} the same to the bit" if same else ""
        said = f"{len(groups):,} groups of {len(rows):,} pictures{identical}."
        if pairs is not None and pairs.limit < LIMIT * 0.999:
            said += f" There are too many pairs farther apart than {pairs.limit:.4f}."
        self._say(said if groups else _none_so_near(pairs))

    def _show_rows(self, rows: NDArray[np.int64]) -> None:
        groups = self._groups if len(rows) else None
        self.gallery.set_rows(rows, caption=self._caption, groups=groups)
        self.copies.setVisible(bool(len(rows)))
        self.shown_changed.emit()

    def _caption(self, place: int) -> str:
        return f"{self._nearest[place]:.3f}"

    def _say(self, text: str) -> None:
        self.state.setText(text)
        self.state.setVisible(bool(text))

    def _choose_copies(self) -> None:
        first = np.diff(self._groups, prepend=-1) != 0
        self.gallery.choose(~first)

    def table(self) -> dict[str, NDArray[np.generic]]:
        """What is shown, as columns."""
        columns: dict[str, NDArray[np.generic]] = {
            "group": self._groups + 1,
            "row": self.gallery.rows,
        }
        dataset = self._session.dataset
        if dataset is not None:
            columns["label"] = dataset.labels[self.gallery.rows]
        columns["nearest_distance"] = self._nearest
        return columns

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self.gallery.set_theme(theme)


def _none_so_near(pairs: Pairs | None) -> str:
    said = "No two pictures are as near as that."
    if pairs is None or not len(pairs.distance):
        return said
    return f"{said} The nearest two are {float(pairs.distance[0]):.4f} apart."
