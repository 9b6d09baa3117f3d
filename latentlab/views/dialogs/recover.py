"""Analyse > Recover labels...: which methods, how far they are, and how good they are."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHeaderView,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from latentlab.engine.messages import LabelsRecovered, MethodScore
from latentlab.session.natures import has_latents, is_quantised
from latentlab.session.session import Session
from latentlab.views import choose
from latentlab.views.dialogs.base import Dialog
from latentlab.views.fields import InvalidFieldError, parse_int
from latentlab.views.theme import GRID
from latentlab.views.widgets import Upright, column, heading, row, words
from latentlab.views.words import duration

METHODS: dict[str, tuple[str, str, bool]] = {
    "clusters": ("Clusters", "k-means of the codes, from the labelled ones", True),
    "spreading": ("Label spreading", "along the nearest neighbours of the codes", True),
    "m1": ("M1", "a classifier on the codes; seconds", True),
    "m2": ("M2", "a model of picture and class; minutes", False),
    "m1m2": ("M1+M2", "M2 on the codes of M1; minutes", False),
    "spreading+m2": ("Spreading, then M2", "M2 on what spreading is sure of; minutes", False),
}
COLUMNS = ("Method", "Hidden labels", "Test rows", "Seconds")


class RecoverDialog(Dialog):
    """Stays while it works; closing it calls the work off.

    Args:
        session: Whose open data.
        parent: The window.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Recover labels", parent)
        dataset = session.dataset
        if dataset is None:
            raise ValueError("there are no data")
        self.setModal(False)
        self._session = session
        self._ticket: int | None = None
        self.recovered: LabelsRecovered | None = None
        known = int((dataset.labels >= 0).sum())
        self.add_title("Recover labels", f"{known:,} of {len(dataset):,} rows have a label.")
        self.boxes = {name: QCheckBox(text) for name, (text, _, _) in METHODS.items()}
        self.table = self._table()
        self.believed = words("", "quiet", wrap=True)
        for shown_later in (self.table, self.believed):
            shown_later.hide()
        fields = self._fields(missing=known < len(dataset))
        parts = self._methods(), fields, self.table, self.believed
        self._page = Upright(column(*parts, spacing=2 * GRID))
        self._area = self.add_scrolled(self._page)
        self.problem = words("", "bad", wrap=True)
        self.problem.hide()
        self.body.addWidget(self.problem)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress")
        self.doing, self.left = words("", "quiet"), words("", "quiet")
        self._progress = row(self.doing, self.bar, self.left)
        self.body.addLayout(self._progress)
        self.add_away("Close")
        self._add_buttons()
        session.relabelling.recovered.connect(self._take)
        session.busy_changed.connect(self._show_busy)
        self._show_busy()
        self._follow_labelled()
        self.begin_at(640, 720)

    def _methods(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * GRID)
        for place, (name, box) in enumerate(self.boxes.items()):
            _, about, chosen = METHODS[name]
            box.setChecked(chosen)
            grid.addWidget(box, place, 0)
            grid.addWidget(words(about, "quiet", wrap=True), place, 1)
        grid.setColumnStretch(1, 1)
        return grid

    def _fields(self, *, missing: bool) -> QGridLayout:
        self.labelled, self.draws, self.seconds = QLineEdit(), QLineEdit("5"), QLineEdit("60")
        self.labelled.setPlaceholderText("All of them: nothing is hidden, nothing scored")
        self.labelled.setToolTip("A number, or a share such as 1%; the others are hidden, to score")
        if not missing:
            self.labelled.setText("100")
        self.labelled.textChanged.connect(self._follow_labelled)
        self.own = QCheckBox("Use the open model's codes")
        why_not = no_codes(self._session)
        self.own.setEnabled(not why_not)
        self.own.setToolTip(why_not or "Instead of those of an M1 that is trained for this")
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * GRID)
        fields = (
            ("Labels to show", self.labelled),
            ("Draws of them", self.draws),
            ("Seconds for each method", self.seconds),
        )
        grid.addWidget(heading("How"), 0, 0)
        for place, (text, field) in enumerate(fields, start=1):
            label = words(text)
            label.setBuddy(field)
            field.setAccessibleName(text)
            grid.addWidget(label, place, 0)
            grid.addWidget(field, place, 1)
        grid.addWidget(self.own, len(fields) + 1, 1)
        grid.setColumnStretch(1, 1)
        return grid

    def _table(self) -> QTableWidget:
        table = QTableWidget(0, len(COLUMNS))
        table.setHorizontalHeaderLabels(COLUMNS)
        table.verticalHeader().hide()
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.setAccessibleName("Accuracy of each method")
        return table

    def _add_buttons(self) -> None:
        self.start = QPushButton("Recover")
        self.start.setDefault(True)
        self.start.clicked.connect(self.begin)
        self.use = QPushButton("Use as labels")
        self.use.clicked.connect(self._use)
        self.write = QPushButton("Export CSV...")
        self.write.clicked.connect(self._write)
        for button in (self.use, self.write):
            button.setAutoDefault(False)
            button.setEnabled(False)
        self.body.removeWidget(self.buttons)
        self.body.addLayout(row(self.use, self.write, None, self.start, self.buttons))

    # Asking

    def wanted(self) -> dict[str, object]:
        """What was chosen, as `Session.recover_labels` takes it.

        Raises:
            InvalidFieldError: A number can't be read, or no method is chosen.
        """
        methods = tuple(name for name, box in self.boxes.items() if box.isChecked())
        if not methods:
            raise InvalidFieldError("Choose at least one method.")
        return {
            "methods": methods,
            "labelled": _labelled(self.labelled.text()),
            "draws": _number(self.draws.text(), 1, 100),
            "time_limit_s": float(_number(self.seconds.text(), 1, 86_400)),
            "open_model": self.own.isEnabled() and self.own.isChecked(),
        }

    def begin(self) -> None:
        """Start, or call off what is under way."""
        if self._working:
            self._session.cancel_busy()
            return
        try:
            wanted = self.wanted()
        except InvalidFieldError as error:
            self.problem.setText(str(error))
            self.problem.show()
            return
        self.problem.hide()
        self._ticket = self._session.relabelling.ask(**wanted)
        self._show_busy()

    def _follow_labelled(self) -> None:
        hides = bool(self.labelled.text().strip())
        self.draws.setEnabled(hides)
        self.draws.setToolTip("" if hides else "Nothing is hidden: there is nothing to draw.")

    # Answers

    @property
    def _working(self) -> bool:
        busy = self._session.busy
        return busy is not None and busy.ticket == self._ticket

    def _show_busy(self) -> None:
        busy = self._session.busy
        working = self._working and busy is not None
        self.start.setText("Stop" if working else "Recover")
        self.bar.setVisible(working)
        self.doing.setText(busy.text if working and busy is not None else "")
        left_s = busy.left_s if working and busy is not None else None
        self.left.setText("" if left_s is None else f"{duration(left_s)} left")
        if working and busy is not None:
            self.bar.setRange(0, 0 if busy.fraction is None else 100)
            self.bar.setValue(round(100 * (busy.fraction or 0)))

    def _take(self, event: object) -> None:
        if not isinstance(event, LabelsRecovered) or event.ticket != self._ticket:
            return
        self.recovered = event
        self.table.setRowCount(len(event.scores))
        for place, (name, score) in enumerate(event.scores.items()):
            mark = "  (used)" if name == event.chosen else ""
            texts = (METHODS[name][0] + mark, *_figures(score))
            for column_, text in enumerate(texts):
                self.table.setItem(place, column_, QTableWidgetItem(text))
        scored = any(score.accuracy_mean is not None for score in event.scores.values())
        self.table.setHorizontalHeaderItem(
            1, QTableWidgetItem("Hidden labels" if scored else "When checked")
        )
        self.table.setColumnHidden(2, not scored)
        self.believed.setText(_believed(event, scored=scored))
        self.use.setEnabled(True)
        self.write.setEnabled(True)
        self._show_table()

    def _show_table(self) -> None:
        """All of its rows, in sight."""
        self.table.show()
        self.believed.show()
        self.table.resizeRowsToContents()
        rows = sum(self.table.rowHeight(place) for place in range(self.table.rowCount()))
        frame = 2 * self.table.frameWidth()
        self.table.setFixedHeight(self.table.horizontalHeader().sizeHint().height() + rows + frame)
        QTimer.singleShot(0, self._area, self._to_the_end)

    def _to_the_end(self) -> None:
        bar = self._area.verticalScrollBar()
        bar.setValue(bar.maximum())

    def _use(self) -> None:
        if self.recovered is not None:
            self._session.relabelling.use(self.recovered)

    def _write(self) -> None:
        if self.recovered is None:
            return
        path = choose.new_file(self, "Export labels", "labels.csv", "CSV (*.csv)")
        if path is not None:
            self._session.relabelling.write(path, self.recovered)

    def done(self, result: int) -> None:
        """Close; what is under way is called off."""
        if self._working:
            self._session.cancel_busy()
        super().done(result)


