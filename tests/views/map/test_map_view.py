"""The map as a widget: fit, follow, words, theme, layers, undo of the view."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from latentlab.data.dataset import Dataset
from latentlab.engine import messages as m
from latentlab.latent.charts import axes_plane
from latentlab.latent.picking import PointIndex
from latentlab.specs import DataSpec, ModelSpec
from latentlab.views.map.rings import mass_within
from latentlab.views.theme import DARK, LIGHT


def contains(rect, xy):
    x0, y0, x1, y1 = rect
    xy = np.asarray(xy)
    return ((xy >= (x0, y0)) & (xy <= (x1, y1))).all(axis=1)


def test_an_empty_map_says_what_to_do_and_a_full_one_does_not(make_stage, make_codes):
    stage = make_stage()
    assert "File > Open data" in stage.view._words.empty
    assert stage.view._words._empty.isVisible()
    assert stage.view.visible_count == 0
    assert not stage.view.canvas.rings.isVisible()  # no model, no prior
    assert stage.view.layer_shown("rings")
    stage.open_model(make_codes([[0.0, 0.0]]))
    assert stage.view._words.empty == ""
    assert not stage.view._words._empty.isVisible()
    assert stage.view.canvas.rings.isVisible()


def test_the_words_follow_what_is_open(make_stage):
    stage = make_stage()
    stage.session.apply(m.Busy(1, "Opening Two dots", None, None))
    assert stage.view._words.empty == "Opening Two dots…"
    stage.session.apply(m.Cancelled(1))
    assert stage.view._words.empty.startswith("Open data with File")
    data = Dataset(
        name="Two dots",
        x=np.zeros((2, 1, 8, 8), np.uint8),
        kind="image",
        levels=256,
        labels=np.zeros(2, np.int64),
        label_names=("dot",),
        split=np.zeros(2, np.int8),
        source=DataSpec(source="dots"),
    )
    stage.session.apply(m.DataOpened(1, data))
    assert stage.view._words.empty.startswith("Two dots is open.\nTrain a model")
    stage.open_model(None)
    assert "no map yet" in stage.view._words.empty
    stage.session.apply(m.Busy(2, "Embedding Two dots", 0.5, 1.0))
    assert stage.view._words.empty == "Two dots is on its way to the map…"
    stage.session.apply(m.Cancelled(2))
    assert "no map yet" in stage.view._words.empty


def test_words_stay_inside_and_in_the_middle_of_the_plot(make_stage, qtbot):
    stage = make_stage()
    stage.view.show_hint("A hint.")
    for size in ((900, 500), (400, 300)):
        stage.view.resize(*size)
        qtbot.wait(10)
        area = stage.view.canvas.plot_area.toRect()
        for label in (stage.view._words._empty, stage.view._words._hint):
            assert area.contains(label.geometry())
            assert abs(label.geometry().center().x() - area.center().x()) <= 1


def test_a_low_map_gives_the_room_of_its_axes_names_to_the_plot(make_stage, qtbot):
    stage = make_stage([[0.0, 0.0]])
    canvas = stage.view.canvas
    around = {}
    for height in (600, 200, 600):
        stage.view.resize(700, height)
        qtbot.wait(10)
        around[height] = canvas.height() - canvas.plot_area.height()
        assert canvas.left.label.isVisible() == canvas.bottom.label.isVisible() == (height > 300)
    assert around[200] <= around[600] - 15
    assert canvas.bottom.name == "z1"


def test_numbers_are_equally_far_apart_on_both_axes(make_stage):
    stage = make_stage([[0.0, 0.0]])
    canvas = stage.view.canvas
    for factor in (1.0, 3.3, 0.02, 170.0):
        canvas.set_camera(canvas.camera.zoomed(factor, 100.0, 100.0))
        camera = canvas.camera
        x0, y0, x1, y1 = camera.rect
        across = canvas.bottom.tickSpacing(x0, x1, camera.width)
        up = canvas.left.tickSpacing(y0, y1, camera.height)
        assert across[0][0] == pytest.approx(up[0][0])
        assert 63.0 < across[0][0] * camera.scale < 161.0
        stage.pixels()


def test_the_hint_stays_until_the_first_drag(make_stage, qtbot):
    stage = make_stage([[0.0, 0.0]])
    with qtbot.waitSignal(stage.view.hint_changed):
        stage.view.show_hint("Drag on the map.")
    assert stage.view._words._hint.isVisible()
    viewport, at = stage.view.canvas.viewport(), stage.px(0.0, 0.0)
    left = Qt.MouseButton.LeftButton
    QTest.mouseClick(viewport, left, pos=at)
    assert stage.view.hint == "Drag on the map."
    QTest.mousePress(viewport, left, pos=at)
    QTest.mouseMove(viewport, at * 1.2)
    QTest.mouseRelease(viewport, left, pos=at * 1.2)
    assert stage.view.hint == ""
    assert not stage.view._words._hint.isVisible()


def test_fit_shows_nearly_all_points_at_equal_aspect(make_stage):
    xy = np.random.default_rng(0).normal(size=(2000, 2)) * (3.0, 0.5)
    stage = make_stage(xy)
    camera = stage.view.canvas.camera
    assert contains(camera.rect, xy).mean() > 0.995
    x0, y0, x1, y1 = camera.rect
    assert (x1 - x0) / camera.width == pytest.approx((y1 - y0) / camera.height)


def test_the_axes_show_the_camera_and_the_planes_names(make_stage):
    stage = make_stage(np.random.default_rng(1).normal(size=(50, 2)))
    canvas = stage.view.canvas
    x0, y0, x1, y1 = canvas.camera.rect
    assert canvas.bottom.range == pytest.approx([x0, x1])
    assert canvas.left.range == pytest.approx([y0, y1])
    assert (canvas.bottom.name, canvas.left.name) == ("z1", "z2")


def refresh(stage, codes):
    stage.session._contents.codes = codes
    stage.session.codes_changed.emit()


def test_while_training_the_view_follows_until_the_person_moves_it(
    make_stage, make_codes, monkeypatch
):
    rng = np.random.default_rng(2)
    stage = make_stage(rng.normal(size=(500, 2)))
    training = type(stage.session.training)(status="running")
    monkeypatch.setattr(type(stage.session), "training", property(lambda _: training))
    wide = rng.normal(size=(500, 2)) * 8.0
    before = stage.view.canvas.camera
    refresh(stage, make_codes(wide))
    first = stage.view.canvas.camera
    assert first.scale < before.scale  # part of the way
    assert contains(first.rect, wide).mean() < 0.99
    for _ in range(8):
        refresh(stage, make_codes(wide))
    assert contains(stage.view.canvas.camera.rect, wide).mean() > 0.97
    still = stage.view.canvas.camera
    refresh(stage, make_codes(wide))
    assert stage.view.canvas.camera == still  # near enough: not worth a move
    QTest.mousePress(stage.view.canvas.viewport(), Qt.MouseButton.MiddleButton, pos=stage.px(0, 0))
    QTest.mouseMove(stage.view.canvas.viewport(), stage.px(0, 0) * 1.1)
    QTest.mouseRelease(
        stage.view.canvas.viewport(), Qt.MouseButton.MiddleButton, pos=stage.px(0, 0)
    )
    moved = stage.view.canvas.camera
    for _ in range(3):
        refresh(stage, make_codes(wide * 0.1))
    assert stage.view.canvas.camera == moved


def test_when_the_training_ends_the_whole_map_is_in_view(make_stage, make_codes, monkeypatch):
    rng = np.random.default_rng(9)
    stage = make_stage(rng.normal(size=(500, 2)))
    state = type(stage.session.training)
    training = [state(status="running")]
    monkeypatch.setattr(type(stage.session), "training", property(lambda _: training[0]))
    stage.session.training_changed.emit()
    refresh(stage, make_codes(rng.normal(size=(500, 2)) * 8.0))
    following = stage.view.canvas.camera
    training[0] = state(status="finished")
    stage.session.training_changed.emit()
    ended = stage.view.canvas.camera
    assert ended != following
    stage.view.fit()
    assert stage.view.canvas.camera == ended


def test_nothing_moves_under_a_pressed_hand(make_stage, make_codes):
    stage = make_stage(np.random.default_rng(3).normal(size=(100, 2)))
    viewport, at = stage.view.canvas.viewport(), stage.px(0.0, 0.0)
    before = stage.view.canvas.camera
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=at)
    refresh(stage, make_codes(np.random.default_rng(3).normal(size=(100, 2)) * 9))
    assert stage.view.canvas.camera == before
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=at)


def test_undo_brings_the_view_back(make_stage, qtbot):
    stage = make_stage(np.random.default_rng(4).normal(size=(100, 2)))
    qtbot.waitUntil(lambda: stage.session.view is not None)
    before = stage.view.canvas.camera
    QTest.keyClick(stage.view.canvas, Qt.Key.Key_Home)
    moved = stage.view.canvas.camera
    assert moved != before
    qtbot.waitUntil(lambda: stage.session.view == moved.rect)
    stage.session.undo()
    assert stage.view.canvas.camera.rect == pytest.approx(before.rect)


def test_the_view_of_a_refresh_is_nothing_to_undo(make_stage, make_codes, qtbot):
    stage = make_stage(np.random.default_rng(5).normal(size=(100, 2)))
    qtbot.waitUntil(lambda: stage.session.view is not None)
    could = stage.session.can_undo
    refresh(stage, make_codes(np.random.default_rng(5).normal(size=(100, 2)) * 5))
    camera = stage.view.canvas.camera
    qtbot.waitUntil(lambda: stage.session.view == camera.rect)
    assert stage.session.can_undo == could


def test_themes_change_every_ground(make_stage):
    stage = make_stage([[0.0, 0.0]])
    for theme, dark in ((LIGHT, False), (DARK, True)):
        stage.view.set_theme(theme)
        corner = stage.pixels()[5, 5]
        assert (corner.mean() < 128) == dark


def test_points_are_coloured_by_split_when_asked(make_stage, make_codes):
    stage = make_stage()
    codes = make_codes([[-1.0, 0.0], [1.0, 0.0]], [2, 2])
    codes.split[1] = 1
    stage.open_model(codes)
    stage.bare()
    middles = [tuple(int(v) for v in stage.view.canvas.camera.to_px(x, 0.0)) for x in (-1, 1)]

    def seen():
        image = stage.pixels()
        return [image[y, x].tolist() for x, y in middles]

    assert seen()[0] == seen()[1]
    stage.session.colouring.set_by("split")
    assert seen()[0] != seen()[1]
    stage.session.colouring.set_by("class")
    assert seen()[0] == seen()[1]


def test_text_grows_with_the_settings(make_stage, qtbot):
    stage = make_stage(np.random.default_rng(10).normal(size=(30, 2)))
    before = stage.view.canvas.plot_area
    stage.session.update_settings(text_scale=2.0)
    stage.view.set_theme(LIGHT)
    qtbot.wait(10)
    stage.pixels()
    after = stage.view.canvas.plot_area
    assert after.left() >= 1.9 * before.left()
    assert after.height() < before.height()
    assert stage.view.canvas.path.handles["a"].radius >= 20.0


def test_layers_go_and_come_back(make_stage, qtbot):
    stage = make_stage(np.random.default_rng(6).normal(size=(30, 2)))
    everything = stage.pixels()
    for name in ("points", "rings"):
        with qtbot.waitSignal(stage.view.layers_changed):
            stage.view.set_layer(name, on=False)
        assert not stage.view.layer_shown(name)
        assert not np.array_equal(stage.pixels(), everything)
        stage.view.set_layer(name, on=True)
        assert np.array_equal(stage.pixels(), everything)
    stage.view.set_layer("lattice", on=True)
    assert stage.session.lattice_shown
    assert stage.view.layer_shown("lattice")


def test_rings_lie_at_one_two_and_three_sigma(make_stage):
    stage = make_stage([[100.0, 100.0]])
    stage.view.reset()
    stage.view.canvas.cursor_mark.setOpacity(0.0)
    stage.view.set_layer("points", on=False)
    image = stage.pixels()
    ground = image[3, 3]
    camera = stage.view.canvas.camera
    for angle in (0.3, 2.0, 3.6, 5.5):
        for radius in (0.5, 1.0, 1.5, 2.0, 2.5, 3.0):
            px, py = camera.to_px(radius * np.cos(angle), radius * np.sin(angle))
            spot = image[int(py) - 1 : int(py) + 2, int(px) - 1 : int(px) + 2]
            painted = np.abs(spot - ground).max() > 25
            assert painted == (radius in (1.0, 2.0, 3.0)), (angle, radius)


def test_the_rings_numbers_are_the_mass_of_the_prior():
    z = np.random.default_rng(7).normal(size=(200_000, 2))
    for sigma in (1.0, 2.0, 3.0):
        inside = (np.hypot(z[:, 0], z[:, 1]) < sigma).mean()
        assert mass_within(sigma, 2) == pytest.approx(inside, abs=0.004)
        assert mass_within(sigma, 1) == pytest.approx((np.abs(z[:, 0]) < sigma).mean(), abs=0.004)


def test_the_focus_of_the_keyboard_is_seen_and_tab_leaves_again(make_stage, qtbot):
    stage = make_stage([[0.0, 0.0]])
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    field, after = QLineEdit(), QLineEdit()
    for widget in (field, stage.view, after):
        layout.addWidget(widget)
    window.resize(520, 520)
    window.show()
    window.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    before = stage.pixels()
    QTest.keyClick(field, Qt.Key.Key_Tab)
    assert stage.view.canvas.hasFocus()
    assert not np.array_equal(stage.pixels(), before)
    QTest.keyClick(stage.view.canvas, Qt.Key.Key_Tab)
    assert after.hasFocus()
    assert np.array_equal(stage.pixels(), before)
    stage.view.setParent(None)


def test_a_screen_reader_is_told_what_this_is(make_stage):
    stage = make_stage([[0.0, 0.0], [1.0, 1.0]])
    assert stage.view.canvas.accessibleName() == "Map of the latent space"
    assert "2 points" in stage.view.canvas.accessibleDescription()


def test_a_line_of_one_latent_has_lines_for_rings(make_stage, make_codes):
    stage = make_stage()
    z = np.random.default_rng(8).normal(size=(50, 1)).astype(np.float32)
    xy = np.hstack([z, np.zeros_like(z)])
    codes = m.Codes(
        z, xy, np.zeros(50, np.int64), np.zeros(50, np.int8), axes_plane(1), PointIndex(xy), 0.1
    )
    info = m.ModelInfo("line", ModelSpec(shape=(1, 8, 8), latent_dim=1))
    stage.session.apply(m.ModelOpened(7, info, codes, None))
    stage.pixels()
    assert stage.view.visible_count == 50
    assert stage.view.canvas.left.name == ""
