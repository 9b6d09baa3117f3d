from __future__ import annotations

import numpy as np
import pytest

from latentlab.data.dataset import Dataset
from latentlab.specs import DataSpec


@pytest.fixture
def grey():
    """Six grey frames (6, 8, 9), all different."""
    return np.arange(6 * 8 * 9, dtype=np.uint32).reshape(6, 8, 9).astype(np.uint8)


@pytest.fixture
def colour():
    """Six colour frames (6, 8, 9, 3)."""
    return np.random.default_rng(0).integers(0, 256, (6, 8, 9, 3)).astype(np.uint8)


@pytest.fixture
def dataset():
    """Four rows with labels, names that look like formulas, and paths."""
    return Dataset(
        name="small",
        x=np.zeros((4, 1, 2, 2), dtype=np.uint8),
        kind="image",
        levels=256,
        labels=np.array([0, 1, -1, 1]),
        label_names=("=cmd|' /C calc'!A0", "plain"),
        split=np.array([0, 0, 1, 1], dtype=np.int8),
        source=DataSpec(source="small"),
        columns={"path": np.array(["a.png", "-b.png", "@c.png", "d, e.png"])},
    )
