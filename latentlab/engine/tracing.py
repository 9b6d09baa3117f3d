"""The path lane: a thread that works paths out, the newest asked for first.

Courses, evenly spaced frames and lengths need many looks at the decoder's Jacobian. They are worked
in a thread of their own, so that no picture under the hand ever waits for them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from latentlab.engine.faults import failed
from latentlab.engine.live import LiveLane
from latentlab.engine.messages import Event, Failed
from latentlab.engine.priority import stand_back
from latentlab.engine.travels import FindChanges, TracePath

if TYPE_CHECKING:
    from latentlab.engine.decoders import Decoder
    from latentlab.engine.travelling import Tracer

LOOK_UP_S = 1.0  # between two looks at whether the program is still there
QUIET_S = 2.0  # since the hand's last picture, before what may be asked is prepared


class PathLane:
    """One place for a request; a newer one replaces it, and ends the work on the former.

    Args:
        post: Where answers go; called in this lane's thread.
        live: The lane whose decoder and data paths are worked out with.
    """

    def __init__(self, post: Callable[[Event], None], live: LiveLane) -> None:
        self._post = post
        self._live = live
        self._changed = threading.Condition()
        self._waiting: TracePath | None = None
        self._looks: FindChanges | None = None
        self._closed = False
        self._tracer: Tracer | None = None
        self._seen: tuple[Decoder, int] | None = None
        self._prepared: tuple[Decoder, int] | None = None
        self._thread = threading.Thread(target=self._run, name="latentlab-path")

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def show(self, request: TracePath | FindChanges) -> None:
        """Take a request, in the place of the one of its kind that waits."""
        with self._changed:
            if isinstance(request, FindChanges):
                self._looks = request
            else:
                self._waiting = request
            self._changed.notify()

    def close(self) -> None:
        """Ask the thread to end."""
        with self._changed:
            self._closed = True
            self._waiting = self._looks = None
            self._changed.notify()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread's end; whether it ended."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # In the lane's thread

    def _run(self) -> None:
        stand_back()
        while not self._over():
            request = self._next()
            if request is None:
                self._prepare()
            else:
                self._work(request)

    def _over(self) -> bool:
        """Whether to end; a main thread that ended without a word (a prompt) ends this one too."""
        return self._closed or not threading.main_thread().is_alive()

    def _work(self, request: TracePath | FindChanges) -> None:
        decoder = self._live.decoder
        dims = len(request.z) if isinstance(request, FindChanges) else request.stops.shape[1]
        if decoder is None or decoder.latent_dim != dims:
            return  # it was asked of another model
        try:
            self._answer(self._its_tracer(), request, decoder)
        except Exception as error:  # noqa: BLE001 - whatever it was, the lane lives on
            self._post(failed(request, error))

    def _its_tracer(self) -> Tracer:
        if self._tracer is None:
            from latentlab.engine.travelling import Tracer, leave_a_core

            leave_a_core()
            self._tracer = Tracer()
        return self._tracer

    def _prepare(self) -> None:
        """While nothing is asked and the hand rests, do once what a first path would wait for.

        It is done for a decoder whose weights stay: one that learns is left alone.
        """
        decoder = self._live.decoder
        if decoder is None or decoder.source != "model" or self._live.quiet_s < QUIET_S:
            return
        state = decoder, getattr(decoder, "generation", 0)
        if state != self._seen:
            self._seen = state
            return
        if state == self._prepared:
            return
        self._prepared = state
        try:
            self._its_tracer().prepare(decoder, self._live.nearest, self._idle)
        except Exception:  # noqa: BLE001 - whoever asks for a path is told what is wrong
            return

    def _idle(self) -> bool:
        return self._wanted() and self._looks is None

    def _answer(self, tracer: Tracer, request: TracePath | FindChanges, decoder: Decoder) -> None:
        if isinstance(request, TracePath):
            for answer in tracer.trace(request, decoder, self._live.nearest, self._wanted):
                self._post(answer)
            return
        found = tracer.changes(request, decoder)
        if found is not None:
            self._post(found)
            return
        what = "There is no metric here: the model is not ready, or its codes are grids."
        self._post(Failed(request.ticket, "FindChanges", what))

    def _next(self) -> TracePath | FindChanges | None:
        """What is asked; None where that is nothing for a while."""
        with self._changed:
            if self._waiting is None and self._looks is None and not self._closed:
                self._changed.wait(LOOK_UP_S)
            if self._closed:
                return None
            look, self._looks = self._looks, None
            if look is not None:
                return look
            request, self._waiting = self._waiting, None
            return request

    def _wanted(self) -> bool:
        """Whether what is being worked out is still the newest that was asked."""
        return self._waiting is None and not self._closed
