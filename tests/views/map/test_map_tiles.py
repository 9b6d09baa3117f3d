"""Tiles on the map: where, how crisp, of which model, and when they are asked for."""

import numpy as np
import pytest

from latentlab.engine import messages as m
from latentlab.latent.tiles import Cell, TileStore, middles, patch_of, side_of
from latentlab.views.map.tiles import compose

VERSION = (0, None)


def tiles_of(stage) -> list[m.DecodeTiles]:
    return stage.engine.live_of(m.DecodeTiles)


def answer(stage, request, level=None) -> None:
    """The pictures of a request: brighter to the right and to the top, or all of one level."""
    x, y = middles(request.level, request.cells).T
    levels = np.clip(120 + 30 * x + 10 * y, 0, 255) if level is None else np.full(len(x), level)
    images = np.broadcast_to(levels.astype(np.uint8)[:, None, None], (len(x), 6, 6)).copy()
    cells = request.cells
    stage.session.apply(
        m.TilesDecoded(request.ticket, request.version, request.level, cells, images, 0)
    )


@pytest.fixture
def tiled(make_stage, qtbot):
    stage = make_stage([[-1.0, -1.0], [1.0, 1.0]])
    stage.bare()
    stage.view.set_layer("points", on=False)
    stage.session.show_lattice(True)
    qtbot.waitUntil(lambda: bool(tiles_of(stage)))
    return stage


def at_middle(stage, image, level, column, row) -> int:
    """The level that the screen shows in the middle of a cell."""
    side = side_of(level)
    px, py = stage.view.canvas.camera.to_px((column + 0.5) * side, (row + 0.5) * side)
    if not (2 <= px < image.shape[1] - 2 and 2 <= py < image.shape[0] - 2):
        return -1
    return int(image[int(py), int(px), 0])


def test_every_cell_in_view_shows_its_own_picture(tiled):
    request = tiles_of(tiled)[-1]
    answer(tiled, request)
    image, seen = tiled.pixels(), 0
    x, y = middles(request.level, request.cells).T
    for (column, row), level in zip(
        request.cells.tolist(), np.clip(120 + 30 * x + 10 * y, 0, 255), strict=True
    ):
        shown = at_middle(tiled, image, request.level, column, row)
        if shown >= 0:
            seen += 1
            assert abs(shown - int(level)) <= 1
    x0, y0, x1, y1 = tiled.view.canvas.camera.rect
    assert seen >= 0.9 * (x1 - x0) * (y1 - y0) / side_of(request.level) ** 2


def test_nothing_in_view_is_left_open(tiled):
    answer(tiled, tiles_of(tiled)[-1], level=200)
    canvas = tiled.view.canvas
    for camera in (canvas.camera.panned(23.4, -11.7), canvas.camera.zoomed(1.3, 200.0, 90.0)):
        canvas.set_camera(camera)
        image = tiled.pixels()[2:-2, 2:-2, 0]
        assert (image > 150).mean() > 0.8  # all but the gaps
        rows, columns = (image > 150).mean(axis=1), (image > 150).mean(axis=0)
        assert np.median(rows) > 0.8
        assert np.median(columns) > 0.8


def test_the_coarser_picture_stands_in_at_once_when_zoomed_in(tiled, qtbot):
    request = tiles_of(tiled)[-1]
    answer(tiled, request)
    canvas = tiled.view.canvas
    canvas.set_camera(canvas.camera.zoomed(2.0, canvas.camera.width / 2, canvas.camera.height / 2))
    image = tiled.pixels()
    finer = request.level + 1
    for column, row in patch_of(canvas.camera.rect, finer).cells().tolist()[:20]:
        elder = middles(request.level, np.array([[column >> 1, row >> 1]]))[0]
        shown = at_middle(tiled, image, finer, column, row)
        assert abs(shown - int(120 + 30 * elder[0] + 10 * elder[1])) <= 1
    qtbot.waitUntil(lambda: tiles_of(tiled)[-1].level == finer)
    answer(tiled, tiles_of(tiled)[-1], level=250)
    shown = at_middle(tiled, tiled.pixels(), finer, 0, 0)
    assert shown == 250


