"""Which rows are shown."""

import threading

import numpy as np
import pytest

from latentlab.data.sieve import BLOCK, Hidden, Sieve

COUNT = 2 * BLOCK + 17
LABELS = np.random.default_rng(0).integers(-1, 12, COUNT)
VALUES = np.random.default_rng(1).normal(size=COUNT)


def made(hidden=(1, -1), *, test=True) -> Sieve:
    parts = (Hidden("class", LABELS, frozenset(hidden)),) if hidden else ()
    return Sieve(COUNT, parts, (lambda rows: VALUES[rows] > 0) if test else None)


@pytest.mark.parametrize("hidden", [(), (1,), (1, -1), tuple(range(10))])
@pytest.mark.parametrize("test", [False, True])
def test_the_mask_is_what_each_row_says(hidden, test):
    sieve = made(hidden, test=test)
    expected = ~np.isin(LABELS, hidden) & ((VALUES > 0) | (not test))
    some = np.array([5, COUNT - 1, 0, 5])
    assert np.array_equal(sieve.keeps(some), expected[some])  # before the mask is known
    assert np.array_equal(sieve.drops(slice(10, 20)), ~expected[10:20])
    assert np.array_equal(sieve.mask(), expected)
    assert np.array_equal(sieve.keeps(some), expected[some])
    assert bool(sieve) == (test or bool(hidden))


def test_what_one_column_hides_can_be_left_out():
    sieve = made()
    assert np.array_equal(sieve.without("class").mask(), VALUES > 0)
    assert sieve.without("split") is sieve


def test_threads_that_ask_at_once_get_one_mask():
    sieve, found = made(), []
    threads = [threading.Thread(target=lambda: found.append(sieve.mask())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(mask is found[0] for mask in found)
