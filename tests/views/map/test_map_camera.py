"""The camera's laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.views.map.camera import Camera, robust_rect

places = st.floats(-50.0, 50.0)
scales = st.floats(0.5, 5000.0)
sides = st.floats(50.0, 3000.0)
cameras = st.builds(Camera, places, places, scales, sides, sides)
pixels = st.floats(-100.0, 3000.0)


@given(cameras, pixels, pixels)
def test_pixels_to_map_and_back_is_the_identity(camera, px, py):
    assert camera.to_px(*camera.to_map(px, py)) == pytest.approx((px, py), abs=1e-5)


@given(cameras, pixels, pixels, st.floats(0.2, 5.0))
def test_zoom_keeps_what_is_under_the_pointer(camera, px, py, factor):
    zoomed = camera.zoomed(factor, px, py)
    assert zoomed.to_px(*camera.to_map(px, py)) == pytest.approx((px, py), abs=1e-3)
    assert zoomed.scale == pytest.approx(camera.scale * factor)


@given(cameras, pixels, pixels, st.floats(-500, 500), st.floats(-500, 500))
def test_pan_moves_everything_by_the_same_pixels(camera, px, py, dx, dy):
    moved = camera.panned(dx, dy).to_px(*camera.to_map(px, py))
    assert moved == pytest.approx((px + dx, py + dy), abs=1e-3)


@given(cameras, places, places, st.floats(0.01, 100), st.floats(0.01, 100))
def test_showing_a_rectangle_shows_all_of_it_and_fills_one_side(camera, x, y, w, h):
    shown = camera.showing((x, y, x + w, y + h), margin=0.05)
    left, bottom = shown.to_px(x, y)
    right, top = shown.to_px(x + w, y + h)
    assert left >= 0.05 * shown.width - 1e-6
    assert right <= 0.95 * shown.width + 1e-6
    assert top >= 0.05 * shown.height - 1e-6
    assert bottom <= 0.95 * shown.height + 1e-6
    filled = max((right - left) / shown.width, (bottom - top) / shown.height)
    assert filled == pytest.approx(0.9)


@given(cameras, sides, sides)
def test_a_resize_keeps_on_screen_what_was_there(camera, width, height):
    x0, y0, x1, y1 = camera.rect
    half = min(camera.width, camera.height) / camera.scale / 2  # the square in the middle
    resized = camera.resized(width, height)
    px, py = resized.to_px(camera.x + half, camera.y + half)
    assert px <= resized.width + 1e-3
    assert py >= -1e-3
    assert (resized.x, resized.y) == (camera.x, camera.y)
    assert x0 < x1
    assert y0 < y1


def test_one_outlier_does_not_decide_the_fit():
    xy = np.random.default_rng(0).normal(size=(50_000, 2)).astype(np.float32)
    xy[17] = 1e6
    assert np.abs(robust_rect(xy)).max() < 6.0


def test_there_is_no_rectangle_without_finite_points():
    assert robust_rect(np.empty((0, 2), np.float32)) is None
    assert robust_rect(np.full((3, 2), np.nan, np.float32)) is None


def test_one_point_alone_gets_room_around_it():
    x0, y0, x1, y1 = robust_rect(np.array([[2.0, 3.0]], np.float32))
    assert x0 < 2.0 < x1
    assert y0 < 3.0 < y1