def test_they_are_asked_for_while_the_map_moves_but_not_at_every_step(tiled, qtbot):
    answer(tiled, tiles_of(tiled)[-1])
    tiled.engine.live.clear()
    canvas = tiled.view.canvas
    for _ in range(20):
        canvas.set_camera(canvas.camera.panned(37.0, 0.0))
    assert not tiles_of(tiled)
    qtbot.waitUntil(lambda: bool(tiles_of(tiled)))
    assert len(tiles_of(tiled)) == 1


def test_what_is_under_the_pointer_comes_first(tiled, qtbot):
    canvas = tiled.view.canvas
    answer(tiled, tiles_of(tiled)[-1])
    tiled.engine.live.clear()
    tiled.session.move_cursor((90.0, 90.0))  # out of view
    tiled.view._interaction.hovered.emit(canvas.to_plot(canvas.plot_area.center()) * 0.5)
    at = canvas.xy(canvas.to_plot(canvas.plot_area.center()) * 0.5)
    tiled.session.tiles.renew()
    canvas.set_camera(canvas.camera.panned(1.0, 0.0))
    qtbot.waitUntil(lambda: len(tiles_of(tiled)) > 1)
    request = tiles_of(tiled)[-1]
    first = middles(request.level, request.cells[:1])[0]
    assert np.abs(first - at).max() <= side_of(request.level)


def test_what_is_seen_is_drawn_first_and_what_lies_around_it_then(tiled, qtbot, monkeypatch):
    lattice, sheets = tiled.view.canvas.lattice, []
    put = lattice.set_tiles

    def note(tiles) -> None:
        if tiles is not None:
            sheets.append(tiles.sheet)
        put(tiles)

    monkeypatch.setattr(lattice, "set_tiles", note)
    answer(tiled, tiles_of(tiled)[-1])
    qtbot.waitUntil(lambda: len(sheets) >= 2)
    seen = patch_of(tiled.view.canvas.camera.rect, sheets[0].patch.level)
    assert sheets[0].patch == seen
    assert sheets[0].whole
    assert sheets[-1].patch.columns > seen.columns


def test_another_models_tiles_go_at_once(tiled, make_codes, qtbot):
    answer(tiled, tiles_of(tiled)[-1], level=250)
    assert (tiled.pixels()[..., 0] == 250).any()
    tiled.engine.live.clear()
    tiled.open_model(make_codes([[-1.0, -1.0], [1.0, 1.0]]))
    assert not (tiled.pixels()[..., 0] == 250).any()
    qtbot.waitUntil(lambda: bool(tiles_of(tiled)))


def test_the_screen_itself_follows_what_comes_in(tiled, qtbot):
    answer(tiled, tiles_of(tiled)[-1], level=251)
    qtbot.waitUntil(lambda: bool((tiled.on_screen()[..., 0] == 251).mean() > 0.5))


def test_a_layer_that_is_off_shows_no_tiles(tiled):
    answer(tiled, tiles_of(tiled)[-1], level=250)
    tiled.session.show_lattice(False)
    assert not (tiled.pixels()[..., 0] == 250).any()


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("scale", [37.3, 128.0, 251.9])
def test_a_sheet_has_each_picture_in_its_cell_to_the_pixel(scale, colour):
    store, patch = TileStore(), patch_of((-1.0, 0.0, 2.0, 2.0), 0)
    for number, (column, row) in enumerate(patch.cells().tolist()):
        shape = (3, 3, 3) if colour else (3, 3)
        store.put(VERSION, Cell(0, column, row), np.full(shape, 40 + 30 * number, np.uint8))
    sheet = compose(store, VERSION, patch, scale)
    assert sheet.argb.shape == (round(2 * scale), round(2 * scale) - round(-scale))
    assert sheet.whole
    for number, (column, row) in enumerate(patch.cells().tolist()):
        x, y = (column + 1.5) * scale, (1.5 - row) * scale
        assert sheet.argb[int(y), int(x)] & 0xFF == 40 + 30 * number
        assert sheet.argb[int(y), int(x)] >> 24 == 255


def test_a_sheet_is_open_where_nothing_is_known():
    store, patch = TileStore(), patch_of((0.0, 0.0, 2.0, 1.0), 0)
    store.put(VERSION, Cell(0, 0, 0), np.full((3, 3), 90, np.uint8))
    sheet = compose(store, VERSION, patch, 50.0)
    assert not sheet.whole
    assert (sheet.argb[:, 50:] == 0).all()
    assert (sheet.argb[:, :50] >> 24 == 255).all()
