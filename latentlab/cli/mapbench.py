"""What the map costs at a number of points: paints, look-ups, memory; in the real window."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF

from latentlab.cli.colourbench import colour_figures
from latentlab.cli.driver import Driver
from latentlab.engine.values import Codes
from latentlab.latent.lasso import rows_in_polygon

CLASSES = 10
SIDE_PX = 900  # of the map, axes and all
LOOKUPS = 500
NEAR_PX = 12.0
LASSO_CORNERS = 300
OUTLIER = 100.0  # standard deviations
FRAME_S = 1.0 / 60.0
REFRESHES = 8
MOST_REFRESHED = 100_000  # points of a training whose map is shown as it learns
# The script: what each frame does, so many times; the full view is in it twice.
SCRIPT: tuple[tuple[str, int], ...] = (
    ("pan", 60),
    ("zoom in", 40),
    ("pan", 60),
    ("zoom out", 55),
    ("fit", 1),
    ("pan", 60),
)
ZOOM = 1.08  # a frame


def cloud(points: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Ten clusters, one in twenty points a duplicate, and an outlier at 100 sigma.

    Returns:
        (N, 2) codes and (N,) labels.
    """
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, points)
    angle = np.arange(CLASSES) * (2 * math.pi / CLASSES)
    middles = 1.8 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    z = rng.standard_normal((points, 2), np.float32)
    z *= np.float32(0.45)
    z += middles.astype(np.float32)[labels]
    copies = points // 20
    z[:copies] = z[copies + rng.integers(0, max(copies // 10, 1), copies)]
    z[-1] = OUTLIER
    return z, labels


def measure(driver: Driver, points: int, seed: int = 0) -> dict[str, Any]:
    """Put codes on the map and time it.

    Frames, drags and look-ups are of the window's thread; the first picture and the lasso are
    from their cause to what can be seen of it, whichever thread does the work.

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

    make_square(driver)
    z, labels = cloud(points, seed)
    codes = make_codes(z, labels, np.zeros(points, np.int8), axes_plane(2), spread=0.01)
    names = tuple(str(k) for k in range(CLASSES))
    info = ModelInfo("bench", ModelSpec(shape=(1, 28, 28)), label_names=names)
    before = _resident_bytes()
    begin_s = time.perf_counter()
    driver.session.apply(ModelOpened(0, info, codes, None))
    first_ms = _shown_ms(driver, begin_s)
    exact_ms = _exact_ms(driver, begin_s)
    driver.rest(1.0)  # whatever else follows the first picture
    after = _resident_bytes()
    extra = None if before is None or after is None else (after - before) / points
    frames, processor, rests = _play(driver)
    driver.trigger("Fit")
    _exact_ms(driver, time.perf_counter())
    drags = [_timed_ms(lambda i=i: _point(driver, i)) for i in range(120)]  # type: ignore[misc]
    radius = NEAR_PX / driver.window.map.canvas.camera.scale
    asked = np.random.default_rng(seed).uniform(-2.5, 2.5, (LOOKUPS, 2))
    lookups = [_timed_ms(lambda xy=xy: codes.index.nearest(tuple(xy), radius)) for xy in asked]  # type: ignore[misc]
    lassos = [_timed_ms(lambda i=i: rows_in_polygon(codes.index, lasso(i))) for i in range(5)]  # type: ignore[misc]
    return {
        "points": points,
        "first_picture_ms": first_ms,
        "frame_p50_ms": float(np.quantile(frames, 0.5)),
        "frame_p95_ms": float(np.quantile(frames, 0.95)),
        "drag_repaint_ms": float(np.median(drags)),
        "lasso_ms": float(np.median(lassos)),
        "nearest_ms": float(np.median(lookups)),
        "bytes_per_point": extra,
        "first_exact_ms": exact_ms,
        "rest_to_exact_max_ms": max(rests),
        "nearest_max_ms": float(max(lookups)),
        "frames": len(frames),
        **colour_figures(driver),
        "refresh_processor_ms": _refresh_ms(driver, codes),
        "frame_processor_p50_ms": float(np.quantile(processor, 0.5)),
        "frame_processor_p95_ms": float(np.quantile(processor, 0.95)),
    }


def _refresh_ms(driver: Driver, codes: Codes) -> float | None:
    """The window's thread's own time when a training moves all points; the median of a few."""
    from latentlab.engine.messages import Embedded
    from latentlab.latent.picking import PointIndex

    if len(codes.xy) > MOST_REFRESHED:
        return None
    taken = []
    for k in range(REFRESHES):
        xy = codes.xy + np.float32(0.002 * k)
        moved = replace(codes, z=xy, xy=xy, index=PointIndex(xy))
        begin_s = time.thread_time()
        driver.session.apply(Embedded(0, moved))
        driver.window.map.canvas.viewport().repaint()
        taken.append((time.thread_time() - begin_s) * 1e3)
        driver.rest(0.1)
    return float(np.median(taken))


def lasso(seed: int) -> NDArray[np.float64]:
    """(300, 2) a ragged shape through all clusters."""
    rng = np.random.default_rng(seed)
    angle = np.linspace(0.0, 2 * math.pi, LASSO_CORNERS, endpoint=False)
    reach = 1.8 + 0.6 * np.sin(7 * angle + seed) + 0.1 * rng.random(LASSO_CORNERS)
    return np.stack([reach * np.cos(angle), reach * np.sin(angle)], axis=1)


def make_square(driver: Driver) -> None:
    """Give the map its 900 x 900 pixels; the panels beside it stay what they are."""
    window, canvas = driver.window, driver.window.map.canvas
    for _ in range(3):
        driver.application.processEvents()
        more = SIDE_PX - canvas.width(), SIDE_PX - canvas.height()
        window.resize(window.width() + more[0], window.height() + more[1])
    driver.application.processEvents()


def _shown_ms(driver: Driver, begin_s: float) -> float:
    """Until a frame with points in it has been painted."""
    canvas = driver.window.map.canvas
    canvas.viewport().repaint()
    driver.wait(lambda: canvas.points.something, "the first picture", 120.0)
    canvas.viewport().repaint()
    return (time.perf_counter() - begin_s) * 1e3


def _exact_ms(driver: Driver, begin_s: float) -> float:
    """Until the picture is exact."""
    driver.wait(lambda: driver.window.map.canvas.points.settled, "the exact picture", 120.0)
    return (time.perf_counter() - begin_s) * 1e3


def _play(driver: Driver) -> tuple[list[float], list[float], list[float]]:
    """The script at 60 frames a second.

    Returns:
        Of each frame the time and the window's thread's share of the processor's, in ms; and how
        long the picture took to be exact after each part.
    """
    frames, processor, rests = list[float](), list[float](), list[float]()
    for what, count in SCRIPT:
        for frame in range(count):
            begin_s = time.perf_counter()
            begin_cpu_s = time.thread_time()
            frames.append(_timed_ms(lambda: _step(driver, what, frame)))  # noqa: B023
            processor.append((time.thread_time() - begin_cpu_s) * 1e3)
            driver.rest(max(0.0, FRAME_S - (time.perf_counter() - begin_s)))
        rests.append(_exact_ms(driver, time.perf_counter()))
    return frames, processor, rests


def _step(driver: Driver, what: str, frame: int) -> None:
    """One frame, painted."""
    canvas = driver.window.map.canvas
    camera = canvas.camera
    if what == "fit":
        driver.trigger("Fit")
    elif what == "pan":
        t = frame / 60 * 2 * math.pi
        canvas.set_camera(camera.panned(11.0 * math.cos(t), 9.0 * math.sin(t)))
    else:
        factor = ZOOM if what == "zoom in" else 1.0 / ZOOM
        canvas.set_camera(camera.zoomed(factor, 0.7 * camera.width, 0.5 * camera.height))
    canvas.viewport().repaint()


def _point(driver: Driver, frame: int) -> None:
    """One frame of a drag: the cursor moves, the points stay."""
    canvas = driver.window.map.canvas
    t = frame / 120 * 2 * math.pi
    at = canvas.plot_area.center() + QPointF(100.0 * math.cos(t), 100.0 * math.sin(t))
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
