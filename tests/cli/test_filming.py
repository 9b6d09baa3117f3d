"""Films from Python: the frames of the path, at their pace, with a map."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import latentlab as lab
from latentlab import api
from latentlab.data.dataset import to_picture
from latentlab.errors import LatentlabError


@pytest.fixture(scope="module")
def model(model_file):
    return api.load_model(model_file, device="cpu")


@pytest.fixture(scope="module")
def walk(model):
    return api.interpolate(model, [-1.0, 0.0], [1.5, 0.5], via=[[0.0, 1.0]], frames=9)


def frames(path):
    with np.load(path) as arrays:
        return arrays["frames"], arrays["z"]


def test_a_film_has_the_frames_of_the_walk(model, walk, tmp_path):
    lab.film(model, walk, tmp_path / "a.npz")
    pictures, z = frames(tmp_path / "a.npz")
    np.testing.assert_array_equal(pictures, to_picture(walk.pictures))
    np.testing.assert_array_equal(z, walk.z)
    lab.film(model, walk.z, tmp_path / "b.npz")
    again, _ = frames(tmp_path / "b.npz")
    np.testing.assert_array_equal(pictures, again)


def test_an_eased_film_is_decoded_at_its_own_times(model, walk, tmp_path):
    lab.film(model, walk, tmp_path / "a.npz", easing="ease")
    pictures, z = frames(tmp_path / "a.npz")
    assert np.linalg.norm(z[1] - z[0]) < 0.5 * np.linalg.norm(walk.z[1] - walk.z[0])
    np.testing.assert_array_equal(pictures, to_picture(model.decode(z)))


def test_a_film_with_a_map_shows_the_data_kept_in_the_file(model, walk, tmp_path):
    out = lab.film(model, walk, tmp_path / "a.frames", side_px=96, map="beside", caption="{frame}")
    first = np.asarray(Image.open(out / "frame-0001.png"))
    assert first.shape == (96 + 20, 96 + 2 + 96, 3)
    small = first[:96, 98:].astype(int)
    assert (small.max(axis=2) - small.min(axis=2) > 60).sum() > 50  # classes in their colours
    bare = lab.film(model, walk, tmp_path / "b.frames", side_px=96)
    assert np.asarray(Image.open(bare / "frame-0001.png")).shape == (96, 96)
    lab.film(model, walk, tmp_path / "c.gif", map="inset", data="digits", back=True)
    with Image.open(tmp_path / "c.gif") as film:
        assert film.n_frames == 16


@pytest.mark.parametrize(
    ("out", "options", "said"),
    [
        ("a.avi", {}, "avi"),
        ("a.gif", {"easing": "jump"}, "linear"),
        ("a.gif", {"size": 3}, "size"),
        ("a.gif", {"side_px": 3}, "16"),
    ],
)
def test_what_a_film_can_not_be_is_one_sentence(model, walk, tmp_path, out, options, said):
    with pytest.raises(LatentlabError, match=said):
        lab.film(model, walk, tmp_path / out, **options)
    assert list(tmp_path.iterdir()) == []


def test_latents_of_another_model_are_refused(model, tmp_path):
    with pytest.raises(LatentlabError, match="2 latents"):
        lab.film(model, np.zeros((4, 3)), tmp_path / "a.gif")


def test_the_command_writes_the_film_that_python_writes(latentlab, model_file, model, tmp_path):
    look = ("--size", 96, "--easing", "ease-out", "--back", "--caption", "{t}", "--map", "inset")
    words = ("interpolate", model_file, "--from=-1,0", "--to", "1,1", "--frames", 5)
    out = tmp_path / "a.frames"
    answer = latentlab(*words, *look, "--out", out, "--json")
    assert answer.code == 0, answer.err
    walk = api.interpolate(model, [-1.0, 0.0], [1.0, 1.0], frames=5)
    options = {"side_px": 96, "easing": "ease-out", "back": True, "caption": "{t}", "map": "inset"}
    again = lab.film(model, walk, tmp_path / "b.frames", **options)
    names = sorted(file.name for file in out.iterdir())
    assert len(names) == 8
    for name in names:
        one, other = (np.asarray(Image.open(folder / name)) for folder in (out, again))
        np.testing.assert_array_equal(one, other)


def test_a_film_that_can_not_be_is_refused_before_the_work(latentlab, model_file, tmp_path):
    words = ("interpolate", model_file, "--from", "0,0", "--to", "1,1", "--out", tmp_path / "a.gif")
    answer = latentlab(*words, "--easing", "jump")
    assert answer.code == 2
    assert "ease-in" in answer.err
    assert list(tmp_path.iterdir()) == []
