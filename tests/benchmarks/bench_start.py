"""Start of the process to a window that answers, with the sample model. Prints one JSON object.

    python tests/benchmarks/bench_start.py [--repeat 5]

Each start is a process of its own on a warm disk. `window_s`: the window is painted and the event
loop turns; `map_s`: the sample's points are painted; `decoded_s`: the first picture (from the
stored lattice) is painted; `torch_s`: torch is loaded and the model decodes. Stalls are the longest
times in which the event loop did not turn, before and after the window answers.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHILD = """
import os, sys, time
begin = float(sys.argv[1])
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
from latentlab.app import Program, make_application
from pathlib import Path
application = make_application()
program = Program(settings_path=Path(sys.argv[2]) / "s.json", log_folder=Path(sys.argv[2]))
from PySide6.QtCore import QTimer
import json
marks, beats = {}, []
session, window = program.session, program.window

def mark(name):
    if name not in marks:
        marks[name] = time.time() - begin
        if {"torch_s", "decoded_s", "map_s"} <= set(marks):
            QTimer.singleShot(1000, application.quit)

def codes():
    QTimer.singleShot(0, lambda: session.codes is not None and mark("map_s"))

def beat():
    now = time.perf_counter()
    beats.append(now)
    mark("window_s")

def decoded(answer, ms):
    mark("decoded_s")
    if answer.source == "model":
        mark("torch_s")

def engine():
    if session.engine.ready and session.cursor is not None:
        x, y = session.cursor
        session.move_cursor((x + 1e-3, y))

session.codes_changed.connect(codes)
window.decoded.shown.connect(decoded)
session.engine_changed.connect(engine)
session.model_changed.connect(engine)
timer = QTimer()
timer.timeout.connect(beat)
window.show()

def start():
    program.start()
    program.open()
    timer.start(5)

QTimer.singleShot(0, start)
QTimer.singleShot(60000, application.quit)
application.exec()
program.close()
gaps = [b - a for a, b in zip(beats, beats[1:])]
marks["stall_max_ms"] = 1e3 * max(gaps)
print(json.dumps(marks))
"""


def once(folder: str) -> dict[str, float]:
    """One start; seconds since before the process was made."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(time.time()), folder],
        env={"QT_QPA_PLATFORM": "offscreen", **os.environ},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Start it several times and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        once(folder)  # the disk is warm from here on
        starts = [once(str(Path(folder))) for _ in range(asked.repeat)]
    keys = sorted({key for start in starts for key in start})
    print(
        json.dumps(
            {
                "machine": f"{platform.machine()}, {os.cpu_count()} cores",
                "starts": asked.repeat,
                **{k: round(statistics.median(s[k] for s in starts if k in s), 3) for k in keys},
                "window_s_max": round(max(start["window_s"] for start in starts), 3),
            }
        )
    )


if __name__ == "__main__":
    main()
