"""A person at a desktop: an X server without a screen, a mouse, a keyboard and eyes."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageGrab

SIZE = (1400, 900)


@dataclass
class Desktop:
    """One X display with one program in it."""

    display: str
    process: subprocess.Popen[bytes] | None = None
    window: str = ""
    log: Path = field(default_factory=Path)

    def tool(self, *words: str | int) -> str:
        """Run xdotool on this display and return what it prints."""
        done = subprocess.run(
            ["xdotool", *map(str, words)],
            env={**os.environ, "DISPLAY": self.display},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        return done.stdout.strip()

    def start(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        """Start the program and wait until its window is on the screen."""
        self.log = log
        with log.open("wb") as stream:
            self.process = subprocess.Popen(
                command,
                env={
                    **os.environ,
                    **environment,
                    "DISPLAY": self.display,
                    "QT_QPA_PLATFORM": "xcb",
                },
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
        self.wait(self.find_window, "the window", 60)
        self.tool("windowsize", self.window, *SIZE)
        self.tool("windowmove", self.window, 0, 0)
        self.tool("windowfocus", self.window)
        time.sleep(1.0)

    def find_window(self) -> bool:
        """Whether a visible window called latentlab is there; remember it."""
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"the program ended: {self.log.read_text(errors='replace')}")
        found = self.tool("search", "--onlyvisible", "--name", "latentlab").split()
        self.window = found[0] if found else ""
        return bool(found)

    def wait(self, true: Callable[[], bool], what: str, limit_s: float) -> None:
        """Wait until `true()`, or fail saying what was waited for."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            if true():
                return
            time.sleep(0.2)
        tail = self.log.read_text(errors="replace")[-2000:] if self.log.is_file() else ""
        raise AssertionError(f"waited {limit_s:.0f} s for {what}; the program said: {tail}")

    def look(self, save: Path | None = None) -> NDArray[np.uint8]:
        """What is on the screen: (H, W, 3)."""
        picture = ImageGrab.grab(xdisplay=self.display).convert("RGB")
        if save is not None:
            save.parent.mkdir(parents=True, exist_ok=True)
            picture.save(save)
        return np.asarray(picture)

    def move(self, x: float, y: float) -> None:
        """Move the mouse to a pixel."""
        self.tool("mousemove", int(x), int(y))

    def click(self, x: float, y: float, *, button: int = 1) -> None:
        """Click at a pixel."""
        self.tool("mousemove", int(x), int(y), "sleep", 0.05, "click", button)

    def drag(self, start: tuple[float, float], end: tuple[float, float], steps: int = 30) -> None:
        """Press at `start`, move to `end` in steps of a 60th of a second, release."""
        (x0, y0), (x1, y1) = start, end
        self.tool("mousemove", int(x0), int(y0), "mousedown", 1)
        for i in range(1, steps + 1):
            t = i / steps
            self.tool("mousemove", int(x0 + t * (x1 - x0)), int(y0 + t * (y1 - y0)))
            time.sleep(1 / 60)
        self.tool("mouseup", 1)

    def keys(self, *names: str) -> None:
        """Press keys, one after the other ("ctrl+t", "Return")."""
        for name in names:
            self.tool("key", "--clearmodifiers", name)
            time.sleep(0.15)

    def stop(self) -> int:
        """End the program as its window's close button would; return its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode


@contextmanager
def desktop() -> Iterator[Desktop]:
    """An X server of its own for the length of a test."""
    missing = [tool for tool in ("Xvfb", "xdotool") if shutil.which(tool) is None]
    assert not missing, f"{' and '.join(missing)} missing: `make test` installs what is needed"
    read, write = os.pipe()
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(
            [
                "Xvfb",
                "-displayfd",
                str(write),
                "-screen",
                "0",
                f"{SIZE[0]}x{SIZE[1]}x24",
                "-nolisten",
                "tcp",
            ],
            pass_fds=[write],
            stdout=log,
            stderr=log,
        )
        os.close(write)
        number = b""
        while not number.endswith(b"\n"):
            chunk = os.read(read, 16)
            assert chunk, "Xvfb ended before it had a display"
            number += chunk
        os.close(read)
        place = Desktop(f":{number.decode().strip()}")
        try:
            yield place
        finally:
            if place.process is not None:
                place.stop()
            server.terminate()
            server.wait(20)


def changed(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> float:
    """Share of the pixels that differ clearly between two looks at the same place."""
    difference = np.abs(before.astype(int) - after.astype(int)).max(axis=2)
    return float((difference > 24).mean())


def part(look: NDArray[np.uint8], x0: float, y0: float, x1: float, y1: float) -> NDArray[np.uint8]:
    """A part of a look, in fractions of the screen."""
    height, width = look.shape[:2]
    return look[int(y0 * height) : int(y1 * height), int(x0 * width) : int(x1 * width)]


def save(look: NDArray[np.uint8], path: Path) -> None:
    """Write a look as PNG."""
    Image.fromarray(look).save(path)
