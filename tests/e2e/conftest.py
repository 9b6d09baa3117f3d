"""A desktop of one's own, and a place for screenshots."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from desktop import Desktop, desktop


@pytest.fixture
def program(tmp_path: Path) -> Iterator[tuple[Desktop, Path]]:
    """The installed program on a desktop, with a home of its own; and where its runs go."""
    if not sys.platform.startswith("linux"):
        pytest.skip("the end-to-end test drives an X server, which this system does not have")
    home = tmp_path / "home"
    home.mkdir()
    environment = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "QT_SCALE_FACTOR": "1",
    }
    command = Path(sys.executable).parent / "latentlab"
    start = [str(command)] if command.exists() else [sys.executable, "-m", "latentlab"]
    os.environ.pop("WAYLAND_DISPLAY", None)
    with desktop() as place:
        place.start(start, environment, tmp_path / "program.log")
        yield place, home
