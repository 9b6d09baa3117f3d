"""Model > Train...: good defaults, each choice explained in a line, and Enter starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPushButton, QWidget

from latentlab.data.dataset import Dataset
from latentlab.rules import caution
from latentlab.session.session import Session
from latentlab.specs import ModelSpec, TrainSpec
from latentlab.views import choose
from latentlab.views.dialogs.base import Dialog
from latentlab.views.dialogs.classes import ClassesField
from latentlab.views.dialogs.sections import Sections
from latentlab.views.dialogs.train_rules import (
    PartRules,
    fitted,
    impossible_devices,
    no_warm_start,
)
from latentlab.views.fields import ChoiceField, InvalidFieldError
from latentlab.views.forms import Form
from latentlab.views.panels.training import device_words
from latentlab.views.widgets import boxed, column, heading, row, set_role, words
from latentlab.views.words import bound_name, duration

LEARNING = (
    "objective",
    "epochs",
    "time_limit_s",
    "steps",
    "batch_size",
    "learning_rate",
    "learning_rate_schedule",
    "warmup_steps",
    "early_stopping",
)
DATA = ("binarize", "classes", "labelled")
COLUMNS = (((0, 1, 2, 3),), ((0, 3), (1, 2)), ((0,), (1,), (2, 3)))
MACHINE = ("seed", "device", "precision", "threads")


class TrainDialog(Dialog):
    """A form for a model and its training on the open data."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Train", parent)
        dataset, suggestion = session.dataset, session.suggest()
        if dataset is None or suggestion is None:
            raise ValueError("there are no data to train on")
        self._session = session
        self._dataset = dataset
        model, train = suggestion
        self.model_form: Form[ModelSpec] = Form(ModelSpec, model)
        learning = tuple(name for name in LEARNING if name != "steps" or train.steps is not None)
        self.learning_form: Form[TrainSpec] = Form(TrainSpec, train, only=learning)
        self.data_form: Form[TrainSpec] = Form(
            TrainSpec, train, only=_data_fields(dataset), makers=self._makers(dataset)
        )
        self.machine_form: Form[TrainSpec] = Form(TrainSpec, train, only=MACHINE)
        self._parts = PartRules(self.model_form, self.learning_form, self.data_form, dataset.facts)
        self.warm_start = QCheckBox("Begin from the open model")
        self.warm_start_note = words("", "small", wrap=True)
        self.run_folder = QLineEdit()
        self.run_folder.setPlaceholderText("latentlab's own")
        self.run_folder.setAccessibleName("Run folder")
        self.estimate = words("", "large")
        self.trouble = words("", "bad", wrap=True)
        self._build()
        self._parts.connect()
        for form in self._forms():
            form.changed.connect(self._check)
        session.engine_changed.connect(self._check)
        self._check()
        self.begin_at(1120, 800)
        self.start.setFocus()

    def _makers(self, dataset: Dataset) -> dict[str, Any]:
        def classes() -> ClassesField:
            return ClassesField(dataset.label_names)

        return {"classes": classes}

    def _forms(self) -> tuple[Form[Any], ...]:
        return self.model_form, self.learning_form, self.data_form, self.machine_form

    def _build(self) -> None:
        data = self._dataset
        count = len(data.rows("train"))
        size = "\N{MULTIPLICATION SIGN}".join(str(n) for n in data.shape[1:])
        what = f"{count:,} training rows of {data.name}, {size}" + (
            f" in {data.shape[0]} channels" if data.shape[0] > 1 else ""
        )
        self.add_title("Train a model", f"{what}. The defaults make a good map: press Enter.")
        browse = QPushButton("Choose...")
        browse.setAutoDefault(False)
        browse.clicked.connect(self._browse)
        folder = column(
            words("Run folder"),
            row(self.run_folder, browse),
            words("Holds checkpoints and curves; a run there can go on later.", "small", wrap=True),
            spacing=4,
        )
        warm = column(self.warm_start, self.warm_start_note, spacing=2)
        sections = (
            boxed(column(heading("Model"), self.model_form, warm, spacing=12)),
            boxed(column(heading("Training"), self.learning_form, spacing=12)),
            boxed(column(heading("Data"), self.data_form, spacing=12)),
            boxed(column(heading("Machine"), self.machine_form, folder, spacing=12)),
        )
        self.add_scrolled(Sections(sections, COLUMNS))
        self.body.addWidget(self.trouble)
        self.start = self.add_primary("Start training")
        self.body.removeWidget(self.buttons)
        bottom = row(self.estimate, None, self.buttons)
        self.body.addLayout(bottom)

    def specs(self) -> tuple[ModelSpec, TrainSpec]:
        """Return what the form describes.

        Raises:
            InvalidFieldError: A field is not valid.
        """
        model = self.model_form.spec()
        learning = self.learning_form.spec()
        data, machine = self.data_form.spec(), self.machine_form.spec()
        chosen = {name: getattr(data, name) for name in DATA}
        chosen |= {name: getattr(machine, name) for name in MACHINE}
        train = msgspec.structs.replace(learning, **chosen)
        model, train, trouble = fitted(model, train, self._dataset.facts)
        if trouble:
            raise InvalidFieldError(trouble)
        return model, train

    def _check(self) -> None:
        self._apply_rules()
        found: dict[str, str] = {}
        for form in self._forms():
            found |= form.problems()
        specs: tuple[ModelSpec, TrainSpec] | None = None
        sentence = next(iter(found.values()), "")
        if not found:
            try:
                specs = self.specs()
            except InvalidFieldError as error:
                sentence = str(error)
        self.start.setEnabled(specs is not None)
        self.trouble.setText(sentence)
        self.trouble.setVisible(bool(sentence))
        if specs is None:
            set_role(self.trouble, "bad")
            self.estimate.setText("")
            return
        model, train = specs
        self._say_estimate(model, train)
        slow = " ".join(caution(model)).strip()
        set_role(self.trouble, "warn" if slow else "bad")
        self.trouble.setText(slow)
        self.trouble.setVisible(bool(slow))
        reason = no_warm_start(self._session.model, model)
        self.warm_start.setEnabled(not reason)
        if reason:
            self.warm_start.setChecked(False)
        self.warm_start_note.setText(reason or "Its weights are the start; faster on similar data.")

    def _apply_rules(self) -> None:
        self._parts.apply()
        device = self.machine_form.field("device")
        if isinstance(device, ChoiceField):
            device.disable(impossible_devices(self._session.engine.devices))
        limited = _has_text(self.learning_form.field("time_limit_s").focus_widget())
        epochs = self.learning_form.field("epochs").focus_widget()
        epochs.setEnabled(not limited)
        epochs.setToolTip("The time limit counts instead." if limited else "")

    def _say_estimate(self, model: ModelSpec, train: TrainSpec) -> None:
        seconds = self._session.estimate_s(model, train)
        engine = self._session.engine
        device = train.device if train.device != "auto" else engine.device or "this machine"
        about = (
            f"About {duration(seconds)} on {device_words(device)}" if seconds is not None else ""
        )
        self.estimate.setText(about)
        self.estimate.setToolTip(f"The bound is: {bound_name(model, train)}")
        set_role(self.estimate, "large")

    def _browse(self) -> None:
        chosen = choose.folder(self, "Run folder")
        if chosen is not None:
            self.run_folder.setText(str(chosen))

    def accept(self) -> None:
        """Start the training."""
        try:
            model, train = self.specs()
        except InvalidFieldError as error:
            self.trouble.setText(str(error))
            self.trouble.show()
            return
        text = self.run_folder.text().strip()
        run = Path(text).expanduser() if text else None
        super().accept()
        self._session.train(model, train, run, self.warm_start.isChecked())


def _data_fields(dataset: Dataset) -> tuple[str, ...]:
    return tuple(name for name in DATA if name == "binarize" or dataset.class_count > 1)


def _has_text(control: QWidget) -> bool:
    return isinstance(control, QLineEdit) and bool(control.text().strip())
