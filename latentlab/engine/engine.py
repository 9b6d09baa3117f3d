"""The engine: three threads that compute, and a door for requests. No Qt here."""

from __future__ import annotations

import time
from collections.abc import Callable

from latentlab.engine.live import LiveLane
from latentlab.engine.messages import Event, LiveRequest, WorkRequest
from latentlab.engine.placing import Layouts
from latentlab.engine.tasks import Tasks
from latentlab.engine.tracing import PathLane
from latentlab.engine.travels import FindChanges, TracePath
from latentlab.engine.work import WorkLane
from latentlab.specs import Device


class Engine:
    """The work lane (open, train, embed), the live lane (decode) and the path lane (geodesics).

    Every call but `close` returns at once; answers come through `post`, from the lanes' threads.

    Args:
        post: Where answers go: `bridge.post` in the window, `list.append` in a test.
        device: Where models compute.
    """

    def __init__(self, post: Callable[[Event], None], *, device: Device = "auto") -> None:
        self._live = LiveLane(post)
        self._paths = PathLane(post, self._live)
        tasks = Tasks(post, self._live, device)
        self._work = WorkLane(post, tasks.perform, tasks.warm_up)
        self._layouts = Layouts(post, self._work.submit)
        tasks.layouts = self._layouts
        self._started = False

    def start(self) -> None:
        """Start the threads; torch is loaded in the work lane, after a first request."""
        self._started = True
        self._live.start()
        self._paths.start()
        self._work.start()

    def submit(self, request: WorkRequest) -> None:
        """Queue work: first in, first out."""
        self._work.submit(request)

    def show(self, request: LiveRequest) -> None:
        """Ask for a picture or a path; a newer request of its kind replaces one that waits."""
        if isinstance(request, TracePath | FindChanges):
            self._paths.show(request)
        else:
            self._live.show(request)

    def pause_training(self) -> None:
        """Hold the training between two steps."""
        self._work.pause_training()

    def resume_training(self) -> None:
        """Go on with a paused training."""
        self._work.resume_training()

    def stop_training(self) -> None:
        """End the training within one step; the model is kept."""
        self._work.stop_training()

    def cancel(self, ticket: int) -> None:
        """Call off one request, waiting or running."""
        self._work.cancel(ticket)
        self._layouts.cancel(ticket)

    def close(self, timeout_s: float = 10.0) -> bool:
        """Call all work off, let a training write its last checkpoint, join the threads.

        Returns:
            Whether all threads ended in time.
        """
        until_s = time.monotonic() + timeout_s
        self._work.close()
        self._layouts.close()
        self._live.close()
        self._paths.close()
        if not self._started:
            return True
        work = self._work.join(max(0.0, until_s - time.monotonic()))
        live = self._live.join(max(0.05, until_s - time.monotonic()))
        return self._paths.join(max(0.05, until_s - time.monotonic())) and live and work
