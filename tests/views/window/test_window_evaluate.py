"""Analyse > Evaluate..., and the report that comes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel

from latentlab.engine import messages as m
from latentlab.export.report import Chart, Group, Report, Row, Series
from latentlab.parts.evaluation import QUICK, EvaluationSpec
from latentlab.specs import Deterministic, Diagonal, Implicit, ModelSpec
from latentlab.views import choose
from latentlab.views.charts import ChartView
from latentlab.views.dialogs.evaluate import EvaluateDialog
from latentlab.views.theme import DARK, LIGHT

REPORT = Report(
    "A model",
    "179 test rows of digits; Bernoulli.",
    (
        Group(
            "Likelihood",
            (Row("Bound", "-25.84 ± 0.21", "nats", "reconstruction - KL"),),
            "There it is.",
            (
                Chart("line", "log p(x) over K", "K", "nats", (Series("a", (1, 5), (2, 3)),), True),
                Chart("bars", "KL", "rank", "nats", (Series("KL", (1, 2), (0.5, 0.1)),)),
                Chart("calibration", "Fit", "confidence", "share", (Series("p", (0, 1), (0, 1)),)),
                Chart(
                    "histogram",
                    "Gradients",
                    "nats",
                    "draws",
                    (Series("score", (1, 2, 9)), Series("reparameterised", (3, 3.1, 3.2))),
                ),
            ),
        ),
    ),
    {"bound_nats": -25.84},
)


@pytest.fixture
def judged(world, window):
    world.open_data()
    world.open_model()
    return world


def _dialog(window) -> EvaluateDialog:
    window.actions_table["evaluate"].trigger()
    return window.findChildren(EvaluateDialog)[-1]


def test_the_dialog_asks_for_what_is_quick_unless_told_otherwise(judged, window):
    _dialog(window).accept()
    asked = judged.last(m.Evaluate)
    assert asked.wanted == EvaluationSpec(sections=QUICK)
    assert asked.dataset is judged.session.dataset
    assert judged.session.busy.text == "Evaluating"
    judged.session.cancel_busy()
    assert judged.engine.calls[-1] == ("cancel", asked.ticket)


def test_the_dialog_asks_for_what_was_chosen(judged, window):
    dialog = _dialog(window)
    dialog.boxes["gradients"].setChecked(True)
    dialog.boxes["likelihood"].setChecked(False)
    assert not dialog.boxes["factors"].isEnabled()
    dialog.check.setCurrentIndex(dialog.check.findData("hmc"))
    dialog.split.setCurrentIndex(dialog.split.findData("all"))
    dialog.count.setText("1,000")
    dialog.samples.setText("x")
    dialog.accept()
    assert not dialog.problem.isHidden()
    assert not [r for r in judged.engine.work if isinstance(r, m.Evaluate)]
    dialog.samples.setText("5000")
    dialog.accept()
    wanted = judged.last(m.Evaluate).wanted
    assert (wanted.split, wanted.count, wanted.samples) == ("all", 1000, 5000)
    assert wanted.sections == ("aggregate", "classes", "gradients")
    assert wanted.check == "hmc"


@pytest.mark.parametrize(
    ("posterior", "left_out"),
    [
        (Diagonal(), {"factors"}),
        (Deterministic(), {"aggregate", "factors", "gradients"}),
        (Implicit(), {"factors", "gradients"}),
    ],
)
def test_what_a_model_can_not_be_asked_is_off_with_the_reason(world, window, posterior, left_out):
    world.open_data()
    spec = ModelSpec(shape=(1, 8, 8), posterior=posterior)
    world.open_model(spec=spec)
    dialog = _dialog(window)
    off = {name for name, box in dialog.boxes.items() if not box.isEnabled()}
    assert off == left_out
    assert all(dialog.boxes[name].toolTip().endswith(".") for name in off)
    assert dialog.check.isEnabled() == ("gradients" not in left_out)


def test_data_without_classes_have_none_to_find_in_z(world, window):
    world.open_data(world.dataset(names=()))
    world.open_model()
    dialog = _dialog(window)
    assert not dialog.boxes["classes"].isEnabled()
    dialog.accept()
    assert "classes" not in world.last(m.Evaluate).wanted.sections


def test_a_report_is_shown_in_both_themes_and_written(judged, window, monkeypatch, tmp_path):
    ticket = judged.session._desk.ask(lambda t: m.Evaluate(t, judged.session.dataset, None), "E")
    judged.session.apply(m.Evaluated(ticket, REPORT))
    assert judged.session.busy is None
    shown = window.reports[-1]
    texts = {label.text() for label in shown.findChildren(QLabel)}
    assert {"A model", "Bound", "-25.84 ± 0.21", "There it is.", "Likelihood"} <= texts
    assert len(shown.charts) == 4
    for theme in (DARK, LIGHT):
        shown.set_theme(theme)
        assert all(chart.plot.getPlotItem().items for chart in shown.charts)
    out = tmp_path / "figures.json"
    monkeypatch.setattr(choose, "new_file", lambda *_: Path(out))
    shown._export()
    asked = judged.last(m.WriteReport)
    assert (asked.path, asked.report) == (out, REPORT)
    shown.close()
    assert not window.reports


def test_bars_of_latents_are_numbered_by_whole_ranks(qtbot):
    ranks = tuple(float(rank) for rank in range(1, 25))
    shown = ChartView(Chart("bars", "KL", "rank", "nats", (Series("KL", ranks, ranks),)), DARK)
    qtbot.addWidget(shown)
    shown.grab()
    (named,) = shown.plot.getAxis("bottom")._tickLevels
    assert [text for _, text in named] == ["1", "4", "7", "10", "13", "16", "19", "22"]
