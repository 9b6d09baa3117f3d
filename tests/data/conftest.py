"""Fixtures of the data tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from latentlab.data.dataset import Dataset
from latentlab.data.guard import Reading
from latentlab.data.open import open_dataset
from latentlab.specs import DataSpec

Open = Callable[..., Dataset]


@pytest.fixture
def open_at(tmp_path: Path) -> Open:
    """Open a source with a cache of its own."""

    def opened(source: object, **options: Any) -> Dataset:
        hooks = {
            key: options.pop(key) for key in ("report", "cancelled", "opener") if key in options
        }
        return open_dataset(
            DataSpec(source=str(source), **options), cache=tmp_path / "cache", **hooks
        )

    return opened


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    """A reading with 64 MB to spend."""
    return Reading(cache=tmp_path / "cache", budget=64 * 1024**2)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def save_picture() -> Callable[..., Path]:
    """Write a noisy picture of a size and mode."""

    def save(path: Path, height: int, width: int, mode: str = "RGB", **options: Any) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(height * 1000 + width)
        values = noise.integers(0, 256, (height, width, 3), dtype=np.uint8)
        Image.fromarray(values).convert(mode).save(path, **options)
        return path

    return save
