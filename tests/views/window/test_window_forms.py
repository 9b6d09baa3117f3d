"""Forms say exactly what their specs say."""

from __future__ import annotations

from typing import Any

import pytest
import shiboken6
from hypothesis import given
from hypothesis import strategies as st
from specs_at_random import GENTLE, SHAPE, datas, every, networks, trains

from latentlab.specs import (
    DataSpec,
    ModelSpec,
    TrainSpec,
)
from latentlab.views.fields import InvalidFieldError
from latentlab.views.forms import Form
from latentlab.views.part_words import PARTS
from latentlab.views.words import CHOICES


def check_round_trip(form: Form[Any], spec: Any) -> None:
    try:
        form.set_spec(spec)
        assert form.spec() == spec
    finally:
        shiboken6.delete(form)  # hundreds of forms alive make every change of style slow


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
