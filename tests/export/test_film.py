"""Films by every ending: the frames that go in come out."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image

from latentlab.errors import LatentlabError, UsageError
from latentlab.export import film


@pytest.mark.parametrize("ending", [".gif", ".webp"])
def test_an_animation_holds_every_frame_and_loops(tmp_path, grey, ending):
    path = tmp_path / f"a{ending}"
    film.write_film(path, grey, frames_per_s=25, scale=2)
    with Image.open(path) as image:
        assert image.n_frames == 6
        assert image.info["loop"] == 0
        for i in range(6):
            image.seek(i)
            shown = np.asarray(image.convert("L"))
            np.testing.assert_array_equal(shown[::2, ::2], grey[i])
            if ending == ".gif":
                assert image.info["duration"] == 40


def test_a_colour_webp_is_lossless(tmp_path, colour):
    path = tmp_path / "a.webp"
    film.write_film(path, colour, scale=1)
    with Image.open(path) as image:
        image.seek(3)
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), colour[3])


def test_a_colour_gif_has_every_frame(tmp_path, colour):
    path = tmp_path / "a.gif"
    film.write_film(path, colour)
    with Image.open(path) as image:
        assert image.n_frames == 6


def test_a_png_strip_shows_the_frames_left_to_right(tmp_path, grey):
    path = tmp_path / "a.png"
    film.write_film(path, grey, scale=1)
    strip = np.asarray(Image.open(path))
    assert strip.shape == (8, 6 * 10 - 1)
    for i in range(6):
        np.testing.assert_array_equal(strip[:, 10 * i : 10 * i + 9], grey[i])


def test_a_very_long_strip_is_broken_into_rows():
    strip = film.strip(np.zeros((400, 28, 28), np.uint8))
    assert strip.shape[1] <= 8192
    assert strip.shape[0] > 56


def test_an_npz_holds_frames_and_latents_as_they_are(tmp_path, colour):
    path = tmp_path / "a.npz"
    z = np.linspace(0, 1, 18).reshape(6, 3)
    film.write_film(path, colour, z=z)
    with np.load(path) as arrays:
        np.testing.assert_array_equal(arrays["frames"], colour)
        np.testing.assert_array_equal(arrays["z"], z)


@pytest.mark.parametrize("name", ["a.avi", "a", "a.jpeg"])
def test_an_unknown_ending_is_refused_before_anything_is_written(tmp_path, grey, name):
    with pytest.raises(UsageError, match="not written as"):
        film.write_film(tmp_path / name, grey)
    assert list(tmp_path.iterdir()) == []


def test_an_mp4_without_its_encoder_says_what_to_install(tmp_path, grey, monkeypatch):
    monkeypatch.setattr(film, "find_spec", lambda name: None)
    with pytest.raises(UsageError) as refusal:
        film.write_film(tmp_path / "a.mp4", grey)
    assert "pip install" in refusal.value.do
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(find_spec("imageio_ffmpeg") is None, reason="imageio-ffmpeg is not installed")
def test_an_mp4_is_written_whole(tmp_path, grey):
    path = tmp_path / "a.mp4"
    film.write_film(path, grey)
    assert path.read_bytes()[4:8] == b"ftyp"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("shape", [(4, 7, 9), (4, 7, 9, 3), (4, 8, 10, 3)])
def test_mp4_frames_are_colour_with_even_sides(shape):
    even = film._even_colour(np.zeros(shape, np.uint8))
    assert even.shape == (4, 8, 10, 3)


def test_a_missing_folder_is_one_sentence_and_leaves_nothing(tmp_path, grey):
    with pytest.raises(LatentlabError):
        film.write_film(tmp_path / "none" / "a.gif", grey)
    assert list(tmp_path.iterdir()) == []


def test_the_old_film_stays_when_a_new_one_is_refused(tmp_path):
    path = tmp_path / "a.gif"
    path.write_bytes(b"old")
    with pytest.raises(UsageError):
        film.write_film(path, np.zeros((0, 8, 8), np.uint8))
    assert path.read_bytes() == b"old"
