"""The command `tour`: the whole main job in the real window, with screenshots."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from latentlab.cli.common import Common, plain
from latentlab.cli.progress import Progress
from latentlab.errors import LatentlabError, RefusedError
from latentlab.files import write_atomic

if TYPE_CHECKING:
    from latentlab.cli.driver import Driver, Point
    from latentlab.cli.latency import Figures

DRAG_S = 5.0
TRAIN_TIMEOUT_S = 1800.0
MODEL = "model.safetensors"


def tour(
    common: Common,
    out: Annotated[Path, typer.Option("--out", help="The folder to write.")],
    data: Annotated[
        str, typer.Option("--data", metavar="DATA", help="What to train on.")
    ] = "digits",
) -> None:
    """Run the main job in the real window: train, click, drag, interpolate, save, reopen."""
    if out.exists() and (not out.is_dir() or _is_taken(out)):
        raise RefusedError(
            "This folder holds something else.", where=str(out), do="Choose another --out."
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LatentlabError(
            "The folder can't be made.", where=str(out), do="Choose another --out."
        ) from error
    with Progress(common) as progress:
        fields = _Tour(common, out, data, progress).run()
    write_atomic(out / "tour.json", json.dumps(plain(fields), indent=2).encode())
    common.result(fields)


def _is_taken(folder: Path) -> bool:
    """Whether a folder holds anything but an earlier tour."""
    return any(folder.iterdir()) and not (folder / "tour.json").is_file()


class _Tour:
    """The steps, each with its screenshot and the seconds that it took."""

    def __init__(self, common: Common, out: Path, data: str, progress: Progress) -> None:
        self._common = common
        self._out = out
        self._data = data
        self._progress = progress
        self._steps: list[dict[str, Any]] = []
        self._drag: Figures | None = None
        self._film = out / "interpolation.gif"
        self._ends: tuple[Point, Point] = ((-1.0, -1.0), (1.0, 1.0))

    def run(self) -> dict[str, Any]:
        from latentlab.cli.driver import Driver

        for old in (*self._out.glob("*.png"), self._out / MODEL, self._film):
            old.unlink(missing_ok=True)
        with Driver(self._common) as driver:
            steps: tuple[Callable[[Driver], None], ...] = (
                *(self._start, self._open, self._ask_to_train, self._train, self._see_map),
                *(self._click, self._drag_about, self._interpolate, self._export),
                *(self._show_lattice, self._sample, self._save, self._reopen),
            )
            for number, step in enumerate(steps, 1):
                self._do(driver, number, step)
            training = driver.session.training
            model = driver.session.model
            held_out = None if model is None else model.held_out
            drag = self._drag
            return {
                "steps": self._steps,
                "bound_nats": held_out and held_out.bound_nats,
                "drag_p50_ms": drag and drag.p50_ms,
                "drag_p99_ms": drag and drag.p99_ms,
                "drag_shown": drag and drag.shown,
                "drag_sent": drag and drag.sent,
                "stall_max_ms": drag and drag.stall_max_ms,
                "film": self._film.name,
                "strip": self._film.with_suffix(".png").name,
                "model": MODEL,
                "data": self._data,
                "device": driver.session.engine.device,
                "training": training.status,
            }

    def _do(self, driver: Driver, number: int, step: Callable[[Driver], None]) -> None:
        name = step.__name__.strip("_").replace("_", "-")
        self._progress.line(f"{number}. {name}")
        driver.window.notices.clear()  # a step's screenshot shows its own alone
        begin_s = time.perf_counter()
        step(driver)
        seconds = time.perf_counter() - begin_s
        screenshot = f"{number:02d}-{name}.png"
        driver.shot(self._out / screenshot)
        self._steps.append({"name": name, "screenshot": screenshot, "seconds": seconds})
        for dialog in driver.open_dialogs():
            driver.press_key(dialog, "enter" if dialog.isModal() else "escape")

    # The steps

    def _start(self, driver: Driver) -> None:
        """The window as it opens: on the sample, where there is one."""
        from latentlab.resources import sample_path

        if sample_path() is None:
            driver.rest(0.2)
            return
        session = driver.session
        driver.program.open()
        driver.wait(lambda: session.codes is not None and session.engine.live, "the sample")
        self._touch(driver, (0.0, 0.0))

    def _open(self, driver: Driver) -> None:
        driver.open_data(self._data)

    def _ask_to_train(self, driver: Driver) -> None:
        driver.trigger("Train...")
        driver.dialog()
        driver.rest(0.2)  # Enter is pressed when the screenshot is taken

    def _train(self, driver: Driver) -> None:
        session = driver.session
        driver.wait(lambda: session.training.status == "running", "the training to start", 300.0)
        driver.wait(
            lambda: not session.training.active or _share(session.training) > 0.5,
            "half of the training",
            TRAIN_TIMEOUT_S,
        )

    def _see_map(self, driver: Driver) -> None:
        session = driver.session
        driver.wait(lambda: not session.training.active, "the training", TRAIN_TIMEOUT_S)
        if session.training.status not in ("finished", "early"):
            raise LatentlabError(
                f"The training ended as {session.training.status}.", where=session.training.message
            )
        driver.wait(lambda: session.codes is not None and session.engine.live, "the map")
        driver.trigger("Fit")
        driver.rest(0.3)
        self._ends = _two_classes(driver)

    def _click(self, driver: Driver) -> None:
        self._touch(driver, self._ends[0])

    def _drag_about(self, driver: Driver) -> None:
        from latentlab.cli.latency import Drag, Figures, lissajous

        place = lissajous(driver)
        driver.press(place(-10))
        driver.move(place(-5))
        driver.rest(0.3)
        drag = Drag(driver, place, DRAG_S)
        drag.run()
        self._drag = Figures.of([drag])
        driver.release(place(round(DRAG_S * 60)))
        driver.rest(0.2)

    def _interpolate(self, driver: Driver) -> None:
        """From one class to another, frame by frame as a hand would."""
        session = driver.session
        a, b = (driver.pixel(xy) for xy in self._ends)
        driver.press(a)
        for i in range(1, 31):
            driver.move(a + (b - a) * (i / 30))
            driver.rest(1 / 60)
        driver.release(b)
        driver.wait(lambda: session.path is not None and session.strip is not None, "the film")
        driver.rest(0.5)

    def _export(self, driver: Driver) -> None:
        session = driver.session
        for path in (self._film, self._film.with_suffix(".png")):
            session.export_path(path)
            driver.wait(path.exists, f"{path.name}")
        driver.rest(0.1)

    def _show_lattice(self, driver: Driver) -> None:
        session = driver.session
        session.clear_path()
        driver.trigger("Lattice")
        driver.wait(lambda: session.tiles.settled, "the lattice")
        driver.rest(1.0)

    def _sample(self, driver: Driver) -> None:
        driver.trigger("Generate samples")
        driver.dialog()
        driver.rest(0.2)

    def _save(self, driver: Driver) -> None:
        from PySide6.QtWidgets import QLineEdit

        driver.trigger("Save model...")
        dialog = driver.dialog()
        dialog.findChildren(QLineEdit)[0].setText(str(self._out / MODEL))
        driver.rest(0.2)

    def _reopen(self, driver: Driver) -> None:
        session = driver.session
        path = self._out / MODEL
        driver.wait(path.exists, "the model's file")
        before = session.model
        session.open_path(path)
        driver.wait(
            lambda: session.model is not before and session.codes is not None, "the model to open"
        )
        driver.wait(lambda: session.engine.live, "its decoder")
        self._touch(driver, self._ends[1])

    def _touch(self, driver: Driver, xy: Point) -> None:
        """Click, and wait for the picture of that very place."""
        session = driver.session
        before = session.decoded
        driver.click(xy)
        driver.wait(lambda: session.decoded is not before, "a picture")
        driver.rest(0.2)


def _share(training: Any) -> float:
    progress = training.progress
    return progress.step / max(progress.steps, 1) if progress is not None else 0.0


def _two_classes(driver: Driver) -> tuple[Point, Point]:
    """The middles of the two classes that lie farthest apart; else two places of the prior."""
    codes = driver.session.codes
    if codes is None:
        return (-1.0, -1.0), (1.0, 1.0)
    labels = np.unique(codes.labels[codes.labels >= 0])
    if len(labels) < 2:
        return (-1.0, -1.0), (1.0, 1.0)
    middles = np.stack([np.median(codes.xy[codes.labels == label], axis=0) for label in labels])
    apart = np.linalg.norm(middles[:, None] - middles[None], axis=2)  # (classes, classes)
    i, j = np.unravel_index(apart.argmax(), apart.shape)
    a, b = middles[i], middles[j]
    return (float(a[0]), float(a[1])), (float(b[0]), float(b[1]))
