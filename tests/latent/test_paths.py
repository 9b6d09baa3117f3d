"""Laws of paths through latent space."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from latentlab.errors import UsageError
from latentlab.latent import paths

finite = st.floats(-10, 10, allow_nan=False, width=32)
vectors = arrays(np.float64, 4, elements=finite)


@settings(max_examples=60, deadline=None)
@given(vectors, vectors, st.integers(2, 40))
def test_slerp_interpolates_the_norm_linearly_and_keeps_its_ends(a, b, frames):
    try:
        path = paths.slerp(a, b, frames)
    except UsageError:
        cosine = a @ b / (np.linalg.norm(a) * np.linalg.norm(b))
        assert cosine < -0.999
        return
    assert path.shape == (frames, 4)
    np.testing.assert_array_equal(path[0], a)
    np.testing.assert_array_equal(path[-1], b)
    if np.linalg.norm(a) > 1e-3 and np.linalg.norm(b) > 1e-3:
        t = np.linspace(0, 1, frames)
        expected = (1 - t) * np.linalg.norm(a) + t * np.linalg.norm(b)
        np.testing.assert_allclose(np.linalg.norm(path, axis=1), expected, rtol=1e-5, atol=1e-8)


def test_slerp_turns_by_equal_angles():
    path = paths.slerp([1.0, 0.0, 0.0], [0.0, 3.0, 0.0], 7)
    directions = path / np.linalg.norm(path, axis=1, keepdims=True)
    cosines = (directions[1:] * directions[:-1]).sum(axis=1)
    np.testing.assert_allclose(cosines, np.cos(np.pi / 12), rtol=1e-12)


@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_slerp_refuses_antipodes(scale):
    a = np.array([1.0, -2.0, 0.5])
    with pytest.raises(UsageError, match="opposite"):
        paths.slerp(a, -scale * a, 5)


def test_slerp_from_the_origin_is_straight():
    end = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(
        paths.slerp(np.zeros(3), end, 5), paths.straight(np.zeros(3), end, 5)
    )


def test_slerp_between_parallel_ends_stays_on_their_ray():
    path = paths.slerp([1.0, 1.0, 0.0], [3.0, 3.0, 0.0], 5)
    np.testing.assert_allclose(path, paths.straight([1, 1, 0], [3, 3, 0], 5), atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, st.tuples(st.integers(2, 6), st.just(3)), elements=finite), st.data())
def test_a_spline_passes_through_its_points_in_order(points, data):
    frames = data.draw(st.integers(len(points), 50))
    curve = paths.spline(points, frames)
    assert curve.shape == (frames, 3)
    assert np.isfinite(curve).all()
    at = np.rint(np.linspace(0, frames - 1, len(points))).astype(int)
    np.testing.assert_allclose(curve[at], points, atol=1e-9)


def test_a_spline_through_points_on_a_line_is_that_line():
    points = np.array([[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]])
    curve = paths.spline(points, 21)
    np.testing.assert_allclose(curve[:, 1], 2 * curve[:, 0], atol=1e-12)
    assert (np.diff(curve[:, 0]) > 0).all()


def test_a_spline_with_two_points_is_straight():
    np.testing.assert_allclose(
        paths.spline([[0, 1], [2, 5]], 9), paths.straight([0, 1], [2, 5], 9), atol=1e-12
    )


def test_a_spline_has_no_kink_at_its_points():
    points = np.array([[0.0, 0.0], [1.0, 3.0], [4.0, 2.0], [5.0, -1.0]])
    curve = paths.spline(points, 3001)
    steps = np.diff(curve, axis=0)
    directions = steps / np.linalg.norm(steps, axis=1, keepdims=True)
    turn = np.arccos(np.clip((directions[1:] * directions[:-1]).sum(axis=1), -1, 1))
    assert turn.max() < 0.02


@pytest.mark.parametrize("kind", paths.KINDS)
def test_every_kind_passes_through_every_waypoint(kind):
    points = np.array([[1.0, 0.2, 0.0], [0.3, 1.0, 1.0], [-1.0, 0.4, 2.0], [0.0, -1.0, 1.0]])
    path = paths.through(kind, points, 32)
    assert path.shape == (32, 3)
    for point in points:
        assert np.linalg.norm(path - point, axis=1).min() < 1e-12


def test_repeated_points_make_no_nan():
    points = np.array([[1.0, 1.0], [1.0, 1.0], [2.0, 0.0], [2.0, 0.0]])
    assert np.isfinite(paths.spline(points, 40)).all()


@pytest.mark.parametrize("frames", [-1, 0, 1, paths.MAX_FRAMES + 1])
def test_a_path_of_too_few_or_too_many_frames_is_refused(frames):
    with pytest.raises(UsageError, match="frames"):
        paths.straight([0, 0], [1, 1], frames)


def test_ends_of_different_dimension_are_refused():
    with pytest.raises(UsageError, match="2 and 3 values"):
        paths.straight([0, 0], [1, 1, 1], 5)
