"""The map at many points, beside what a person would use instead; one process for each.

    QT_QPA_PLATFORM=offscreen python tests/benchmarks/bench_points.py [--json FILE]
        [--counts 10000 100000 ...] [--libraries FOLDER]

All draw the same points (`latentlab.cli.mapbench.cloud`) at 900 x 900 pixels: clusters, duplicates,
an outlier at 100 sigma. `latentlab` is `latentlab bench map` in the real window. For the others, in
milliseconds: the first picture from coordinates in memory, and a frame of a pan (the median of a
few). ScatterPlotItem and matplotlib's scatter draw marks, datashader counts by class; where one of
them would take more than a minute at a count, that is said in place of figures. `--libraries` is a
folder where datashader was installed with `pip install --target`; it is no dependency of ours.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np

COUNTS = (10_000, 100_000, 1_000_000, 10_000_000)
SIDE = 900
CLASSES = 10
VIEW = 3.6  # half of what is in view, in map units
FRAMES = 5
PATIENCE_S = 60.0
MOST = {"ScatterPlotItem": 1_000_000, "matplotlib": 10_000_000, "datashader": 10_000_000}


def figures(first: Callable[[], object], frame: Callable[[int], object]) -> dict[str, float]:
    """Time the first picture, then as many frames as patience allows."""
    begin_s = time.perf_counter()
    first()
    first_ms = (time.perf_counter() - begin_s) * 1e3
    taken = []
    for k in range(FRAMES):
        frame_s = time.perf_counter()
        frame(k)
        taken.append((time.perf_counter() - frame_s) * 1e3)
        if time.perf_counter() - begin_s > PATIENCE_S:
            break
    return {
        "first_picture_ms": round(first_ms, 1),
        "frame_p50_ms": round(float(np.median(taken)), 1),
        "frames": len(taken),
    }


def scatter_plot_item(z: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """pyqtgraph's own points, in a bare plot."""
    import pyqtgraph as pg
    from PySide6.QtWidgets import QApplication

    application = QApplication.instance() or QApplication([])
    plot = pg.PlotWidget()
    plot.resize(SIDE, SIDE)
    plot.setRange(xRange=(-VIEW, VIEW), yRange=(-VIEW, VIEW), padding=0.0)
    plot.show()
    application.processEvents()
    item = pg.ScatterPlotItem(size=3, pen=None)
    brushes = np.array([pg.mkBrush(pg.intColor(k, CLASSES)) for k in range(CLASSES)])

    def first() -> None:
        item.setData(x=z[:, 0], y=z[:, 1], brush=brushes[labels], size=3, pen=None)
        plot.addItem(item)
        plot.viewport().repaint()

    def frame(k: int) -> None:
        plot.getViewBox().translateBy(x=0.02 * (k + 1), y=0.01)
        plot.viewport().repaint()

    return figures(first, frame)


def matplotlib_scatter(z: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """`Axes.scatter` on Agg."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(SIDE / 100, SIDE / 100), dpi=100)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))

    def first() -> None:
        axes.scatter(z[:, 0], z[:, 1], s=2.0, c=labels, cmap="tab10", linewidths=0)
        axes.set(xlim=(-VIEW, VIEW), ylim=(-VIEW, VIEW))
        canvas.draw()

    def frame(k: int) -> None:
        axes.set(xlim=(-VIEW + 0.02 * (k + 1), VIEW + 0.02 * (k + 1)))
        canvas.draw()

    return figures(first, frame)


def datashader(z: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """Counts by category, shaded; the compilation of its loops is not counted."""
    import datashader as ds
    import pandas as pd
    from datashader import transfer_functions as tf

    def draw(frame: Any, shift: float) -> object:
        x_range, y_range = (-VIEW + shift, VIEW + shift), (-VIEW, VIEW)
        view = ds.Canvas(plot_width=SIDE, plot_height=SIDE, x_range=x_range, y_range=y_range)
        return tf.shade(view.points(frame, "x", "y", ds.count_cat("label"))).to_pil()

    def table(rows: slice) -> Any:
        kinds = pd.Categorical.from_codes(labels[rows], categories=[str(k) for k in range(CLASSES)])
        return pd.DataFrame({"x": z[rows, 0], "y": z[rows, 1], "label": kinds})

    draw(table(slice(0, 1000)), 0.0)
    made: list[Any] = []

    def first() -> None:
        made.append(table(slice(None)))
        draw(made[0], 0.0)

    return figures(first, lambda k: draw(made[0], 0.02 * (k + 1)))


OTHERS = {
    "ScatterPlotItem": scatter_plot_item,
    "matplotlib": matplotlib_scatter,
    "datashader": datashader,
}


def ours(count: int) -> dict[str, Any]:
    """`latentlab bench map`, in a process of its own."""
    line = [sys.executable, "-m", "latentlab", "bench", "map", "--points", str(count)]
    done = subprocess.run([*line, "--json", "--quiet"], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def other(name: str, count: int, libraries: Path | None) -> Any:
    """One of the others, in a process of its own; a sentence where there are no figures."""
    if count > MOST[name]:
        return f"not tried: at {MOST[name]:,} it already takes seconds"
    line = [sys.executable, __file__, "--only", name, "--counts", str(count)]
    if libraries is not None:
        line += ["--libraries", str(libraries)]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        return f"failed: {done.stderr.strip().splitlines()[-1]}"
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--counts", type=int, nargs="+", default=list(COUNTS))
    parser.add_argument("--libraries", type=Path)
    parser.add_argument("--only", choices=OTHERS)
    arguments = parser.parse_args()
    if arguments.libraries is not None:
        sys.path.insert(0, str(arguments.libraries))
    if arguments.only:
        from latentlab.cli.mapbench import cloud

        print(json.dumps(OTHERS[arguments.only](*cloud(arguments.counts[0], 0))))
        return
    found: dict[str, Any] = {
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "load_before": os.getloadavg() if hasattr(os, "getloadavg") else None,
        },
        "side_px": SIDE,
        "points": {},
    }
    there = {name for name in OTHERS if name != "datashader" or find_spec("datashader")}
    for count in arguments.counts:
        row: dict[str, Any] = {"latentlab": ours(count)}
        for name in OTHERS:
            missing = "not installed: give --libraries"
            row[name] = other(name, count, arguments.libraries) if name in there else missing
        found["points"][str(count)] = row
        print(count, json.dumps(row), file=sys.stderr, flush=True)
    text = json.dumps(found, indent=2)
    if arguments.json:
        arguments.json.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
