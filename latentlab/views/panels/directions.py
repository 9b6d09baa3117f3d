"""Directions: made from two groups, walked by sliders, used in paths; analogies and arithmetic."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSlider,
    QWidget,
)

from latentlab.latent.directions import Direction
from latentlab.session.directing import REST
from latentlab.session.session import Session
from latentlab.views.widgets import column, heading, row, rule, words

STEPS = 20  # of a slider for one strength
REACH = 3.0  # strengths to each side
REST_WORDS = "all the rest"
SELECTION = "the selection"


class Strength(QWidget):
    """One direction: its name, how sure it is, how far it is walked.

    Args:
        session: Whose direction it is.
        direction: It.
        kept: Whether it is kept beside the model, so that it can be removed.
    """

    def __init__(self, session: Session, direction: Direction, *, kept: bool) -> None:
        super().__init__()
        self._session = session
        self.direction = direction
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(round(-REACH * STEPS), round(REACH * STEPS))
        self.slider.setSingleStep(1)
        self.slider.setPageStep(STEPS // 2)
        self.slider.setAccessibleName(f"Strength of {direction.name}")
        self.slider.setToolTip("How far z goes along it; 1 is from one mean to the other")
        self.slider.valueChanged.connect(self._walk)
        self.value = words("0.00", "quiet")
        self.value.setMinimumWidth(self.value.fontMetrics().horizontalAdvance("-0.00 "))
        self.value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        name = words(direction.name)
        name.setToolTip(direction.about)
        self.path = QPushButton("Path")
        self.path.setAutoDefault(False)
        self.path.setToolTip("A path along it, through z")
        self.path.clicked.connect(self._make_path)
        head = row(name, None, self.path)
        if kept:
            self.remove = QPushButton("Remove")
            self.remove.setAutoDefault(False)
            self.remove.setAccessibleName(f"Remove {direction.name}")
            self.remove.clicked.connect(partial(session.directing.remove, direction.name))
            head.addWidget(self.remove)
        sure = words(sure_words(direction), "small", wrap=True)
        line = row(self.slider, self.value)
        line.setStretch(0, 1)
        self.setLayout(column(head, line, sure, spacing=2))
        self.refresh()

    def refresh(self) -> None:
        """Show how far it is walked."""
        strength = self._session.directing.strength(self.direction.name)
        self.value.setText(f"{strength:.2f}")
        if not self.slider.isSliderDown():
            self.slider.blockSignals(True)
            self.slider.setValue(round(strength * STEPS))
            self.slider.blockSignals(False)

    def _walk(self, value: int) -> None:
        self._session.directing.walk(self.direction.name, value / STEPS)

    def _make_path(self) -> None:
        ends = self._session.directing.ends(self.direction.name)
        if ends is not None:
            self._session.waypoints.through(ends, closed=False)


class DirectionsPanel(QWidget):
    """The list of directions, and what makes new ones.

    Args:
        session: Whose directions they are.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.strengths: list[Strength] = []
        self._make_controls()
        self._list = QWidget()
        self._rows = column(spacing=12)
        self._list.setLayout(self._rows)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(self._list)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = column(
            heading("New direction"),
            self._new(),
            self.said,
            rule(),
            row(heading("Walk z"), None, self.hold, self.look),
            scroll,
            rule(),
            heading("Arithmetic"),
            self._sums(),
            self.summed,
            spacing=8,
        )
        layout.setStretch(5, 1)
        self.setLayout(layout)
        directing = session.directing
        directing.directions_changed.connect(self.refresh)
        directing.strengths_changed.connect(self.refresh_strengths)
        directing.said.connect(self._say)
        session.codes_changed.connect(self.refresh_groups)
        session.selection_changed.connect(self.refresh_groups)
        self._say("")
        self.refresh_groups()
        self.refresh()

    def _make_controls(self) -> None:
        session = self._session
        self.name = QLineEdit()
        self.name.setAccessibleName("Name of the new direction")
        self.name.returnPressed.connect(self._make)
        self.with_, self.without = QComboBox(), QComboBox()
        self.with_.setAccessibleName("Data that have it")
        self.without.setAccessibleName("Data that have not")
        for box in (self.with_, self.without):
            box.currentIndexChanged.connect(self._show_name)
        self.make = QPushButton("Make")
        self.make.setAutoDefault(False)
        self.make.clicked.connect(self._make)
        self.said, self.summed = words("", "small", wrap=True), words("", "small", wrap=True)
        self._sums_asked = False  # whether what is said is an answer to the sums
        self.hold = QCheckBox("Hold the others")
        self.hold.setToolTip("Walk each without what it shares with the others")
        self.hold.toggled.connect(session.directing.set_hold)
        self.look = QPushButton("What can change here")
        self.look.setAutoDefault(False)
        self.look.setToolTip("The principal directions of the decoder's Jacobian at z")
        self.look.clicked.connect(self._look)
        self.sum = QLineEdit()
        self.sum.setPlaceholderText("mean(3) - mean(8) + here")
        self.sum.setAccessibleName("Arithmetic of latents")
        self.sum.setToolTip(
            "mean(class), mean(selection), mean(all), data(17), here, A, B, [1, 2], directions"
        )
        self.sum.returnPressed.connect(self._compute)
        self.terms = [QLineEdit() for _ in range(3)]
        for field, letter in zip(self.terms, "abc", strict=True):
            field.setPlaceholderText(letter)
            field.setAccessibleName(f"Analogy: {letter}")
            field.returnPressed.connect(self._analogy)

    def _new(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(8)
        for place, (text, field) in enumerate(
            (("Name", self.name), ("From", self.without), ("To", self.with_))
        ):
            label = words(text, "quiet")
            label.setBuddy(field)
            grid.addWidget(label, place, 0)
            grid.addWidget(field, place, 1, 1, 2 if place < 2 else 1)
        grid.addWidget(self.make, 2, 2)
        grid.setColumnStretch(1, 1)
        return grid

    def _sums(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(8)
        go, solve = QPushButton("Go"), QPushButton("Solve")
        for button, do in ((go, self._compute), (solve, self._analogy)):
            button.setAutoDefault(False)
            button.clicked.connect(do)
        grid.addWidget(self.sum, 0, 0)
        grid.addWidget(go, 0, 1)
        a, b, c = self.terms
        line = row(a, words(":", "quiet"), b, words("::", "quiet"), c, words(": ?", "quiet"))
        grid.addLayout(line, 1, 0)
        grid.addWidget(solve, 1, 1)
        return grid

    def refresh_groups(self) -> None:
        """List the classes, and the selection where there is one."""
        names = self._groups()
        for box, extra in ((self.with_, []), (self.without, [(REST_WORDS, REST)])):
            now = box.currentText()
            box.blockSignals(True)
            box.clear()
            for text, key in (*extra, *names):
                box.addItem(text, key)
            place = box.findText(now)
            box.setCurrentIndex(max(place, 0))
            box.blockSignals(False)
        self.make.setEnabled(bool(names))
        self._show_name()

    def _groups(self) -> list[tuple[str, str]]:
        session = self._session
        if session.codes is None:
            return []
        every = max(1, len(session.codes.labels) // 100_000)
        labels = np.unique(session.codes.labels[::every])
        labels = labels[labels >= 0]
        known = session.label_names
        found = []
        for label in labels[:1000]:
            name = known[label] if label < len(known) else str(label)
            found.append((name, name))
        if len(session.selected):
            found.append((f"{SELECTION} ({len(session.selected):,})", "selection"))
        return found

    def refresh(self) -> None:
        """Show the session's directions."""
        directing = self._session.directing
        layout = self._rows
        kept = [(one, True) for one in directing.directions]
        here = [(one, False) for one in directing.here]
        self.strengths = [Strength(self._session, one, kept=k) for one, k in (*kept, *here)]
        while layout.count():
            item = layout.takeAt(0)
            widget = None if item is None else item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for one in self.strengths:
            layout.addWidget(one)
        if not self.strengths:
            layout.addWidget(words(EMPTY, "quiet", wrap=True))
        layout.addStretch(1)

    def refresh_strengths(self) -> None:
        """Show how far each is walked."""
        for one in self.strengths:
            one.refresh()

    def _make(self) -> None:
        self._sums_asked = False
        self._session.directing.make(
            self.name.text().strip() or self._plain_name(),
            self.with_.currentData() or "",
            self.without.currentData() or REST,
        )

    def _plain_name(self) -> str:
        """What a direction is called that was given no name."""
        with_, without = self.with_.currentData() or "", self.without.currentData() or REST
        if not with_:
            return ""
        return f"to {with_}" if without == REST else f"{without} to {with_}"

    def _show_name(self) -> None:
        self.name.setPlaceholderText(self._plain_name() or "name")

    def _look(self) -> None:
        self._sums_asked = False
        self._session.directing.look_here()

    def _compute(self) -> None:
        self._sums_asked = True
        if self.sum.text().strip():
            self._session.directing.compute(self.sum.text())

    def _analogy(self) -> None:
        self._sums_asked = True
        a, b, c = (field.text().strip() for field in self.terms)
        if a and b and c:
            self._session.directing.analogy(a, b, c)
        else:
            self._say("An analogy needs a, b and c: classes, data(17), here.")

    def _say(self, text: str) -> None:
        """Say it beneath what asked for it."""
        for label, its in ((self.said, not self._sums_asked), (self.summed, self._sums_asked)):
            label.setText(text if its else "")
            label.setVisible(bool(text) and its)


EMPTY = "No directions yet. Choose two groups above, or look at what can change here."


def sure_words(direction: Direction) -> str:
    """How sure a direction is, in a line.

    Example:
        >>> sure_words(Direction("up", np.ones(2), about="12 pixels a unit"))
        '12 pixels a unit'
    """
    sure = direction.consistency
    if sure is None:
        return direction.about
    counts = f"{direction.with_count:,} against {direction.without_count:,} data"
    own = "" if sure.held_out else " (on its own data)"
    return (
        f"{counts}: pairs agree {sure.cosine:.2f} ± {sure.cosine_std:.2f}, random pairs "
        f"{sure.random:z.2f} ± {sure.random_std:.2f}; effect size {sure.effect_size:.1f}, tells "
        f"{100 * sure.accuracy:.0f} % apart{own}"
    )
