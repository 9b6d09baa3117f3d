"""Selecting, and looking at what is selected: times of this processor, the window offscreen.

    python tests/benchmarks/bench_selection.py [COUNTS]

Prints one JSON object: milliseconds of wall clock and of this thread's processor time, each the
median of its repetitions. Strokes and lassos are looked through in another thread in the window;
here they are timed alone. `gallery_frame` is a frame of a gallery of 100,000 pictures of 28 x 28
pixels while it scrolls, pictures fetched as it goes.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication

from latentlab.data.dataset import Dataset
from latentlab.engine import messages as m
from latentlab.latent.charts import axes_plane
from latentlab.latent.lasso import rows_in_polygon
from latentlab.latent.picking import PointIndex, nearest_of_all
from latentlab.latent.strokes import rows_in_stroke
from latentlab.session.session import Session
from latentlab.specs import DataSpec, ModelSpec
from latentlab.views.panels.gallery import Gallery

THUMBNAILS = 100_000
SMOOTH_FRAMES = 200


class Nobody:
    """An engine that does nothing."""

    def submit(self, request: Any) -> None: ...

    def show(self, request: Any) -> None: ...

    def cancel(self, ticket: int) -> None: ...


def timed(do: Callable[[], object], times: int = 7) -> dict[str, float]:
    wall, cpu = [], []
    for _ in range(times):
        begun_s, used_s = time.perf_counter(), time.thread_time()
        do()
        wall.append(time.perf_counter() - begun_s)
        cpu.append(time.thread_time() - used_s)
    return {
        "wall_ms": round(1e3 * statistics.median(wall), 2),
        "cpu_ms": round(1e3 * statistics.median(cpu), 2),
    }


def points(count: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    middles = rng.normal(size=(10, 2)) * 3
    return (middles[np.arange(count) % 10] + rng.normal(size=(count, 2)) * 0.6).astype(np.float32)


def of_points(count: int) -> dict[str, Any]:
    xy = points(count)
    index = PointIndex(xy).build()
    angle = np.linspace(0, 2 * np.pi, 300, endpoint=False)
    reach = 2.5 + 0.5 * np.sin(5 * angle)
    lasso = np.stack([reach * np.cos(angle), reach * np.sin(angle)], axis=1)
    found: dict[str, Any] = {
        "lasso_300": timed(lambda: rows_in_polygon(index, lasso), 5),
        "brush_300": timed(lambda: rows_in_stroke(index, lasso, 0.2), 5),
        "hover_without_index": timed(lambda: nearest_of_all(xy, (0.1, 0.2), 0.05), 3),
    }
    app, session = QApplication.instance(), Session(Nobody())  # type: ignore[arg-type]
    info = m.ModelInfo("model", ModelSpec(shape=(1, 28, 28)))
    labels, split = np.arange(count) % 10, np.zeros(count, np.int8)
    plane = axes_plane(2)
    session.apply(m.ModelOpened(1, info, m.Codes(xy, xy, labels, split, plane, index, 0.1), None))
    asked = timed(lambda: (session.select_all(), session.clear_selection()), 1)
    stalls = []
    session.invert_selection()
    while session.choice.busy:
        begun_s = time.perf_counter()
        app.processEvents()
        stalls.append(time.perf_counter() - begun_s)
        time.sleep(0.001)
    found["select_all_asked"] = asked
    found["longest_stall_ms"] = round(1e3 * max(stalls, default=0.0), 2)
    session.close()
    return found


def of_gallery() -> dict[str, Any]:
    app = QApplication.instance()
    session = Session(Nobody())  # type: ignore[arg-type]
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (THUMBNAILS, 1, 28, 28), dtype=np.uint8)
    labels, split = np.arange(THUMBNAILS) % 10, np.zeros(THUMBNAILS, np.int8)
    names = tuple(str(k) for k in range(10))
    source = DataSpec(source="made-up")
    data = Dataset(
        "made up", x, "image", 256, labels, names, split, source, value_range=(0.0, 255.0)
    )
    session.apply(m.DataOpened(1, data))
    gallery = Gallery(session, "Gallery")
    gallery.resize(900, 900)
    gallery.show()
    app.processEvents()
    opened = timed(lambda: gallery.set_rows(np.arange(THUMBNAILS)), 5)
    bar, wall, cpu, there = gallery.verticalScrollBar(), [], [], []
    for _frame in range(SMOOTH_FRAMES):
        begun_s = time.perf_counter()
        used_s = time.thread_time()
        bar.setValue(bar.value() + 30)
        app.processEvents()  # paints
        wall.append(1e3 * (time.perf_counter() - begun_s))
        cpu.append(1e3 * (time.thread_time() - used_s))
        seen = gallery.visible()
        rows = gallery.rows[seen.start : seen.stop].tolist()
        there.append(len(session.thumbnails.pictures(rows)) / len(rows))
        until_s = begun_s + 1 / 60
        while time.perf_counter() < until_s:
            app.processEvents()
    wall.sort()
    cpu.sort()
    session.close()
    gallery.deleteLater()
    return {
        "rows_set": opened,
        "frame_p50_ms": round(wall[len(wall) // 2], 2),
        "frame_p95_ms": round(wall[int(0.95 * len(wall))], 2),
        "frame_cpu_p50_ms": round(cpu[len(cpu) // 2], 2),
        "frame_cpu_p95_ms": round(cpu[int(0.95 * len(cpu))], 2),
        "pictures_in_view": len(rows),
        "share_there": round(statistics.mean(there), 4),
    }


def main() -> None:
    """Measure and print."""
    QApplication.instance() or QApplication([])
    found: dict[str, Any] = {"load": os.getloadavg()[0], "gallery": of_gallery()}
    for count in [int(word) for word in sys.argv[1:]] or (10**6, 10**7):
        found[f"{count}"] = of_points(count)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
