"""What is painted, pixel by pixel, against brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QColor

from latentlab.data.sieve import Sieve
from latentlab.latent.picking import PointIndex
from latentlab.views.map.camera import Camera
from latentlab.views.map.cloud import Cloud
from latentlab.views.map.paint import Categories
from latentlab.views.map.points import Points
from latentlab.views.map.raster import SLICE, stamp
from latentlab.views.map.sketch import sketch
from latentlab.views.map.tone import size_and_strength
from latentlab.views.palette import class_colors
from latentlab.views.theme import LIGHT


def rgb(hexa):
    colour = QColor(hexa)
    return np.array([colour.red(), colour.green(), colour.blue()])


def distances(shape, places):
    """(H, W) distance of each pixel's middle to the nearest place (n, 2)."""
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    away = np.hypot(x[..., None] - places[:, 0], y[..., None] - places[:, 1])
    return away.min(axis=-1)


def expected_places(stage, xy):
    return np.array([stage.view.canvas.camera.to_px(*at) for at in xy])


def check_against_brute_force(stage, xy):
    image = stage.pixels()
    ground = rgb(stage.view.canvas.theme.ground)
    away = distances(image.shape, expected_places(stage, xy))
    painted = np.abs(image - ground).sum(axis=-1) > 40
    assert painted[away < 1.5].all(), "a point is missing where it should be"
    wrong = np.argwhere(painted & (away > 7.0))
    assert not len(wrong), f"something is painted where no point is, at {wrong[:4]}"


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_points_are_painted_where_they_are(make_stage, seed):
    xy = np.random.default_rng(seed).normal(size=(40, 2))
    stage = make_stage(xy)
    stage.bare()
    check_against_brute_force(stage, xy)


def test_points_are_right_after_pan_zoom_resize_and_theme(make_stage, qtbot):
    xy = np.random.default_rng(3).normal(size=(30, 2))
    stage = make_stage(xy)
    stage.bare()
    stage.pixels()
    canvas = stage.view.canvas
    canvas.set_camera(canvas.camera.panned(37.3, -21.6))
    check_against_brute_force(stage, xy)
    canvas.set_camera(canvas.camera.zoomed(1.7, 90.0, 210.0))
    check_against_brute_force(stage, xy)
    stage.view.resize(640, 380)
    qtbot.wait(10)
    check_against_brute_force(stage, xy)
    stage.view.set_theme(LIGHT)
    canvas.plot.setBorder(None)
    check_against_brute_force(stage, xy)


def test_a_panned_map_has_the_pixels_of_a_fresh_one(make_stage, make_codes):
    rng = np.random.default_rng(4)
    xy, labels = rng.normal(size=(3000, 2)), rng.integers(0, 4, 3000)
    moved, fresh = make_stage(xy, labels), make_stage()
    moved.pixels()
    for step in ((13.0, 5.0), (-40.5, 22.25), (3.0, -9.0)):
        moved.view.canvas.set_camera(moved.view.canvas.camera.panned(*step))
        moved.pixels()
    fresh.open_model(make_codes(xy, labels))
    fresh.view.canvas.set_camera(moved.view.canvas.camera)
    assert np.array_equal(moved.pixels(), fresh.pixels())


def test_a_moved_cursor_leaves_no_trace_on_screen(make_stage, qtbot):
    rng = np.random.default_rng(5)
    stage = make_stage(rng.normal(size=(2000, 2)), rng.integers(0, 4, 2000))
    stage.pixels()
    for k in range(10):
        stage.session.begin_drag((0.1 * k, -0.1 * k))
        stage.session.drag_to((1.0 - 0.2 * k, 0.1 * k))
        qtbot.wait(1)
    qtbot.wait(20)
    in_parts = stage.on_screen()  # painted bit by bit, as the marks moved
    stage.view.canvas.viewport().repaint()
    assert in_parts.max() > 100
    assert np.array_equal(in_parts, stage.on_screen())


def test_each_class_has_its_colour_and_unlabelled_points_are_grey(make_stage):
    xy = np.array([[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]])
    stage = make_stage(xy, [0, 2, -1])
    stage.bare()
    image = stage.pixels()
    palette = class_colors(4, "dark")
    ground = rgb(stage.view.canvas.theme.ground)
    _, strength = size_and_strength(1e6)
    middles = expected_places(stage, xy).astype(int)
    for (x, y), wanted in zip(middles, (palette[0], palette[2], "#7C8490"), strict=True):
        mixed = strength * rgb(wanted) + (1 - strength) * ground
        assert np.abs(image[y, x] - mixed).max() < 12


def test_a_hidden_class_vanishes_and_comes_back(make_stage):
    xy = np.random.default_rng(6).normal(size=(60, 2))
    labels = np.arange(60) % 2
    stage = make_stage(xy, labels)
    stage.bare()
    everything = stage.pixels()
    stage.session.toggle_class(1)
    assert stage.view.visible_count == 30
    check_against_brute_force(stage, xy[labels == 0])
    stage.session.show_all()
    assert stage.view.visible_count == 60
    assert np.array_equal(stage.pixels(), everything)


