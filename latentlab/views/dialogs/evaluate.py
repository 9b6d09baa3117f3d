"""Analyse > Evaluate...: what is to be measured, and what each part costs."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLineEdit, QWidget

from latentlab.data.dataset import Dataset
from latentlab.engine.messages import ModelInfo
from latentlab.parts.evaluation import (
    CHECKS,
    QUICK,
    SECTIONS,
    Check,
    EvaluationSpec,
    Section,
    Split,
)
from latentlab.session.natures import bound_word, not_judged
from latentlab.session.session import Session
from latentlab.views.dialogs.base import Dialog
from latentlab.views.dialogs.sections import Sections
from latentlab.views.fields import InvalidFieldError, parse_int
from latentlab.views.theme import GRID
from latentlab.views.widgets import Upright, boxed, column, heading, words

INDENT_PX = 26
SPLITS: tuple[tuple[Split, str], ...] = (
    ("test", "Test rows"),
    ("train", "Training rows"),
    ("all", "All rows"),
)


class EvaluateDialog(Dialog):
    """Choices, each with its cost in a line; Enter starts."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Evaluate", parent)
        self._session = session
        dataset, model = session.dataset, session.model
        if dataset is None or model is None:
            raise ValueError("there is nothing to judge, or nothing to judge on")
        always = bound_word(model.spec)
        self.add_title("Evaluate", f"The {always} is always there. On {dataset.name}:")
        self.boxes = {name: self._box(name, dataset, model) for name in SECTIONS}
        sections = self._sections()
        self.check = QComboBox()
        self.check.addItem("None", None)
        for name, (what, cost) in CHECKS.items():
            self.check.addItem(f"{what[0].upper()}{what[1:]} ({cost})", name)
        self.check.setAccessibleName("Check beside the usual estimate")
        no_check = not_judged("hmc", model, dataset)
        self.check.setEnabled(not no_check)
        self.check.setToolTip(no_check)
        data = self._data(dataset)
        for box in (self.check, self.split):  # no wider than the dialog: their lists are
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
        parts = sections, heading("Check"), self.check, heading("Data"), data
        page = Upright(column(*parts, spacing=2 * GRID))
        self.add_scrolled(page)
        self.problem = words("", "bad", wrap=True)
        self.problem.hide()
        self.body.addWidget(self.problem)
        self.start = self.add_primary("Evaluate")
        self.begin_at(580, 690)

    def _box(self, name: Section, dataset: Dataset, model: ModelInfo) -> QCheckBox:
        what, _ = SECTIONS[name]
        box = QCheckBox(what if name == "likelihood" else what[0].upper() + what[1:])
        box.setChecked(name in QUICK)
        reason = not_judged(name, model, dataset)
        if reason:
            box.setChecked(False)
            box.setEnabled(False)
            box.setToolTip(reason)
        return box

    def _sections(self) -> Sections:
        cells = []
        for name, box in self.boxes.items():
            cost = words(box.toolTip() or SECTIONS[name][1], "quiet", wrap=True)
            cost.setEnabled(box.isEnabled())
            cost.setContentsMargins(INDENT_PX, 0, 0, 0)
            cells.append(boxed(column(box, cost, spacing=2)))
        every = tuple(range(len(cells)))
        return Sections(tuple(cells), ((every,), (every[::2], every[1::2])), least_px=224)

    def _data(self, dataset: Dataset) -> QGridLayout:
        self.split = QComboBox()
        for name, text in SPLITS:
            count = len(dataset.rows(name))
            if count:
                self.split.addItem(f"{text} ({count:,})", name)
        self.count, self.samples = QLineEdit(), QLineEdit()
        self.count.setPlaceholderText("All of them")
        self.samples.setPlaceholderText("Chosen by the number of rows; 5,000 for a paper")
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * GRID)
        grid.setVerticalSpacing(GRID)
        fields = (("Rows", self.split), ("At most", self.count), ("Samples K", self.samples))
        for place, (text, control) in enumerate(fields):
            label = words(text)
            label.setBuddy(control)
            control.setAccessibleName(text)
            grid.addWidget(label, place, 0)
            grid.addWidget(control, place, 1)
        grid.setColumnStretch(1, 1)
        return grid

    def spec(self) -> EvaluationSpec:
        """What was chosen.

        Raises:
            InvalidFieldError: A number can't be read.
        """
        sections: tuple[Section, ...] = tuple(
            name for name, box in self.boxes.items() if box.isEnabled() and box.isChecked()
        )
        split: Split = self.split.currentData()
        check: Check | None = self.check.currentData()
        return EvaluationSpec(
            split=split,
            count=_number(self.count),
            samples=_number(self.samples),
            sections=sections,
            check=check,
        )

    def accept(self) -> None:
        """Start, or say what can't be read."""
        try:
            spec = self.spec()
        except InvalidFieldError as error:
            self.problem.setText(str(error))
            self.problem.show()
            return
        super().accept()
        self._session.evaluate(spec)


def _number(field: QLineEdit) -> int | None:
    text = field.text().strip().replace(",", "")
    if not text:
        return None
    value = parse_int(text)
    if not 1 <= value <= 1_000_000:
        raise InvalidFieldError("Give a whole number between 1 and 1,000,000, or nothing.")
    return value
