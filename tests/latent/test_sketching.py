"""Waypoints from what is drawn, selected or typed; arithmetic of latents."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlab.errors import UsageError
from latentlab.latent.arithmetic import DEEPEST, LONGEST, Words, latent_of, rows_of, vocabulary
from latentlab.latent.sketching import MOST_TOURED, simplified, tour, typed_points


def test_a_simplified_line_stays_near_what_was_drawn_with_few_points():
    t = np.linspace(0, 2 * np.pi, 400)
    drawn = np.stack([t, np.sin(t)], axis=1)
    kept = simplified(drawn, 0.05)
    assert len(kept) < 12
    np.testing.assert_array_equal(kept[[0, -1]], drawn[[0, -1]])
    again = np.interp(t, kept[:, 0], kept[:, 1])
    assert np.abs(again - drawn[:, 1]).max() < 0.06


def test_a_tour_visits_all_and_is_no_longer_than_any_order_of_few():
    z = np.random.default_rng(3).normal(size=(7, 3))
    order = tour(z)
    assert sorted(order) == list(range(7))
    assert order[0] == 0

    def length(way):
        return np.linalg.norm(np.diff(z[list(way)], axis=0), axis=1).sum()

    best = min(length((0, *rest)) for rest in itertools.permutations(range(1, 7)))
    assert length(order) <= 1.15 * best


def test_a_tour_of_too_many_is_refused():
    with pytest.raises(UsageError, match="at most"):
        tour(np.zeros((MOST_TOURED + 1, 2)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.5, -1\n2 3", [[0.5, -1], [2, 3]]),
        ("(1, 2); [3,4]\n\n", [[1, 2], [3, 4]]),
        ("1e-2 .5", [[0.01, 0.5]]),
    ],
)
def test_points_are_read_as_people_write_them(text, expected):
    np.testing.assert_allclose(typed_points(text, (2,)), expected)


@pytest.mark.parametrize("text", ["", "a, b", "1, 2, 3", "1, 2\n3", "1e999, 0", "nan, 1", "0x1 2"])
def test_what_is_no_point_is_refused_with_its_line(text):
    with pytest.raises(UsageError):
        typed_points(text, (2,))


WORDS = Words(2, {"here": np.array([1.0, 2.0])}.__getitem__, lambda _f, what: np.full(2, len(what)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("here", [1, 2]),
        ("2 * here - here / 2", [1.5, 3]),
        ("-(here - [3, 1])", [2, -1]),
        ("mean(abc) + here * 0", [3, 3]),
        ('mean("a b") + 0 * here', [3, 3]),
        ("--here", [1, 2]),
    ],
)
def test_arithmetic_means_what_it_says(text, expected):
    np.testing.assert_allclose(latent_of(text, WORDS), expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2",
        "here + 1",
        "here * here",
        "1 / here",
        "here / 0",
        "(here",
        "here)",
        "[1, 2, 3]",
        "here here",
        "__import__('os')",
        "here.z",
        "mean()",
        "(" * (DEEPEST + 5) + "here",
        "here + " * LONGEST,
    ],
)
def test_what_can_not_be_computed_is_refused_in_a_sentence(text):
    with pytest.raises(UsageError):
        latent_of(text, WORDS)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='here0123456789+-*/()[],." ', max_size=40))
def test_any_text_is_a_latent_or_a_sentence(text):
    try:
        value = latent_of(text, Words(2, lambda _n: np.ones(2), lambda _f, _w: np.ones(2)))
    except UsageError:
        return
    assert value.shape == (2,)


def test_the_words_of_a_map_are_its_classes_data_points_and_directions():
    z = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 4.0]], np.float32)
    labels, names = np.array([0, 0, 1]), ("Shirt", "Bag")
    points, ways = {"here": np.array([1.0, 1.0])}, {"up": np.array([0.0, 1.0])}
    words = vocabulary(z, labels, names, points, ways, np.array([2]))
    assert latent_of("mean(shirt) + 2 * up", words).tolist() == [1.0, 2.0]
    assert latent_of("mean(1) - data(1)", words).tolist() == [-2.0, 4.0]
    assert latent_of("mean(selection) + mean(all) - mean(all)", words).tolist() == [0.0, 4.0]
    for wrong in ("data(3)", "mean(Boot)", "median(Bag)", "there"):
        with pytest.raises(UsageError):
            latent_of(wrong, words)
    with pytest.raises(UsageError, match="selected"):
        rows_of("selection", labels, names, None)
