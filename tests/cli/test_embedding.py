"""Codes as a table, with figures of each datum, of chosen rows; and the same from Python."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import latentlab as ll
from latentlab.data.where import WhereError
from latentlab.errors import UsageError


def test_figures_stand_beside_the_codes_and_rows_are_chosen(latentlab, model_file, tmp_path):
    out = tmp_path / "codes.csv"
    told = latentlab(
        "embed", model_file, "digits", "--out", out, "--with", "recon,kl,distance,cluster",
        "--clusters", 4, "--where", "class is 3 or 5 and recon > 20", "--json",
    ).json  # fmt: skip
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert len(rows) == told["count"] < told["rows"] == 1797
    assert told["with"]["kl"] == "closed form"
    assert {row["label"] for row in rows} <= {"3", "5"}
    assert min(float(row["recon"]) for row in rows) > 20
    assert {row["cluster"] for row in rows} <= {"1", "2", "3", "4"}
    found = ll.measure(model_file, "digits", ["recon", "distance"])
    at = [int(row["row"]) for row in rows]
    assert np.allclose(found["recon"].values[at], [float(row["recon"]) for row in rows], atol=1e-3)
    chosen = ll.where("digits", "class is 3 or 5 and recon > 20", model=model_file)
    assert chosen.tolist() == at


def test_an_npz_has_the_same_columns_and_the_rows(latentlab, model_file, tmp_path):
    out = tmp_path / "codes.npz"
    told = latentlab(
        "embed", model_file, "digits", "--out", out, "--with", "bound", "--where", "row < 5",
        "--json",
    ).json  # fmt: skip
    with np.load(out) as arrays:
        assert told["count"] == 5
        assert arrays["rows"].tolist() == [0, 1, 2, 3, 4]
        assert len(arrays["z"]) == len(arrays["bound"]) == len(arrays["labels"]) == 5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--with", "loss"), "--with: No figure is called"),
        (("--where", "class is"), "filter, character 9: A value is missing at the end."),
        (("--where", "recn > 3"), "Did you mean “recon”?"),
    ],
)
def test_what_means_nothing_is_a_sentence(latentlab, model_file, tmp_path, words, said):
    out = tmp_path / "codes.csv"
    told = latentlab("embed", model_file, "digits", "--out", out, *words, "--quiet")
    assert told.code == 2
    assert said in told.err
    assert "Traceback" not in told.err
    assert not Path(out).exists()


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("recn > 3", "no column"),
        ("class is 12", "is never"),
        ("class > 3", "names, not numbers"),
        ("recon > many and row < 5", "is no number"),
        ("not (split is testing)", "Did you mean"),
    ],
)
def test_what_chooses_nothing_is_refused_before_anything_is_computed(
    latentlab, model_file, tmp_path, monkeypatch, expression, said
):
    def never(*_: object, **__: object) -> None:
        raise AssertionError("it was embedded")

    monkeypatch.setattr(ll.api, "embed", never)
    out = tmp_path / "codes.csv"
    told = latentlab("embed", model_file, "digits", "--out", out, "--where", expression)
    assert told.code == 2
    assert said in told.err


def test_rows_are_chosen_without_a_model_too():
    rows = ll.where("digits", "class is not 0 and row < 4")
    assert rows.tolist() == [1, 2, 3]
    assert len(ll.where("digits", "")) == 1797
    with pytest.raises(WhereError, match="no column “recon”"):
        ll.where("digits", "recon > 3")


def test_a_model_lacks_what_it_lacks(model_file):
    with pytest.raises(UsageError, match="No figure"):
        ll.measure(model_file, "digits", ["elbo"])
