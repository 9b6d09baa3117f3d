"""Quantiles without numpy's: the same numbers."""

import subprocess
import sys

import numpy as np
import pytest

from latentlab.data.ends import ends


@pytest.mark.parametrize("count", [1, 2, 3, 10, 1001])
@pytest.mark.parametrize("tail", [0.0, 0.0005, 0.005, 0.25, 0.5])
def test_they_are_numpys(count, tail):
    values = np.random.default_rng(count).normal(size=(count, 2)).astype(np.float32)
    wanted = np.quantile(values.astype(np.float64), [tail, 1.0 - tail], axis=0)
    assert np.allclose(ends(values, tail), wanted, rtol=1e-12, atol=1e-12)


def test_masked_arrays_are_not_loaded_for_them():
    code = (
        "import sys, numpy as np; from latentlab.data.ends import ends; "
        "ends(np.ones((9, 2)), 0.1); print('numpy.ma' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