def no_codes(session: Session) -> str:
    """Why labels can't be recovered among the open model's codes; empty where they can."""
    model, dataset = session.model, session.dataset
    if model is None:
        return "There is no model open."
    if not has_latents(model.spec) or is_quantised(model.spec):
        return "The open model has no codes that are points."
    if dataset is not None and model.spec.shape != dataset.shape:
        return "The open model takes other data."
    return ""


def _figures(score: MethodScore) -> tuple[str, str, str]:
    hidden = _share(score.accuracy_mean, score.accuracy_std)
    if score.accuracy_mean is None and score.checked_of:
        hidden = f"{score.checked:,} of {score.checked_of:,}"
    test = _share(score.test_accuracy_mean, score.test_accuracy_std)
    return hidden, test, f"{score.seconds:.1f}"


def _believed(found: LabelsRecovered, *, scored: bool) -> str:
    """Why these labels are of this method, in a sentence."""
    name, score = METHODS[found.chosen][0], found.scores[found.chosen]
    told = f"{name} gave the labels"
    if score.checked_of and len(found.scores) > 1:
        told += (
            f": it found {score.checked:,} of {score.checked_of:,} shown labels that were hidden"
            " from it once, and no method more"
        )
    elif score.checked_of:
        told += (
            f". It found {score.checked:,} of {score.checked_of:,} labels that were hidden from it"
            " once"
        )
    return told + ("; hidden ones chose nothing." if scored else ".")


def _share(mean: float | None, spread: float | None) -> str:
    if mean is None or spread is None:
        return "not scored"
    return f"{mean:.2%} ± {spread:.2%}"


def _labelled(text: str) -> int | float | None:
    text = text.strip()
    if not text:
        return None
    if text.endswith("%"):
        try:
            share = float(text[:-1]) / 100
        except ValueError:
            share = 0.0
        if not 0 < share < 1:
            raise InvalidFieldError("Give a number of labels, a share like 1%, or nothing.")
        return share
    return _number(text, 1, 1_000_000_000)


def _number(text: str, least: int, most: int) -> int:
    value = parse_int(text.strip().replace(",", ""))
    if not least <= value <= most:
        raise InvalidFieldError(f"Give a whole number between {least:,} and {most:,}.")
    return value
