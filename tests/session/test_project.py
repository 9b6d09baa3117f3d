"""A project: saved, opened again, the same to the pixel; kept against a crash."""

from __future__ import annotations

import shutil
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from latentlab import api
from latentlab.engine.messages import ChartSpec
from latentlab.errors import RefusedError
from latentlab.export import project as files
from latentlab.latent.directions import Direction
from latentlab.session import opening
from latentlab.session.slots import Slot
from latentlab.specs import DataSpec
from latentlab.views import remembering


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    run = folder / "run"
    api.train("digits", out=run, steps=40, latent_dim=3, hidden=(32,), batch_size=128, device="cpu")
    return api.save_model(run, folder / "model.safetensors", data="digits")


def settled(desk):
    session = desk.session
    desk.until(lambda: session.model is not None and session.engine.live)
    desk.until(lambda: session.codes is not None and session.strip is not None)
    desk.until(lambda: session.decoded is not None and np.array_equal(session.decoded.z, session.z))


def arranged(desk, model_file):
    """A session with something in every part."""
    session = desk.session
    session.open_model(model_file)
    desk.until(lambda: session.engine.live and session.codes is not None)
    session.set_chart(ChartSpec("principal"))
    desk.until(lambda: session.chart.kind == "principal")
    session.begin_drag((-1.0, 0.2))
    session.drag_to((0.7, 0.9))
    session.end_drag()
    session.bookmarks.add_path("The way")
    session.set_frames(9)
    session.set_position(0.5)
    session.set_z([0.3, -0.7, 1.1])
    settled(desk)
    desk.until(lambda: session.strip is not None and len(session.strip.images) == 9)
    session.bookmarks.add_point("Here")
    session.filter.set_hidden("class", {3, 5})
    session.colouring.set_by("z1")
    desk.until(lambda: session.colouring.scale is not None)
    session.colouring.set_ends(-0.5, 0.75)
    session.directing.add(Direction("slant", np.array([0.1, -0.2, 0.3]), about="by hand"))
    session.select(np.arange(10, 60))
    session.update_settings(layers=("points", "lattice"), smooth=True)
    session.set_view((-2.0, -1.5, 2.0, 1.5))
    return session


def assert_same_path(one, other):
    assert [stop.z for stop in one.stops] == [stop.z for stop in other.stops]
    assert replace(one.at_rest, stops=()) == replace(other.at_rest, stops=())
    np.testing.assert_allclose([s.at for s in one.stops], [s.at for s in other.stops], atol=1e-12)


def reopened(desk, path):
    desk.reopened(path)
    settled(desk)
    return desk.session


@pytest.mark.parametrize("copy", [True, False])
def test_a_project_reopened_is_what_it_was_and_decodes_the_same_bits(
    new_desk, model_file, tmp_path, copy
):
    first = new_desk("first", source="")
    before = arranged(first, model_file)
    path = first.saved(tmp_path / "talk.latentlab", copy=copy)
    assert before.project.path == path
    second = new_desk("second", source="")
    after = reopened(second, path)
    if not copy:
        assert after.model.path == model_file
    assert after.chart == before.chart
    np.testing.assert_array_equal(after.z, before.z)
    np.testing.assert_array_equal(after.decoded.image, before.decoded.image)
    second.until(lambda: after.strip is not None and len(after.strip.images) == 9)
    np.testing.assert_array_equal(after.strip.z, before.strip.z)
    np.testing.assert_array_equal(after.strip.images, before.strip.images)
    assert_same_path(after.path, before.path)
    assert after.path.position == 0.5
    assert after.filter.hidden == before.filter.hidden
    second.until(lambda: after.colouring.scale is not None)
    assert (after.colouring.by, after.colouring.moved) == ("z1", True)
    assert (after.colouring.scale.low, after.colouring.scale.high) == (-0.5, 0.75)
    assert after.selected.tolist() == before.selected.tolist()
    assert after.settings.layers == ("points", "lattice")
    assert after.settings.smooth
    (slant,) = after.directing.directions
    assert (slant.name, slant.vector.tolist(), slant.about) == (
        "slant",
        [0.1, -0.2, 0.3],
        "by hand",
    )
    assert after.view == files.read_project(path).view
    one, other = before.bookmarks.all, after.bookmarks.all
    assert [mark.name for mark in other] == ["The way", "Here"]
    assert [mark.z for mark in one] == [mark.z for mark in other]
    np.testing.assert_array_equal(one[0].picture, other[0].picture)
    assert other[0].path.kind == "straight"
    z = np.random.default_rng(0).normal(size=(50, 3))
    np.testing.assert_array_equal(
        api.load_model(after.model.path, device="cpu").decode(z),
        api.load_model(model_file, device="cpu").decode(z),
    )


