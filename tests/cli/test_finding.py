"""`outliers` and `duplicates`: keys, files, refusals; the same from Python."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from PIL import Image

from latentlab import api


def test_outliers_are_told_the_lowest_bound_first(latentlab, model_file):
    answer = latentlab("outliers", "digits", "--model", model_file, "--count", 7, "--json")
    assert answer.code == 0, answer.err
    found = answer.json
    assert (found["by"], found["unit"], found["count"], found["total"]) == (
        "bound",
        "nats",
        7,
        1797,
    )
    assert found["values"] == sorted(found["values"])
    again = api.outliers(model_file, "digits", count=7)
    assert again.rows.tolist() == found["rows"]
    every = api.outliers(model_file, "digits", count=2000)
    assert len(every.rows) == 1797
    assert every.values[:7].tolist() == pytest.approx(found["values"])


def test_the_one_far_from_all_others_is_the_first_by_distance(latentlab, model_file, tmp_path):
    out = tmp_path / "outliers.csv"
    words = ("--by", "distance", "--neighbours", 3, "--count", 5, "--out", out)
    answer = latentlab("outliers", "digits", "--model", model_file, *words)
    assert answer.code == 0, answer.err
    with out.open(newline="") as file:
        lines = list(csv.DictReader(file))
    z = api.embed(model_file, "digits").astype(float)
    apart = np.linalg.norm(z[:, None] - z, axis=-1)
    mean = np.sort(apart, axis=1)[:, 1:4].mean(axis=1)
    assert [int(line["row"]) for line in lines] == np.argsort(-mean)[:5].tolist()
    assert float(lines[0]["distance"]) == pytest.approx(mean.max(), rel=1e-4)


def test_near_identical_data_are_told_in_groups_and_drawn(latentlab, tmp_path):
    out = tmp_path / "twins.png"
    answer = latentlab("duplicates", "digits", "--threshold", 0.06, "--out", out, "--json")
    assert answer.code == 0, answer.err
    found = answer.json
    assert found["groups"] == [[1247, 1250], [1585, 1648]]
    assert (found["identical"], found["pairs"], found["count"]) == (0, 2, 4)
    assert found["complete_to"] == 0.06
    with Image.open(out) as image:
        assert image.width > 8
    plain = latentlab("duplicates", "digits", "--threshold", 0.06).out
    assert "1247, 1250; 1585, 1648" in plain
    none = latentlab("duplicates", "digits", "--threshold", 0, "--json").json
    assert none["groups"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("outliers", "digits", "--by", "beauty"), "beauty"),
        (("outliers", "digits", "--out", "a.gif"), "gif"),
        (("duplicates", "digits", "--threshold", "7"), "threshold"),
        (("duplicates", "digits", "--out", "a.doc"), "doc"),
    ],
)
def test_what_can_not_be_is_a_sentence(latentlab, model_file, words, said):
    model = ("--model", model_file) if words[0] == "outliers" else ()
    answer = latentlab(*words, *model)
    assert answer.code == 2
    assert said in answer.err
    assert "Traceback" not in answer.err


def test_a_model_without_a_bound_says_what_it_has(latentlab, tmp_path):
    run = tmp_path / "run"
    api.train("digits", out=run, steps=2, hidden=(8,), posterior="none", objective="autoencoder")
    answer = latentlab("outliers", "digits", "--model", run)
    assert answer.code == 2
    assert "reconstruction" in answer.err
    words = ("--by", "reconstruction", "--count", 2, "--json")
    assert latentlab("outliers", "digits", "--model", run, *words).json["count"] == 2
