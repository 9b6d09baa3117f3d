"""The work lane judges a model, can be called off, and writes the report."""

from __future__ import annotations

import json

import pytest

from latentlab.engine import messages as m
from latentlab.export.report import Report
from latentlab.parts.evaluation import EvaluationSpec


@pytest.fixture
def trained(engine, events, data, model, short):
    engine.submit(m.Train(1, data, model, short))
    events.wait(m.Trained)
    return engine


def test_a_model_is_judged_and_the_report_is_written(trained, events, data, tmp_path):
    trained.submit(m.Evaluate(2, data, EvaluationSpec(sections=("likelihood", "classes"))))
    report = events.wait(m.Evaluated, 2).report
    assert isinstance(report, Report)
    assert report.subtitle.startswith("80 test rows of bars")
    assert report.figures["log_likelihood_kind"] == "quadrature"
    assert report.figures["bound_nats"] < report.figures["log_likelihood_nats"] + 0.05
    assert {group.title for group in report.groups} >= {"Likelihood", "Latents", "Classes in z"}
    assert any(chart.kind == "calibration" for g in report.groups for chart in g.charts)
    for ending in (".json", ".csv", ".png"):
        trained.submit(m.WriteReport(3, tmp_path / f"r{ending}", report))
    events.wait(m.Saved, 3, count=3)
    written = json.loads((tmp_path / "r.json").read_text())
    assert written["bound_nats"] == report.figures["bound_nats"]
    assert (tmp_path / "r.png").stat().st_size > 10_000
    trained.submit(m.WriteReport(4, tmp_path / "r.doc", report))
    assert "not written as" in events.wait(m.Failed, 4).what


def test_an_evaluation_is_called_off_within_a_step(trained, events, data):
    wanted = EvaluationSpec(sections=(), check="hmc", check_count=10_000, split="all")
    trained.submit(m.Evaluate(2, data, wanted))
    events.wait_until(
        lambda told: any(isinstance(e, m.Busy) and e.text == "Sampling p(z|x)" for e in told)
    )
    trained.cancel(2)
    events.wait(m.Cancelled, 2)
    assert not events.of(m.Evaluated)
    fractions = [e.fraction for e in events.of(m.Busy, 2) if e.fraction is not None]
    assert fractions == sorted(fractions)


def test_without_a_model_there_is_a_sentence(engine, events, data):
    engine.submit(m.Evaluate(2, data, EvaluationSpec()))
    assert events.wait(m.Failed, 2).what == "No model is open."
