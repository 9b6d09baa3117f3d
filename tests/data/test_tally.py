"""Classes are counted as numpy's `unique` counts them."""

import numpy as np
import pytest

from latentlab.data.tally import BLOCK, tally


@pytest.mark.parametrize("count", [0, 1, 7, BLOCK, 3 * BLOCK + 5])
@pytest.mark.parametrize("spread", [1, 12, 10**9])
def test_a_tally_is_that_of_unique(count, spread):
    labels = np.random.default_rng(count).integers(-1, spread, count)
    values, counts = np.unique(labels, return_counts=True)
    assert tally(labels) == dict(zip(values.tolist(), counts.tolist(), strict=True))
    assert list(tally(labels)) == values.tolist()


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.uint8])
def test_small_numbers_do_not_run_over(kind):
    limits = np.iinfo(kind)
    labels = np.array([limits.min, limits.max, limits.max], kind)
    assert tally(labels) == {int(limits.min): 1, int(limits.max): 2}
