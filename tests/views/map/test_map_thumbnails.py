"""Thumbnails: the right picture at the right point, whatever is hidden, and none over another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from latentlab.data.dataset import Dataset
from latentlab.engine import messages as m
from latentlab.session.thumbnails import PictureStore
from latentlab.specs import DataSpec, ModelSpec
from latentlab.views.map.thumbnails import SLOT_PX, Spacing, spacing_for

COUNT = 3000


def ink(row: int) -> list[int]:
    """The colour that a row's picture has all over: no two rows have the same."""
    return [row % 256, row // 256 * 8, 77]


def dataset() -> Dataset:
    x = np.array([ink(row) for row in range(COUNT)], np.uint8)[:, :, None, None]
    return Dataset(
        "inks",
        np.broadcast_to(x, (COUNT, 3, 8, 8)).copy(),
        "image",
        256,
        np.arange(COUNT, dtype=np.int64) % 4,
        ("nought", "one", "two", "three"),
        np.zeros(COUNT, np.int8),
        DataSpec(source="inks"),
        value_range=(0.0, 255.0),
        checksums={"inks": "1"},
    )


def places() -> np.ndarray:
    return np.random.default_rng(4).normal(size=(COUNT, 2))


@pytest.fixture
def pictured(make_stage, make_codes, qtbot):
    """A map of data that are open, with thumbnails on."""
    stage, data = make_stage(size=(700, 640)), dataset()
    stage.session.apply(m.DataOpened(1, data))
    show(stage, replace(make_codes(places()), labels=data.labels))
    stage.view.set_layer("thumbnails", on=True)
    settle(stage, qtbot)
    return stage


def show(stage, codes, labels=None) -> None:
    spec = ModelSpec(shape=(3, 8, 8))
    info = m.ModelInfo("inks", spec, checksums={"inks": "1"}, label_names=dataset().label_names)
    stage.tickets[0] += 1
    stage.session.apply(m.ModelOpened(stage.tickets[0], info, codes, None))
    stage.bare()


def board(stage):
    return stage.view.canvas.thumbnails.board


def settle(stage, qtbot) -> None:
    """Wait for every picture of the view's newest points, by way of the window alone."""

    def there() -> bool:
        now, canvas = board(stage), stage.view.canvas
        return (
            now is not None
            and now.chosen.cloud is canvas.points.cloud
            and now.camera.scale == canvas.camera.scale
            and (now.camera.x, now.camera.y) == (canvas.camera.x, canvas.camera.y)
            and known(stage, now) == now.shown.sum()
        )

    qtbot.waitUntil(there, timeout=10_000)


def known(stage, now) -> int:
    """How many of the chosen are inside the board."""
    x0, y0, x1, y1 = now.camera.rect
    chosen = now.chosen
    side = chosen.spacing.slot / 2
    inside = (chosen.x > x0 - side) & (chosen.x < x1 + side)
    return int((inside & (chosen.y > y0 - side) & (chosen.y < y1 + side)).sum())


def seen(stage) -> list[tuple[int, int, int]]:
    """Row and pixel of each thumbnail that is wholly on screen."""
    now, camera = board(stage), stage.view.canvas.camera
    found = []
    for row, x, y in zip(now.chosen.rows, now.chosen.x, now.chosen.y, strict=True):
        px, py = camera.to_px(x, y)
        if 30 < px < camera.width - 30 and 30 < py < camera.height - 30:
            found.append((int(row), round(px), round(py)))
    return found


def check(stage, least: int = 5) -> None:
    """On screen, at the place of each point that has a picture, is that point's own picture."""
    image, codes = stage.pixels(), stage.session.codes
    on_map = seen(stage)
    assert len(on_map) >= least
    for row, px, py in on_map:
        at = stage.view.canvas.camera.to_px(*codes.xy[row].astype(float))
        assert np.abs(np.array(at) - (px, py)).max() <= 1
        assert image[py, px].tolist() == ink(row)
        assert image[py + 9, px - 9].tolist() == ink(row)


def test_each_point_shows_its_own_picture(pictured):
    check(pictured, least=20)
    assert not board(pictured).redrawn


@pytest.mark.parametrize("label", [0, 3])
def test_after_isolating_a_class_each_point_shows_its_own_picture(pictured, qtbot, label):
    pictured.session.isolate_class(label)
    settle(pictured, qtbot)
    check(pictured)
    assert {row % 4 for row, _, _ in seen(pictured)} == {label}
    pictured.session.isolate_class(label)
    settle(pictured, qtbot)
    check(pictured, least=20)
    assert len({row % 4 for row, _, _ in seen(pictured)}) == 4


def test_after_hiding_filtering_and_selecting_each_point_shows_its_own_picture(pictured, qtbot):
    session = pictured.session
    session.set_hidden([1, 2])
    settle(pictured, qtbot)
    check(pictured)
    assert {row % 4 for row, _, _ in seen(pictured)} == {0, 3}
    chosen = np.arange(0, COUNT, 60)
    session.show_all()
    session.select(chosen)
    settle(pictured, qtbot)
    now = board(pictured)
    first = now.chosen.rows[: len(now.chosen.rows) // 4]
    assert np.isin(first, chosen).mean() > 0.9  # those that are selected come first
    image = pictured.pixels()
    for row, px, py in seen(pictured):
        if row % 60 == 0:
            assert image[py, px].tolist() == ink(row)
    session.clear_selection()
    settle(pictured, qtbot)
    check(pictured, least=20)


def test_after_panning_and_zooming_each_point_shows_its_own_picture(pictured, qtbot):
    canvas = pictured.view.canvas
    for camera in (
        canvas.camera.panned(61.0, -40.0),
        canvas.camera.zoomed(3.0, 300.0, 250.0),
        canvas.camera.zoomed(12.0, 310.0, 260.0),
    ):
        canvas.set_camera(camera)
        settle(pictured, qtbot)
        check(pictured)


def test_other_data_of_the_same_shape_show_their_own_pictures(pictured, make_codes, qtbot):
    other = dataset()
    turned = replace(other, x=other.x[::-1].copy(), checksums={"inks": "2"})
    pictured.session.apply(m.DataOpened(2, turned))
    show(pictured, replace(make_codes(places()), labels=turned.labels))
    settle(pictured, qtbot)
    image = pictured.pixels()
    assert seen(pictured)
    for row, px, py in seen(pictured):
        assert image[py, px].tolist() == ink(COUNT - 1 - row)


def test_no_thumbnail_lies_over_another_and_more_come_when_zoomed(pictured, qtbot):
    canvas, counts = pictured.view.canvas, []
    area = canvas.camera
    for zoom in (0.4, 1.0, 4.0, 10.0):
        canvas.set_camera(area.zoomed(zoom, area.width / 2, area.height / 2))
        settle(pictured, qtbot)
        chosen, scale = board(pictured).chosen, canvas.camera.scale
        far = np.maximum(np.abs(chosen.x[:, None] - chosen.x), np.abs(chosen.y[:, None] - chosen.y))
        np.fill_diagonal(far, np.inf)
        assert far.min() * scale >= board(pictured).side_px
        x0, y0, x1, y1 = canvas.camera.rect
        inside = (chosen.x > x0) & (chosen.x < x1) & (chosen.y > y0) & (chosen.y < y1)
        counts.append(inside.sum() / ((x1 - x0) * (y1 - y0)))
    assert (np.diff(counts) > 0).all()


def test_panning_keeps_the_same_ones(pictured, qtbot):
    canvas = pictured.view.canvas
    before = {row for row, _, _ in seen(pictured)}
    canvas.set_camera(canvas.camera.panned(17.0, 9.0))
    settle(pictured, qtbot)
    after = {row for row, _, _ in seen(pictured)}
    assert before & after
    xy = pictured.session.codes.xy
    for row in before ^ after:  # they are at the edge, where pictures come and go
        px, py = canvas.camera.to_px(*xy[row].astype(float))
        edge = min(px, py, canvas.camera.width - px, canvas.camera.height - py)
        assert edge < 30 + 17 + 1


def test_the_frame_has_the_colour_of_the_point(pictured):
    image, colours = pictured.pixels(), set()
    palette = [tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in _palette(pictured)]
    half = int(board(pictured).side_px) // 2
    for row, px, py in seen(pictured)[:30]:
        line = {tuple(image[py, x].tolist()) for x in range(px - half - 1, px - half + 6)}
        assert palette[row % 4] in line
        colours.add(palette[row % 4])
    assert len(colours) == 4


def _palette(stage) -> tuple[str, ...]:
    return stage.view.canvas.points.cloud.palette


def test_the_pointer_on_a_picture_means_its_point(pictured):
    for row, px, py in seen(pictured)[:10]:
        at = pictured.view.canvas.to_plot(pictured.view.canvas.plot_area.topLeft())
        spot = at.__class__(px + 13.0, py - 13.0)
        assert pictured.view._hovering.row_at(spot) == row


@pytest.fixture
def unopened(make_stage, make_codes, qtbot):
    """The same map without its data."""
    stage = make_stage(size=(700, 640))
    show(stage, make_codes(places(), np.arange(COUNT) % 4))
    stage.view.set_layer("thumbnails", on=True)
    qtbot.waitUntil(lambda: bool(stage.engine.live_of(m.DecodeRows)))
    return stage


def decode(stage, request: m.DecodeRows) -> None:
    inks = np.array([ink(row) for row in request.rows], np.uint8)[:, None, None, :]
    images = np.broadcast_to(inks, (len(inks), 8, 8, 3)).copy()
    stage.session.apply(m.RowsDecoded(request.ticket, request.rows, images, 0))


def test_data_that_are_not_open_show_their_reconstructions_and_say_so(unopened, qtbot):
    request = unopened.engine.live_of(m.DecodeRows)[-1]
    codes = unopened.session.codes
    assert (request.z == codes.z[request.rows]).all()
    assert (request.labels == -1).all()  # this model knows no classes
    decode(unopened, request)
    settle(unopened, qtbot)
    check(unopened, least=20)
    assert board(unopened).redrawn


def test_those_in_the_middle_are_decoded_first(unopened):
    request = unopened.engine.live_of(m.DecodeRows)[-1]
    camera, xy = unopened.view.canvas.camera, unopened.session.codes.xy
    far = np.abs(xy[request.rows] - [camera.x, camera.y]).max(axis=1)
    assert (np.diff(far) >= -1e-6).all()


def test_reconstructions_of_a_model_that_is_no_more_are_not_shown(unopened, make_codes, qtbot):
    request = unopened.engine.live_of(m.DecodeRows)[-1]
    show(unopened, make_codes(places(), np.arange(COUNT) % 4))
    decode(unopened, request)
    assert not len(unopened.session.thumbnails.store)
    qtbot.waitUntil(lambda: unopened.engine.live_of(m.DecodeRows)[-1] is not request)


def test_what_the_stored_lattice_drew_is_drawn_anew_by_the_model(unopened, qtbot):
    decode(unopened, unopened.engine.live_of(m.DecodeRows)[-1])
    settle(unopened, qtbot)
    unopened.engine.live.clear()
    unopened.session.apply(m.ModelReady(unopened.tickets[0], "cpu"))
    qtbot.waitUntil(lambda: bool(unopened.engine.live_of(m.DecodeRows)))


def test_a_layer_that_is_off_shows_and_wants_nothing(unopened, qtbot):
    unopened.view.set_layer("thumbnails", on=False)
    assert not unopened.view.layer_shown("thumbnails")
    decode(unopened, unopened.engine.live_of(m.DecodeRows)[-1])
    qtbot.wait(80)
    assert board(unopened) is None
    unopened.engine.live.clear()
    canvas = unopened.view.canvas
    canvas.set_camera(canvas.camera.panned(200.0, 0.0))
    qtbot.wait(80)
    assert not unopened.engine.live_of(m.DecodeRows)


def test_a_little_zooming_keeps_the_spacing():
    assert spacing_for(100.0, 0.01) == spacing_for(105.0, 0.01)
    for scale in np.geomspace(1e-3, 1e6, 50):
        found = spacing_for(scale, 1e-4)
        assert SLOT_PX * (1 - 1e-9) <= found.slot * scale < 1.42 * SLOT_PX
        assert found.slot <= found.reach <= 2 * found.slot
    assert spacing_for(100.0, 5.0) == Spacing(*[spacing_for(100.0, 5.0).slot] * 2)


def test_the_store_is_bounded_keeps_what_is_used_and_takes_nothing_of_before():
    store = PictureStore(most_bytes=20 * 16)
    images = np.zeros((50, 4, 4), np.uint8)
    for row in range(50):
        store.put(0, [row], images[row : row + 1])
        store.get([0])
        assert store.size_bytes <= 320
    assert len(store) == 20
    assert set(store.get([0, 1, 48, 49])) == {0, 48, 49}
    assert store.get([0])[0].base is None
    store.clear()
    store.put(0, [1], images[:1])
    assert len(store) == 0
    assert store.look([1]) == (1, {})
