"""The curves of a training: what is not scored leaves no hole, the first steps flatten nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from latentlab.training.records import EpochMetrics, Terms
from latentlab.views.panels.curves import TERMS, Curve


def epoch(number: int, bound: float, held_out: float | None) -> EpochMetrics:
    terms = Terms(bound, bound + 5, 5.0, -bound)
    held = None if held_out is None else replace(terms, bound_nats=held_out, loss=-held_out)
    return EpochMetrics(number, number * 100, 1.0 * number, terms, held, "test", 1e4, 1e-3, 1.0)


@pytest.fixture
def loss(qapp: QApplication) -> Any:
    name, term = TERMS[0]
    curve = Curve(name, term)
    yield curve
    curve.deleteLater()


def test_epochs_without_a_held_out_score_leave_no_hole_in_the_line(loss):
    history = tuple(epoch(n, -200.0 + n, -201.0 + n if n % 3 == 0 else None) for n in range(1, 9))
    loss.draw(history)
    assert loss.held_out.getData()[0].tolist() == [3, 6]
    assert loss.train.getData()[0].tolist() == list(range(1, 9))
    assert loss.value.text() == "192.0 / 195.0"


def test_before_the_first_score_the_panel_says_that_it_is_to_come(loss):
    loss.draw((epoch(1, -200.0, None),))
    assert loss.value.text() == "200.0 / ..."


def test_the_first_steps_do_not_flatten_the_rest(loss):
    for step in range(200):
        loss.add_live(step / 10, Terms(-500.0 + step, 0.0, 0.0, 500.0 if step < 5 else 140.0))
    loss.draw(tuple(epoch(n, -140.0, -141.0) for n in range(1, 20)))
    low, high = loss.plot.viewRange()[1]
    assert low < 140 < 141 < high < 150
