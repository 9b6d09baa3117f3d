"""How long the map's points keep the GUI thread, beside pyqtgraph's ScatterPlotItem.

    QT_QPA_PLATFORM=offscreen python tests/benchmarks/bench_points.py [--json FILE] [--load]

For each number of points, milliseconds (median, 99th percentile, largest) of: new positions shown
(set_points and the frame after it), a frame of a drag (the path and the cursor move), a frame of a
pan, and a drag while new positions come ten times a second. `--load` keeps two threads busy with
matrix products meanwhile, as a training does. The frames are the map's own, axes and all; the
scatter plot is a bare PlotWidget of the same size.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QObject, qVersion
from PySide6.QtWidgets import QApplication

from latentlab.engine import messages as m
from latentlab.latent.charts import axes_plane
from latentlab.latent.picking import PointIndex
from latentlab.session.session import Session
from latentlab.specs import ModelSpec
from latentlab.views.map.view import MapView

COUNTS = (10_000, 60_000, 70_000, 200_000)
SIZE = (1000, 760)
CLASSES = 10


class Silent:
    """An engine that answers nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


def summary(times_s: list[tuple[float, float]]) -> dict[str, float]:
    """Of (wall, processor) seconds: the second is free of what else the machine does."""
    wall, cpu = np.array(times_s).T * 1e3
    return {
        "p50_ms": round(float(np.median(wall)), 2),
        "p99_ms": round(float(np.quantile(wall, 0.99)), 2),
        "max_ms": round(float(wall.max()), 2),
        "cpu_p50_ms": round(float(np.median(cpu)), 2),
        "cpu_max_ms": round(float(cpu.max()), 2),
        "n": len(wall),
    }


class Watch:
    """Wall and processor time of this thread."""

    def __init__(self) -> None:
        self.start_s = time.perf_counter()
        self._cpu_s = time.thread_time()

    def read(self) -> tuple[float, float]:
        return time.perf_counter() - self.start_s, time.thread_time() - self._cpu_s


def timed(action: Callable[[int], None], times: int) -> dict[str, float]:
    taken = []
    for k in range(times):
        watch = Watch()
        action(k)
        taken.append(watch.read())
    return summary(taken)


