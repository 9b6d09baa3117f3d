"""Values as they are typed."""

from __future__ import annotations

import pytest

from latentlab.cli import values
from latentlab.errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("2m", 120), ("1.5h", 5400), ("45", 45), ("3min", 180)]
)
def test_times_are_read_in_seconds(text, seconds):
    assert values.duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", "0s", "-3s", "soon", "3 days", "s"])
def test_what_is_no_time_is_wrong_usage(text):
    with pytest.raises(UsageError):
        values.duration_s(text)


def test_sizes_are_high_by_wide():
    assert values.size("64") == (64, 64)
    assert values.size("64x48") == (64, 48)


@pytest.mark.parametrize("text", ["0", "x", "64x", "64x0", "64x48x3", "-5", "99999"])
def test_what_is_no_size_is_wrong_usage(text):
    with pytest.raises(UsageError):
        values.size(text)


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("0.42,-1.17", (0.42, -1.17)),
        ("-0.4,1", (-0.4, 1.0)),
        ("1e-3", (0.001,)),
        ("1, 2, 3", (1.0, 2.0, 3.0)),
        ("data:17", 17),
    ],
)
def test_latent_points_are_numbers_or_a_datum(text, point):
    assert values.point(text, "--at") == point


@pytest.mark.parametrize("text", ["", "a,b", "nan,0", "inf,1", "data:", "data:-1", "1;2"])
def test_what_is_no_latent_point_is_wrong_usage(text):
    with pytest.raises(UsageError, match="latent point"):
        values.point(text, "--at")