def test_a_project_with_its_model_inside_opens_where_the_model_is_gone(
    new_desk, model_file, tmp_path
):
    moved = shutil.copy(model_file, tmp_path / "gone.safetensors")
    first = new_desk("first", source="")
    arranged(first, moved)
    path = first.saved(tmp_path / "a.latentlab")
    (tmp_path / "gone.safetensors").unlink()
    second = new_desk("second", source="")
    after = reopened(second, path)
    assert after.codes is not None
    assert after.project.path == path
    assert after.settings.recent_files == (str(path),)  # not the copy of the model


def test_what_is_missing_is_asked_for_and_everything_else_opens(new_desk, model_file, tmp_path):
    moved = shutil.copy(model_file, tmp_path / "gone.safetensors")
    first = new_desk("first", source="")
    arranged(first, moved)
    path = first.saved(tmp_path / "a.latentlab", copy=False)
    elsewhere = tmp_path / "elsewhere.safetensors"
    (tmp_path / "gone.safetensors").rename(elsewhere)
    second = new_desk("second", source="")
    back = []
    second.session.project.came_back.connect(back.append)
    second.session.open_path(path)
    second.until(lambda: back)
    asked = [notice for notice in second.notices if notice.action == "find_project_model"]
    assert len(asked) == 1
    assert "gone.safetensors" in asked[0].text
    assert [mark.name for mark in second.session.bookmarks.all] == ["The way", "Here"]
    second.session.project.find_model(elsewhere)
    settled(second)
    second.until(lambda: second.session.path is not None and second.session.view is not None)
    np.testing.assert_array_equal(second.session.z, first.session.z)


def test_a_folder_that_was_moved_whole_still_finds_its_model(new_desk, model_file, tmp_path):
    folder = tmp_path / "before"
    folder.mkdir()
    first = new_desk("first", source="")
    arranged(first, shutil.copy(model_file, folder / "m.safetensors"))
    first.saved(folder / "a.latentlab", copy=False)
    folder.rename(tmp_path / "after")
    second = new_desk("second", source="")
    after = reopened(second, tmp_path / "after" / "a.latentlab")
    assert after.model.path.resolve() == tmp_path / "after" / "m.safetensors"


def test_a_model_that_changed_since_is_told(new_desk, model_file, tmp_path):
    own = shutil.copy(model_file, tmp_path / "m.safetensors")
    first = new_desk("first", source="")
    arranged(first, own)
    path = first.saved(tmp_path / "a.latentlab", copy=False)
    api.save_model(api.train("digits", steps=2, latent_dim=3, hidden=(32,), device="cpu"), own)
    second = new_desk("second", source="")
    second.session.open_path(path)
    second.until(lambda: any("has changed" in notice.text for notice in second.notices))


def test_data_come_back_with_their_map(new_desk, tmp_path):
    first = new_desk("first")  # digits
    api.train("digits", out=tmp_path / "run", steps=20, hidden=(16,), device="cpu")
    first.session.open_model(tmp_path / "run")
    first.until(lambda: first.session.codes is not None and first.session.rows_are_data)
    first.session.begin_drag((0.0, 0.0))
    first.session.drag_to((1.0, 1.0))
    first.session.end_drag()
    settled(first)
    path = first.saved(tmp_path / "a.latentlab", copy=False)
    second = new_desk("second", source="")
    after = reopened(second, path)
    assert after.dataset.name == first.session.dataset.name
    assert after.rows_are_data
    assert_same_path(after.path, first.session.path)
    assert not [n for n in second.notices if n.level in ("warn", "bad")]