def test_unlabelled_points_can_be_hidden(make_stage):
    stage = make_stage([[0, 0], [1, 1], [2, 0]], [-1, 0, 1])
    stage.session.set_hidden({-1})
    assert stage.view.visible_count == 2


def test_no_class_hides_the_others_even_in_sorted_data(make_stage):
    xy = np.random.default_rng(7).normal(size=(20_000, 2)) * 0.2
    labels = np.repeat([0, 1], 10_000)  # sorted: drawn in row order, class 1 would cover class 0
    stage = make_stage(xy, labels)
    stage.bare()
    image = stage.pixels().astype(float)
    palette = [rgb(colour) for colour in class_colors(4, "dark")[:2]]
    y, x = (int(v) for v in stage.view.canvas.camera.to_px(0, 0)[::-1])
    middle = image[y - 60 : y + 60, x - 60 : x + 60].reshape(-1, 3)
    nearer = np.linalg.norm(middle - palette[0], axis=1) < np.linalg.norm(
        middle - palette[1], axis=1
    )
    assert 0.3 < nearer.mean() < 0.7


def test_points_that_are_not_finite_are_left_out(make_stage):
    xy = np.array([[0.0, 0.0], [np.nan, 1.0], [np.inf, 0.0], [1.0, -np.inf], [1.0, 1.0]])
    stage = make_stage(xy)
    stage.bare()
    assert stage.view.visible_count == 2
    check_against_brute_force(stage, xy[[0, 4]])


def test_a_point_glides_by_less_than_a_pixel(make_stage):
    stage = make_stage([[0.0, 0.0]])
    stage.bare()
    canvas = stage.view.canvas
    ground = rgb(canvas.theme.ground)
    for shift in np.linspace(0.0, 1.0, 9):
        canvas.set_camera(
            Camera(shift / 50.0, 0.0, 50.0, canvas.camera.width, canvas.camera.height)
        )
        weight = np.abs(stage.pixels() - ground).sum(axis=-1).astype(float)
        y, x = np.mgrid[: weight.shape[0], : weight.shape[1]] + 0.5
        middle = (x * weight).sum() / weight.sum(), (y * weight).sum() / weight.sum()
        assert np.abs(np.subtract(middle, canvas.camera.to_px(0.0, 0.0))).max() < 0.3


def test_far_from_the_origin_points_are_still_right(make_stage):
    xy = np.float32(1000.0) + np.array([[0.0, 0.0], [0.25, 0.5], [0.5, 0.125]], dtype=np.float32)
    stage = make_stage(xy)
    stage.bare()
    check_against_brute_force(stage, xy.astype(float))


def test_other_positions_replace_the_old_ones(make_stage, make_codes):
    rng = np.random.default_rng(8)
    stage = make_stage(rng.normal(size=(20, 2)))
    stage.bare()
    xy = rng.normal(size=(25, 2))
    stage.open_model(make_codes(xy))
    check_against_brute_force(stage, xy)


def test_while_a_large_cloud_is_drawn_the_old_picture_stays(make_stage, make_codes, qtbot):
    stage = make_stage([[0.0, 0.0], [1.0, 1.0]])
    points: Points = stage.view.canvas.points
    stage.pixels()
    old = points._raster
    xy = np.random.default_rng(9).normal(size=(40 * SLICE, 2))
    stage.open_model(make_codes(xy))
    stage.view.canvas.viewport().repaint()
    assert not points.settled
    assert points._raster is old
    qtbot.waitUntil(lambda: points.settled, timeout=20_000)  # by its own timer
    assert points._raster is not old


def test_a_screen_of_two_pixels_for_one_gets_twice_the_pixels(qapp):
    white = Categories(np.zeros(1, np.int64), ("#FFFFFF", "#808080"))
    cloud = Cloud(PointIndex(np.zeros((1, 2), np.float32)), white, Sieve(1), spacing=1.0)
    camera = Camera(0.0, 0.0, 10.0, 100.0, 60.0)
    job = stamp(sketch(cloud, camera, 2.0))
    try:
        while True:
            next(job)
    except StopIteration as finished:
        pixmap = finished.value.pixmap
    assert (pixmap.width(), pixmap.height(), pixmap.devicePixelRatio()) == (200, 120, 2.0)
    alpha = pixmap.toImage().pixelColor(100, 60).alphaF()
    assert alpha > 0.3


@settings(max_examples=50)
@given(st.floats(1e-3, 1e4), st.floats(1e-3, 1e4))
def test_more_room_means_larger_and_stronger_points(a, b):
    near, far = min(a, b), max(a, b)
    assert size_and_strength(near) <= size_and_strength(far)
