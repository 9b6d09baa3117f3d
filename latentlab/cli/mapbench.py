"""What the map costs at a number of points: paints, look-ups, memory."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF

from latentlab.cli.driver import Driver

CLASSES = 10
FRAMES = 120
LOOKUPS = 500
NEAR_PX = 12.0


def measure(driver: Driver, points: int, seed: int = 0) -> dict[str, Any]:
    """Put codes on the map and time it; every figure is of the GUI thread.

    Args:
        driver: The window.
        points: N.
        seed: Of the codes.
    """
    from latentlab.engine.embedding import make_codes
    from latentlab.engine.messages import ModelOpened
    from latentlab.engine.values import ModelInfo
    from latentlab.latent.charts import axes_plane
    from latentlab.specs import ModelSpec

    before = _resident_bytes()
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, points)
    angle = labels * (2 * math.pi / CLASSES)
    middles = 1.8 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    z = (middles + 0.45 * rng.standard_normal((points, 2))).astype(np.float32)
    codes = make_codes(z, labels, np.zeros(points, np.int8), axes_plane(2), spread=0.01)
    names = tuple(str(k) for k in range(CLASSES))
    info = ModelInfo("bench", ModelSpec(shape=(1, 28, 28)), label_names=names)
    canvas = driver.window.map.canvas

    def first() -> None:
        driver.session.apply(ModelOpened(0, info, codes, None))
        canvas.viewport().repaint()

    first_ms = _timed_ms(first)
    driver.rest(1.0)  # whatever is refined after the first picture
    bytes_per_point = None if before is None else ((_resident_bytes() or 0) - before) / points
    pans = [_timed_ms(lambda i=i: _pan(driver, i)) for i in range(FRAMES)]  # type: ignore[misc]
    driver.trigger("Fit")
    driver.rest(0.5)
    drags = [_timed_ms(lambda i=i: _point(driver, i)) for i in range(FRAMES)]  # type: ignore[misc]
    radius = NEAR_PX / canvas.camera.scale
    asked = rng.uniform(-2.5, 2.5, (LOOKUPS, 2))
    lookups = [_timed_ms(lambda xy=xy: codes.index.nearest(tuple(xy), radius)) for xy in asked]  # type: ignore[misc]
    return {
        "points": points,
        "first_picture_ms": first_ms,
        "frame_p50_ms": float(np.quantile(pans, 0.5)),
        "frame_p95_ms": float(np.quantile(pans, 0.95)),
        "drag_repaint_ms": float(np.median(drags)),
        "lasso_ms": None,
        "nearest_ms": float(np.median(lookups)),
        "bytes_per_point": bytes_per_point,
    }


def _pan(driver: Driver, frame: int) -> None:
    """One frame of a pan."""
    canvas = driver.window.map.canvas
    t = frame / FRAMES * 2 * math.pi
    canvas.set_camera(canvas.camera.panned(6.0 * math.cos(t), 6.0 * math.sin(t)))
    canvas.viewport().repaint()


def _point(driver: Driver, frame: int) -> None:
    """One frame of a drag: the cursor moves, the points stay."""
    canvas = driver.window.map.canvas
    area = canvas.plot_area
    t = frame / FRAMES * 2 * math.pi
    at = area.center() + QPointF(100.0 * math.cos(t), 100.0 * math.sin(t))
    canvas.show_cursor(canvas.xy(canvas.to_plot(at)))
    canvas.viewport().repaint()


def _timed_ms(work: Callable[[], object]) -> float:
    begin_s = time.perf_counter()
    work()
    return (time.perf_counter() - begin_s) * 1e3


def _resident_bytes() -> int | None:
    """Memory of this process, where the system tells it in a file."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
