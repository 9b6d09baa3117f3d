"""`latentlab labels recover`, and training with few labels or labels of one's own."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from latentlab import api
from latentlab.training.runs import Run

SMALL = ("--hidden", "16", "--batch-size", "128", "--precision", "float32", "--device", "cpu")


def _lines(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_known_labels_are_hidden_and_scored(latentlab, run_folder, tmp_path):
    out = tmp_path / "labels.csv"
    words = ("digits", "--labelled", "100", "--methods", "clusters,spreading", "--draws", 2)
    answer = latentlab("labels", "recover", *words, "--model", run_folder, "--out", out, "--json")
    assert answer.code == 0, answer.err
    fields = answer.json
    assert fields["labelled"] == 100
    assert len(fields["seeds"]) == 2
    assert fields["out"] == str(out)
    assert fields["chosen"] in fields["methods"]
    for score in fields["methods"].values():
        assert 0.2 < score["accuracy_mean"] < 1  # chance is a tenth; the model has two latents
        assert 0 <= score["accuracy_std"] < 0.2
    truth = api.open_dataset("digits")
    lines = _lines(out)
    assert len(lines) == len(truth)
    given = [line for line in lines if line["method"] == "given"]
    assert len(given) == 100
    assert all(int(line["label"]) == truth.labels[int(line["row"])] for line in given)
    assert {line["method"] for line in lines} == {"given", fields["chosen"]}
    assert all(0 <= float(line["confidence"]) <= 1 for line in lines)
    again = api.open_dataset("digits", labels=out)
    assert (again.labels == [int(line["label"]) for line in lines]).all()


def test_ones_own_few_labels_are_spread_to_all(latentlab, run_folder, tmp_path):
    truth = api.open_dataset("digits").labels
    few = tmp_path / "few.csv"
    few.write_text("row,label\n" + "".join(f"{row},{truth[row]}\n" for row in range(0, 1797, 20)))
    out = tmp_path / "labels.csv"
    words = ("digits", "--labels", few, "--methods", "spreading", "--model", run_folder)
    answer = latentlab("labels", "recover", *words, "--out", out, "--json")
    assert answer.code == 0, answer.err
    score = answer.json["methods"]["spreading"]
    assert score["accuracy_mean"] is None
    assert answer.json["labelled"] == 90
    found = np.asarray([int(x["label"]) for x in _lines(out)])
    assert (found == truth).mean() > 0.25


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--labelled", "many"), 2),
        (("--labelled", "0%"), 2),
        (("--labelled", "3"), 2),
        (("--labelled", "100", "--methods", "magic"), 2),
        (("--out", "labels.npz"), 2),
        (("--labels", "nowhere.csv"), 3),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else str(value),
)
def test_what_can_not_be_done_is_one_sentence(latentlab, words, code):
    answer = latentlab("labels", "recover", "digits", *words, "--json")
    assert answer.code == code, answer.err
    assert answer.json["error"]["what"]
    assert "Traceback" not in answer.err


def test_a_training_with_few_labels_repeats_from_its_config(latentlab, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    words = ("--objective", "m2", "--labelled", "5%", "--steps", 6, *SMALL)
    answer = latentlab("train", "digits", "--out", first, *words, "--json")
    assert answer.code == 0, answer.err
    assert 0 <= answer.json["extras"]["accuracy"] <= 1
    with Run.open(first, read_only=True) as run:
        assert run.config.train.labelled == round(0.05 * 1618)
    words = ("--config", first / "config.json")
    assert latentlab("train", "--out", second, *words, "--json").code == 0
    with Run.open(first, read_only=True) as a, Run.open(second, read_only=True) as b:
        assert a.newest().weights == b.newest().weights


def test_a_training_keeps_where_its_labels_came_from(latentlab, tmp_path):
    labels = tmp_path / "mine.csv"
    labels.write_text("row,label\n" + "".join(f"{row},{'ab'[row % 2]}\n" for row in range(300)))
    out = tmp_path / "run"
    words = ("--objective", "m1", "--labels", labels, "--steps", 4, *SMALL)
    answer = latentlab("train", "digits", "--out", out, *words, "--json")
    assert answer.code == 0, answer.err
    with Run.open(out, read_only=True) as run:
        assert run.config.data.labels == str(labels)
        assert run.config.label_names == ("a", "b")
        assert "mine.csv" in run.config.checksums
        assert run.config.model.labels.classes == 2
    assert latentlab("train", "--out", tmp_path / "b", "--config", out / "config.json").code == 0
    labels.unlink()
    answer = latentlab("train", "--out", tmp_path / "c", "--config", out / "config.json", "--json")
    assert answer.code == 3


@pytest.mark.parametrize(("labelled", "words"), [("9", "10 to 1,618"), ("5000", "10 to 1,618")])
def test_a_number_of_labels_out_of_range_says_the_range(latentlab, tmp_path, labelled, words):
    out = tmp_path / "run"
    answer = latentlab("train", "digits", "--out", out, "--objective", "m2", "--labelled", labelled)
    assert answer.code == 2
    assert words in answer.err
    assert not out.exists()


def test_labels_can_not_be_kept_where_there_are_none(latentlab, tmp_path):
    data, out = tmp_path / "bare.npz", tmp_path / "run"
    np.savez(data, x=np.random.default_rng(0).random((40, 8, 8), dtype=np.float32))
    answer = latentlab("train", data, "--out", out, "--objective", "m2", "--labelled", 5)
    assert answer.code == 2
    assert "give them with --labels" in answer.err
