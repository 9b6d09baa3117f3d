"""A hand for the real window, small models to open, and ears for what must never be said."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import shiboken6
from holds import Holds
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from latentlab import api
from latentlab.app import Program
from latentlab.engine import messages as m
from latentlab.session.state import Notice

# What the offscreen platform says of itself, whatever the program does.
OF_THE_PLATFORM = ("propagateSizeHints", "This plugin does not support")
INSIDE = "Something went wrong inside"
# A damaged file, weights that do not fit, a film of a model that is no more: each has its sentence.
# What a person may ask in vain, and is told so in a sentence: a layout of codes that still learn.
IN_VAIN = ("OpenModel", "OpenData", "Train", "Export", "Rechart")
REFUSED = tuple(f"{request} failed:" for request in IN_VAIN)


def finite(*points: Any) -> bool:
    return all(np.isfinite(point).all() for point in points)


class Hand:
    """Mouse events for one widget, as the window system would send them."""

    def __init__(self, widget: QWidget) -> None:
        self.widget = widget
        self.held = Qt.MouseButton.NoButton

    def press(
        self,
        at: QPointF,
        button: Qt.MouseButton = Qt.MouseButton.LeftButton,
        *,
        twice: bool = False,
    ) -> None:
        self.held = button
        kind = QEvent.Type.MouseButtonDblClick if twice else QEvent.Type.MouseButtonPress
        self._send(kind, at, button)

    def move(self, at: QPointF) -> None:
        self._send(QEvent.Type.MouseMove, at, Qt.MouseButton.NoButton)

    def release(self, at: QPointF) -> None:
        button, self.held = self.held, Qt.MouseButton.NoButton
        if button != Qt.MouseButton.NoButton:
            self._send(QEvent.Type.MouseButtonRelease, at, button)

    def turn(self, at: QPointF, eighths: int) -> None:
        where = QPointF(self.widget.mapToGlobal(at))
        none, phase = Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
        turned = QPoint(0, eighths)
        event = QWheelEvent(at, where, QPoint(), turned, self.held, none, phase, False)
        QApplication.sendEvent(self.widget, event)

    def leave(self) -> None:
        QApplication.sendEvent(self.widget, QEvent(QEvent.Type.Leave))

    def _send(self, kind: QEvent.Type, at: QPointF, button: Qt.MouseButton) -> None:
        where = QPointF(self.widget.mapToGlobal(at))
        none = Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(self.widget, QMouseEvent(kind, at, where, button, self.held, none))


class Ears(logging.Handler):
    """Uncaught exceptions, Qt's complaints and faults of the lanes, as they come."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        refused = text.startswith(REFUSED) and INSIDE not in text
        if not refused and not any(words in text for words in OF_THE_PLATFORM):
            self.heard.append(text)

    def notice(self, notice: Notice) -> None:
        if INSIDE in notice.text:
            self.heard.append(notice.text)


class Whole:
    """The real program, with its fault hooks and freeze reports on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ears = Ears()
        self.program = Program(
            device="cpu",
            settings_path=folder / "settings.json",
            runs_folder=folder / "runs",
            log_folder=folder / "log",
        )
        logging.getLogger("latentlab").addHandler(self.ears)
        self.session = self.program.session
        self.window = self.program.window
        self.session.notice.connect(self.ears.notice)
        self.holds = Holds()
        self.window.show()
        self.program.start()

    @property
    def freezes(self) -> str:
        """Every stack that held the window for two seconds, where the machine had time for it."""
        stacks = (self.folder / "log" / "freezes.log").read_text(encoding="utf-8")
        return "\n".join([*self.holds.told, stacks]) if self.holds.told else ""

    def check(self) -> None:
        """What holds after every step."""
        session, window = self.session, self.window
        assert not self.ears.heard
        assert shiboken6.isValid(window)
        assert window.isVisible()
        assert len(window.sheets) <= 8
        assert len(window.notices.banners) <= 3
        if session.cursor is not None:
            assert finite(session.cursor, session.z)
            assert len(session.z) == session.plane.latent_dim
        if session.model is not None and session.plane is not None:
            assert session.plane.latent_dim == session.model.spec.latent_dim
        path = session.path
        if path is not None:
            assert finite(path.a, path.b)
            assert 2 <= path.frames <= 1000
            assert 0.0 <= path.position <= 1.0
            assert finite(session.travel.point)
        else:
            assert session.strip is None
        source = session.codes or session.dataset
        assert session.hidden <= set(
            np.unique(source.labels).tolist() if source is not None else ()
        )
        box = self.program.engine._live._box
        assert set(box._slots) <= set(get_args(m.LiveRequest))
        assert len(box._peeks) <= 64
        assert self.program.engine._live.depth <= 1

    def close(self) -> bool:
        """End as the program does; whether all threads ended."""
        self.holds.stop()
        ended = self.program.close()
        logging.getLogger("latentlab").removeHandler(self.ears)
        return ended


@pytest.fixture
def whole(qapp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Whole]:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    before = set(threading.enumerate())
    made = Whole(tmp_path)
    yield made
    assert made.close()
    # What draws the map may end a step of its work first (`session/background.py`).
    for thread in set(threading.enumerate()) - before:
        if not thread.daemon:
            thread.join(10.0)
            assert not thread.is_alive()


def make_model(folder: Path, latent_dim: int) -> Path:
    """Train a little on digits, and keep the map with it."""
    options = {"steps": 30, "hidden": (16,), "batch_size": 256, "precision": "float32"}
    api.train("digits", out=folder / "run", latent_dim=latent_dim, device="cpu", **options)
    return api.save_model(folder / "run", folder / f"digits{latent_dim}.safetensors", data="digits")


# For the whole session, so that they are made before a window is there whose freezes count.


@pytest.fixture(scope="session")
def flat_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model file of two latents, with its map."""
    return make_model(tmp_path_factory.mktemp("flat"), 2)


@pytest.fixture(scope="session")
def deep_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model file of three latents, with its map."""
    return make_model(tmp_path_factory.mktemp("deep"), 3)


@pytest.fixture
def make_hand() -> type[Hand]:
    return Hand
