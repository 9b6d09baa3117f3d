"""The commands with models of code grids, and with models without latents."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from latentlab import api

QUICK = {"steps": 40, "batch_size": 128, "precision": "float32", "device": "cpu"}


@pytest.fixture(scope="module")
def grids(tmp_path_factory):
    """A model of 4 x 4 codes with its map inside."""
    folder = tmp_path_factory.mktemp("grids")
    options = {"posterior.codes": 12, "prior": "autoregressive", "network": "conv"}
    model = api.train(
        "digits", posterior="vq", latent_dim=3, conv_channels=(8,), **options, **QUICK
    )  # fmt: skip
    return api.save_model(model, folder / "grids.safetensors", data="digits")


@pytest.fixture(scope="module", params=["made", "pixelcnn"])
def exact(request, tmp_path_factory):
    """A run without latents."""
    path = tmp_path_factory.mktemp("exact") / "run"
    sizes = {"hidden": (32,)} if request.param == "made" else {"channels": 4, "layers": 1}
    fields = {f"network.{name}": value for name, value in sizes.items()}
    api.train("digits", out=path, objective=request.param, binarize="static", **fields, **QUICK)
    return path


def test_codes_are_pooled_and_a_datum_decodes_its_own_grid(latentlab, grids, tmp_path):
    out = tmp_path / "z.npz"
    answer = latentlab("embed", grids, "digits", "--out", out, "--json")
    assert answer.code == 0, answer.err
    assert answer.json["latent_dim"] == 3
    model = api.load_model(grids)
    data = api.open_dataset("digits")
    with np.load(out) as arrays:
        np.testing.assert_allclose(arrays["z"], model.encode(data.inputs(np.arange(1797))), 1e-5)
    own = model.decode_tokens(model.tokens(data.inputs([17])))
    np.testing.assert_allclose(api.decode(grids, api.code_of(grids, 17)), own, atol=1e-6)
    np.testing.assert_allclose(api.decode(grids, api.code_of(grids, 17, "digits")), own, atol=1e-6)


def test_decode_takes_a_datum_or_a_point_of_the_map(latentlab, grids, tmp_path):
    for at in ("data:17", "0.1,0.2,-0.1"):
        answer = latentlab("decode", grids, f"--at={at}", "--out", tmp_path / f"{at}.png", "--json")
        assert answer.code == 0, answer.err
        assert answer.json["shape"] == [1, 8, 8]
    answer = latentlab("decode", grids, "--at=0.1,0.2", "--json")
    assert answer.code == 2
    assert "3 latents" in json.loads(answer.out)["error"]["what"]


def test_a_path_between_data_fades_from_one_to_the_other(latentlab, grids, tmp_path):
    out = tmp_path / "walk.npz"
    answer = latentlab(
        "interpolate", grids, "--from", "data:17", "--to", "data:3", "--via", "data:100",
        "--frames", 9, "--out", out, "--json",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert answer.json["frames"] == 9
    assert answer.json["metric_length"] > 0
    _, again = api.reconstruct(grids, "digits", rows=[17, 100, 3])
    walk = api.interpolate(grids, api.code_of(grids, 17), api.code_of(grids, 3),
                           via=[api.code_of(grids, 100)], frames=9)  # fmt: skip
    np.testing.assert_allclose(walk.pictures[[0, 4, 8]], again, atol=1e-6)


def test_grids_are_sampled_reconstructed_and_rendered(latentlab, grids, tmp_path):
    for words in (
        ("sample", grids, "--count", 6),
        ("reconstruct", grids, "digits", "--count", 4),
        ("render", grids, "--grid", 4),
    ):
        out = tmp_path / f"{words[0]}.png"
        answer = latentlab(*words, "--out", out, "--json")
        assert answer.code == 0, answer.err
        with Image.open(out) as picture:
            assert picture.size[0] > 20


def test_a_run_of_grids_without_a_map_names_what_is_missing(latentlab, tmp_path):
    run = tmp_path / "run"
    api.train("digits", out=run, posterior="vq", **QUICK)
    answer = latentlab("decode", run, "--at=" + ",".join(["0.0"] * 2), "--json")
    wanted = json.loads(answer.out)["error"]["what"]
    assert answer.code in (2, 3)
    assert "latents" in wanted or "grids of codes" in wanted


def test_a_model_without_latents_draws_and_is_judged_exactly(latentlab, exact, tmp_path):
    answer = latentlab("sample", exact, "--count", 5, "--out", tmp_path / "s.npz", "--json")
    assert answer.code == 0, answer.err
    with np.load(tmp_path / "s.npz") as arrays:
        assert arrays["x"].shape == (5, 1, 8, 8)
        assert set(np.unique(arrays["x"])) <= {0.0, 1.0}
    answer = latentlab("evaluate", exact, "--data", "digits", "--json")
    assert answer.code == 0, answer.err
    fields = answer.json
    assert fields["log_likelihood_kind"] == "exact"
    assert -50 < fields["log_likelihood_nats"] < -20
    assert fields["binarize"] == "static"


@pytest.mark.parametrize(
    "words",
    [
        ("embed", "digits", "--out", "z.npz"),
        ("decode", "--at=0.1,0.2"),
        ("interpolate", "--from=0.1,0.2", "--to=1,1"),
        ("render", "--out", "m.png"),
        ("reconstruct", "digits", "--out", "r.png"),
    ],
    ids=lambda words: words[0],
)
def test_what_needs_latents_is_refused_in_a_sentence(
    latentlab, exact, words, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    command, *rest = words
    answer = latentlab(command, exact, *rest, "--json")
    assert answer.code == 2, answer.err
    assert "no latents" in json.loads(answer.out)["error"]["what"]
    assert not list(tmp_path.iterdir())


def test_a_model_without_latents_is_saved_without_a_map(exact, tmp_path):
    path = api.save_model(exact, tmp_path / "m.safetensors", data="digits")
    model = api.load_model(path)
    assert model.stored_map is None
    assert model.sample(2).shape == (2, 1, 8, 8)
