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
        tracer: Tracer | None = None
        while (request := self._next()) is not None:
            decoder = self._live.decoder
            dims = len(request.z) if isinstance(request, FindChanges) else request.stops.shape[1]
            if decoder is None or decoder.latent_dim != dims:
                continue  # it was asked of another model
            if tracer is None:
                from latentlab.engine.travelling import Tracer, leave_a_core

                leave_a_core()
                tracer = Tracer()
            try:
                self._answer(tracer, request, decoder)
            except Exception as error:  # noqa: BLE001 - whatever it was, the lane lives on
                self._post(failed(request, error))

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
        with self._changed:
            while self._waiting is None and self._looks is None and not self._closed:
                self._changed.wait(LOOK_UP_S)
                # A main thread that ended without a word (a prompt that was left) ends this one.
                if not threading.main_thread().is_alive():
                    return None
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
