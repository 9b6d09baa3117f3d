"""What leaves the window is what it showed, and the lines it gives make the same."""

from __future__ import annotations

import shlex
import subprocess
import sys

import numpy as np
import pytest

from latentlab import api
from latentlab.cli.main import main
from latentlab.parts.films import FilmLook
from latentlab.session.lines import command_line, command_note, python_lines


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("taking")
    options = {"latent_dim": 3, "hidden": (32,), "batch_size": 128, "device": "cpu"}
    model = api.train("digits", steps=60, **options)
    return api.save_model(model, folder / "model.safetensors", data="digits")


@pytest.fixture
def desk(new_desk, model_file):
    desk = new_desk("home", source="")
    session = desk.session
    session.open_model(model_file)
    desk.until(lambda: session.engine.live and session.codes is not None)
    session.begin_drag((-1.0, 0.2))
    session.drag_to((0.7, 0.9))
    session.end_drag()
    session.set_frames(17)
    desk.until(lambda: session.strip is not None and len(session.strip.images) == 17)
    return desk


def frames_of(path):
    with np.load(path) as arrays:
        return arrays["frames"], arrays["z"]


def written(desk, path, look):
    desk.session.taking.export(path, look)
    desk.until(path.exists)
    return frames_of(path)


def test_the_exported_film_has_the_frames_that_the_strip_showed(desk, tmp_path):
    strip = desk.session.strip
    frames, z = written(desk, tmp_path / "a.npz", FilmLook(frames_per_s=7))
    np.testing.assert_array_equal(frames, strip.images)
    np.testing.assert_array_equal(z, strip.z)


def test_the_command_says_that_it_can_not_space_frames_by_hand(desk):
    session = desk.session
    session.waypoints.through([[0, 0, 0], [1, 0.5, -1], [-0.5, 1, 0.2]])
    assert not command_note(session.taking.recipe(FilmLook(), "a.gif"))
    session.waypoints.set_spacing("hand")
    assert "Copy as Python" in command_note(session.taking.recipe(FilmLook(), "a.gif"))


def test_the_lines_of_python_make_the_same_film(desk, tmp_path):
    session, look = desk.session, FilmLook(easing="ease", caption="{frame}")
    session.waypoints.through([[0, 0, 0], [1, 0.5, -1], [-0.5, 1, 0.2]], closed=True)
    desk.until(
        lambda: (
            session.strip is not None and np.array_equal(session.strip.z, session.travel.frames_z())
        )
    )
    frames, z = written(desk, tmp_path / "window.npz", look)
    lines = python_lines(session.taking.recipe(look, "lines.npz"))
    done = subprocess.run(
        [sys.executable, "-c", lines], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    again, z_again = frames_of(tmp_path / "lines.npz")
    np.testing.assert_allclose(z_again, z, atol=1e-12)
    assert again.shape == frames.shape
    assert np.abs(again.astype(int) - frames).max() <= 1  # the last bit of another batch


def test_a_path_that_was_searched_for_is_given_frame_by_frame(desk, tmp_path):
    session = desk.session
    session.waypoints.set_kind("geodesic")
    desk.until(lambda: session.travel.way is not None and not session.travel.way.guessed)
    lines = python_lines(session.taking.recipe(FilmLook(), "a.npz"))
    assert "walk = [\n" in lines
    rows = lines.partition("walk = [")[2].partition("\n]\n")[0].strip().split("\n")
    z = np.array([[float(value) for value in row.strip(" [],").split(",")] for row in rows])
    np.testing.assert_array_equal(z, session.travel.frames_z())


def test_the_command_makes_the_same_film(desk, tmp_path, capsys):
    session, look = desk.session, FilmLook(frames_per_s=9, side_px=64)
    frames, z = written(desk, tmp_path / "window.npz", look)
    words = shlex.split(command_line(session.taking.recipe(look, str(tmp_path / "cli.npz"))))
    assert words[:2] == ["latentlab", "interpolate"]
    assert main([*words[1:], "--quiet"]) == 0
    capsys.readouterr()
    again, z_again = frames_of(tmp_path / "cli.npz")
    np.testing.assert_allclose(z_again, z, atol=1e-12)
    assert np.abs(again.astype(int) - frames).max() <= 1


def test_a_film_that_is_called_off_leaves_nothing(desk, tmp_path):
    session = desk.session
    session.set_frames(1000)
    session.taking.export(tmp_path / "a.webp", FilmLook(side_px=2048))
    desk.until(lambda: session.busy is not None and session.busy.fraction)
    session.cancel_busy()
    desk.until(lambda: session.busy is None)
    assert list(tmp_path.glob("*.webp")) == []
    assert list(tmp_path.glob(".*")) == []


def test_the_page_on_screen_is_the_file_dot_for_dot(desk, tmp_path):
    from PIL import Image

    from latentlab.parts.figures import FigureLook, Traversal

    session, look = desk.session, FigureLook(width_in=3, dpi=100, title="T")
    wanted = Traversal(steps=5)
    session.taking.draw(wanted, look)
    desk.until(lambda: session.taking.page is not None)
    path = tmp_path / "a.png"
    session.taking.write_figure(path, wanted, look)
    desk.until(path.exists)
    desk.until(lambda: session.busy is None)
    np.testing.assert_array_equal(np.asarray(Image.open(path)), session.taking.page.page)