def test_the_map_looks_the_same_to_the_pixel(new_desk, model_file, tmp_path):
    first = new_desk("first", source="")
    arranged(first, model_file)
    first.window.resize(900, 700)  # as much as an offscreen screen has
    first.session.update_settings(layers=("points", "rings"))
    remembering.restore(first.window, first.session)
    first.window.map.fit()
    first.until(lambda: first.session.view is not None)
    settled(first)
    film = first.window.film  # two lines at this width, once Qt has laid it out
    first.until(lambda: film.height() >= film.minimumSizeHint().height())
    first.session.set_view(first.window.map.canvas.camera.rect)
    remembering.remember(first.window, first.session)
    path = first.saved(tmp_path / "a.latentlab")
    second = new_desk("second", source="")
    reopened(second, path)
    second.until(lambda: second.session.strip is not None)
    # A window's own: the first had its film's height before that was laid out in two lines.
    second.window.down.setSizes(first.window.down.sizes())
    settled(second)
    one, other = first.window.map.picture(), second.window.map.picture()
    assert one.size() == other.size()
    assert one.toImage() == other.toImage()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "not a project"),
        (b"[1, 2]", "not a project"),
        (b'{"project": 2}', "format 2"),
        (b'{"project": 1, "z": ["a"]}', "damaged"),
        (b'{"project": 1, "what": 3}', "damaged"),
        (b'{"project": 1, "model": {"copy": "!"}}', "damaged"),
    ],
)
def test_what_is_no_project_is_refused_in_a_sentence(new_desk, tmp_path, content, said):
    desk = new_desk("home", source="")
    path = tmp_path / "a.latentlab"
    path.write_bytes(content)
    desk.session.open_project(path)
    desk.until(lambda: any(notice.level == "bad" for notice in desk.notices))
    refused = [notice for notice in desk.notices if notice.level == "bad"]
    assert said in refused[0].text
    assert desk.session.project.path is None


def test_a_crash_leaves_the_session_and_the_next_start_offers_it(tmp_path):
    folder = tmp_path / "sessions"
    crashed = Slot(folder)
    files.write_project(crashed.path, files.ProjectFile(z=(1.5,)))
    beside = Slot(folder)  # another program beside it takes nothing from it
    assert not beside.crashed
    assert crashed.path.exists()
    beside.close(keep=False)
    crashed._lock.release()  # what the kernel does when a program dies
    after = Slot(folder)
    assert after.crashed
    assert files.read_project(after.interrupted).z == (1.5,)
    after.close(keep=False)
    assert not Slot(folder).crashed


def test_what_a_crash_left_is_offered_until_a_window_that_offered_it_is_closed(tmp_path):
    folder = tmp_path / "sessions"
    crashed = Slot(folder)
    files.write_project(crashed.path, files.ProjectFile(z=(1.5,)))
    for _ in range(3):  # each dies before it has kept anything of its own
        crashed._lock.release()
        crashed = Slot(folder)
        assert crashed.crashed
        beside = Slot(folder)
        assert not beside.crashed  # one offer is enough
        beside.close(keep=False)
        assert files.read_project(crashed.interrupted).z == (1.5,)
    crashed.close(keep=False)
    assert not Slot(folder).crashed
    assert files.read_project(folder / "earlier-session.latentlab").z == (1.5,)


