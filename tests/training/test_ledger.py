"""What a training says of its speed."""

from __future__ import annotations

from latentlab.training.ledger import Rate


def test_a_rate_is_of_the_time_since_it_was_last_asked():
    rate = Rate(0.0, 0)
    assert rate.at(0.1, 50) == 500.0
    assert rate.at(1.0, 400) == 400.0
    assert rate.at(2.0, 1000) == 600.0


def test_a_rate_stays_where_no_image_was_seen_since():
    rate = Rate(0.0, 0)
    assert rate.at(1.0, 400) == 400.0
    assert rate.at(3.0, 400) == 400.0