def cloud(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = np.sort(rng.integers(0, CLASSES, count))
    middles = rng.normal(size=(CLASSES, 2)) * 1.5
    return (middles[labels] + 0.4 * rng.normal(size=(count, 2))).astype(np.float32), labels


@contextmanager
def load(on: bool) -> Any:
    """Two threads of matrix products, which leave the GIL as torch does."""
    ended = threading.Event()

    def work() -> None:
        a = np.random.default_rng(0).normal(size=(512, 512)).astype(np.float32)
        while not ended.is_set():
            a @ a

    threads = [threading.Thread(target=work) for _ in range(2 if on else 0)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def bench_map(app: QApplication, count: int) -> dict[str, Any]:
    xy, labels = cloud(count)
    index, split = PointIndex(xy), np.zeros(count, np.int8)

    def codes(k: int) -> m.Codes:
        moved = xy + np.float32(0.002 * k)
        return m.Codes(moved, moved, labels, split, axes_plane(2), index, 0.05)

    owner = QObject()
    session = Session(Silent(), parent=owner)
    view = MapView(session)
    view.resize(*SIZE)
    view.show()
    info = m.ModelInfo(
        "m", ModelSpec(shape=(1, 28, 28)), label_names=tuple(str(k) for k in range(CLASSES))
    )
    session.apply(m.ModelOpened(1, info, codes(0), None))
    app.processEvents()
    canvas = view.canvas
    stands_still = canvas.camera.panned(1.0, 0.0)
    view._looked()  # the person has moved the view: it does not follow
    canvas.set_camera(stands_still)
    prepared = [codes(k) for k in range(20)]

    def refresh(k: int) -> None:
        session._contents.codes = prepared[k % len(prepared)]
        session.codes_changed.emit()
        canvas.viewport().repaint()

    def drag(k: int) -> None:
        session.drag_to((0.5 + 0.02 * (k % 50), 0.3))
        app.processEvents()

    def pan(k: int) -> None:
        canvas.set_camera(canvas.camera.panned(3.0 if k % 2 else -3.0, 2.0))
        canvas.viewport().repaint()

    def settled() -> None:
        canvas.points.settle()
        app.processEvents()

    found: dict[str, Any] = {}
    found["set_and_paint"] = timed(refresh, 20)
    settled()
    session.begin_drag((0.0, 0.0))
    drag(0)
    settled()
    found["drag_frame"] = timed(drag, 200)
    session.end_drag()
    found["pan_frame"] = timed(pan, 20)
    settled()
    session.begin_drag((0.0, 0.0))
    found["drag_while_refreshed"] = drag_while_refreshed(app, session, prepared, drag)
    view.close()
    view.deleteLater()
    owner.deleteLater()
    app.processEvents()
    return found


def drag_while_refreshed(
    app: QApplication,
    session: Session,
    prepared: list[m.Codes],
    drag: Callable[[int], None],
) -> dict[str, float]:
    """Frames of a 60 Hz drag, with all points moved at each sixth frame."""
    taken = []
    for k in range(180):
        frame = Watch()
        if k % 6 == 0:
            session._contents.codes = prepared[(k // 6) % len(prepared)]
            session.codes_changed.emit()
        drag(k)
        taken.append(frame.read())
        # The rest of a frame: slices of a large cloud are drawn here, each timed as a stall.
        until = frame.start_s + 1 / 60
        while time.perf_counter() < until:
            between = Watch()
            app.processEvents()
            spent = between.read()
            if spent[0] > 1e-3:
                taken.append(spent)
            time.sleep(2e-4)
    return summary(taken)


def bench_scatter(app: QApplication, count: int) -> dict[str, Any]:
    xy, labels = cloud(count)
    plot = pg.PlotWidget()
    plot.resize(*SIZE)
    plot.show()
    item = pg.ScatterPlotItem(size=4, pen=None)
    plot.addItem(item)
    brushes = [pg.mkBrush(pg.intColor(k, CLASSES)) for k in range(CLASSES)]
    each = [brushes[label] for label in labels]
    marker = pg.ScatterPlotItem(size=12)
    plot.addItem(marker)
    plot.setRange(xRange=(-4, 4), yRange=(-4, 4))

    def refresh(k: int) -> None:
        moved = xy + np.float32(0.002 * k)
        item.setData(x=moved[:, 0], y=moved[:, 1], brush=each, size=4, pen=None)
        plot.viewport().repaint()

    def drag(k: int) -> None:
        marker.setData(x=[0.02 * (k % 50)], y=[0.3])
        plot.viewport().repaint()

    def pan(k: int) -> None:
        plot.getViewBox().translateBy(x=0.02 if k % 2 else -0.02, y=0.01)
        plot.viewport().repaint()

    found = {"set_and_paint": timed(refresh, 5)}
    app.processEvents()
    found["drag_frame"] = timed(drag, 20)
    found["pan_frame"] = timed(pan, 10)
    plot.close()
    plot.deleteLater()
    app.processEvents()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--load", action="store_true", help="keep two threads busy meanwhile")
    parser.add_argument("--counts", type=int, nargs="+", default=list(COUNTS))
    parser.add_argument("--no-scatter", action="store_true")
    arguments = parser.parse_args()
    app = QApplication.instance() or QApplication([])
    found: dict[str, Any] = {
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "qt": qVersion(),
            "pyqtgraph": pg.__version__,
            "platform": app.platformName(),
        },
        "size_px": SIZE,
        "load": arguments.load,
        "points": {},
    }
    with load(arguments.load):
        for count in arguments.counts:
            row = {"latentlab": bench_map(app, count)}
            if not arguments.no_scatter:
                row["ScatterPlotItem"] = bench_scatter(app, count)
            found["points"][str(count)] = row
    text = json.dumps(found, indent=2)
    if arguments.json:
        arguments.json.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
