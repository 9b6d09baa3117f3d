"""Every figure of the README's table, one after the other, on this machine.

    make bench

Each script prints JSON or a table; all of it goes to build/bench/results.txt too. Run it on an idle
machine. A script that needs data or a peer that is not here says so, and the others go on.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
SCRIPTS: tuple[tuple[str, ...], ...] = (
    ("bench_start.py",),
    ("bench_window.py",),
    ("bench_points.py",),
    ("bench_layers.py",),
    ("bench_mnist.py",),
    ("bench_train_pythae.py",),
    ("bench_images.py",),
)


def main() -> int:
    """Run the scripts; 1 if any of them failed."""
    folder = ROOT / "build" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    failed = 0
    with (folder / "results.txt").open("w", encoding="utf-8") as results:
        for name, *words in SCRIPTS:
            print(f"== {name}", flush=True)
            done = subprocess.run(
                [sys.executable, str(HERE / name), *words],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                text=True,
                check=False,
            )
            print(done.stdout, flush=True)
            results.write(f"== {name}\n{done.stdout}\n")
            failed += done.returncode != 0
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
