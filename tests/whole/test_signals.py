"""A program that is told to end does so as when its window is closed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PATIENCE_S = 60.0
KINDS = ("CONFIG", "DATA", "CACHE", "STATE")


def until(found: object, process: subprocess.Popen[bytes]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not found():  # type: ignore[operator]
        assert process.poll() is None, "it ended by itself"
        assert time.monotonic() < end_s, "it did not come in time"
        time.sleep(0.05)


@pytest.mark.skipif(sys.platform != "linux", reason="where it is kept is asked by Linux's names")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_closes_the_window_and_keeps_the_session(tmp_path: Path, name: str) -> None:
    homes = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in KINDS}
    environment = {**os.environ, **homes, "QT_QPA_PLATFORM": "offscreen"}
    process = subprocess.Popen([sys.executable, "-m", "latentlab", "digits"], env=environment)
    try:
        until(lambda: list(tmp_path.rglob("running-0.latentlab")), process)
        process.send_signal(getattr(signal, name))
        assert process.wait(PATIENCE_S) == 0
    finally:
        process.kill()
        process.wait()
    assert list(tmp_path.rglob("last-session.latentlab"))
    assert not list(tmp_path.rglob("running-0.latentlab"))
