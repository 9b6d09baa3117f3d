"""The commands that look through a model: keys, files, refusals."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from PIL import Image

from latentlab import api

EVALUATE_KEYS = {
    *("bound_nats", "reconstruction_nats", "kl_nats", "log_likelihood_nats"),
    *("log_likelihood_kind", "samples", "binarize", "kl_kind", "active_units"),
    *("kl_per_dimension", "knn_accuracy", "linear_accuracy"),
}


def test_evaluate_tells_every_key(latentlab, run_folder):
    answer = latentlab("evaluate", run_folder, "--data", "digits", "--json")
    assert answer.code == 0, answer.err
    fields = answer.json
    assert set(fields) >= EVALUATE_KEYS
    assert fields["log_likelihood_kind"] == "quadrature"
    assert fields["kl_kind"] == "closed"
    assert fields["bound_nats"] == pytest.approx(fields["reconstruction_nats"] - fields["kl_nats"])
    assert fields["bound_nats"] <= fields["log_likelihood_nats"] + 0.01


@pytest.mark.parametrize("ending", [".npz", ".csv", ".parquet"])
def test_embed_writes_a_row_for_every_datum(latentlab, model_file, tmp_path, ending):
    out = tmp_path / f"codes{ending}"
    answer = latentlab("embed", model_file, "digits", "--out", out, "--json")
    assert answer.code == 0, answer.err
    assert answer.json == {"out": str(out), "count": 1797, "latent_dim": 2}
    z = api.embed(model_file, "digits")
    if ending == ".npz":
        with np.load(out) as arrays:
            np.testing.assert_array_equal(arrays["z"], z)
    elif ending == ".csv":
        with out.open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == 1797
        assert np.float32(rows[5]["z2"]) == z[5, 1]


def test_sample_draws_the_same_sheet_for_the_same_seed(latentlab, model_file, tmp_path):
    sheets = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        out = tmp_path / f"{name}.png"
        answer = latentlab("sample", model_file, "--count", 9, "--seed", seed, "--out", out)
        assert answer.code == 0, answer.err
        sheets.append(out.read_bytes())
    assert sheets[0] == sheets[1] != sheets[2]


def test_sample_as_numbers(latentlab, model_file, tmp_path):
    out = tmp_path / "a.npz"
    assert latentlab("sample", model_file, "--count", 5, "--out", out, "--json").json["count"] == 5
    with np.load(out) as arrays:
        assert arrays["x"].shape == (5, 1, 8, 8)


def test_reconstruct_puts_originals_beside_reconstructions(latentlab, model_file, tmp_path):
    out = tmp_path / "a.npz"
    answer = latentlab(
        *("reconstruct", model_file, "digits", "--rows", "3,17", "--out", out, "--json")
    )
    assert answer.json["count"] == 2
    data = api.open_dataset("digits")
    with np.load(out) as arrays:
        np.testing.assert_array_equal(arrays["originals"], data.inputs(np.array([3, 17])))
        assert arrays["reconstructions"].shape == (2, 1, 8, 8)
    picture = tmp_path / "a.png"
    assert latentlab("reconstruct", model_file, "digits", "--out", picture).code == 0
    with Image.open(picture) as image:
        assert image.size[0] > 100


@pytest.mark.parametrize("at", ["0.42,-1.17", "-0.4,1"])
def test_decode_takes_numbers_also_with_a_leading_minus(latentlab, model_file, tmp_path, at):
    out = tmp_path / "a.npz"
    answer = latentlab("decode", model_file, f"--at={at}", "--out", out, "--json")
    assert answer.code == 0, answer.err
    z = [float(part) for part in at.split(",")]
    assert answer.json["z"] == z
    assert answer.json["shape"] == [1, 8, 8]
    with np.load(out) as arrays:
        np.testing.assert_array_equal(arrays["x"], api.decode(model_file, z)[0])


def test_decode_without_a_file_tells_the_shape(latentlab, run_folder):
    assert latentlab("decode", run_folder, "--at", "0,0", "--json").json["out"] is None


def test_decode_of_a_datum_is_its_reconstruction(latentlab, model_file):
    answer = latentlab("decode", model_file, "--at", "data:17", "--data", "digits", "--json")
    np.testing.assert_allclose(answer.json["z"], api.embed(model_file, "digits")[17], rtol=1e-5)
    stored = latentlab("decode", model_file, "--at", "data:17", "--json")  # the file's own map
    np.testing.assert_allclose(stored.json["z"], answer.json["z"], rtol=1e-3, atol=1e-3)


def test_a_datum_without_a_map_asks_for_the_data(latentlab, run_folder):
    answer = latentlab("decode", run_folder, "--at", "data:17")
    assert answer.code == 3
    assert "--data" in answer.err


@pytest.mark.parametrize("at", ["1", "1,2,3", "a,b", "data:99999"])
def test_points_that_do_not_fit_are_wrong_usage(latentlab, model_file, at):
    assert latentlab("decode", model_file, "--at", at, "--data", "digits").code == 2


@pytest.mark.parametrize("path", ["straight", "slerp", "spline"])
def test_interpolate_writes_its_film_and_measures_it(latentlab, model_file, tmp_path, path):
    out = tmp_path / "film.npz"
    answer = latentlab(
        *("interpolate", model_file, "--from=-1,0.5", "--to", "1.2,-0.4", "--via", "1,1"),
        *("--path", path, "--frames", 21, "--out", out, "--json"),
    )
    assert answer.code == 0, answer.err
    fields = answer.json
    assert fields["frames"] == 21
    assert fields["metric_length"] > 0
    straight = np.hypot(2, 0.5) + np.hypot(0.2, 1.4)
    assert fields["euclidean_length"] >= straight - 1e-9
    if path == "straight":
        assert fields["euclidean_length"] == pytest.approx(straight)
        assert fields["metric_length"] == pytest.approx(fields["straight_metric_length"], rel=1e-3)
    with np.load(out) as arrays:
        assert arrays["frames"].shape == (21, 8, 8)
        away = np.linalg.norm(arrays["z"] - [1.0, 1.0], axis=1)
        assert away.min() < 1e-9  # the waypoint is one of the frames
        if path == "straight":  # and the steps are even, but for rounding to whole frames
            steps = np.linalg.norm(np.diff(arrays["z"], axis=0), axis=1)
            assert steps.max() < 1.1 * steps.min()


@pytest.mark.parametrize("ending", [".gif", ".webp", ".png"])
def test_interpolate_writes_pictures_by_the_ending(latentlab, model_file, tmp_path, ending):
    out = tmp_path / f"film{ending}"
    words = ("interpolate", model_file, "--from", "0,0", "--to", "1,1", "--frames", 8)
    assert latentlab(*words, "--out", out).code == 0
    with Image.open(out) as film:
        assert getattr(film, "n_frames", 1) == (1 if ending == ".png" else 8)


def test_a_geodesic_is_no_longer_than_the_straight_way_and_even_to_the_eye(latentlab, model_file):
    words = ("interpolate", model_file, "--from=-1,0.5", "--to", "1.2,-0.4", "--json")
    fields = latentlab(*words, "--path", "geodesic", "--spacing", "metric").json
    assert fields["metric_length"] <= fields["straight_metric_length"]
    assert fields["evenness"] < 1.05
    assert "pull-back" in fields["metric"]
    near = latentlab(*words, "--path", "geodesic", "--density", "1", "--data", "digits").json
    assert "distance from data" in near["metric"]
    assert near["data_used"] == "1,024 of 1,797 data, evenly chosen, stand for all"
    assert fields["data_used"] is None


def test_a_closed_path_ends_where_it_began(latentlab, model_file, tmp_path):
    out = tmp_path / "film.npz"
    words = ("interpolate", model_file, "--from", "0,0", "--to", "1,1", "--via", "1,0", "--loop")
    assert latentlab(*words, "--path", "spline", "--out", out).code == 0
    with np.load(out) as arrays:
        np.testing.assert_allclose(arrays["z"][0], arrays["z"][-1])


@pytest.mark.parametrize("wrong", [("--path", "slalom"), ("--spacing", "hand")])
def test_a_path_that_there_is_not_is_wrong_usage(latentlab, model_file, wrong):
    answer = latentlab("interpolate", model_file, "--from", "0,0", "--to", "1,1", *wrong)
    assert answer.code == 2
    assert "Choose" in answer.err


@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf"])
def test_render_writes_the_manifold(latentlab, model_file, tmp_path, ending):
    out = tmp_path / f"m{ending}"
    answer = latentlab("render", model_file, "--grid", 5, "--out", out, "--json")
    assert answer.json == {"out": str(out), "grid": 5}
    if ending == ".png":
        np.testing.assert_array_equal(np.asarray(Image.open(out)), api.render(model_file, grid=5))


def test_every_picture_of_the_manifold_is_the_decode_of_its_cells_middle(model_file):
    model, rect, grid = api.load_model(model_file), (-2.0, -1.0, 1.0, 2.0), 30
    whole = api.render(model_file, grid=grid, rect=rect)
    side, step = whole.shape[0] // grid, 3.0 / grid
    cells = whole.reshape(grid, side, grid, side).swapaxes(1, 2)  # (30, 30, H, W)
    down, across = np.divmod(np.arange(grid * grid), grid)
    z = np.stack([rect[0] + (across + 0.5) * step, rect[3] - (down + 0.5) * step], axis=-1)
    expected = np.rint(np.clip(model.decode(z)[:, 0], 0, 1) * 255).astype(np.uint8)
    np.testing.assert_array_equal(cells.reshape(-1, side, side), expected)
    for row in (0, 17, 450, 899):  # one at a time: the same but for the last bit of a sum
        alone = np.rint(np.clip(model.decode(z[row : row + 1])[0, 0], 0, 1) * 255)
        assert np.abs(alone - expected[row]).max() <= 1


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("sample",), "a.png"),
        (("render",), "a.png"),
        (("embed", "digits"), "a.csv"),
        (("decode", "--at", "0,0"), "a.png"),
        (("interpolate", "--from", "0,0", "--to", "1,1"), "a.gif"),
    ],
)
def test_an_out_that_exists_is_refused_and_stays(latentlab, model_file, tmp_path, words, name):
    out = tmp_path / name
    out.write_text("mine")
    command, *options = words
    answer = latentlab(command, model_file, *options, "--out", out, "--json")
    assert answer.code == 3
    assert answer.json["error"]["where"] == str(out)
    assert out.read_text() == "mine"


@pytest.mark.parametrize("command", ["sample", "render"])
def test_an_unknown_ending_is_wrong_usage(latentlab, model_file, tmp_path, command):
    assert latentlab(command, model_file, "--out", tmp_path / "a.xyz").code == 2


def test_a_model_that_is_not_there_or_no_model_is_refused(latentlab, tmp_path):
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"not a model at all")
    for path in (tmp_path / "none", bad, tmp_path):
        answer = latentlab("decode", path, "--at", "0,0", "--json")
        assert answer.code == 3, answer.err
        assert answer.json["error"]["what"]


def test_data_of_another_shape_are_refused(latentlab, model_file, tmp_path):
    np.savez(tmp_path / "x.npz", x=np.zeros((20, 12, 12), np.uint8))
    answer = latentlab("embed", model_file, tmp_path / "x.npz", "--out", tmp_path / "c.csv")
    assert answer.code == 3
    assert "8x8" in answer.err


def test_without_json_a_person_gets_lines(latentlab, model_file):
    answer = latentlab("decode", model_file, "--at", "0,0")
    assert "shape" in answer.out
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.out)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A run that is told of classes."""
    path = tmp_path_factory.mktemp("told") / "run"
    options = {"hidden": (32,), "batch_size": 128, "precision": "float32", "device": "cpu"}
    api.train("digits", out=path, labels="condition", steps=40, **options)
    return path


