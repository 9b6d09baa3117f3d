"""Runs the parts of `make test` one after the other, each with its budget, and prints both.

    python tests/run_parts.py            all parts
    python tests/run_parts.py lint unit  these parts

A part over its budget is reported, not failed: machines differ. A part that fails does not keep
the later ones from running; the exit code is 1 if any failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PYTEST = [sys.executable, "-m", "pytest", "-q"]

PARTS: dict[str, tuple[int, list[list[str]]]] = {
    "lint": (
        30,
        [
            [str(BIN / "ruff"), "check", "."],
            [str(BIN / "ruff"), "format", "--check", "."],
            [sys.executable, "tests/check_house.py"],
        ],
    ),
    "types": (120, [[str(BIN / "mypy")]]),
    "imports": (30, [[str(BIN / "lint-imports"), "--no-cache"]]),
    "unit": (960, [[*PYTEST, "tests", "--doctest-modules", "latentlab", "--ignore=tests/e2e"]]),
    "e2e": (300, [[*PYTEST, "tests/e2e"]]),
}


def environment() -> dict[str, str]:
    """The environment of every part: offscreen windows, no settings of the person who runs it."""
    return {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONFAULTHANDLER": "1",
        "OMP_WAIT_POLICY": "PASSIVE",  # as the program itself: see latentlab/__main__.py
    }


def main(names: list[str]) -> int:
    """Run the named parts (all without names); return the exit code."""
    unknown = set(names) - set(PARTS)
    if unknown:
        print(f"No part is called {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}.")
        return 2
    lines = []
    failed = False
    for name in names or PARTS:
        budget_s, commands = PARTS[name]
        print(f"== {name} (budget {budget_s} s)", flush=True)
        start = time.monotonic()
        codes = [
            subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode
            for command in commands
        ]
        seconds = time.monotonic() - start
        ok = not any(codes)
        failed |= not ok
        over = ", over budget" if seconds > budget_s else ""
        lines.append(
            f"{name:8} {'ok    ' if ok else 'FAILED'} {seconds:6.0f} s of {budget_s} s{over}"
        )
    print("\n".join(["", "== parts", *lines]))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
