"""Layers of the map from the command line and from Python."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import latentlab as lab
from latentlab.errors import RefusedError, UsageError
from latentlab.latent.field import FIELD_KINDS


@pytest.mark.parametrize("layer", FIELD_KINDS)
def test_every_layer_is_drawn_and_is_what_python_gives(latentlab, model_file, tmp_path, layer):
    out = tmp_path / "layer.png"
    words = ("--layer", layer, "--data", "digits", "--grid", 12, "--out", out)
    told = latentlab("render", model_file, *words, "--json").json
    found = lab.field(model_file, layer, data="digits", side=12)
    assert told["unit"] == found.unit
    assert (told["rows"], told["columns"]) == found.values.shape
    assert max(found.values.shape) == 12
    assert (told["low"], told["high"]) == pytest.approx(found.span)
    with Image.open(out) as picture:
        assert min(picture.size) > 400


def test_the_numbers_are_written_as_arrays(latentlab, model_file, tmp_path):
    out = tmp_path / "layer.npz"
    words = ("--layer", "decisions", "--data", "digits", "--grid", 10, "--out", out)
    latentlab("render", model_file, *words)
    found = lab.field(model_file, "decisions", data="digits", side=10)
    with np.load(out, allow_pickle=False) as arrays:
        assert np.array_equal(arrays["values"], found.values, equal_nan=True)
        assert np.array_equal(arrays["classes"], found.classes)
        assert np.allclose(arrays["rect"], found.rect)
        assert str(arrays["unit"]) == found.unit


@pytest.mark.parametrize("ending", [".svg", ".pdf"])
def test_the_same_layer_is_the_same_file(model_file, tmp_path, ending):
    paths = [tmp_path / f"{name}{ending}" for name in "ab"]
    for path in paths:
        lab.field(model_file, "magnification", side=8, out=path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--layer", "temperature"), 2, "There is no layer"),
        (("--layer", "entropy", "--out", "a.gif"), 2, "End the name with"),
        (("--layer", "entropy", "--grid", "900"), 2, "--grid"),
        (("--layer", "entropy", "--title", "Mine"), 2, "--title"),
        (("--layer", "entropy", "--steps", "4"), 2, "--steps"),
        (("--layer", "entropy", "--rows", "4"), 2, "--rows"),
        (("--layer", "posterior", "--rows", "4"), 2, "--data"),
        (("--layer", "true_posterior", "--data", "digits"), 2, "--rows 3,17"),
        (("--layer", "posterior", "--data", "digits", "--rows", "9999"), 2, "no row 9999"),
        (("--layer", "posterior", "--data", "digits", "--rows", "1", "--grid", "9"), 2, "--grid"),
    ],
)
def test_a_wrong_wish_is_one_sentence(latentlab, model_file, tmp_path, words, code, said):
    wanted = words if "--out" in words else (*words, "--out", tmp_path / "x.png")
    answer = latentlab("render", model_file, *wanted)
    assert answer.code == code
    assert said in answer.err
    assert "Traceback" not in answer.err


def test_layers_of_data_ask_for_data_where_there_are_none(model_file):
    with pytest.raises(UsageError, match="no layer"):
        lab.field(model_file, "temperature")
    with pytest.raises(RefusedError, match="no data"):
        lab.field(model_file, "aggregate")
    with pytest.raises(UsageError, match="out of range"):
        lab.field(model_file, "entropy", side=0)


def test_the_posterior_of_a_row_and_the_gap_of_its_bound(model_file):
    q, p, gap = lab.posterior(model_file, "digits", 17)
    assert gap.nats == pytest.approx(gap.log_px - gap.bound, abs=1e-9)
    assert [round(line.share, 2) for line in q.lines] == [0.39, 0.86]
    assert np.hypot(*np.subtract(q.middle, p.middle)) < 3.0
    with pytest.raises(UsageError, match="no row"):
        lab.posterior(model_file, "digits", 10_000)


def test_posteriors_of_rows_are_drawn_and_told(latentlab, model_file, tmp_path):
    out = tmp_path / "q.png"
    words = ("--layer", "posterior", "--data", "digits", "--rows", "3,17", "--out", out)
    told = latentlab("render", model_file, *words, "--json").json
    found = lab.posteriors(model_file, "digits", [3, 17], true=False)
    assert [one["row"] for one in told["data"]] == [3, 17]
    assert [one["gap_nats"] for one in told["data"]] == [None, None]
    for one, wanted in zip(told["data"], found, strict=True):
        assert one["q_middle"] == pytest.approx(wanted.q.middle)
        assert wanted.p is None
    with Image.open(out) as picture:
        assert min(picture.size) > 400


def test_the_true_posterior_is_beside_q_with_the_gap(latentlab, model_file, tmp_path):
    out = tmp_path / "p.npz"
    words = ("--layer", "true_posterior", "--data", "digits", "--rows", "17", "--out", out)
    told = latentlab("render", model_file, *words, "--json").json["data"][0]
    q, p, gap = lab.posterior(model_file, "digits", 17)
    assert told["gap_nats"] == pytest.approx(gap.nats)
    assert told["log_likelihood_nats"] == pytest.approx(told["bound_nats"] + told["gap_nats"])
    assert told["log_likelihood_kind"] == "quadrature"
    with np.load(out, allow_pickle=False) as arrays:
        assert arrays["rows"].tolist() == [17]
        assert np.allclose(arrays["q_17_39"], q.lines[0].pieces[0])
        assert np.allclose(arrays["p_middle"][0], p.middle)
        assert float(arrays["gap_17"]) == pytest.approx(gap.nats)


@pytest.mark.parametrize("ending", [".svg", ".pdf"])
def test_the_same_posteriors_are_the_same_file(model_file, tmp_path, ending):
    paths = [tmp_path / f"{name}{ending}" for name in "ab"]
    for path in paths:
        lab.posteriors(model_file, "digits", [5], true=False, out=path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
