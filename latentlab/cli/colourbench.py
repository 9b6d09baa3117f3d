"""What it costs to colour and to filter the map's points: until it is exact, and in the window."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from latentlab.cli.driver import Driver

EXPRESSION = "class is 3 or 5 and z1 > 0"
PATIENCE_S = 120.0


def colour_figures(driver: Driver) -> dict[str, Any]:
    """Colour by a number, move the scale's end, filter, hide a class; then all as it was.

    Each from its cause to the exact picture, and the window's thread's own time for it.
    """
    session = driver.session
    colouring = session.colouring
    before = session.settings.colour_by
    found: dict[str, Any] = {}
    found |= _timed(driver, "recolour", lambda: colouring.set_by("z1"))
    if colouring.scale is not None:
        high = 0.5 * (colouring.scale.low + colouring.scale.high)
        low = colouring.scale.low
        found |= _timed(driver, "rescale", lambda: colouring.set_ends(low, high))
        colouring.reset_ends()
    found |= _timed(driver, "filter", lambda: session.filter.set_where(EXPRESSION))
    session.filter.set_where("")
    found |= _timed(driver, "hide", lambda: session.toggle_class(0))
    session.show_all()
    _settle(driver)
    colouring.set_by(before)
    _settle(driver)
    return found


def _timed(driver: Driver, name: str, change: Callable[[], object]) -> dict[str, float]:
    _settle(driver)
    begin_s, begin_cpu_s = time.perf_counter(), time.thread_time()
    change()
    window_ms = (time.thread_time() - begin_cpu_s) * 1e3
    _settle(driver)
    return {
        f"{name}_ms": (time.perf_counter() - begin_s) * 1e3,
        f"{name}_window_ms": window_ms,
    }


def _settle(driver: Driver) -> None:
    """Until the column that is wanted is shown, exactly."""
    session, canvas = driver.session, driver.window.map.canvas

    def done() -> bool:
        colouring = session.colouring
        shown = colouring.attribute is not None and colouring.attribute.name == colouring.by
        return shown and not colouring.busy and canvas.points.settled

    canvas.viewport().repaint()
    driver.wait(done, "the colours", PATIENCE_S)
    canvas.viewport().repaint()
    driver.wait(done, "the exact picture", PATIENCE_S)
