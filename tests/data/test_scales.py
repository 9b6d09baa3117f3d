"""From numbers to places on a colour scale, and back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlab.data.scales import Scale, histogram, scale_for, summarise, why_no_log

VALUES = np.random.default_rng(0).lognormal(1.0, 0.8, 4000)


@pytest.mark.parametrize("kind", ["linear", "log", "quantile"])
def test_places_rise_with_the_values_and_end_at_the_ends(kind):
    scale = scale_for(kind, summarise(VALUES))
    places = scale.places(np.sort(VALUES))
    assert (np.diff(places) >= 0).all()
    assert scale.places(np.array([scale.low, scale.high])).tolist() == [0.0, 1.0]
    beyond = np.array([scale.low / 2, 10 * scale.high, np.nan])
    assert np.array_equal(scale.places(beyond), [0.0, 1.0, np.nan], equal_nan=True)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["linear", "log", "quantile"]), st.floats(0.02, 0.98))
def test_a_place_and_its_value_are_each_other(kind, place):
    scale = scale_for(kind, summarise(VALUES))
    assert scale.places(np.array([scale.value_at(place)]))[0] == pytest.approx(place, abs=1e-4)


def test_ranks_give_each_colour_as_many_points():
    scale = Scale("quantile", VALUES.min(), VALUES.max(), summarise(VALUES).quantiles)
    counts, _ = np.histogram(scale.places(VALUES), 10, (0.0, 1.0))
    assert counts.min() > 0.9 * len(VALUES) / 10
    assert counts.max() < 1.1 * len(VALUES) / 10


def test_equal_values_have_one_rank_between_the_others():
    values = np.array([0.0] * 90 + [1.0] * 10)
    scale = Scale("quantile", 0.0, 1.0, summarise(values).quantiles)
    assert scale.places(values).tolist() == [0.0] * 90 + [1.0] * 10


def test_a_summary_is_that_of_the_finite_values():
    values = np.concatenate([VALUES, [np.nan, np.inf, -np.inf]])
    found = summarise(values)
    assert (found.count, found.missing) == (len(VALUES), 3)
    assert (found.low, found.high) == (VALUES.min(), VALUES.max())
    expected = np.quantile(VALUES, np.linspace(0, 1, 257), method="nearest")
    assert np.allclose(found.quantiles, expected, rtol=0.05)
    nothing = summarise(np.array([np.nan]))
    assert (nothing.count, nothing.missing, len(nothing.quantiles)) == (0, 1, 0)


@pytest.mark.parametrize("kind", ["linear", "log", "quantile"])
@pytest.mark.parametrize("values", [np.full(5, 3.0), np.full(3, np.nan), np.array([-1.0, 2.0])])
def test_odd_columns_have_a_scale_all_the_same(kind, values):
    scale = scale_for(kind, summarise(values))
    assert scale.low < scale.high
    places = scale.places(values)
    assert np.array_equal(np.isnan(places), np.isnan(values))


def test_the_outermost_hundredth_is_clipped_at_first():
    scale = scale_for("linear", summarise(VALUES))
    outside = np.isin(scale.places(VALUES), [0.0, 1.0]).sum()
    assert 0.01 * len(VALUES) < outside < 0.03 * len(VALUES)


def test_logarithms_need_values_above_zero():
    assert why_no_log(summarise(VALUES)) == ""
    assert why_no_log(summarise(np.array([0.0, 1.0]))) == "Some values are not above zero."


@pytest.mark.parametrize("kind", ["linear", "log", "quantile"])
def test_every_value_is_in_one_bar(kind):
    summary = summarise(VALUES)
    scale = Scale(kind, summary.low, summary.high, summary.quantiles)
    bars = histogram(VALUES, scale, summary.low, summary.high)
    assert bars.sum() == len(VALUES)
