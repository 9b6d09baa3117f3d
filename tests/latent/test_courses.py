"""Laws of courses through waypoints and of where frames lie on them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from latentlab.errors import UsageError
from latentlab.latent import courses, spacing
from latentlab.latent.courses import FORMULAE, course, polyline

finite = st.floats(-10, 10, allow_nan=False, width=32)
stops_of = arrays(np.float64, st.tuples(st.integers(2, 7), st.just(3)), elements=finite)


@settings(max_examples=60, deadline=None)
@given(stops_of, st.sampled_from(FORMULAE), st.booleans(), st.integers(2, 80))
def test_a_course_passes_through_its_waypoints_and_so_do_frames_in_z(stops, kind, closed, frames):
    try:
        found = course(kind, stops, closed=closed)
    except UsageError:
        assert kind == "slerp"  # antipodes
        return
    expected = np.concatenate([stops, stops[:1]]) if closed else stops
    np.testing.assert_array_equal(found.points[found.knots], expected)
    z = found.at(spacing.frames_in_z(found, frames))
    assert z.shape == (frames, 3)
    assert np.isfinite(z).all()
    np.testing.assert_allclose(z[[0, -1]], expected[[0, -1]], atol=1e-9)
    if frames > len(expected):
        away = np.linalg.norm(z[:, None] - expected[None], axis=-1).min(axis=0)
        assert away.max() < 1e-6


def test_frames_in_z_are_even_over_pieces_of_different_lengths():
    found = course("straight", [[0.0, 0.0], [1.0, 0.0], [1.0, 3.0]])
    steps = np.linalg.norm(np.diff(found.at(spacing.frames_in_z(found, 41)), axis=0), axis=1)
    np.testing.assert_allclose(steps, 0.1, rtol=1e-9)


@pytest.mark.parametrize("kind", FORMULAE)
def test_frames_by_a_length_have_equal_steps_of_it(kind):
    stops = np.array([[1.0, 0.2, 0.1], [0.3, 1.5, 1.0], [-1.0, 0.4, 2.0]])
    found = course(kind, stops)
    along = np.cumsum(np.linspace(1.0, 5.0, len(found.points))) - 1.0  # a metric of one's own
    rows = spacing.frames_in_metric(along, 37)
    steps = np.diff(np.interp(rows, np.arange(len(along)), along))
    np.testing.assert_allclose(steps, along[-1] / 36, rtol=1e-9)


def test_a_closed_spline_has_no_kink_where_it_closes():
    stops = np.array([[0.0, 0.0], [2.0, 0.5], [2.0, 2.0], [0.5, 2.5]])
    found = course("spline", stops, closed=True)
    first, last = found.at([0.0, 0.01]), found.at([len(found.points) - 1.01, 1e9])
    ways = [first[1] - first[0], last[1] - last[0]]
    cosine = ways[0] @ ways[1] / np.linalg.norm(ways[0]) / np.linalg.norm(ways[1])
    assert cosine > 0.9999


def test_a_course_of_slerp_keeps_the_norm():
    stops = np.array([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]])
    found = course("slerp", stops)
    z = found.at(spacing.frames_in_z(found, 41))
    np.testing.assert_allclose(np.linalg.norm(z, axis=1), 2.0, rtol=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.sets(st.integers(1, 99), min_size=1, max_size=4), st.integers(9, 60))
def test_by_hand_each_waypoint_is_shown_at_its_share(percents, frames):
    shares = [0.0, *(percent / 100 for percent in sorted(percents)), 1.0]
    stops = np.arange(len(shares), dtype=np.float64)[:, None] * [1.0, 2.0]
    found = course("straight", stops)
    rows = spacing.frames_by_hand(found, shares, frames)
    assert (np.diff(rows) >= -1e-9).all()
    at = np.linspace(0, 1, frames)
    for knot, share in zip(found.knots, shares, strict=True):
        before, after = rows[at <= share], rows[at >= share]
        assert before.max() <= knot + 1e-9
        assert after.min() >= knot - 1e-9


@pytest.mark.parametrize("shares", [[0.0, 1.0], [0.1, 0.5, 1.0], [0.0, 0.5, 0.9], [0.0, 2.0, 1.0]])
def test_shares_that_do_not_ascend_from_0_to_1_are_refused(shares):
    found = course("straight", [[0.0], [1.0], [2.0]])
    with pytest.raises(UsageError, match="shares"):
        spacing.frames_by_hand(found, shares, 9)


def test_points_that_are_all_the_same_make_frames_all_the_same():
    found = course("spline", np.ones((3, 2)))
    z = found.at(spacing.frames_in_z(found, 7))
    np.testing.assert_allclose(z, 1.0)


def test_joined_pieces_keep_their_ends_as_knots():
    a, b = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]), np.array([[1.0, 1.0], [3.0, 1.0]])
    found = polyline([a, b])
    np.testing.assert_array_equal(found.points[found.knots], [[0, 0], [1, 1], [3, 1]])
    assert found.along()[-1] == pytest.approx(4.0)


@pytest.mark.parametrize("stops", [[[0.0, 1.0]], [[0.0, np.nan], [1.0, 1.0]], np.zeros((600, 2))])
def test_waypoints_that_make_no_path_are_refused(stops):
    with pytest.raises(UsageError):
        course("straight", stops)


def test_a_geodesic_is_not_known_without_a_model():
    assert set(courses.COURSES) > set(FORMULAE)
    with pytest.raises(UsageError, match="model"):
        course("geodesic", [[0.0], [1.0]])
