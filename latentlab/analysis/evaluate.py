"""The figures of a model on data, each said with how it was got."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.analysis import checks, collapse, estimators
from latentlab.analysis import sections as section_figures
from latentlab.analysis.abilities import Abilities, abilities
from latentlab.analysis.asked import checked, chunks, likelihood_name, rows_of, why_not
from latentlab.analysis.bits import bits_of
from latentlab.analysis.collected import Collected, mean_and_error
from latentlab.analysis.figures import Evaluation
from latentlab.analysis.kept import Keeper, Kept
from latentlab.analysis.samples import covers
from latentlab.analysis.scoring import BOUND_SAMPLES, Scorer, class_is_latent
from latentlab.data.dataset import Dataset
from latentlab.models.model import Model
from latentlab.models.units import in_units_of
from latentlab.parts.evaluation import QUICK, Check, EvaluationSpec, Section, Split
from latentlab.specs import Binarize, Device, TrainSpec
from latentlab.training.rows import binary_seed

Report = Callable[[str, float | None], None]

WEIGHTS_IN_ALL = 500_000  # K is chosen so that this many latents are decoded
WEIGHTS: dict[str, float] = {"bound": 4, "ais": 12, "hmc": 12, "factors": 4}  # of the progress


def evaluate(
    model: Model,
    dataset: Dataset,
    *,
    split: Split = "test",
    samples: int | None = None,
    count: int | None = None,
    sections: Sequence[Section] = QUICK,
    check: Check | None = None,
    check_count: int = 100,
    device: Device | None = None,
    seed: int = 0,
    report: Report | None = None,
) -> Evaluation:
    """Judge a model on a split of a data set.

    Args:
        model: The model; moved to `device` where one is given.
        dataset: The data; pictures must have the model's size.
        split: Rows that the likelihoods are of. The accuracies are always train -> test.
        samples: Draws from q for each datum, K of the importance sampling; None chooses.
        count: Score a seeded draw of this many rows; None is all.
        sections: What is measured beside the bound.
        check: A second estimate beside the usual one: annealing, or HMC.
        check_count: Data that it is of.
        device: Where to compute; None leaves the model where it is.
        seed: Of all noise.
        report: Called with what is being done and the fraction of it.

    Raises:
        RefusedError: The data do not fit the model, or the split has no rows.
        UsageError: A wish is out of range, or the device does not exist.
    """
    wanted = checked(
        split=split,
        samples=samples,
        count=count,
        sections=tuple(sections),
        check=check,
        check_count=check_count,
        seed=seed,
    )
    # Counts have a unit of their own: a model of counts 0 .. 16 reads 20 as 20 / 16.
    dataset = in_units_of(model.header, dataset)
    rows = rows_of(model, dataset, wanted)
    if device is not None:
        model = Model(model.vae, model.header, device)
    return _Evaluation(model, dataset, wanted, rows, report or _quiet).run()


@dataclass(slots=True, eq=False)
class _Evaluation:
    """One evaluation under way."""

    model: Model
    dataset: Dataset
    wanted: EvaluationSpec
    rows: NDArray[np.int64]
    say: Report
    can: Abilities | None = None
    unavailable: dict[Section | Check, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    found: dict[str, Any] = field(default_factory=dict)
    _done: float = 0.0

    def run(self) -> Evaluation:
        """Do everything that is wanted."""
        vae, wanted = self.model.vae, self.wanted
        self.can = abilities(vae) if vae.z_dim else None
        likelihood = "likelihood" in wanted.sections or wanted.check is not None
        scorer = Scorer(vae, self.samples, wanted.seed, likelihood=likelihood)
        collected, kept = self._step(
            "bound", "Scoring data", lambda tell: self._score(scorer, tell)
        )
        self._figures(scorer, collected)
        steps: dict[Section | Check, tuple[str, Callable[[estimators.Report], None]]] = {
            "aggregate": ("Holding q(z) against p(z)", lambda _tell: self._aggregate(kept)),
            "classes": ("Measuring how well classes part", lambda _tell: self._classes()),
            "samples": ("Holding samples against data", lambda _tell: self._samples()),
            "factors": ("Looking for factors in z", self._factors),
            "gradients": ("Drawing gradients", lambda tell: self._gradients(kept, tell)),
            "ais": ("Annealing", lambda tell: self._check(kept, tell)),
            "hmc": ("Sampling p(z|x)", lambda tell: self._check(kept, tell)),
        }
        for name in self._asked():
            if name not in steps:
                continue
            reason = why_not(name, self.model, self.can)
            if reason:
                self.unavailable[name] = reason
            else:
                self._step(name, *steps[name])
        self.say("Done", 1.0)
        return Evaluation(**self.found, unavailable=self.unavailable, seconds=self.seconds)

    @property
    def samples(self) -> int:
        """K."""
        if self.wanted.samples is not None:
            return self.wanted.samples
        vae = self.model.vae
        if self.can is None or (self.can.smooth and vae.z_dim <= 2):
            return BOUND_SAMPLES
        return int(np.clip(WEIGHTS_IN_ALL // len(self.rows), 32, 1000))

    def _asked(self) -> tuple[Section | Check, ...]:
        check = (self.wanted.check,) if self.wanted.check is not None else ()
        return (*self.wanted.sections, *check)

    def _step(self, name: str, text: str, do: Callable[[estimators.Report], Any]) -> Any:
        """One part of the whole: its share of the progress, and the time it took."""
        total = sum(WEIGHTS.get(step, 1.0) for step in ("bound", *self._asked()))
        first, share = self._done, WEIGHTS.get(name, 1.0) / total
        self.say(text, first)
        begin_s = time.perf_counter()
        made = do(lambda fraction: self.say(text, first + share * min(fraction, 1.0)))
        self.seconds[name] = round(time.perf_counter() - begin_s, 3)
        self._done = first + share
        return made

    def _score(self, scorer: Scorer, tell: estimators.Report) -> tuple[Collected, Kept]:
        collected, keeper = Collected(), Keeper(len(self.rows), self.dataset.shape)
        for done, x in chunks(self.dataset, self.rows, self.binarize, self.draw):
            part = slice(done, done + len(x))
            labels = self.dataset.labels[self.rows[part]]
            scores = scorer.score(x, labels, estimators.part_of(tell, part, len(self.rows)))
            collected.add(scores, len(x))
            keeper.add(x, labels, scores)
        return collected, keeper.kept()

    def _figures(self, scorer: Scorer, collected: Collected) -> None:
        """Those of the bound and of log p(x)."""
        model, wanted = self.model, self.wanted
        likelihood, error = collected.mean("log_likelihood")
        exact = scorer.method == "exact"
        bound = collected.each("log_likelihood") if exact else collected.bound()
        bound_nats, bound_error = (None, None) if bound is None else mean_and_error(bound)
        reconstruction, reconstruction_error = collected.mean("reconstruction")
        kl, kl_error = collected.mean("kl") if bound_nats is not None else (None, None)
        effective, moved = collected.mean("effective_samples")[0], collected.each("moved")
        bits, kind = bits_of(model, self.dataset, self.rows, self.binarize, likelihood, bound_nats)
        self.found |= {
            "bound_nats": bound_nats,
            "bound_error_nats": bound_error,
            "bound_kind": "exact" if exact else "bound" if bound_nats is not None else "none",
            "reconstruction_nats": reconstruction,
            "reconstruction_error_nats": reconstruction_error,
            "kl_nats": kl,
            "kl_error_nats": kl_error,
            "kl_kind": collected.kl_kind,
            "log_likelihood_nats": likelihood,
            "log_likelihood_error_nats": error,
            "log_likelihood_kind": None if likelihood is None else scorer.method,
            "log_likelihood_curve": collected.curve(),
            "effective_samples": effective,
            "moved_nats": None if moved is None else float(moved.max()),
            "samples": self.samples,
            "binarize": self.binarize,
            "count": len(self.rows),
            "rows": len(self.dataset.rows(wanted.split)),
            "split": wanted.split,
            "likelihood": likelihood_name(model.spec.likelihood, self.dataset, self.binarize),
            "conditional": bool(model.vae.told) and not class_is_latent(model.vae),
            "bits_per_dimension": bits,
            "bits_kind": kind,
            "knn_accuracy": None,
            "linear_accuracy": None,
        }
        self._units(collected)

    def _units(self, collected: Collected) -> None:
        means, shares = collected.each("codes"), collected.over_data("shares")
        active = None if means is None else estimators.active_units(means)
        latents = 0 if means is None else means.shape[1]
        each = None if shares is None else shares.tolist()
        said = (
            ""
            if active is None or self.can is None or not self.can.continuous
            else (collapse.verdict(each, active, latents))
        )
        self.found |= {
            "active_units": active,
            "kl_per_dimension": each,
            "dead_dimensions": None if each is None else collapse.dead(each),
            "collapse": said,
        }

    def _aggregate(self, kept: Kept) -> None:
        assert self.can is not None  # noqa: S101 - `why_not` has looked
        self.found["aggregate"] = section_figures.aggregate(
            self.model.vae, self.can, kept, self.wanted.seed
        )

    def _classes(self) -> None:
        knn, probe = section_figures.classes(self.model, self.dataset)
        self.found["knn_accuracy"] = knn
        if probe is None:
            self.unavailable["classes"] = "The data have no labels on both sides."
            return
        self.found |= {
            "linear_accuracy": probe.accuracy,
            "linear_chance": probe.chance,
            "calibration": probe.calibration,
        }

    def _samples(self) -> None:
        self.found["cover"] = covers(
            self.model, self.dataset, self.rows, self.binarize, self.wanted.seed
        )

    def _factors(self, tell: estimators.Report) -> None:
        rows = self.dataset.rows(self.wanted.split)
        found = section_figures.factors(self.model, self.dataset, rows, self.wanted.seed, tell)
        if found is None:
            self.unavailable["factors"] = "The data have no known factors that vary."
        self.found["factors"] = found

    def _gradients(self, kept: Kept, tell: estimators.Report) -> None:
        self.found["gradients"] = section_figures.gradient_figures(
            self.model.vae, kept, self.wanted.seed, tell
        )

    def _check(self, kept: Kept, tell: estimators.Report) -> None:
        assert self.can is not None  # noqa: S101 - `why_not` has looked
        check = checks.hmc if self.wanted.check == "hmc" else checks.ais
        part = kept.first(self.wanted.check_count)
        self.found["check"] = check(self.model.vae, self.can, part, self.wanted.seed, tell)

    @property
    def binarize(self) -> Binarize:
        """How the model's own training saw pixels."""
        return self.model.header.train.binarize if self.model.header.train else "none"

    @property
    def draw(self) -> int:
        """The seed of the one draw of binary pixels: the training's own."""
        return binary_seed(self.model.header.train or TrainSpec())


def _quiet(_text: str, _fraction: float | None) -> None:
    """Report to nobody."""
