"""A training in the work lane: between its steps it listens, tells, and moves the map."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from latentlab.engine.embedding import chart_for, embed_all, fitting, has_gaps, make_codes
from latentlab.engine.grids import decoder_for
from latentlab.engine.jobs import Job
from latentlab.engine.messages import (
    Embedded,
    EpochEnded,
    Progressed,
    Train,
    Trained,
    TrainingStarted,
    Warned,
)
from latentlab.engine.network import snapshot
from latentlab.engine.reading import info_of
from latentlab.engine.values import ModelInfo
from latentlab.engine.work import WorkLane
from latentlab.models.model import Model
from latentlab.models.vae import VAE
from latentlab.specs import RunConfig
from latentlab.training.records import About, EpochMetrics, Outcome
from latentlab.training.runs import Run
from latentlab.training.trainer import Trainer

if TYPE_CHECKING:
    from latentlab.engine.tasks import Tasks

PROGRESS_S = 0.06  # at most about 16 times a second
SNAPSHOT_S = 0.25
REFRESH_S = 1.0
REFRESH_DRAG_S = 2.5  # while the hand moves, which the points should not slip away from
WARN_AGAIN_S = 60.0  # between two words of the same trouble
REFRESH_SHARE = 0.1  # of the time, that moving the map may cost
TRAINING_SHARE = 0.85  # of a time limit; the rest is the map's and the hand's
FIRST_REFRESHES = 6  # at once, beside that share: the map moves most in the beginning


def teach(job: Job, request: Train, tasks: Tasks, lane: WorkLane) -> None:
    """Train as asked, until the end or the person's stop; the model stays open."""
    job.report(f"Preparing {request.dataset.name}")
    lesson = Lesson(job, request, tasks, lane)
    tasks.lesson = lesson
    try:
        lesson.run()
    finally:
        tasks.lesson = None
        lesson.close()