def test_an_untouched_sample_takes_the_place_of_no_session(new_desk, tmp_path):
    folder = tmp_path / "home" / "sessions"
    crashed = Slot(folder)
    files.write_project(crashed.path, files.ProjectFile(z=(1.5,)))
    crashed._lock.release()
    files.write_project(crashed.last, files.ProjectFile(z=(2.5,)))
    desk = new_desk("home", source="")
    session = desk.session
    desk.program.open()
    desk.until(lambda: session.model is not None and session.engine.live)
    desk.until(lambda: session.decoded is not None and session.decoded.source == "model")
    session.project.keep()
    assert not session.project._writer.busy
    assert session.project.slot.crashed
    assert files.read_project(session.project.slot.interrupted).z == (1.5,)
    desk.program.close()
    assert files.read_project(folder / "last-session.latentlab").z == (2.5,)


def test_a_sample_with_something_of_a_persons_is_kept(new_desk):
    desk = new_desk("home", source="")
    session = desk.session
    desk.program.open()
    desk.until(lambda: session.model is not None and session.engine.live and session.z is not None)
    session.bookmarks.add_point("Here")
    running = session.project.slot.path
    session.project.keep()
    desk.until(running.exists)
    assert files.read_project(running).bookmarks[0].name == "Here"


def test_the_session_is_kept_and_is_the_last_one_when_the_window_is_closed(
    new_desk, model_file, tmp_path
):
    desk = new_desk("home", source="")
    session = arranged(desk, model_file)
    session.project.keep()
    running = session.project.slot.path
    desk.until(running.exists)
    assert files.read_project(running).bookmarks[1].name == "Here"
    desk.program.close()
    assert not running.exists()
    again = new_desk("home", source="")
    assert again.session.project.last is not None
    after = reopened(again, again.session.project.last)
    assert after.project.path is None  # it is no project of the person's
    np.testing.assert_array_equal(after.z, session.z)


def test_nothing_is_written_when_the_window_is_closed(new_desk, model_file, tmp_path):
    desk = new_desk("home", source="")
    arranged(desk, model_file)
    project, running = desk.session.project, desk.session.project.slot.path
    desk.program.close()
    project._door.write(running, files.ProjectFile(), print, bool)  # late, from the other thread
    assert not running.exists()


def test_a_project_holds_numbers_and_text_alone(new_desk, model_file, tmp_path):
    desk = new_desk("home", source="")
    arranged(desk, model_file)
    path = desk.saved(tmp_path / "a.latentlab", copy=False)
    plain = msgspec.json.decode(path.read_bytes())
    assert plain["project"] == 1
    assert plain["model"]["sha256"]
    assert plain["z"] == [0.3, -0.7, 1.1]


def test_data_that_are_gone_are_asked_for_and_the_rest_opens(new_desk, model_file, tmp_path):
    first = new_desk("first", source="")
    arranged(first, model_file)
    path = first.saved(tmp_path / "a.latentlab")
    gone = files.KeptData(spec=DataSpec(source=str(tmp_path / "gone.npz")), name="gone")
    files.write_project(path, replace_data(files.read_project(path), gone))
    second = new_desk("second", source="")
    after = reopened(second, path)
    (asked,) = [notice for notice in second.notices if notice.action == "open_data"]
    assert "gone.npz" in asked.text
    assert [mark.name for mark in after.bookmarks.all] == ["The way", "Here"]
    np.testing.assert_array_equal(after.z, first.session.z)


def replace_data(project, data):
    return msgspec.structs.replace(project, data=data)


def test_a_project_is_told_from_a_model_by_what_it_holds(model_file, tmp_path):
    project, model = tmp_path / "a.latentlab", tmp_path / "b.latentlab"
    files.write_project(project, files.ProjectFile())
    shutil.copy(model_file, model)
    assert opening.kind_of(project) == "project"
    assert opening.kind_of(model) == "model"


def test_what_is_neither_project_nor_model_is_refused_as_a_project(tmp_path):
    damaged = tmp_path / "a.latentlab"
    damaged.write_bytes(bytes(range(200, 256)))
    assert opening.kind_of(damaged) == "project"
    with pytest.raises(RefusedError, match=r"This is not a project\."):
        files.read_project(damaged)
