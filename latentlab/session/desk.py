"""Work that was asked for: what is busy, what came of it, and what went wrong."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from latentlab.data.dataset import Dataset
from latentlab.engine import messages as m
from latentlab.session.ports import EngineLike
from latentlab.session.state import BusyState, EngineState, Notice, Sheet
from latentlab.session.wording import in_window, place_in_window
from latentlab.specs import DataSpec

ELSEWHERE = "Keep it elsewhere..."
EACH_CLASS = 8  # samples in a row
REPEAT_S = 5.0  # the same sentence is told once in that time

TOLD_THERE = ("DrawFigure", "ShowFrame")  # what asked for these says why there are none

log = logging.getLogger("latentlab")


class Desk(QObject):
    """Requests under way, their progress and their answers.

    Args:
        worker: The engine.
        tickets: The session's counter.
        parent: The session.
    """

    busy_changed = Signal()
    engine_changed = Signal()
    sheet_ready = Signal(object)
    report_ready = Signal(object)  # Report
    labels_recovered = Signal(object)  # LabelsRecovered
    notice = Signal(object)
    saved = Signal(object)

    def __init__(self, worker: EngineLike, tickets: Iterator[int], parent: QObject) -> None:
        super().__init__(parent)
        self._worker = worker
        self._tickets = tickets
        self._titles: dict[int, str] = {}
        self._row_names: dict[int, tuple[str, ...]] = {}
        self._opening: tuple[int, DataSpec] | None = None
        self.not_opened: DataSpec | None = None  # the newest data that were refused
        self._last_failure = ("", 0.0)
        self._under_way: dict[int, BusyState] = {}  # by ticket, what was told last at the end
        self.engine = EngineState()

    @property
    def busy(self) -> BusyState | None:
        """What was told last of the work under way; None where there is none."""
        return next(reversed(self._under_way.values()), None)

    def ask(self, make: Callable[[int], m.WorkRequest], text: str = "") -> int:
        """Submit a request under a new ticket; `text` is shown while it is under way."""
        ticket = next(self._tickets)
        if text:
            self._keep_busy(BusyState(text, None, None, ticket))
        self._worker.submit(make(ticket))
        return ticket

    def open_data(self, spec: DataSpec) -> int:
        """Ask for data; returns the request's ticket."""
        name = Path(spec.source).name or spec.source
        ticket = self.ask(lambda ticket: m.OpenData(ticket, spec), f"Opening {name}")
        self._opening = ticket, spec
        return ticket

    def sample(
        self, count: int, seed: int, classes: tuple[str, ...] = (), title: str = "samples"
    ) -> None:
        """Ask for a sheet of draws, a row for each class where there are some."""
        if classes:
            ticket = self.ask(
                lambda ticket: m.Sample(ticket, EACH_CLASS, seed, each_class=True), "Drawing"
            )
            self._titles[ticket] = "Samples of each class"
            self._row_names[ticket] = classes
            return
        ticket = self.ask(lambda ticket: m.Sample(ticket, count, seed), "Drawing")
        self._titles[ticket] = f"{count} {title}"

    def reconstruct(self, dataset: Dataset, rows: tuple[int, ...]) -> None:
        """Ask for originals beside reconstructions."""
        ticket = self.ask(lambda ticket: m.Reconstruct(ticket, dataset, rows))
        self._titles[ticket] = "Originals and reconstructions"

    def show_datum(self, dataset: Dataset, row: int, samples: int) -> None:
        """Ask for one datum's original, reconstruction and draws from q(z|x)."""
        ticket = self.ask(lambda ticket: m.Reconstruct(ticket, dataset, (row,), samples))
        name = dataset.label_name(row)
        self._titles[ticket] = f"Datum {row}" + (f", {name}" if name else "")

    def cancel(self) -> None:
        """Call off what is busy."""
        if self.busy is not None:
            self._worker.cancel(self.busy.ticket)

    # Answers

    def take_ready(self, event: m.EngineReady) -> None:
        """torch is loaded."""
        self._set_engine(EngineState(True, event.device, event.devices, live=self.engine.live))

    def set_live(self, live: bool) -> None:
        """Whether the open model's own decoder answers."""
        if live != self.engine.live:
            state = self.engine
            self._set_engine(EngineState(state.ready, state.device, state.devices, live))

    def take_busy(self, event: m.Busy) -> None:
        """How far long work is."""
        self._keep_busy(BusyState(event.text, event.fraction, event.left_s, event.ticket))

    def done(self, ticket: int) -> None:
        """A request was answered: what goes on beside it, a layout say, is shown again."""
        shown = self.busy
        if self._under_way.pop(ticket, None) is shown and shown is not None:
            self.busy_changed.emit()

    def take_sampled(self, event: m.Sampled) -> None:
        """A sheet of samples."""
        title = self._titles.pop(event.ticket, "Samples from the prior")
        names = self._row_names.pop(event.ticket, ())
        self.sheet_ready.emit(Sheet("samples", title, (), None, event.images, None, names))

    def take_reconstructed(self, event: m.Reconstructed) -> None:
        """A sheet of originals and reconstructions."""
        title = self._titles.pop(event.ticket, "Originals and reconstructions")
        samples = event.samples if event.samples.shape[1:2] != (0,) else None
        one = samples is not None and np.size(event.rows) == 1
        self.sheet_ready.emit(
            Sheet(
                "datum" if one else "reconstructions",
                title,
                event.rows,
                event.originals,
                event.reconstructions,
                samples,
            )
        )

    def take_evaluated(self, event: m.Evaluated) -> None:
        """The figures of the model."""
        self.report_ready.emit(event.report)

    def take_recovered(self, event: m.LabelsRecovered) -> None:
        """Labels for every datum."""
        self.labels_recovered.emit(event)

    def take_saved(self, event: m.Saved) -> None:
        """Something was written."""
        self.notice.emit(Notice("good", f"Saved {event.what} to {event.path}."))
        self.saved.emit(Path(event.path))

    def take_failure(self, event: m.Failed, offer: Notice | None = None) -> None:
        """A sentence of why not; `offer` is that of a training, with what can be done."""
        self._titles.pop(event.ticket, None)
        self._row_names.pop(event.ticket, None)
        if event.request in TOLD_THERE:
            log.info("%s came to nothing: %s", event.request, event.what)
            return
        log.error("%s failed: %s\n%s", event.request, event.what, event.trace)
        now_s = time.monotonic()
        again = event.what == self._last_failure[0] and now_s - self._last_failure[1] < REPEAT_S
        self._last_failure = (event.what, now_s)
        if offer is not None:
            self.notice.emit(offer)
            return
        if again:
            return  # a drag asks sixty times a second
        text, do = f"{place_in_window(event.where)}{event.what}", in_window(event.do)
        action, label = ("move_run", ELSEWHERE) if event.request == "MoveRun" else (None, "")
        if self._opening is not None and self._opening[0] == event.ticket:
            self.not_opened = self._opening[1]
            action, label = "read_again", "Open data..."
        self.notice.emit(Notice("bad", text, do, action, label))

    def take_warning(self, event: m.Warned) -> None:
        """Something to know while the work goes on."""
        if event.about == "saved":
            self.notice.emit(Notice("good", event.what, event.do, instead_of="move_run"))
            return
        notice = Notice("warn", event.what, event.do)
        if event.about == "checkpoint":
            notice = replace(
                notice,
                text=f"{event.what} The training goes on.",
                action="move_run",
                action_label=ELSEWHERE,
                second="save_model",
                second_label="Save model...",
            )
        self.notice.emit(notice)

    def take_moved(self, event: m.RunMoved) -> None:
        """The training is kept in another place."""
        if event.kept:
            self.notice.emit(Notice("good", f"The training is kept in {event.path} now."))

    def _keep_busy(self, busy: BusyState) -> None:
        self._under_way.pop(busy.ticket, None)
        self._under_way[busy.ticket] = busy
        self.busy_changed.emit()

    def _set_engine(self, state: EngineState) -> None:
        self.engine = state
        self.engine_changed.emit()
