"""Forms say exactly what their specs say; the dialogs ask for what is chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
import shiboken6
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from latentlab import rules
from latentlab.engine import messages as m
from latentlab.session import session as session_module
from latentlab.specs import (
    Bernoulli,
    BetaSchedule,
    BetaVae,
    Binarize,
    ContinuousBernoulli,
    Conv,
    DataSpec,
    Diagonal,
    Elbo,
    FullCovariance,
    Gaussian,
    LearningRateSchedule,
    Mlp,
    ModelSpec,
    Precision,
    TrainSpec,
    tag_of,
)
from latentlab.verbs import recipe
from latentlab.views.dialogs.open_data import OpenDataDialog
from latentlab.views.dialogs.preferences import PreferencesDialog
from latentlab.views.dialogs.train import TrainDialog
from latentlab.views.fields import InvalidFieldError
from latentlab.views.forms import Form
from latentlab.views.part_words import PARTS
from latentlab.views.words import CHOICES

SHAPE = (1, 28, 28)
GENTLE = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

widths = st.integers(1, 16384)
positive = st.floats(1e-300, 1e300)
networks = st.one_of(
    st.builds(Mlp, hidden=st.lists(widths, min_size=1, max_size=16).map(tuple)),
    st.builds(Conv, channels=st.lists(widths, min_size=1, max_size=6).map(tuple), hidden=widths),
)
likelihoods = st.one_of(
    st.just(Bernoulli()),
    st.just(ContinuousBernoulli()),
    st.builds(Gaussian, scale=positive, learned=st.booleans()),
)
models = st.builds(
    ModelSpec,
    shape=st.just(SHAPE),
    latent_dim=st.integers(1, 4096),
    network=networks,
    posterior=st.sampled_from([Diagonal(), FullCovariance()]),
    likelihood=likelihoods,
)
objectives = st.one_of(
    st.builds(Elbo, samples=st.integers(1, 1000)),
    st.builds(
        BetaVae,
        beta=st.floats(0, 1e300),
        schedule=st.sampled_from(get_args(BetaSchedule)),
        warmup=st.floats(0, 1),
        samples=st.integers(1, 1000),
    ),
)
# No class at all is nothing to train on: an empty field is every class.
classes = st.none() | st.lists(st.integers(-1, 99), min_size=1, max_size=8).map(tuple)
trains = st.builds(
    TrainSpec,
    objective=objectives,
    epochs=st.integers(1, 1_000_000),
    steps=st.none() | st.integers(1, 2**40),
    time_limit_s=st.none() | positive,
    batch_size=st.integers(1, 1_000_000),
    learning_rate=st.floats(0, 10, exclude_min=True),
    learning_rate_schedule=st.sampled_from(get_args(LearningRateSchedule)),
    warmup_steps=st.integers(0, 2**40),
    early_stopping=st.integers(0, 10**6),
    binarize=st.sampled_from(get_args(Binarize)),
    classes=classes,
    seed=st.integers(0, 2**63 - 1),
    device=st.sampled_from(["auto", "cpu", "cuda", "mps", "xpu"]),
    precision=st.sampled_from(get_args(Precision)),
    threads=st.none() | st.integers(1, 1024),
)
names = st.none() | st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20
)
sides = st.none() | st.tuples(st.integers(1, 1024), st.integers(1, 1024))
datas = st.builds(
    DataSpec,
    source=st.just("digits"),
    x_key=names,
    y_key=names,
    image_size=sides,
    channels=st.sampled_from([None, 1, 3]),
    split_seed=st.integers(0, 2**63 - 1),
    nonfinite=st.sampled_from(["refuse", "zero"]),
)


def check_round_trip(form: Form[Any], spec: Any) -> None:
    try:
        form.set_spec(spec)
        assert form.spec() == spec
    finally:
        shiboken6.delete(form)  # hundreds of forms alive make every change of style slow


every = {
    name: st.sampled_from([kind() for kind in get_args(union) if kind is not type(None)])
    for name, union in recipe.PARTS.items()
}


@GENTLE
@given(
    spec=st.builds(
        ModelSpec,
        shape=st.just(SHAPE),
        **{name: parts for name, parts in every.items() if name not in ("objective", "network")},
        network=networks | every["network"],
    )
)
def test_a_model_goes_through_its_form_unchanged(qapp: Any, spec: ModelSpec) -> None:
    check_round_trip(Form(ModelSpec, ModelSpec(shape=SHAPE)), spec)


@GENTLE
@given(spec=trains | st.builds(TrainSpec, objective=every["objective"]))
def test_a_training_goes_through_its_form_unchanged(qapp: Any, spec: TrainSpec) -> None:
    check_round_trip(Form(TrainSpec, TrainSpec()), spec)


@GENTLE
@given(spec=datas)
def test_a_data_source_goes_through_its_form_unchanged(qapp: Any, spec: DataSpec) -> None:
    check_round_trip(Form(DataSpec, DataSpec(source="digits")), spec)


def test_every_choice_of_every_form_has_words(qapp: Any) -> None:
    from PySide6.QtWidgets import QComboBox

    known = {*CHOICES.values(), *(words.label for words in PARTS.values())}
    known |= {words.group for words in PARTS.values()}
    for form in (
        Form(ModelSpec, ModelSpec(shape=SHAPE)),
        Form(TrainSpec, TrainSpec()),
        Form(DataSpec, DataSpec(source="digits")),
    ):
        for combo in form.findChildren(QComboBox):
            for index in range(combo.count()):
                assert combo.itemText(index) in known


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("epochs", "0", "at least 1"),
        ("epochs", "many", "whole number"),
        ("epochs", "", "Type a value"),
        ("learning_rate", "11", "at most 10"),
        ("learning_rate", "0", "more than 0"),
        ("learning_rate", "fast", "Type a number"),
        ("threads", "2000", "at most 1024"),
        ("time_limit_s", "-1", "more than 0"),
    ],
)
def test_a_wrong_value_is_marked_with_a_sentence(
    qapp: Any, name: str, typed: str, said: str
) -> None:
    form = Form(TrainSpec, TrainSpec())
    control = form.field(name).focus_widget()
    control.setText(typed)
    found = form.problems()
    assert list(found) == [name]
    assert said in found[name]
    assert control.property("invalid") is True
    with pytest.raises(InvalidFieldError):
        form.spec()
    form.set_spec(TrainSpec())
    assert form.problems() == {}
    assert control.property("invalid") is False


def test_a_wrong_value_inside_a_part_is_found_too(qapp: Any) -> None:
    form = Form(ModelSpec, ModelSpec(shape=SHAPE))
    form.field("network")._forms["mlp"].field("hidden").focus_widget().setText("512, x")
    found = form.problems()
    assert list(found) == ["network"]
    assert "Layers" in found["network"]
    form.field("network").choice.set_value("conv")
    assert form.problems() == {}


def test_the_same_number_may_be_typed_in_many_ways(qapp: Any) -> None:
    form = Form(TrainSpec, TrainSpec())
    for text in ("0.001", "1e-3", "0,001", " 0.001 "):
        form.field("learning_rate").focus_widget().setText(text)
        assert form.spec().learning_rate == 0.001


# The train dialog


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


def test_going_back_to_a_plain_vae_brings_the_bound_back(dialog: Any) -> None:
    before = chosen(dialog)
    dialog.model_form.field("posterior").choice.set_value("vq")
    dialog.model_form.field("posterior").choice.set_value("diagonal")
    assert chosen(dialog) == before


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


# Open data


@pytest.fixture
def opening(window: Any) -> Any:
    window.actions_table["open_data"].trigger()
    (shown,) = window.findChildren(OpenDataDialog)
    return shown


def test_the_first_name_is_digits_and_enter_opens_it(opening: Any, world: Any, qtbot: Any) -> None:
    qtbot.keyClick(opening.names, Qt.Key.Key_Return)
    assert world.last(m.OpenData).spec == DataSpec(source="digits")


def test_a_path_takes_the_place_of_a_name(opening: Any, world: Any, tmp_path: Path) -> None:
    opening.names.setCurrentRow(1)
    assert opening.source() == "mnist"
    opening.path.setText(str(tmp_path))
    assert opening.source() == str(tmp_path)
    assert "folder" in opening.kind.text()
    opening.path.setText(str(tmp_path / "none.npz"))
    assert "no such file" in opening.kind.text()
    opening.names.setCurrentRow(2)
    assert opening.path.text() == ""
    assert opening.source() == "fashion-mnist"


def test_how_it_is_read_can_be_said(opening: Any, world: Any, tmp_path: Path) -> None:
    opening.path.setText(str(tmp_path))
    opening.options.click()
    opening.form.field("image_size").focus_widget().setText("32, 48")
    opening.form.field("channels").set_value(1)
    opening.accept()
    spec = world.last(m.OpenData).spec
    assert spec == DataSpec(source=str(tmp_path), image_size=(32, 48), channels=1)


def test_a_wrong_size_is_not_opened(opening: Any, world: Any, tmp_path: Path) -> None:
    opening.path.setText(str(tmp_path))
    opening.options.click()
    opening.form.field("image_size").focus_widget().setText("32")
    assert not opening.open_button.isEnabled()
    opening.accept()
    assert not world.engine.work


def test_preferences_apply_at_once(window: Any, world: Any) -> None:
    window.actions_table["preferences"].trigger()
    (shown,) = window.findChildren(PreferencesDialog)
    shown.theme.setCurrentIndex(2)
    shown.smooth.click()
    kept = world.session.settings
    assert (kept.theme, kept.smooth) == ("light", True)
    assert window.theme.name == "light"
    shown.reject()
