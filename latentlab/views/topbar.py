"""The top bar: the menus, and what is open and where it is computed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenuBar, QWidget

from latentlab.data.dataset import Dataset
from latentlab.engine.messages import ModelInfo
from latentlab.rules import bound_kind
from latentlab.session.natures import bound_word, has_latents
from latentlab.session.session import Session
from latentlab.views.panels.training import device_words
from latentlab.views.part_words import PARTS
from latentlab.views.theme import GRID, Theme
from latentlab.views.widgets import Chip
from latentlab.views.words import bound_name, model_words, nats, number

MOST_SKIPPED = 5


class TopBar(QWidget):
    """Menus at the left, chips at the right: data, model with its bound, device."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setObjectName("topBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.menus = QMenuBar()
        self.menus.setNativeMenuBar(False)
        self.data = Chip("data", "Data")
        self.model = Chip("model", "Model")
        self.device = Chip("device", "Device")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 4, 16, 4)
        layout.setSpacing(8)
        layout.addWidget(self.menus)
        layout.addStretch(1)
        for chip in (self.data, self.model, self.device):
            layout.addWidget(chip)
        session.data_changed.connect(self.refresh)
        session.model_changed.connect(self.refresh)
        session.engine_changed.connect(self.refresh)
        session.training_changed.connect(self.refresh_device)
        self.refresh()

    def refresh(self) -> None:
        """Show what the session has open."""
        self.data.set_words(*data_chip(self._session.dataset, self._session.model))
        self.model.set_words(*model_chip(self._session.model))
        self.refresh_device()

    def refresh_device(self) -> None:
        """Show where it is computed."""
        training, engine = self._session.training, self._session.engine
        device = training.device if training.active and training.device else engine.device
        if not device:
            self.device.set_words("loading torch", "The window answers; torch comes in a moment")
            self._share()
            return
        found = ", ".join(device_words(name) for name in engine.devices)
        self.device.set_words(
            device_words(device), f"Found here: {found}.\nModel > Train... chooses another."
        )
        self._share()

    def set_theme(self, theme: Theme) -> None:
        """Tint the icons."""
        for chip in (self.data, self.model, self.device):
            chip.set_theme(theme)
        self._share()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the new size."""
        super().resizeEvent(event)
        self._share()

    def _share(self) -> None:
        """What is long gives way first: the model's words, then the data's; never the device's."""
        device, data = self.device.sizeHint().width(), self.data.sizeHint().width()
        self.device.setMinimumWidth(device)
        others = self.menus.sizeHint().width() + device + self.model.minimumSizeHint().width()
        room = self.width() - others - 8 * GRID
        self.data.setMinimumWidth(min(data, max(room, self.data.minimumSizeHint().width())))


def data_chip(dataset: Dataset | None, model: ModelInfo | None) -> tuple[str, str]:
    """Return the data chip's text and tip."""
    if dataset is None:
        if model is None or not model.data_name:
            return "No data", "File > Open data..."
        tip = "The map came with the model; open the data to see the pictures themselves."
        return f"{model.data_name}, not open", tip
    return dataset.name, data_words(dataset)


def data_words(dataset: Dataset) -> str:
    """Return what is worth knowing of a data set, a line each."""
    size = "\N{MULTIPLICATION SIGN}".join(str(n) for n in dataset.shape[1:])
    train, test = len(dataset.rows("train")), len(dataset.rows("test"))
    lines = [
        f"{len(dataset):,} rows: {train:,} to train on, {test:,} held out",
        f"{size}, {'grey' if dataset.shape[0] == 1 else f'{dataset.shape[0]} channels'}",
        f"{dataset.class_count} classes" if dataset.class_count else "no labels",
        *dataset.notes,
        f"from {dataset.source.source}",
    ]
    if dataset.skipped:
        lines.append(f"{len(dataset.skipped):,} left out:")
        lines += [f"  {name}: {reason}" for name, reason in dataset.skipped[:MOST_SKIPPED]]
    return "\n".join(lines)


def model_chip(model: ModelInfo | None) -> tuple[str, str]:
    """Return the model chip's text and tip."""
    if model is None:
        return "No model", "Model > Train... makes one, File > Open model... opens one."
    words = model_words(model)
    if model.held_out is not None:
        words += f", {nats(model.held_out.bound_nats)} ({bound_name(model.spec, model.train)})"
    return words, model_facts(model)


def model_facts(model: ModelInfo) -> str:
    """Return what is worth knowing of a model, a line each."""
    spec = model.spec
    parts = (spec.network, spec.posterior, spec.prior, spec.likelihood)
    tags = [PARTS[type(part).__name__].label for part in parts]
    lines = [
        model.name,
        f"{tags[0]}, {model.parameter_count:,} parameters",
    ]
    if has_latents(spec):
        lines.append(f"q(z|x) {tags[1]}, p(z) {tags[2]}, p(x|z) {tags[3]}")
    if model.held_out is not None:
        terms, name = model.held_out, bound_name(spec, model.train)
        lines.append(f"Held-out {bound_word(spec)} {nats(terms.bound_nats)} per datum ({name})")
        if bound_kind(spec) == "bound":
            parts_of = number(terms.reconstruction_nats, 1), number(terms.kl_nats, 1)
            lines.append(f"reconstruction {parts_of[0]}, KL {parts_of[1]}")
        for extra, value in terms.extras.items():
            lines.append(f"{extra.replace('_', ' ')} {number(value)}")
    if model.data_name:
        lines.append(f"trained on {model.data_name}")
    if model.path is not None:
        lines.append(str(model.path))
    return "\n".join(lines)
