"""The window is on screen before torch is imported: nothing on its way there needs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

HEAVY = ("torch", "matplotlib", "sklearn", "pyarrow")

SHOW = """
import sys

import latentlab.app
{extra}
application = latentlab.app.make_application()
program = latentlab.app.Program(device="cpu")
program.window.show()
assert program.window.isVisible()
print("LOADED", *sorted({{name.partition(".")[0] for name in sys.modules}}))
assert program.close()
"""
IMPORTED = re.compile(r"^import time:\s*\d+ \|\s*\d+ \|\s*([\w.]+)\s*$", re.MULTILINE)


def show_window(tmp_path: Path, extra: str = "") -> tuple[set[str], set[str]]:
    """The top-level packages that were imported, by Python's own log and by sys.modules."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONWARNINGS"}
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", SHOW.format(extra=extra)],
        env={**environment, "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-4000:]
    logged = {name.partition(".")[0] for name in IMPORTED.findall(ended.stderr)}
    loaded = next(line for line in ended.stdout.splitlines() if line.startswith("LOADED"))
    return logged, set(loaded.split()[1:])


def test_the_window_is_shown_without_torch_and_other_heavy_libraries(tmp_path: Path) -> None:
    logged, loaded = show_window(tmp_path)
    assert {"latentlab", "PySide6", "numpy"} <= logged & loaded
    assert not logged & set(HEAVY)
    assert not loaded & set(HEAVY)


def test_an_import_of_one_of_them_would_be_noticed(tmp_path: Path) -> None:
    logged, loaded = show_window(tmp_path, extra="import pyarrow")
    assert "pyarrow" in logged
    assert "pyarrow" in loaded
