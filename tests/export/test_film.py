"""Films by every ending: the frames that go in come out."""

from __future__ import annotations

import os
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image

from latentlab.errors import LatentlabError, UsageError
from latentlab.export import film
from latentlab.export.cinema import Cinema, eased, times
from latentlab.export.encoders import even_colour
from latentlab.export.smallmap import MapPoints, SmallMap
from latentlab.parts.films import EASINGS, FilmLook


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


@pytest.mark.skipif(os.name == "nt", reason="the encoder of this test is a shell script")
@pytest.mark.parametrize(
    ("reads", "words", "code", "said"),
    [
        ("cat > /dev/null", "Error writing trailer: No space left on device", 0, "disk is full"),
        ("true", "No space left on device", 1, "disk is full"),
        ("cat > /dev/null", "", 187, "could not be encoded"),
    ],
)
def test_half_an_mp4_is_no_film(tmp_path, grey, monkeypatch, reads, words, code, said):
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
    encoder, folder = tmp_path / "ffmpeg", tmp_path / "out"
    last = 'for last; do :; done; printf half > "$last"'
    encoder.write_text(f"#!/bin/sh\n{reads}\n{last}\necho '{words}' >&2\nexit {code}\n")
    encoder.chmod(0o755)
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", lambda: str(encoder))
    folder.mkdir()
    (folder / "a.mp4").write_bytes(b"old")
    with pytest.raises(LatentlabError, match=said):
        film.write_film(folder / "a.mp4", grey.repeat(200, axis=0))
    assert (folder / "a.mp4").read_bytes() == b"old"
    assert list(folder.iterdir()) == [folder / "a.mp4"]


@pytest.mark.parametrize("shape", [(7, 9), (7, 9, 3), (8, 10, 3)])
def test_mp4_frames_are_colour_with_even_sides(shape):
    assert even_colour(np.zeros(shape, np.uint8)).shape == (8, 10, 3)


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


POINTS = MapPoints(
    np.array([[0.0, 0.0], [1.0, 1.0], [np.nan, 0.0], [9.0, 0.5]]),
    np.array([0, 1, 0, 1]),
    np.array([[255, 0, 0], [0, 255, 0]], np.uint8),
)
LINE = np.stack([np.linspace(0, 1, 6), np.linspace(0, 1, 6)], axis=-1)


def test_png_frames_are_a_folder_that_appears_when_it_is_whole(tmp_path, grey):
    path = tmp_path / "a.frames"
    film.write_film(path, grey, look=FilmLook(side_px=18, back=True))
    names = sorted(file.name for file in path.iterdir())
    assert names == [f"frame-{n:04d}.png" for n in range(1, 11)]  # there and back: 6 + 4
    for name, n in zip(names, (0, 1, 2, 3, 4, 5, 4, 3, 2, 1), strict=True):
        shown = np.asarray(Image.open(path / name))
        np.testing.assert_array_equal(shown[::2, ::2], grey[n])
    with pytest.raises(LatentlabError, match="exists"):
        film.write_film(path, grey)
    assert list(tmp_path.iterdir()) == [path]


class StopError(Exception):
    pass


@pytest.mark.parametrize("ending", [".gif", ".webp", ".mp4", ".frames"])
def test_a_film_that_is_called_off_leaves_nothing_and_says_how_far_it_was(tmp_path, grey, ending):
    if ending == ".mp4" and find_spec("imageio_ffmpeg") is None:
        pytest.skip("imageio-ffmpeg is not installed")
    heard = []

    def report(fraction):
        heard.append(fraction)
        if len(heard) == 4:
            raise StopError

    with pytest.raises(StopError):
        film.write_film(tmp_path / f"a{ending}", grey, report=report)
    assert heard == [0, 1 / 6, 2 / 6, 3 / 6]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("easing", EASINGS)
def test_an_eased_film_begins_and_ends_where_the_path_does_and_never_turns_back(easing):
    z = np.cumsum(np.random.default_rng(0).random((20, 3)), axis=0)
    found = eased(z, easing)
    np.testing.assert_array_equal(found[[0, -1]], z[[0, -1]])
    assert (np.diff(found, axis=0) >= 0).all()
    steps = np.diff(times(20, easing))
    assert (steps[0] < steps[9]) == (easing in ("ease", "ease-in"))
    assert (steps[-1] < steps[9]) == (easing in ("ease", "ease-out"))


def test_a_frame_has_its_size_crisp_or_smooth(grey):
    crisp = Cinema(grey, FilmLook(side_px=27)).frame(2)
    assert crisp.shape == (24, 27)
    np.testing.assert_array_equal(crisp[::3, ::3], grey[2])
    smooth = Cinema(grey, FilmLook(side_px=27, smooth=True)).frame(2)
    assert smooth.shape == (24, 27)
    assert (smooth != crisp).any()


def test_a_caption_is_below_the_picture_and_says_where_it_is(grey):
    look = FilmLook(side_px=180, caption="frame {frame} of {frames}")
    cinema = Cinema(grey, look)
    first, last = cinema.frame(0), cinema.frame(5)
    assert first.shape[0] > 160
    np.testing.assert_array_equal(first[:160, :, 0], Cinema(grey, FilmLook(side_px=180)).frame(0))
    assert (first[160:] != last[160:]).any()  # 1 and 6
    assert (Cinema(grey, FilmLook(side_px=180, caption="x")).frame(0)[160:] > 128).any()
    endless = Cinema(grey, FilmLook(side_px=180, caption="x" * 300)).frame(0)
    assert endless.shape == first.shape


def test_the_cursor_of_the_small_map_moves_along_the_path():
    small = SmallMap(POINTS, LINE, 60)
    first, last = small.at(0).astype(int), small.at(5).astype(int)
    bright = [np.argwhere(frame.sum(axis=2) > 740).mean(axis=0) for frame in (first, last)]
    assert bright[0][0] > bright[1][0]  # up: y grows
    assert bright[0][1] < bright[1][1]  # to the right: x grows


@pytest.mark.parametrize(("place", "width"), [("inset", 180), ("beside", 180 + 2 + 160)])
def test_the_map_is_in_a_corner_or_beside_the_picture(grey, place, width):
    look = FilmLook(side_px=180, map=place)
    cinema = Cinema(grey, look, path=LINE, points=POINTS)
    frame = cinema.frame(0)
    assert frame.shape == (160, width, 3)
    plain = Cinema(grey, FilmLook(side_px=180)).frame(0)
    np.testing.assert_array_equal(frame[80:, :90, 0], plain[80:, :90])
    assert (frame != cinema.frame(5)).any()


def test_a_map_needs_places(grey):
    with pytest.raises(UsageError, match="no map"):
        Cinema(grey, FilmLook(map="inset"))
