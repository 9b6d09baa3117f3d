"""What each latent carries, and its strip of decodes: the latents one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from latentlab.engine.messages import (
    DecodeFrames,
    FramesDecoded,
    LatentsMeasured,
    MeasureLatents,
)
from latentlab.session.contents import Contents
from latentlab.session.natures import has_latents, is_categorical, is_quantised
from latentlab.session.ports import EngineLike
from latentlab.session.timers import single_shot

MEASURE_AFTER_MS = 200  # codes that rest so long are measured
REST_MS = 90  # a cursor that rests so long is worth strips
FRAMES, LEAST_FRAMES, MOST_FRAMES = 9, 5, 21
MOST_ROWS = 64  # strips
PRIOR_REACH = 3.0  # standard deviations that a slider runs over at least

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Strips:
    """Decodes along each latent, all others as they are at the cursor.

    Args:
        z: (d,) the cursor's.
        latents: (R,) which latent each row goes along, from 0.
        values: (R, F) the latent's value in each frame.
        images: (R, F, H, W) or (R, F, H, W, 3).
        there: (R, F) which frames are decoded.
    """

    z: Floats
    latents: NDArray[np.intp]
    values: Floats
    images: NDArray[np.uint8]
    there: NDArray[np.bool_]


class Latents(QObject):
    """Measures the latents of the codes on the map, and has strips along them decoded.

    Args:
        worker: The engine.
        tickets: The session's counter.
        contents: What is on the map.
        at: The latents at the cursor, and the class that they are decoded as.
        parent: The session.
    """

    measured_changed = Signal()
    strips_changed = Signal()

    def __init__(
        self,
        worker: EngineLike,
        tickets: Iterator[int],
        contents: Contents,
        at: Callable[[], tuple[Floats | None, int | None]],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._worker = worker
        self._tickets = tickets
        self._contents = contents
        self._at = at
        self._ticket = self._strips_ticket = 0
        self._wanted = self._learning = False
        self._frames = FRAMES
        self.measured: LatentsMeasured | None = None
        self.strips: Strips | None = None
        self._asked: Strips | None = None  # their frames come, a few at a time
        self._measure_later = single_shot(self, self._measure, MEASURE_AFTER_MS)
        self._ask_later = single_shot(self, self._ask, REST_MS)
        contents.codes_changed.connect(self._codes_changed)
        contents.model_changed.connect(self._model_changed)

    # What they carry

    @property
    def count(self) -> int:
        """Latents that can be gone along one by one; 0 where codes are no numbers of their own."""
        model = self._contents.model
        if model is None or not has_latents(model.spec):
            return 0
        codes = is_categorical(model.spec) or is_quantised(model.spec)
        return 0 if codes else model.spec.latent_dim

    @property
    def order(self) -> tuple[int, ...]:
        """The latents, the one that carries most first; before that is known, by number."""
        known = self._known
        if known is None:
            return tuple(range(self.count))
        return tuple(known.order.tolist())

    @property
    def _known(self) -> LatentsMeasured | None:
        known = self.measured
        return known if known is not None and len(known.variance) == self.count else None

    def is_dead(self, latent: int) -> bool:
        """Whether a latent is known to carry nothing."""
        known = self._known
        return known is not None and bool(known.dead[latent])

    def reach(self, latent: int) -> tuple[float, float]:
        """From where to where a latent goes: the prior's three sigma, and all codes."""
        known = self._known
        if known is None:
            return -PRIOR_REACH, PRIOR_REACH
        low, high = float(known.low[latent]), float(known.high[latent])
        return min(-PRIOR_REACH, low), max(PRIOR_REACH, high)

    def set_learning(self, learning: bool) -> None:
        """While a model learns its latents are not measured: they would be others at once."""
        if learning != self._learning:
            self._learning = learning
            self._measure_later.start()

    def look_again(self) -> None:
        """The model's decoder, its weights or its data are others."""
        self._measure_later.start()
        self.moved()

    def _model_changed(self) -> None:
        known = self._known
        if self.measured is not None and known is None:
            self.measured = None
            self.measured_changed.emit()

    def _codes_changed(self) -> None:
        if self._contents.codes is None and self.measured is not None:
            self.measured = None
            self.measured_changed.emit()
        self._measure_later.start()

    def _measure(self) -> None:
        codes, dataset = self._contents.codes, self._contents.dataset
        if codes is None or self._learning or not self.count:
            return
        data = dataset if self._contents.rows_are_data else None
        self._ticket = next(self._tickets)
        self._worker.submit(MeasureLatents(self._ticket, codes, data))

    def take_measured(self, event: LatentsMeasured) -> None:
        """What they carry."""
        if event.ticket == self._ticket:
            self.measured = event
            self.measured_changed.emit()
            self.moved()

    # Strips

    def want_strips(self, wanted: bool) -> None:
        """Whether strips are looked at: only then they are decoded."""
        if wanted != self._wanted:
            self._wanted = wanted
            if wanted:
                self._ask()

    def set_frames(self, count: int) -> None:
        """How many frames a strip has room for; it gets an odd number: one is in the middle."""
        frames = min(max(count - 1 + count % 2, LEAST_FRAMES), MOST_FRAMES)
        if frames != self._frames:
            self._frames = frames
            self.moved()

    def moved(self) -> None:
        """The cursor is elsewhere: strips follow when it rests."""
        if self._wanted:
            self._ask_later.start()

    def _ask(self) -> None:
        z, label = self._at()
        if not self._wanted or z is None or len(z) != self.count:
            self._show(None)
            return
        latents = np.array(self.order[:MOST_ROWS], np.intp)  # (R,)
        reach = np.array([self.reach(latent) for latent in latents.tolist()])  # (R, 2)
        values = np.linspace(reach[:, 0], reach[:, 1], self._frames, axis=1)  # (R, F)
        frames = np.broadcast_to(z, (*values.shape, len(z))).copy()  # (R, F, d)
        frames[np.arange(len(latents)), :, latents] = values
        nothing = np.zeros((*values.shape, 1, 1), np.uint8)
        self._asked = Strips(z, latents, values, nothing, np.zeros(values.shape, np.bool_))
        count = values.size
        labels = np.full(count, -1 if label is None else label, np.int64)
        self._strips_ticket = next(self._tickets)
        self._worker.show(
            DecodeFrames(self._strips_ticket, np.arange(count), frames.reshape(count, -1), labels)
        )

    def take_frames(self, event: FramesDecoded) -> None:
        """More of the frames that were asked for last."""
        asked = self._asked
        if asked is None or event.ticket != self._strips_ticket:
            return
        images, there = self._begun(asked, event.images.shape[1:])
        row, frame = np.divmod(event.rows, asked.values.shape[1])
        images[row, frame], there[row, frame] = event.images, True
        self._asked = Strips(asked.z, asked.latents, asked.values, images, there)
        self._show(self._asked)

    def _begun(
        self, asked: Strips, shape: tuple[int, ...]
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """The pictures so far; at first those of the strips before, where they are as many."""
        if asked.there.any():
            return asked.images.copy(), asked.there.copy()
        former = self.strips
        whole = (*asked.values.shape, *shape)
        same = former is not None and np.array_equal(former.latents, asked.latents)
        if same and former is not None and former.images.shape == whole:
            return former.images.copy(), asked.there.copy()
        return np.zeros(whole, np.uint8), asked.there.copy()

    def _show(self, strips: Strips | None) -> None:
        if strips is not self.strips:
            self.strips = strips
            self.strips_changed.emit()
