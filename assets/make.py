"""Makes the README's pictures: the real window on the sample model, offscreen. `make assets`."""

from __future__ import annotations

import sys
from pathlib import Path

from latentlab.cli.common import Common
from latentlab.cli.driver import Driver

HERE = Path(__file__).resolve().parent
A, B = (-1.6, 0.4), (0.5, -1.9)  # a pullover, a pair of trousers
STEPS = 30


def main() -> None:
    """Open the sample, drag, and photograph."""
    with Driver(Common(device="cpu")) as driver:
        session = driver.session
        driver.program.open()
        driver.wait(lambda: session.codes is not None and session.engine.live, "the sample")
        driver.window.notices.clear()
        _drag(driver)
        for theme in ("light", "dark"):
            session.update_settings(theme=theme)
            driver.rest(1.0)
            driver.shot(HERE / f"window-{theme}.png")
        session.clear_path()
        _layer(driver, "Lattice", "lattice")
        _layer(driver, "Magnification", "magnification")
        _layer(driver, "Decision regions", "decisions")
        _layer(driver, "Thumbnails", "thumbnails")


def _drag(driver: Driver) -> None:
    """From A to B as a hand would, and a film of it."""
    a, b = driver.pixel(A), driver.pixel(B)
    driver.press(a)
    for step in range(1, STEPS + 1):
        driver.move(a + (b - a) * (step / STEPS))
        driver.rest(1 / 60)
    driver.release(b)
    driver.wait(lambda: driver.session.strip is not None, "the film")
    driver.rest(1.0)


def _layer(driver: Driver, action: str, name: str) -> None:
    """One layer under the points, and off again."""
    driver.trigger(action)
    driver.rest(4.0)
    driver.shot(HERE / f"{name}-dark.png")
    driver.trigger(action)


if __name__ == "__main__":
    sys.exit(main())
