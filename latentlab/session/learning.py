"""What is known of the training, and the commands that steer it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from latentlab.data.dataset import Dataset
from latentlab.engine.messages import (
    ChartSpec,
    EpochEnded,
    Failed,
    ModelInfo,
    Progressed,
    Train,
    Trained,
    TrainingStarted,
)
from latentlab.session.natures import bound_word
from latentlab.session.ports import EngineLike
from latentlab.session.state import Notice, TrainingState
from latentlab.specs import ModelSpec, TrainSpec


class Learning(QObject):
    """One training at a time: asked for, running, over.

    Args:
        worker: The engine.
        tickets: The session's counter.
        parent: The session.
    """

    training_changed = Signal()
    notice = Signal(object)

    def __init__(self, worker: EngineLike, tickets: Iterator[int], parent: QObject) -> None:
        super().__init__(parent)
        self._worker = worker
        self._tickets = tickets
        self._ticket = -1
        self._resumes = False
        self.dataset: Dataset | None = None  # of the newest training
        self.kept: ModelInfo | None = None  # what it left
        self.state = TrainingState()

    def start(
        self,
        dataset: Dataset,
        model: ModelSpec,
        train: TrainSpec,
        *,
        chart: ChartSpec,
        run: Path | None = None,
        warm_start: bool = False,
        resume: bool = False,
    ) -> None:
        """Ask for a training; `training_changed` tells how it goes."""
        self._ticket = next(self._tickets)
        self._resumes, self.dataset, self.kept = resume, dataset, None
        self._set(TrainingState(status="starting", run=run))
        self._worker.submit(
            Train(self._ticket, dataset, model, train, run, warm_start, resume, chart)
        )

    def pause(self) -> None:
        """Hold between two steps."""
        if self.state.status == "running":
            self._worker.pause_training()

    def resume(self) -> None:
        """Go on."""
        if self.state.status == "paused":
            self._worker.resume_training()

    def stop(self) -> None:
        """End within one step; the model is kept."""
        if self.state.active and self.state.status != "stopping":
            self._set(replace(self.state, status="stopping"))
            self._worker.stop_training()

    # Answers

    def take_started(self, event: TrainingStarted) -> bool:
        """The first step follows. Returns whether this is the training that was asked for."""
        if event.ticket != self._ticket:
            return False
        stopping = self.state.status == "stopping"
        self._set(
            TrainingState(
                status="stopping" if stopping else "running",
                device=event.device,
                precision=event.precision,
                run=event.run,
                monitored=event.monitored,
            )
        )
        return True

    def take_progress(self, event: Progressed) -> None:
        """Where it is."""
        if event.ticket != self._ticket or not self.state.active:
            return
        status = self.state.status
        if status in ("running", "paused"):
            status = "paused" if event.paused else "running"
        self._set(replace(self.state, status=status, progress=event.progress))

    def take_epoch(self, event: EpochEnded) -> None:
        """More points of the curves."""
        if event.ticket == self._ticket:
            self._set(
                replace(self.state, history=(*self.state.history, *event.earlier, event.metrics))
            )

    def take_trained(self, event: Trained) -> None:
        """It is over; the model is kept."""
        if event.ticket != self._ticket:
            return
        self.kept = event.info
        self._set(replace(self.state, status=event.outcome, message=event.message))
        self.notice.emit(_farewell(event))

    def take_failure(self, event: Failed) -> Notice | None:
        """A request came to nothing. Where it was the training: what can be done about it."""
        if event.ticket != self._ticket or not self.state.active:
            return None
        begun = bool(self.state.device)
        self._set(replace(self.state, status="failed", message=event.what))
        run = self.state.run
        if run is None or not (begun or self._resumes):
            return None
        if begun and "memory" in event.what and not self.state.device.startswith("cpu"):
            do = "The training can go on from its last checkpoint, more slowly."
            return Notice("bad", event.what, do, "resume_on_cpu", "Go on with the CPU", str(run))
        if begun:
            do = "The training can go on from its last checkpoint."
            return Notice("bad", event.what, do, "resume_run", "Go on", str(run))
        return Notice(
            "bad",
            f"{run.name} can't go on. {event.what}",
            event.do,
            "look_at_run",
            "Open it to look",
            str(run),
        )

    def take_moved(self, run: Path) -> None:
        """It is kept in another place."""
        self._set(replace(self.state, run=run))

    def take_cancelled(self, ticket: int) -> None:
        """It was called off before its first step."""
        if ticket == self._ticket and self.state.active:
            self._set(replace(self.state, status="stopped"))

    def _set(self, state: TrainingState) -> None:
        self.state = state
        self.training_changed.emit()


def _farewell(event: Trained) -> Notice:
    held_out = event.info.held_out
    figure = ""
    if held_out is not None:
        word = bound_word(event.info.spec)
        figure = f" Held-out {word} {held_out.bound_nats:.1f} nats."
    if event.outcome == "finished":
        return Notice("good", f"The training is finished.{figure}")
    if event.outcome == "early":
        return Notice("good", f"The training stopped early: no more progress.{figure}")
    if event.outcome == "stopped":
        return Notice("info", f"The training was stopped; the model is kept.{figure}")
    return Notice(
        "bad",
        event.message or "The training failed.",
        "Train on from the last good state with a tenth of the learning rate.",
        "train_lower",
        "Train on",
        second="train",
        second_label="Train...",
    )
