"""The Train dialog asks for what is chosen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QComboBox, QLabel
from specs_at_random import GENTLE, models, trains

from latentlab import rules
from latentlab.engine import messages as m
from latentlab.session import session as session_module
from latentlab.specs import (
    Bernoulli,
    Mlp,
    ModelSpec,
    TrainSpec,
    tag_of,
)
from latentlab.views.dialogs.train import TrainDialog

SUGGESTED = (
    ModelSpec(shape=(1, 8, 8), network=Mlp(hidden=(256, 128))),
    TrainSpec(epochs=37, batch_size=100, learning_rate=1.5e-3, early_stopping=5),
)


@pytest.fixture
def suggested(monkeypatch: pytest.MonkeyPatch) -> tuple[ModelSpec, TrainSpec]:
    monkeypatch.setattr(session_module.opening, "suggest", lambda dataset: SUGGESTED)
    return SUGGESTED


@pytest.fixture
def dialog(window: Any, world: Any, suggested: Any) -> Any:
    world.ready()
    world.open_data()
    window.actions_table["train"].trigger()
    (shown,) = window.findChildren(TrainDialog)
    return shown


def test_enter_starts_what_was_suggested(dialog: Any, world: Any, qtbot: Any) -> None:
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    asked = world.last(m.Train)
    assert (asked.model, asked.train) == SUGGESTED
    assert asked.dataset is world.session.dataset
    assert not asked.warm_start
    assert not dialog.isVisible()


def test_enter_in_a_field_starts_with_what_was_typed(dialog: Any, world: Any, qtbot: Any) -> None:
    epochs = dialog.learning_form.field("epochs").focus_widget()
    epochs.setFocus()
    epochs.selectAll()
    qtbot.keyClicks(epochs, "3")
    qtbot.keyClick(epochs, Qt.Key.Key_Return)
    assert world.last(m.Train).train.epochs == 3


def test_escape_starts_nothing(dialog: Any, world: Any, qtbot: Any) -> None:
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not any(isinstance(request, m.Train) for request in world.engine.work)


def test_a_wrong_value_keeps_the_start_button_off(dialog: Any, world: Any, qtbot: Any) -> None:
    field = dialog.learning_form.field("batch_size").focus_widget()
    field.setText("0")
    assert not dialog.start.isEnabled()
    assert dialog.trouble.text() == "Batch size: Type a number: at least 1."
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert not any(isinstance(request, m.Train) for request in world.engine.work)
    field.setText("64")
    assert dialog.start.isEnabled()
    assert not dialog.trouble.isVisible()


@GENTLE
@given(model=models, train=trains)
def test_specs_go_through_the_dialog_unchanged(
    dialog: Any, model: ModelSpec, train: TrainSpec
) -> None:
    chosen = None if train.classes is None else (0, 2, 3)
    binarize = train.binarize if isinstance(model.likelihood, Bernoulli) else "none"
    import msgspec

    train = msgspec.structs.replace(train, classes=chosen, binarize=binarize)
    for form, spec in zip(dialog._forms(), (model, train, train, train), strict=True):
        form.blockSignals(True)
        form.set_spec(spec)
        form.blockSignals(False)
    assert dialog.specs() == (model, train)


def test_the_estimate_follows_what_is_chosen(dialog: Any) -> None:
    before = dialog.estimate.text()
    assert before.startswith("About ")
    dialog.learning_form.field("epochs").focus_widget().setText("370000")
    assert dialog.estimate.text() != before
    dialog.learning_form.field("time_limit_s").focus_widget().setText("60")
    assert "1:00 min" in dialog.estimate.text()
    assert not dialog.learning_form.field("epochs").focus_widget().isEnabled()


def test_classes_are_chosen_by_name(dialog: Any, world: Any) -> None:
    rows = dialog.data_form.field("classes").list
    assert [rows.item(i).text() for i in range(2)] == ["T-shirt/top", "Trouser"]
    for index in (0, 3, 4, 5):
        rows.item(index).setCheckState(Qt.CheckState.Unchecked)
    assert dialog.specs()[1].classes == (1, 2)
    for index in (1, 2):
        rows.item(index).setCheckState(Qt.CheckState.Unchecked)
    assert not dialog.start.isEnabled()
    assert "at least one class" in dialog.trouble.text()


def test_what_is_impossible_is_disabled_with_the_reason(dialog: Any) -> None:
    device = dialog.machine_form.field("device").focus_widget()
    cuda = device.findText("CUDA")
    assert not device.model().item(cuda).isEnabled()
    assert "no CUDA device" in device.model().item(cuda).toolTip()
    binarize = dialog.data_form.field("binarize")
    binarize.set_value("dynamic")
    dialog.model_form.field("likelihood").choice.set_value("gaussian")
    assert binarize.value() == "none"
    once = binarize.focus_widget().findText("Once")
    assert not binarize.focus_widget().model().item(once).isEnabled()
    dialog.model_form.field("likelihood").choice.set_value("bernoulli")
    assert binarize.focus_widget().model().item(once).isEnabled()


def chosen(dialog: Any) -> dict[str, str | None]:
    fields = {name: dialog.model_form.field(name) for name in ("network", "posterior", "prior")}
    fields["objective"] = dialog.learning_form.field("objective")
    return {name: field.tag for name, field in fields.items()}


@pytest.mark.parametrize(
    ("name", "tag", "brought"),
    [
        ("posterior", "none", {"objective": "autoencoder", "prior": "normal"}),
        ("posterior", "vq", {"objective": "vq", "prior": "autoregressive"}),
        ("posterior", "categorical", {"objective": "elbo", "prior": "categorical"}),
        ("network", "made", {"objective": "likelihood"}),
        ("network", "two-level", {"posterior": "vq", "objective": "vq"}),
    ],
)
def test_a_choice_brings_what_it_needs_and_can_be_trained(
    dialog: Any, world: Any, name: str, tag: str, brought: dict[str, str]
) -> None:
    dialog.model_form.field(name).choice.set_value(tag)
    assert {part: chosen(dialog)[part] for part in brought} == brought
    assert dialog.start.isEnabled(), dialog.trouble.text()
    dialog.accept()
    asked = world.last(m.Train)
    assert rules.reasons(asked.model, asked.train, world.session.dataset.facts) == {}
    assert tag_of(getattr(asked.model, name)) == tag


def test_a_slow_pair_can_be_trained_and_is_said_to_be_slow(dialog: Any) -> None:
    dialog.model_form.field("posterior").choice.set_value("flow")
    dialog.model_form.field("prior").choice.set_value("vamp")
    assert dialog.trouble.text().startswith("Slow: a VampPrior")
    assert not dialog.trouble.isHidden()
    assert dialog.start.isEnabled()
    dialog.model_form.field("prior").choice.set_value("normal")
    assert dialog.trouble.isHidden()


def test_going_back_to_a_plain_vae_brings_the_bound_back(dialog: Any) -> None:
    before = chosen(dialog)
    dialog.model_form.field("posterior").choice.set_value("vq")
    dialog.model_form.field("posterior").choice.set_value("diagonal")
    assert chosen(dialog) == before


@pytest.mark.parametrize("name", ["Logistic levels", "Poisson", "Negative binomial"])
def test_likelihoods_of_whole_numbers_take_the_levels_of_the_data(
    window: Any, world: Any, suggested: Any, name: str
) -> None:
    made = world.dataset()
    world.open_data(replace(made, x=made.x % 60, levels=60))
    window.actions_table["train"].trigger()
    (dialog,) = window.findChildren(TrainDialog)
    combo = dialog.model_form.field("likelihood").choice.focus_widget()
    place = combo.findText(name)
    assert combo.model().item(place).isEnabled(), combo.model().item(place).toolTip()
    combo.setCurrentIndex(place)
    dialog.accept()
    asked = world.last(m.Train)
    assert asked.model.likelihood.levels == 60


def test_a_network_without_latents_is_not_asked_about_them(dialog: Any) -> None:
    network = dialog.model_form.field("network").choice
    shown = [dialog.model_form.field(name) for name in ("latent_dim", "posterior", "prior")]
    assert all(field.isVisible() for field in shown)
    network.set_value("made")
    assert not any(field.isVisible() for field in shown)
    network.set_value("mlp")
    assert all(field.isVisible() for field in shown)


def test_a_prior_that_does_not_go_is_off_with_the_reason(dialog: Any) -> None:
    combo = dialog.model_form.field("prior").focus_widget()
    place = combo.findText("Uniform codes")
    assert not combo.model().item(place).isEnabled()
    assert "continuous prior" in combo.model().item(place).toolTip()
    dialog.model_form.field("posterior").choice.set_value("categorical")
    assert combo.model().item(place).isEnabled()
    assert combo.currentText() == "Uniform codes"


def test_groups_stand_above_their_choices_and_can_not_be_chosen(dialog: Any) -> None:
    combo = dialog.learning_form.field("objective").focus_widget()
    place = combo.findText("Latents apart")
    assert combo.itemText(place + 1) == "Beta-TCVAE"
    assert not combo.model().item(place).isEnabled()


def test_labels_reach_the_model_with_the_number_of_classes(dialog: Any, world: Any) -> None:
    dialog.learning_form.field("objective").choice.set_value("m2")
    dialog.data_form.field("labelled").focus_widget().setText("12")
    model, train = dialog.specs()
    assert model.labels.classes == world.session.dataset.class_count
    assert train.labelled == 12


def test_a_warm_start_needs_the_same_model(
    window: Any, world: Any, suggested: Any, qtbot: Any
) -> None:
    world.open_data()
    world.open_model(spec=SUGGESTED[0])
    window.actions_table["train"].trigger()
    (shown,) = window.findChildren(TrainDialog)
    assert shown.warm_start.isEnabled()
    shown.warm_start.setChecked(True)
    shown.model_form.field("latent_dim").focus_widget().setText("3")
    assert not shown.warm_start.isEnabled()
    assert "built otherwise" in shown.warm_start_note.text()
    shown.model_form.field("latent_dim").focus_widget().setText("2")
    shown.warm_start.setChecked(True)
    qtbot.keyClick(shown, Qt.Key.Key_Return)
    assert world.last(m.Train).warm_start


def test_a_run_folder_is_handed_on(dialog: Any, world: Any, tmp_path: Path) -> None:
    dialog.run_folder.setText(str(tmp_path / "run"))
    dialog.accept()
    assert world.last(m.Train).run == tmp_path / "run"


def test_no_line_is_cut_when_a_part_without_fields_takes_the_place_of_one_with_them(
    window: Any, world: Any
) -> None:
    """A form keeps the heights that its wrapped lines had beside the part that went away."""
    world.ready()
    world.open_data(world.dataset(side=64, names=("cats", "dogs")))
    window.actions_table["train"].trigger()
    (shown,) = window.findChildren(TrainDialog)
    combo = shown.model_form.field("posterior").findChildren(QComboBox)[0]

    def cut() -> list[str]:
        wrapped = [label for label in shown.findChildren(QLabel) if label.wordWrap()]
        return [
            label.text()
            for label in wrapped
            if label.isVisible() and label.height() < label.heightForWidth(label.width())
        ]

    for width in (980, 1000, 1020, 1040):
        shown.resize(width, 760)
        for part in ("None (autoencoder)", "Diagonal normal"):
            combo.setCurrentIndex(combo.findText(part))
            for _ in range(3):  # a layout asks for another one
                QCoreApplication.processEvents()
            assert not cut(), (width, part)
