"""The work lane: a thread that does what was asked, first in, first out."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from latentlab.engine.faults import failed
from latentlab.engine.jobs import Job
from latentlab.engine.messages import (
    Cancelled,
    DrawFigure,
    Event,
    Export,
    ExportRows,
    MapField,
    MapPosteriors,
    MapPrior,
    Measure,
    MeasureLatents,
    MoveRun,
    PlaceLayout,
    ReadHere,
    Rechart,
    Reconstruct,
    Sample,
    SaveModel,
    SaveProject,
    ShowFrame,
    Train,
    WorkRequest,
    WriteFigure,
    WriteLabels,
    WriteReport,
)
from latentlab.engine.priority import stand_back
from latentlab.engine.selections import ExportPictures, FindDuplicates, Grow, Summarise, WriteTable
from latentlab.errors import CancelledError

LOOK_UP_S = 1.0  # between two looks at whether the program is still there
QUICK = (
    MapField,
    MapPosteriors,
    ReadHere,
    MapPrior,
    MeasureLatents,
    PlaceLayout,
    Rechart,
    Sample,
    Reconstruct,
    SaveModel,
    Export,
    ShowFrame,
    DrawFigure,
    WriteFigure,
    SaveProject,
    ExportRows,
    ExportPictures,
    Grow,
    Summarise,
    MoveRun,
    WriteLabels,
    WriteReport,
    WriteTable,
)  # done between two training steps


PATIENT = (Summarise, FindDuplicates, Measure)  # long, and asked for by a look more than by a hand
SHORT = (Grow, ExportRows, ExportPictures, WriteTable, Rechart, SaveProject)
# What is done in the midst of patient work: it needs no gradients, which may be off there, and no
# random numbers, which that work may be drawing.


class WorkLane:
    """A queue and a thread; while a training runs, quick requests go between its steps.

    Args:
        post: Where answers go; called in this lane's thread.
        perform: Does one job; whatever it raises becomes an answer.
        warm_up: Called once, when the lane first has nothing to do (it loads torch).
    """

    def __init__(
        self,
        post: Callable[[Event], None],
        perform: Callable[[Job, WorkLane], None],
        warm_up: Callable[[], None],
    ) -> None:
        self._post = post
        self._perform = perform
        self._warm_up = warm_up
        self._changed = threading.Condition()
        self._waiting: deque[Job] = deque()
        self._running: list[Job] = []  # a training, and a quick job between its steps
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="latentlab-work")

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def submit(self, request: WorkRequest) -> None:
        """Queue a request."""
        with self._changed:
            if not self._closed:
                self._waiting.append(Job(request, self._post))
            self._changed.notify_all()

    def cancel(self, ticket: int) -> None:
        """Call off the job of a ticket, waiting or running."""

        def order(job: Job) -> None:
            if job.ticket == ticket:
                job.call_off()

        self._tell(order)

    def stop_training(self) -> None:
        """End every training within one step; one that waits is called off."""
        self._tell_trainings(Job.call_off)

    def pause_training(self) -> None:
        """Hold between two steps."""
        self._tell_trainings(Job.pause)

    def resume_training(self) -> None:
        """Go on."""
        self._tell_trainings(Job.resume)

    def close(self) -> None:
        """Call everything off; a training writes its last checkpoint first."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
        self._tell(Job.call_off)

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread's end; whether it ended."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def closed(self) -> bool:
        """Whether the program is closing."""
        return self._closed or self.orphaned

    @property
    def orphaned(self) -> bool:
        """Whether the main thread ended without a word: a prompt that was left, say."""
        return not threading.main_thread().is_alive()

    def _tell(self, order: Callable[[Job], None]) -> None:
        with self._changed:
            for job in (*self._running, *self._waiting):
                order(job)
            self._changed.notify_all()

    def _tell_trainings(self, order: Callable[[Job], None]) -> None:
        def for_trainings(job: Job) -> None:
            if isinstance(job.request, Train):
                order(job)

        self._tell(for_trainings)

    # In the lane's thread

    def _run(self) -> None:
        stand_back()
        warm = False
        while True:
            with self._changed:
                while warm and not self._waiting and not self.closed:
                    self._changed.wait(LOOK_UP_S)
                if self.closed:
                    return
                job = self._waiting.popleft() if self._waiting else None
                if job is not None:
                    self._running.append(job)
            if job is not None:
                self._do(job)
            else:
                warm = True
                self._warm_up()

    def _do(self, job: Job) -> None:
        try:
            job.check()
            if isinstance(job.request, PATIENT):
                job.between = self._do_short
            self._perform(job, self)
        except CancelledError:
            self._post(Cancelled(job.ticket))
        except Exception as error:  # noqa: BLE001 - whatever it was, the lane lives on
            self._post(failed(job.request, error))
        finally:
            with self._changed:
                self._running.remove(job)

    def do_quick(self) -> None:
        """Do the quick jobs that wait; called by a training between two steps."""
        self._do_waiting(QUICK)

    def _do_short(self) -> None:
        self._do_waiting(SHORT)

    def _do_waiting(self, kinds: tuple[type, ...]) -> None:
        if not self._waiting:
            return
        while True:
            with self._changed:
                job = next((j for j in self._waiting if isinstance(j.request, kinds)), None)
                if job is None:
                    return
                self._waiting.remove(job)
                self._running.append(job)
            self._do(job)

    def rest(self, job: Job) -> None:
        """Sleep while `job` is paused, doing quick jobs in between."""
        while job.paused and not job.called_off:
            self.do_quick()
            with self._changed:
                self._changed.wait_for(
                    lambda: (
                        not job.paused
                        or job.called_off
                        or any(isinstance(j.request, QUICK) for j in self._waiting)
                    ),
                    LOOK_UP_S,
                )
            if self.orphaned:
                job.call_off()
