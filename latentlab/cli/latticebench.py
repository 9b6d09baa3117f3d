"""What the decoded plane costs: its first picture, a zoom until it is sharp, a drag beside it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from latentlab.cli.driver import Driver
from latentlab.cli.mapbench import make_square
from latentlab.latent.tiles import level_for, patch_of
from latentlab.session.timers import single_shot

CELL_PX = 45.0  # 20 x 20 of them fill the map of 900 x 900 pixels
FIRSTS, ZOOMS = 9, 12
STEPS, STEP = 4, 1.25  # of the wheel, in a zoom
STEP_S = 0.02


def measure(driver: Driver, seed: int = 0) -> dict[str, Any]:
    """Show the plane and zoom into it; times are from their cause to the end of the paint.

    Args:
        driver: The window; its model must be live.
        seed: Of the places that are zoomed into.
    """
    make_square(driver)
    canvas, session = driver.window.map.canvas, driver.session
    camera = replace(canvas.camera, x=0.0, y=0.0, scale=4.0 * CELL_PX)
    canvas.set_camera(camera)
    session.show_lattice(False)
    firsts, own = list[float](), list[float]()
    for _ in range(FIRSTS):
        driver.rest(0.2)
        session.tiles.reset()
        begin_cpu_s = time.process_time()
        firsts.append(_sharp_ms(driver, lambda: driver.trigger("Lattice")))
        own.append((time.process_time() - begin_cpu_s) * 1e3)
        driver.trigger("Lattice")
    driver.trigger("Lattice")
    rng, zooms = np.random.default_rng(seed), list[float]()
    level = level_for(camera.scale, camera.width, camera.height)
    for _ in range(ZOOMS):
        canvas.set_camera(camera)
        driver.wait(lambda: driver.window.map.sharp, "the plane")
        at = rng.uniform(0.2, 0.8, 2) * [camera.width, camera.height]
        zooms.append(_zoom_ms(driver, at[0], at[1]))
    canvas.set_camera(camera)
    return {
        "first_ms": float(np.median(firsts[1:])),
        "first_max_ms": max(firsts[1:]),
        "first_processor_ms": float(np.median(own[1:])),
        "cells": len(patch_of(camera.rect, level).cells()),
        "zoom_to_sharp_ms": float(np.median(zooms)),
        "zoom_to_sharp_max_ms": max(zooms),
        "load": load(),
    }


def _zoom_ms(driver: Driver, px: float, py: float) -> float:
    """Turn the wheel a few steps, then time until it is sharp."""
    canvas = driver.window.map.canvas
    for _ in range(STEPS - 1):
        canvas.set_camera(canvas.camera.zoomed(STEP, px, py))
        driver.rest(STEP_S)
    return _sharp_ms(driver, lambda: canvas.set_camera(canvas.camera.zoomed(STEP, px, py)))


def _sharp_ms(driver: Driver, cause: Callable[[], object]) -> float:
    begin_s = time.perf_counter()
    cause()
    driver.wait(lambda: driver.window.map.sharp, "the plane")
    driver.window.map.canvas.viewport().repaint()
    return (time.perf_counter() - begin_s) * 1e3


class Restless:
    """Decodes the plane over and over: as soon as all of it is there, its weights have moved.

    Args:
        driver: The window, its lattice on.
    """

    def __init__(self, driver: Driver) -> None:
        self._tiles = driver.session.tiles
        self.rounds = 0  # how often all that is in view was decoded
        self._timer = single_shot(None, self._again)

    def start(self) -> None:
        """Begin."""
        self._tiles.lattice_changed.connect(self._look)
        self._tiles.renew()

    def stop(self) -> None:
        """End it."""
        self._tiles.lattice_changed.disconnect(self._look)
        self._timer.stop()

    def _look(self) -> None:
        if self._tiles.settled and not self._timer.isActive():
            self._timer.start(0)

    def _again(self) -> None:
        self.rounds += 1
        self._tiles.renew()


def load() -> float:
    """How many processes want to run here, on average over the last minute."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return float("nan")