class Lesson:
    """One training with its clocks: progress, snapshots and the moving map.

    Args:
        job: The request's flags.
        request: What to train.
        tasks: Where the model stays open.
        lane: Whose quick jobs go between two steps.
    """

    def __init__(self, job: Job, request: Train, tasks: Tasks, lane: WorkLane) -> None:
        self._job = job
        self._request = request
        self._tasks = tasks
        self._lane = lane
        self._warned_s: dict[str, float] = {}
        started_s = time.perf_counter()
        self._run = _open_run(request)
        try:
            self._trainer = Trainer(
                request.dataset,
                request.model,
                request.train,
                run=self._run,
                initial=_initial(request, tasks.model),
                resume=request.resume,
                warn=self._warn,
                share=TRAINING_SHARE,
                started_s=started_s,
            )
        except BaseException:
            self.close()
            raise
        self._progress_s = self._snapshot_s = 0.0
        self._ended: list[EpochMetrics] = []  # epochs not told yet
        self._map = MapClock()

    def run(self) -> None:
        """Train step by step."""
        trainer, job = self._trainer, self._job
        job.check()
        self._begin()
        outcome: Outcome | None = None
        try:
            for metrics in trainer:
                if metrics is not None:
                    self._ended.append(metrics)
                if job.called_off:
                    outcome = "stopped"
                    break
                self._between_steps()
        except Exception:
            self._rescue()
            raise
        finally:
            self._offer_snapshot()
        trainer.finish(outcome or trainer.outcome)
        self._end(trainer.outcome)

    def _rescue(self) -> None:
        """Write what was learned before something failed that is no part of the training."""
        with suppress(Exception):  # the failure itself is what a person is told
            self._trainer.finish("failed")

    def move_to(self, path: Path) -> bool:
        """Keep the training in a new run folder from now on.

        Returns:
            Whether a checkpoint is there; `Warned` says why not.

        Raises:
            LatentlabError: There is something at `path`, or it can't be written.
        """
        run = Run.create(path, self._trainer.config)
        former, self._run = self._run, run
        if former is not None:
            former.close()
        self._warned_s.clear()
        self._trainer.move_to(run)
        return not self._warned_s

    def close(self) -> None:
        """Let other programs write to the run."""
        if self._run is not None:
            self._run.close()

    def _begin(self) -> None:
        trainer, tasks = self._trainer, self._tasks
        tasks.chart = self._request.chart
        tasks.take_codes(None)
        tasks.model = Model(trainer.vae, trainer.header())
        self._decoder = decoder_for(trainer.vae, trainer.device)
        tasks.decode_with(self._decoder)
        self._job.post(
            TrainingStarted(
                self._job.ticket,
                self._info(),
                None if self._run is None else self._run.path,
                str(trainer.device),
                trainer.plan.precision,
                trainer.plan.steps,
                trainer.plan.monitored,
            )
        )
        self._ended = list(trainer.history)  # of the run that goes on
        self._tell_epochs()
        self._move_map()
        self._tell_progress()

    def _tell_epochs(self) -> None:
        if not self._ended:
            return
        *earlier, metrics = self._ended
        self._ended = []
        self._tasks.open_model().header = self._trainer.header()
        self._job.post(EpochEnded(self._job.ticket, metrics, tuple(earlier)))

    def _between_steps(self) -> None:
        now_s = time.perf_counter()
        if now_s - self._progress_s >= PROGRESS_S:
            if self._lane.orphaned:
                self._job.call_off()
            self._tell_epochs()
            self._tell_progress()
        if now_s - self._snapshot_s >= SNAPSHOT_S:
            self._offer_snapshot()
        hand_moves = self._tasks.live.hand_moves
        if self._map.is_due(now_s, REFRESH_DRAG_S if hand_moves else REFRESH_S):
            self._move_map()
        self._trainer.yield_core(hand_moves)
        self._lane.do_quick()
        if self._job.paused:
            self._tell_epochs()
            self._tell_progress(paused=True)
            self._offer_snapshot()
            self._move_map()
            self._lane.rest(self._job)
            self._tell_progress()

    def _tell_progress(self, *, paused: bool = False) -> None:
        self._progress_s = time.perf_counter()
        self._job.post(Progressed(self._job.ticket, self._trainer.progress(), paused))

    def _offer_snapshot(self) -> None:
        if self._decoder is not None:
            self._decoder.offer(snapshot(self._trainer.vae))
        self._snapshot_s = time.perf_counter()

    def _move_map(self, *, last: bool = False) -> bool:
        """Embed every row with the weights as they are; False where a stop came first."""
        started_s = time.perf_counter()
        trainer, tasks, dataset = self._trainer, self._tasks, self._request.dataset
        # While it moves, bfloat16 will do where the training uses it; the last map is exact.
        quick = trainer.plan.precision == "bfloat16" and not last
        kind = trainer.device.type
        model = tasks.open_model()
        if not model.code_dim:
            return True  # no latents: there is no map
        with torch.autocast(kind, torch.bfloat16, enabled=quick):
            found = embed_all(model, dataset, self._go_on(last))
        if found is None:
            return False
        z = found.z
        chart = fitting(tasks.chart, z.shape[1], grids=model.quantised)
        former = None if last or tasks.codes is None else tasks.codes.plane
        plane = chart_for(chart, z, model.spec, dataset.labels, former)
        codes = make_codes(
            z,
            dataset.labels,
            dataset.split,
            plane,
            tokens=found.tokens,
            gaps=has_gaps(model.spec),
        )
        tasks.take_codes(codes)
        step = None if last else trainer.progress().step
        self._job.post(Embedded(self._job.ticket, codes, step))
        self._map.moved(started_s)
        return True

    def _go_on(self, last: bool) -> Callable[[float], bool]:
        if last:
            return lambda _: not self._lane.closed
        return lambda _: not self._job.called_off

    def _end(self, outcome: Outcome) -> None:
        self._tell_epochs()
        self._tasks.model = Model(self._trainer.vae, self._trainer.header())
        self._offer_snapshot()
        self._tell_progress()
        trained = Trained(self._job.ticket, self._info(), outcome, self._trainer.message)
        if outcome == "stopped":
            self._job.post(trained)  # who says stop is answered first; the exact map follows
        if not self._lane.closed:
            self._move_map(last=True)
        if outcome != "stopped":
            self._job.post(trained)

    def _info(self) -> ModelInfo:
        model = self._tasks.open_model()
        run = None if self._run is None else self._run.path
        return info_of(model.header, model.parameter_count, run=run)

    def _warn(self, what: str, do: str, about: About) -> None:
        now_s = time.perf_counter()
        if now_s - self._warned_s.get(what, -WARN_AGAIN_S) < WARN_AGAIN_S:
            return  # a full disk is met at each epoch
        if about == "saved":
            self._warned_s.clear()  # should it fail again, that is told again
        else:
            self._warned_s[what] = now_s
        self._job.post(Warned(self._job.ticket, what, do, about))


class MapClock:
    """When the map moves next: about once a second, and at a bounded share of the time."""

    def __init__(self) -> None:
        self._began_s = time.perf_counter()
        self._last_s = 0.0
        self._spent_s = 0.0
        self._cost_s = 0.0

    def is_due(self, now_s: float, every_s: float = REFRESH_S) -> bool:
        """Whether another refresh is affordable."""
        if now_s - self._last_s < max(every_s, 2 * self._cost_s):
            return False
        allowed_s = REFRESH_SHARE * (now_s - self._began_s) + FIRST_REFRESHES * self._cost_s
        return self._spent_s + self._cost_s <= allowed_s

    def moved(self, started_s: float) -> None:
        """A refresh that began at `started_s` is done."""
        self._last_s = time.perf_counter()
        self._cost_s = self._last_s - started_s
        self._spent_s += self._cost_s


def _open_run(request: Train) -> Run | None:
    if request.run is None:
        return None
    if request.resume:
        return Run.open(request.run)
    config = RunConfig(
        model=request.model,
        train=request.train,
        data=request.dataset.source,
        checksums=dict(request.dataset.checksums),
        data_name=request.dataset.name,
        label_names=request.dataset.label_names,
    )
    return Run.create(request.run, config)


def _initial(request: Train, model: Model | None) -> VAE | None:
    return model.vae if request.warm_start and model is not None else None