def test_a_class_can_be_drawn_and_decoded(latentlab, told, tmp_path):
    answer = latentlab("sample", told, "--label", 3, "--count", 4, "--out", tmp_path / "3.npz")
    assert answer.code == 0, answer.err
    model = api.load_model(told)
    with np.load(tmp_path / "3.npz") as arrays:
        np.testing.assert_array_equal(arrays["x"], model.decode(model.sample_latents(4), 3))
    answer = latentlab("decode", told, "--at=0,1", "--label", 7, "--out", tmp_path / "7.npz")
    assert answer.code == 0, answer.err
    with np.load(tmp_path / "7.npz") as arrays:
        np.testing.assert_array_equal(arrays["x"], model.decode([0.0, 1.0], 7)[0])


def test_a_film_and_a_manifold_can_be_of_a_class(latentlab, told, tmp_path):
    out = tmp_path / "film.npz"
    words = ("--from", "0,0", "--to", "1,2", "--frames", 3, "--label", 7, "--out", out, "--json")
    answer = latentlab("interpolate", told, *words)
    assert answer.code == 0, answer.err
    model = api.load_model(told)
    with np.load(out) as arrays:
        seen = np.rint(model.decode(arrays["z"], 7)[:, 0] * 255)
        shown = np.squeeze(next(arrays[name] for name in arrays if arrays[name].ndim >= 3))
        assert np.abs(seen - (shown if shown.max() > 1 else shown * 255)).max() <= 1
    mean = api.interpolate(told, [0.0, 0.0], [1.0, 2.0], frames=3)
    assert answer.json["metric_length"] != mean.metric_length
    one, other = (api.render(told, grid=3, label=label) for label in ("7", 1))
    assert one.shape == other.shape == (24, 24)
    assert (one != other).any()


