"""`latentlab evaluate`: sections, checks and reports."""

from __future__ import annotations

import csv
import json

import pytest
from PIL import Image


def test_sections_are_those_asked_for(latentlab, model_file, tmp_path):
    out = tmp_path / "figures.csv"
    answer = latentlab(
        *("evaluate", model_file, "--data", "digits", "--count", 40, "--out", out, "--json"),
        *("--with", "aggregate,gradients"),
    )
    assert answer.code == 0, answer.err
    fields = answer.json
    assert (fields["count"], fields["rows"]) == (40, 179)
    assert fields["bound_error_nats"] > 0
    assert fields["log_likelihood_nats"] is None
    assert fields["knn_accuracy"] is None
    assert 0 <= fields["aggregate"]["holes_prior_mass"] <= 1
    assert fields["gradients"]["ratio"] > 1
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {"Likelihood", "Aggregate posterior and prior"} <= {row["group"] for row in rows}
    bound = next(row for row in rows if row["figure"] == "Bound")
    assert float(bound["value"]) == pytest.approx(fields["bound_nats"], abs=0.006)
    assert float(bound["error"]) == pytest.approx(fields["bound_error_nats"], abs=0.006)


def test_a_check_stands_beside_and_is_told_in_words(latentlab, model_file):
    answer = latentlab(
        *("evaluate", model_file, "--data", "digits", "--count", 20, "--check-count", 5),
        *("--with", "likelihood", "--check", "ais", "--quiet"),
    )
    assert answer.code == 0, answer.err
    answer = latentlab(
        *("evaluate", model_file, "--data", "digits", "--count", 20, "--check-count", 5),
        *("--with", "likelihood", "--check", "ais"),
    )
    assert "Check: annealed importance sampling, 5 data" in answer.out
    assert "nats" in answer.out


@pytest.mark.parametrize("ending", [".png", ".json"])
def test_reports_are_written_by_the_ending(latentlab, model_file, tmp_path, ending):
    out = tmp_path / f"report{ending}"
    line = ("evaluate", model_file, "--data", "digits", "--count", 30, "--out", out)
    answer = latentlab(*line, "--with", "classes", "--json")
    assert answer.code == 0, answer.err
    if ending == ".png":
        with Image.open(out) as page:
            assert min(page.size) > 400
    else:
        assert json.loads(out.read_text())["bound_nats"] == answer.json["bound_nats"]
    assert latentlab(*line).code == 3  # it exists


@pytest.mark.parametrize(
    "options",
    [("--with", "everything"), ("--check", "gibbs"), ("--split", "half"), ("--out", "a.txt")],
)
def test_what_can_be_wrong_is_a_wrong_usage(latentlab, model_file, options):
    answer = latentlab("evaluate", model_file, "--data", "digits", *options)
    assert answer.code == 2
    assert options[0] in answer.err or options[1] in answer.err
