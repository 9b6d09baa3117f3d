"""Fixtures that all rooms share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real data sets: $LATENTLAB_DATA, else ../shared/data beside the checkout."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("LATENTLAB_DATA") or beside)
    if not (folder / "mnist").is_dir():
        pytest.skip(f"no real data sets in {folder}; set LATENTLAB_DATA to a folder with mnist/")
    return folder
