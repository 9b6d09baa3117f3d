"""Places on a chart beside z, and a strip along each latent: by command and from Python."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import latentlab as public
from latentlab import api
from latentlab.errors import UsageError
from latentlab.latent.charts import discriminant_plane, points_plane, principal_plane


@pytest.fixture(scope="module")
def wide_file(tmp_path_factory) -> Path:
    """A model of three latents, with its map inside."""
    folder = tmp_path_factory.mktemp("wide")
    model = api.train(
        "digits", steps=60, latent_dim=3, hidden=(32,), batch_size=128, precision="float32"
    )
    return api.save_model(model, folder / "wide.safetensors", data="digits")


@pytest.mark.parametrize(
    ("chart", "names"),
    [
        ("pca", ["PC1", "PC2"]),
        ("axes:z1,z3", ["z1", "z3"]),
        ("axes:0,2", ["z1", "z3"]),
        ("lda", ["LD1", "LD2"]),
    ],
)
def test_embed_writes_places_beside_z(latentlab, wide_file, tmp_path, chart, names):
    out = tmp_path / "codes.csv"
    answer = latentlab("embed", wide_file, "digits", "--out", out, "--chart", chart, "--json")
    assert answer.code == 0, answer.err
    assert answer.json["axes"] == names
    assert answer.json["laid_out"] is None
    with out.open() as stream:
        rows = list(csv.DictReader(stream))
    z = np.array([[float(row[f"z{i}"]) for i in (1, 2, 3)] for row in rows], np.float32)
    places = np.array([[float(row["map_x"]), float(row["map_y"])] for row in rows])
    labels = np.array([int(row["label"]) for row in rows])
    if chart == "pca":
        expected = principal_plane(z).project(z)
    elif chart == "lda":
        expected = discriminant_plane(z, labels).project(z)
    else:
        expected = z[:, [0, 2]]
    assert np.allclose(places, expected, atol=1e-4)


def test_embed_lays_out_some_and_says_so(latentlab, wide_file, tmp_path):
    out = tmp_path / "codes.npz"
    answer = latentlab(
        *("embed", wide_file, "digits", "--out", out, "--chart", "tsne", "--laid-out", 60, "--json")
    )
    assert answer.code == 0, answer.err
    assert answer.json["laid_out"] == 60
    assert "60 of 1,797 data are laid out" in answer.err
    with np.load(out) as arrays:
        assert np.isfinite(arrays["map_x"]).all()
        assert arrays["map_x"].shape == arrays["map_y"].shape == (1797,)


@pytest.mark.parametrize("chart", ["mds", "axes:1", "axes:z1,z2,z3"])
def test_a_chart_that_there_is_not_is_refused_before_the_work(
    latentlab, tmp_path, wide_file, chart
):
    answer = latentlab("embed", wide_file, "no-data", "--out", tmp_path / "a.csv", "--chart", chart)
    assert answer.code == 2
    assert f'There is no chart "{chart}"' in answer.err


def test_latents_that_do_not_exist_are_refused(latentlab, tmp_path, wide_file):
    out = tmp_path / "a.csv"
    answer = latentlab("embed", wide_file, "digits", "--out", out, "--chart", "axes:z1,z4")
    assert answer.code == 2
    assert "do not span a plane" in answer.err


def test_python_charts_through_points(wide_file):
    corners = [[0.0, 0, 0], [1, 0, 0], [0, 1, 1]]
    found = public.chart(wide_file, "digits", "points", points=corners)
    assert found.names == ("to point 2", "to point 3")
    assert np.allclose(found.xy, points_plane(corners).project(found.z), atol=1e-5)
    with pytest.raises(UsageError, match="three"):
        public.chart(wide_file, "digits", "points", points=corners[:2])


def test_traverse_draws_a_row_for_each_latent_sorted_by_kl(latentlab, wide_file, tmp_path):
    out = tmp_path / "strips.png"
    answer = latentlab(
        *("traverse", wide_file, "--data", "digits", "--frames", 5, "--out", out, "--json")
    )
    assert answer.code == 0, answer.err
    told = answer.json
    assert told["sorted_by"] == "kl"
    assert sorted(told["latents"]) == [1, 2, 3]
    assert told["kl_nats"] == sorted(told["kl_nats"], reverse=True)
    with Image.open(out) as picture:
        width, height = picture.size
    assert width / height == pytest.approx(5 / 3, rel=0.02)


def test_a_traversal_moves_one_latent_and_leaves_the_others(wide_file, tmp_path):
    at = [0.5, -1.0, 2.0]
    found = public.traverse(
        wide_file, at, frames=5, reach=2.0, latents=[2, 0], out=tmp_path / "a.npz"
    )
    assert found.values.tolist() == [-2.0, -1.0, 0.0, 1.0, 2.0]
    for row, latent in enumerate((2, 0)):
        others = [k for k in range(3) if k != latent]
        assert (found.z[row][:, others] == np.array(at)[others]).all()
        assert (found.z[row][:, latent] == found.values).all()
    again = public.decode(wide_file, found.z[1, 3])
    assert np.allclose(found.pictures[1, 3], again[0], atol=1e-5)
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays["pictures"].shape == (2, 5, 1, 8, 8)


def test_without_data_the_codes_in_the_file_sort_the_latents(latentlab, wide_file, tmp_path):
    out = tmp_path / "strips.svg"
    answer = latentlab("traverse", wide_file, "--at", "data:3", "--out", out, "--json")
    assert answer.code == 0, answer.err
    assert answer.json["sorted_by"] == "variance"
    assert answer.json["kl_nats"] is None
    assert out.read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--out", "a.gif"), "Traversals are not written"),
        (("--latents", "9"), "There is no latent 9"),
        (("--latents", "0"), "counted from 1"),
        (("--at", "1,2"), "3 latents, 2 were given"),
    ],
)
def test_wrong_traversals_are_refused_in_a_sentence(latentlab, wide_file, tmp_path, words, what):
    out = () if "--out" in words else ("--out", tmp_path / "a.png")
    answer = latentlab("traverse", wide_file, *words, *out)
    assert answer.code == 2
    assert what in answer.err
