"""The first five minutes of a person who has never seen the program, by mouse and keyboard."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import numpy as np
from desktop import Desktop, changed, part
from numpy.typing import NDArray

from latentlab.models.files import read_model_file

# Where things are, in fractions of the 1400 x 900 window.
MAP = (0.20, 0.08, 0.76, 0.78)
DECODED = (0.785, 0.10, 0.99, 0.43)
FILM = (0.01, 0.66, 0.99, 0.97)  # above the training curves, once there are any
PATIENCE_S = 120.0


def colourful(look: NDArray[np.uint8]) -> float:
    """Share of the pixels that have a colour: points do, rings and text do not."""
    span = look.max(axis=2).astype(int) - look.min(axis=2)
    return float((span > 60).mean())


def on_map(x: float, y: float) -> tuple[float, float]:
    """A pixel on the map, from fractions of it."""
    x0, y0, x1, y1 = MAP
    return 1400 * (x0 + x * (x1 - x0)), 900 * (y0 + y * (y1 - y0))


def metrics(home: Path) -> list[dict[str, object]]:
    """The lines of the newest run's metrics."""
    files = sorted(home.glob("data/latentlab/runs/*/metrics.jsonl"))
    return [json.loads(line) for line in files[-1].read_text().splitlines()] if files else []


def drags_and_sees(place: Desktop, start: tuple[float, float], end: tuple[float, float]) -> None:
    """A drag changes the decoded picture and the film strip."""
    before = place.look()
    place.drag(on_map(*start), on_map(*end))

    def followed() -> bool:
        look = place.look()
        picture = changed(part(before, *DECODED), part(look, *DECODED))
        film = changed(part(before, *FILM), part(look, *FILM))
        return picture > 0.02 and film > 0.01

    place.wait(followed, "the decoded picture and the film strip to follow a drag", 30)


def test_it_opens_on_a_map_trains_from_the_menu_decodes_under_the_pointer_and_saves(
    program: tuple[Desktop, Path], tmp_path: Path
) -> None:
    place, home = program
    shots = Path(os.environ.get("LATENTLAB_SCREENSHOTS", tmp_path / "shots"))

    # It opens on something alive, and answers a drag at once.
    place.wait(
        lambda: colourful(part(place.look(), *MAP)) > 0.03, "the sample model's map", PATIENCE_S
    )
    drags_and_sees(place, (0.35, 0.4), (0.6, 0.6))
    place.look(shots / "1-sample.png")

    # File > Open data..., Enter: the digits.
    place.keys("ctrl+o")
    time.sleep(1.0)
    before = place.look(shots / "2-open.png")
    place.keys("Return")
    top = (0.45, 0.0, 1.0, 0.045)
    place.wait(
        lambda: changed(part(before, *top), part(place.look(), *top)) > 0.005,
        "the digits to be open",
        PATIENCE_S,
    )
    time.sleep(0.5)

    # Model > Train..., Enter: the map forms and moves.
    place.keys("ctrl+t")
    time.sleep(1.0)
    place.look(shots / "3-train.png")
    place.keys("Return")
    place.wait(lambda: len(metrics(home)) >= 1, "the first epoch", PATIENCE_S)
    early = place.look(shots / "4-training.png")
    place.wait(lambda: len(metrics(home)) >= 3, "further epochs", PATIENCE_S)
    place.wait(
        lambda: changed(part(early, *MAP), part(place.look(), *MAP)) > 0.01,
        "the map to move while it learns",
        30,
    )
    drags_and_sees(place, (0.4, 0.3), (0.55, 0.55))

    # Model > Stop: what was learned stays, and is better than the beginning.
    time.sleep(2.0)
    place.keys("ctrl+period")
    time.sleep(2.0)
    lines = metrics(home)
    bounds = [line["train"]["bound_nats"] for line in lines]  # type: ignore[index]
    assert bounds[-1] > bounds[0], f"the bound did not rise: {bounds}"
    drags_and_sees(place, (0.45, 0.5), (0.6, 0.2))  # the panels leave the map less height
    place.look(shots / "5-trained.png")

    # File > Save model...: one file, which opens.
    target = tmp_path / "mine.safetensors"
    place.keys("ctrl+s")
    time.sleep(1.0)
    place.keys("ctrl+a")
    place.tool("type", "--delay", 5, str(target))
    place.keys("Return")
    place.wait(target.exists, "the saved model", 30)
    assert read_model_file(target).header.model.shape == (1, 8, 8)

    # File > Quit: an orderly end.
    place.keys("ctrl+q")
    assert place.process is not None
    assert place.process.wait(30) == 0, place.log.read_text(errors="replace")
    said = place.log.read_text(errors="replace")
    assert "Traceback" not in said
    assert "QThread" not in said