def test_the_manifold_of_categories_is_a_picture_for_each_code(latentlab, tmp_path):
    path, out = tmp_path / "run", tmp_path / "m.png"
    options = {"posterior": "categorical", "categories": 4, "latent_dim": 2, "hidden": (16,)}
    model = api.train("digits", out=path, steps=20, precision="float32", device="cpu", **options)
    answer = latentlab("render", path, "--out", out, "--json")
    assert answer.code == 0, answer.err
    assert answer.json["grid"] == 4
    codes = np.eye(4)[[[3, 3]]].reshape(1, 8)  # z2 goes up: its last category is on top
    corner = api.render(path)[:8, -8:]
    assert np.abs(corner - model.decode(codes)[0, 0] * 255.0).max() <= 1


def test_codes_too_many_to_draw_need_the_map_of_the_file(latentlab, tmp_path):
    path, out = tmp_path / "run", tmp_path / "m.png"
    options = {"posterior": "categorical", "categories": 8, "latent_dim": 3, "hidden": (16,)}
    api.train("digits", out=path, steps=20, precision="float32", device="cpu", **options)
    answer = latentlab("render", path, "--out", out, "--json")
    assert answer.code == 3
    assert "512 codes" in answer.json["error"]["what"]
    assert not out.exists()
    mapped = api.save_model(path, tmp_path / "mapped.safetensors", data="digits")
    assert latentlab("render", mapped, "--out", out).code == 0


