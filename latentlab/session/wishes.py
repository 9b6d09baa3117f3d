"""What is asked of the live lane for the hand, and which answers are still wanted."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from latentlab.engine.messages import Decode, DecodeClasses, DecodeStrip
from latentlab.session.ports import EngineLike
from latentlab.session.timers import single_shot

LIVE_STRIP_S = 1 / 120  # between two strips of pictures while the hand moves: at its own pace
LIVE_FRAMES = 64  # of the film strip while a handle moves; the whole strip follows the release
# Beside a training such strips would cost two cores a third of its speed and more, and the picture
# under the pointer twice its time: while a path is drawn, fewer, of fewer frames. Who moves a
# handle looks at the strip: then it is at the hand's pace all the same.
STRIP_TRAINING_S, TRAINING_FRAMES = 0.2, 16
CLASSES_S = 0.08  # between two looks at every class of a z
CLASSES_TRAINING_S = 0.2  # likewise beside a training, whose speed they cost

Floats = NDArray[np.float64]


class Wishes(QObject):
    """Requests under new tickets; an answer older than what is shown is not wanted.

    Args:
        worker: The engine.
        tickets: The session's counter.
        parent: Qt's owner.

    Attributes:
        label: The class to decode as, for a model that knows them.
        every_class: Whether the open model decodes one z as each class.
        fades: Whether a path is a cross-fade of code grids.
        beside_training: Whether a training is under way.
        holds: Whether the hand holds a handle of the path.
    """

    def __init__(self, worker: EngineLike, tickets: Iterator[int], parent: QObject) -> None:
        super().__init__(parent)
        self._worker = worker
        self._tickets = tickets
        self._floors: dict[str, int] = {}
        self.label: int | None = None
        self.every_class = self.fades = False
        self.beside_training = self.holds = False
        self._z: Floats | None = None
        self._classes_s = 0.0
        self._later = single_shot(self, self._ask_classes)

    @property
    def pause_s(self) -> float:
        """Between two strips of pictures while the hand moves."""
        return STRIP_TRAINING_S if self._is_sparing else LIVE_STRIP_S

    @property
    def live_frames(self) -> int:
        """Of the film strip while the hand moves."""
        return TRAINING_FRAMES if self._is_sparing else LIVE_FRAMES

    @property
    def _is_sparing(self) -> bool:
        return self.beside_training and not self.holds

    def decode(self, z: Floats, path: Floats | None = None, frame: int = 0) -> None:
        """Decode (d,), and as each class where the model knows them.

        `path` (F, d) is that of which z is a frame, where a model fades along it.
        """
        now_s = time.perf_counter()
        self._worker.show(Decode(next(self._tickets), z, now_s, self.label, path, frame))
        if not self.every_class:
            return
        self._z = z
        pause_s = CLASSES_TRAINING_S if self.beside_training else CLASSES_S
        wait_s = self._classes_s + pause_s - time.perf_counter()
        if wait_s <= 0:
            self._ask_classes()
        elif not self._later.isActive():
            self._later.start(round(1000 * wait_s))

    def _ask_classes(self) -> None:
        if self._z is not None and self.every_class:
            self._classes_s = time.perf_counter()
            self._worker.show(DecodeClasses(next(self._tickets), self._z, self._classes_s))

    def strip(self, z: Floats, knots: tuple[int, ...] = ()) -> None:
        """Decode the frames of a path (F, d); `knots` are those of its waypoints, if many."""
        self._worker.show(
            DecodeStrip(next(self._tickets), z, time.perf_counter(), knots, self.label)
        )

    def forget(self, *kinds: str) -> None:
        """Answers to anything asked before this moment are of another model or path."""
        ticket = next(self._tickets)
        for kind in kinds:
            self._floors[kind] = ticket
        if "classes" in kinds:
            self._z = None
            self._later.stop()

    def wants(self, kind: str, ticket: int) -> bool:
        """Whether an answer is newer than what is shown; it is then what is shown."""
        if ticket < self._floors.get(kind, 0):
            return False
        self._floors[kind] = ticket
        return True
