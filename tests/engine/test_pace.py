"""How large batches are: long enough to be worth it, short enough for the hand."""

import pytest

from latentlab.engine.pace import BATCH_S, SIZES, Pace, fitting


def run(pace: Pace, batches: int, overhead_s: float, each_s: float) -> None:
    for _ in range(batches):
        pace.learn(pace.count, overhead_s + pace.count * each_s)


@pytest.mark.parametrize("each_s", [1e-6, 1e-5, 1e-4, 1e-3, 1e-2])
def test_a_batch_is_nearly_as_long_as_it_may_be(each_s):
    pace = Pace()
    run(pace, 12, 0.0, each_s)
    assert pace.count == fitting(BATCH_S / each_s)


def test_a_held_up_batch_does_not_make_the_next_ones_small():
    pace = Pace()
    run(pace, 12, 1e-3, 1e-4)
    count = pace.count
    for k in range(40):  # every second one waits for another program
        pace.learn(pace.count, 1e-3 + pace.count * 1e-4 + (0.05 if k % 2 else 0.0))
        assert pace.count == count


def test_a_slower_model_is_followed():
    pace = Pace()
    run(pace, 12, 0.0, 1e-5)
    run(pace, 24, 0.0, 1e-3)
    assert pace.count == 4


def test_a_batch_is_never_more_than_is_left_and_one_of_the_sizes():
    pace = Pace()
    run(pace, 12, 0.0, 1e-4)
    for left in range(1, 100):
        assert pace.batch(left) in SIZES
        assert 1 <= pace.batch(left) <= left
        assert 1 <= pace.batch(left, 0.5) <= max(1, pace.count // 2)
