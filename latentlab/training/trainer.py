"""The trainer: a generator of steps, which its caller may stop, pause or watch between any two."""

from __future__ import annotations

import time
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from latentlab.data.dataset import Dataset
from latentlab.errors import UsageError
from latentlab.models.files import ModelHeader
from latentlab.models.heap import keep_freed
from latentlab.models.vae import VAE
from latentlab.specs import ModelSpec, RunConfig, TrainSpec, replace
from latentlab.training import captures, schedules, setup
from latentlab.training.course import Course
from latentlab.training.keeper import Keeper, Warn
from latentlab.training.ledger import Clock, DivergedError
from latentlab.training.objectives import Batch
from latentlab.training.patience import Patience
from latentlab.training.plan import LEAST_SHARE, Plan
from latentlab.training.records import EpochMetrics, Outcome, Progress, Terms
from latentlab.training.runs import Run
from latentlab.training.stepper import Stepper
from latentlab.training.threads import ThreadGuard, use_threads

CAPTURE_EVERY_S = 2.0
CHECK_EVERY = 25  # steps between two looks at the losses, where looking waits for the device
FIGURES_S = 1.0  # what held-out figures may cost after "stop"
OVERTIME = 1.1  # of a time limit, after which the training is cut


class Trainer:
    """Trains one model on one data set.

    Iterating yields None after each step and an `EpochMetrics` after each epoch. The end comes by
    itself (`outcome` and `message` say why), or the caller stops iterating and calls
    `finish("stopped")`.

    Args:
        dataset: What to learn.
        model: What to build, where there is nothing to resume.
        train: How to learn.
        run: Where checkpoints and metrics go; None keeps nothing.
        initial: Start from these weights (warm start); that model itself is not touched.
        resume: Go on where `run` stopped, with its own specs: of `model` and `train` nothing is
            used but a device other than "auto".
        warn: Told what a person should know while the training goes on: what, what to do,
            and what it is about.
        share: How much of the time its caller leaves to the training (for a time limit).
        started_s: time.perf_counter() when a time limit began; now, if None.

    Raises:
        UsageError: The specs do not fit the data.
        RefusedError: The run can't be resumed with these data.

    Example:
        >>> from latentlab.data.open import open_dataset
        >>> from latentlab.specs import DataSpec, Mlp
        >>> data = open_dataset(DataSpec(source="digits"))
        >>> model = ModelSpec(shape=data.shape, network=Mlp(hidden=(8,)))
        >>> trainer = Trainer(data, model, TrainSpec(epochs=2, device="cpu"))
        >>> [metrics.epoch for metrics in trainer if metrics]
        [1, 2]
        >>> trainer.outcome
        'finished'
    """

    def __init__(
        self,
        dataset: Dataset,
        model: ModelSpec,
        train: TrainSpec,
        *,
        run: Run | None = None,
        initial: VAE | None = None,
        resume: bool = False,
        warn: Warn | None = None,
        share: float = 1.0,
        started_s: float | None = None,
    ) -> None:
        self._started_s = time.perf_counter() if started_s is None else started_s
        if resume:
            if run is None:
                raise UsageError("There is no run to resume.")
            setup.must_be_the_data_of(run.config, dataset)
            device = run.config.train.device if train.device == "auto" else train.device
            model, train = run.config.model, replace(run.config.train, device=device)
        self.outcome: Outcome = "stopped"
        self.message = ""
        self.history: list[EpochMetrics] = []
        self._dataset = dataset
        self._warn = warn or (lambda _what, _do, _about: None)
        self._keeper = Keeper(run, self._warn)
        self._resumed = resume
        self._threads_before = torch.get_num_threads()
        self._take_over(setup.prepare(dataset, model, train, initial, self._started_s, share))
        self._may_yield = train.threads is None and self.device.type == "cpu"
        self._guard = ThreadGuard(active=self._may_yield, dropped=self._threads_dropped)
        if run is not None and resume:
            self._resume(run)
        else:
            self._keeper.begin(self.config, [])

    def _take_over(self, prepared: setup.Prepared) -> None:
        self.vae: VAE = prepared.vae
        self.plan: Plan = prepared.plan
        self.config: RunConfig = prepared.config
        self._train = prepared.config.train
        self._batches, self._shuffle = prepared.batches, prepared.shuffle
        self._judge = prepared.judge
        self._stepper = Stepper(
            self.vae, self._train.objective, self._train.precision, self._batches
        )
        self.device = self._stepper.device
        self._patience = Patience(self._train.early_stopping)
        self._course = Course(self.plan, self._stepper, prepared.noise, self._patience)
        self._halvings = 0
        self._held_out: Terms | None = None
        self._finished = False
        self._no_number: DivergedError | None = None  # seen between two steps
        self._good = self._course.capture()
        self._good_s = time.perf_counter()

    # Iterating

    def __iter__(self) -> Iterator[EpochMetrics | None]:
        """Train; see the class."""
        self._course.clock.start()
        keep_freed()
        use_threads(self.plan.threads)
        try:
            while not self._is_over():
                epoch_ended = self._step_in_memory()
                # Before the caller has the word: it may stop here, and a resume must go on after.
                ended = epoch_ended or self._course.is_last
                metrics = self._end_epoch(epoch_ended) if ended else None
                if not ended and self._keeper.is_due():  # an epoch may take minutes
                    self.checkpoint()
                self._course.clock.leave()
                yield None
                if metrics is not None:
                    yield metrics
                self._course.clock.back()
                if self._no_number is not None:
                    raise self._no_number
        except DivergedError as diverged:
            self._go_back(diverged)
        except Exception:  # a step that broke off half-way: the last whole state is kept
            self._course.restore(self._good)
            self.finish("failed")
            raise
        if not self._finished:
            self.finish(self._ending())

    def _is_over(self) -> bool:
        if self._finished or self._course.is_last or self._patience.is_over:
            return True
        limit_s = self._train.time_limit_s
        if limit_s is None or self._resumed:
            return False
        clock = self._course.clock
        spent_s = time.perf_counter() - self._started_s - clock.paused_s
        return spent_s > limit_s * OVERTIME and clock.elapsed_s > limit_s * LEAST_SHARE

    def _ending(self) -> Outcome:
        if self._course.is_last:
            return "finished"
        if self._patience.is_over:
            epochs = self._patience.epochs
            self.message = f"The bound on validation rows did not rise for {epochs} epochs."
            return "early"
        self.message = "The time limit came before the last step; the run can be resumed."
        return "stopped"

    # A step

    def _step_in_memory(self) -> bool:
        """Make a step, with a smaller batch where the memory asks for it."""
        while True:
            try:
                with self._guard:
                    return self._make_step()
            except torch.OutOfMemoryError:
                if self._halvings == setup.HALVINGS:
                    raise setup.no_memory() from None
            self._halve()

    def yield_core(self, on: bool) -> None:
        """Between two steps: leave a core to who needs it now, or take it back.

        torch's threads wait for each other at the end of every product: a core that something else
        uses half of the time stops them all for so long. Not where a number was asked for: an MLP's
        weights are the same to the byte either way, a convolutional network's last bits may differ.
        """
        count = self.config.train.threads or 1
        if self._may_yield and count > 1:
            use_threads(count - 1 if on else count)
            self._threads_changed()

    def _threads_changed(self) -> None:
        """Record it, once, where sums are taken in another order by other threads."""
        if self.config.threads_changed is None and any(
            isinstance(part, nn.Conv2d | nn.ConvTranspose2d) for part in self.vae.modules()
        ):
            self._amend(replace(self.config, threads_changed=self._course.step + 1))

    def _amend(self, config: RunConfig) -> None:
        self.config = config
        self._keeper.amend(config)

    def _threads_dropped(self) -> None:
        """Say it and record it: from here a convolutional network's last bits may differ."""
        step = self._course.step + 1
        self._threads_changed()
        self._amend(replace(self.config, train=replace(self.config.train, threads=1)))
        self._warn(
            f"The computer is busy: training goes on with one thread from step {step}.",
            "To repeat such a run to the byte, give its number of threads.",
            "other",
        )

    def _make_step(self) -> bool:
        """Make one step; returns whether an epoch ended with it."""
        course = self._course
        rows = self._shuffle.rows(course.seen, course.batch_size)
        x, y = self._batches.learn(rows, course.noise_source)
        stage, done = self._stepper.stage_at(course.done)
        batch = Batch(x, y, done, self.beta, course.noise_source)
        self._stepper.step(batch, self.learning_rate, stage=stage, look=self._look)
        return course.advance()

    def _look(self, terms: Tensor) -> None:
        waiting = self._course.ledger.add(terms)
        if self.device.type == "cpu" or waiting >= CHECK_EVERY:
            self._course.ledger.look(self._course.step + 1)  # no number, no step

    def _halve(self) -> None:
        setup.free_memory()
        batch_size, halvings = max(1, self._course.batch_size // 2), self._halvings + 1
        self._course.restore(self._good)
        self._course.batch_size, self._halvings = batch_size, halvings
        self._warn(
            f"The memory was too small: the batch is {batch_size} now.",
            "Choose a smaller batch or network next time.",
            "other",
        )

    @property
    def learning_rate(self) -> float:
        """Of the next step."""
        t, course = self._train, self._course
        stage, done = self._stepper.stage_at(course.done)
        # A later stage begins its own schedule; its steps are counted from its share.
        share = self._stepper.stages[stage].share
        step = course.step if stage == 0 else round(done * share * self.plan.steps)
        return schedules.learning_rate(
            t.learning_rate, t.learning_rate_schedule, done, step, t.warmup_steps
        )

    @property
    def beta(self) -> float:
        """The KL's weight in the next step."""
        return schedules.beta(self._train.objective, self._course.done)

    @property
    def steps(self) -> int:
        """Steps in all, as it stands."""
        return self._course.steps

    # What it says

    def progress(self) -> Progress:
        """Where the training is. This is the one place that waits for the device."""
        try:
            self._course.ledger.look(self._course.step)
        except DivergedError as diverged:
            self._no_number = diverged  # the next step tells, and goes back to the last good state
        return self._course.progress(self.learning_rate, self.beta)

    def snapshot(self) -> dict[str, Tensor]:
        """The weights as they are now, cloned on their device."""
        return {name: tensor.detach().clone() for name, tensor in self.vae.state_dict().items()}

    def header(self) -> ModelHeader:
        """What a model file says of this model."""
        return setup.header_of(self._dataset, self.config, self._held_out, self._course.epochs)

    @property
    def held_out(self) -> Terms | None:
        """The last held-out terms."""
        return self._held_out

    def _end_epoch(self, epoch_ended: bool) -> EpochMetrics:
        self._course.ledger.look(self._course.step)
        terms = self._course.ledger.take_epoch()
        assert terms is not None  # noqa: S101 - an epoch has a step
        patient = self._patience.epochs > 0
        held_out = None
        if patient or self._course.is_last or self._judge.is_due():
            held_out = self._score()
        if patient and held_out is not None:
            self._patience.note(held_out.bound_nats, self.snapshot)
        epoch = int(self._course.epochs) + (not epoch_ended)
        metrics = self._course.metrics(epoch, terms, held_out, self.learning_rate, self.beta)
        self.history.append(metrics)
        self._keeper.record(metrics)
        self._keep()
        return metrics

    def _score(self) -> Terms | None:
        stage, _ = self._stepper.stage_at(self._course.done)
        held_out = self._judge.score(self._stepper.stages[stage].objective)
        self._held_out = held_out or self._held_out
        return held_out

    # What it keeps

    def _resume(self, run: Run) -> None:
        self.config = replace(self.config, threads_changed=run.config.threads_changed)
        if not run.generations():  # it died before its first checkpoint: from the start
            self._keeper.begin(run.config, [])
            return
        capture = captures.from_generation(run.newest(), self._stepper)
        self._course.clock = Clock(capture.counters.elapsed_s)
        self._course.restore(capture)
        self._good = self._course.capture()
        self.history = [line for line in run.read_metrics() if line.step <= self._course.step]
        figures = [line.held_out for line in self.history if line.held_out is not None]
        self._held_out = figures[-1] if figures else None
        self._keeper.begin(run.config, self.history, self._course.step)

    def _keep(self) -> None:
        """Remember a good state now and then; write it to the run less often."""
        if time.perf_counter() - self._good_s >= CAPTURE_EVERY_S:
            self._remember()
        if self._keeper.is_due():
            self.checkpoint()

    def _remember(self) -> None:
        self._course.ledger.look(self._course.step)
        capture = self._course.capture()
        if not capture.finite():
            step = self._course.step
            raise DivergedError(
                f"The training diverged before step {step}: a weight is no number any more."
            )
        self._good, self._good_s = capture, time.perf_counter()

    def checkpoint(self, *, again: bool = False) -> None:
        """Write a generation, if the training moved since the last one, or `again`.

        A disk that is full or gone is told to `warn`; the training goes on and tries again later.
        """
        if again or not self._keeper.has(self._course.step):
            try:
                self._remember()
            except DivergedError as diverged:
                self._no_number = diverged
            else:
                self._keeper.save(self._good)

    def finish(self, outcome: Outcome) -> None:
        """End the training: the best weights of early stopping, last figures, last checkpoint."""
        if self._finished:
            return
        self._finished = True
        self.outcome = outcome
        best = bool(self._patience.best) and outcome in ("finished", "early")
        if best:
            self.vae.load_state_dict(self._patience.best)
        if best or (outcome != "finished" and self._judge.cost_s < FIGURES_S):
            self._score()
        self.checkpoint(again=best)
        if self._no_number is not None:
            self._go_back(self._no_number)
        use_threads(self._threads_before)

    def _go_back(self, diverged: DivergedError) -> None:
        """End with the last good state."""
        self._course.restore(self._good)
        self.message, self._no_number, self._finished = str(diverged), None, False
        self.finish("diverged")

    def move_to(self, run: Run) -> None:
        """Keep the training in another place from now on (its first disk is full, or gone)."""
        self._keeper.move_to(run, self.config, self.history)
        self.checkpoint(again=True)