def test_reconstructions_are_told_the_classes_of_the_data(latentlab, told, tmp_path):
    answer = latentlab("reconstruct", told, "digits", "--rows", "5,9", "--out", tmp_path / "r.npz")
    assert answer.code == 0, answer.err
    data, model = api.open_dataset("digits"), api.load_model(told)
    own = model.reconstruct(data.inputs([5, 9]), labels=data.labels[[5, 9]])
    with np.load(tmp_path / "r.npz") as arrays:
        np.testing.assert_array_equal(arrays["reconstructions"], own)
    z = api.code_of(told, 9, "digits")
    np.testing.assert_allclose(z, api.embed(told, "digits")[9], atol=1e-6)


@pytest.mark.parametrize("label", ["10", "zebra"])
def test_a_class_that_does_not_exist_is_wrong_usage(latentlab, told, tmp_path, label):
    answer = latentlab("sample", told, "--label", label, "--out", tmp_path / "s.png", "--json")
    assert answer.code == 2
    assert f"no class {label}" in answer.json["error"]["what"].replace('"', "")


def test_a_class_of_a_model_without_classes_is_wrong_usage(latentlab, run_folder, tmp_path):
    answer = latentlab("sample", run_folder, "--label", 1, "--out", tmp_path / "s.png", "--json")
    assert answer.code == 2
    assert "knows no classes" in answer.json["error"]["what"]
