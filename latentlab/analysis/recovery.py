"""Label recovery: from a few labels to one for every datum, by several methods, and how well.

Labels are hidden in balanced draws and each method is scored on what was hidden. What is hidden,
and every label of the test split, teaches and chooses nothing.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from latentlab.analysis.recoverers import METHODS, Effort, GoOn, Ground, train_m1
from latentlab.analysis.spreading import Probabilities
from latentlab.data.dataset import TEST, TRAIN, Dataset
from latentlab.errors import UsageError
from latentlab.models.gaussian import DiagonalGaussian
from latentlab.models.model import Model
from latentlab.specs import BetaVae, Device, ModelSpec, TrainSpec, replace
from latentlab.training.defaults import suggest
from latentlab.training.rows import balanced, stream

Labels = NDArray[np.int64]

GIVEN = "given"
FEW_DRAWS = 5
CODES = 50
BETA = 0.1  # of M1's KL: with 1 most of the 50 codes stay unused, and neighbours are worse for it
WIDTHS = (500, 500)
CHECKED = 0.25  # of the labels, hidden once to see which method to believe
ENCODE_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Score:
    """A method's figures over draws, shares of 1; None without truth.

    `accuracy` is over all hidden labels, `test_accuracy` over those of the test split. Of
    `checked_of` shown labels, hidden from the method once to see whether to believe it, it found
    `checked`.
    """

    accuracy_mean: float | None = None
    accuracy_std: float | None = None
    test_accuracy_mean: float | None = None
    test_accuracy_std: float | None = None
    seconds: float = 0.0
    checked: int | None = None
    checked_of: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Recovery:
    """What came out.

    Args:
        methods: Scores by method.
        labelled: Labels that were shown.
        seeds: Of the draws; empty where nothing was hidden.
        chosen: The method whose labels these are.
        labels: (N,) the class of each datum; those given stay.
        confidence: (N,) the method's probability of it; 1 where it was given.
        given: (N,) which labels were shown.
        label_names: Of the classes.
    """

    methods: dict[str, Score]
    labelled: int
    seeds: tuple[int, ...]
    chosen: str
    labels: Labels
    confidence: NDArray[np.float32]
    given: NDArray[np.bool_] = field(repr=False)
    label_names: tuple[str, ...] = ()

    def method_of(self, row: int) -> str:
        """Where a row's label comes from."""
        return GIVEN if self.given[row] else self.chosen


def recover(
    dataset: Dataset,
    *,
    labelled: int | float | None = None,
    methods: Sequence[str] | None = None,
    draws: int = FEW_DRAWS,
    seed: int = 0,
    effort: Effort | None = None,
    model: Model | None = None,
    device: Device = "auto",
    go_on: GoOn | None = None,
) -> Recovery:
    """Recover the labels that are missing, or hide known ones and score what recovers them.

    Args:
        dataset: Labels are -1 where they are missing.
        labelled: How many labels to show, as many of each class (a share of the training rows if
            it is a float); the others are hidden and scored. None shows all there are.
        methods: Of `METHODS`; None is all.
        draws: How many times labels are drawn.
        seed: Of everything.
        effort: How long the methods learn.
        model: Whose codes to use; None trains M1 on the data without any label.
        device: Where it computes.
        go_on: Told what is done and how much of it; what it raises ends the work.

    Raises:
        UsageError: There are too few labels, or there is no such method.
    """
    names = _methods(methods)
    tell = go_on or (lambda _text, _done: None)
    effort = effort or Effort()
    count = _how_many(dataset, labelled)
    if count is None:  # nothing is held out: all rows may teach
        dataset = dataclasses.replace(dataset, split=np.full(len(dataset), TRAIN, dtype=np.int8))
    if model is None:
        model = train_m1(dataset, *m1_specs(dataset, effort, seed, device), tell)
    ground = ground_of(dataset, model, effort, tell)
    seeds = tuple(stream(seed, "draw", k) % 2**31 for k in range(draws)) if count else ()
    shown = [draw(dataset, count or 0, one) for one in seeds] or [dataset.labels.copy()]
    scores, found = {}, {}
    for name in names:
        scores[name], found[name] = _score(ground, name, shown, seeds or (seed,))
    if len(names) > 1 or not seeds:  # a choice is to be made, or nothing else tells how good it is
        scores = _check(ground, scores, shown[0], seed)
    chosen = _choose(scores)
    return _recovery(dataset, scores, seeds, chosen, shown[0], found[chosen])


def m1_specs(
    dataset: Dataset, effort: Effort, seed: int, device: Device
) -> tuple[ModelSpec, TrainSpec]:
    """M1 for these data: 50 codes, its KL weighed by `BETA` so that they are all used."""
    model, train = suggest(dataset)
    pixels = int(np.prod(dataset.shape))
    model = replace(model, latent_dim=max(2, min(CODES, pixels // 4)))
    if getattr(model.network, "hidden", None) == (512, 512):
        model = replace(model, network=replace(model.network, hidden=WIDTHS))
    rows = len(dataset.rows("train"))
    train = replace(
        train,
        objective=BetaVae(beta=BETA),
        epochs=max(effort.epochs, min(train.epochs, 200) if rows < 5000 else 1),
        time_limit_s=effort.limit_s,
        seed=stream(seed, "m1"),
        device=device,
    )
    return model, train


def draw(dataset: Dataset, count: int, seed: int) -> Labels:
    """Labels (N,) of which `count` of the training split are shown, as many of each class."""
    rows = dataset.rows("train")
    kept = rows[balanced(dataset.labels[rows], count, seed)]
    shown = np.full(len(dataset), -1, dtype=np.int64)
    shown[kept] = dataset.labels[kept]
    return shown


@torch.no_grad()
def ground_of(dataset: Dataset, model: Model, effort: Effort, go_on: GoOn) -> Ground:
    """The codes of all rows.

    Raises:
        UsageError: The model has no codes that can be compared, or takes other data.
    """
    if model.spec.shape != dataset.shape:
        raise UsageError(
            f"The model takes data of shape {model.spec.shape}, these have {dataset.shape}.",
            where=dataset.name,
            do="Leave the model out, or choose one of these data.",
        )
    if not model.code_dim or model.quantised:
        raise UsageError(
            "Labels are recovered among codes that are points, and this model has none.",
            do="Leave the model out: M1 is trained then.",
        )
    means, sigmas = [], []
    for start in range(0, len(dataset), ENCODE_AT_ONCE):
        go_on("Encoding", start / len(dataset))
        x = dataset.inputs(slice(start, start + ENCODE_AT_ONCE))
        q = model.vae.q(torch.from_numpy(np.array(x)).to(model.device))
        means.append(q.mean)
        if isinstance(q, DiagonalGaussian):
            sigmas.append(q.log_sigma)
    log_sigma = torch.cat(sigmas) if sigmas else None
    return Ground(dataset, model, torch.cat(means), log_sigma, effort, go_on)


def _methods(asked: Sequence[str] | None) -> tuple[str, ...]:
    names = tuple(METHODS) if asked is None else tuple(dict.fromkeys(asked))
    unknown = [name for name in names if name not in METHODS]
    if unknown or not names:
        raise UsageError(
            f'There is no method "{unknown[0] if unknown else ""}".',
            where="--methods",
            do=f"There is: {', '.join(METHODS)}.",
        )
    return names


def _how_many(dataset: Dataset, labelled: int | float | None) -> int | None:
    """Labels to show; None shows all."""
    known = int((dataset.labels[dataset.rows("train")] >= 0).sum())
    if dataset.class_count < 2 or not known:
        raise UsageError(
            "There are no labels of two classes to begin with.",
            where=dataset.name,
            do="Give some with --labels FILE.csv.",
        )
    if labelled is None:
        return None
    count = round(labelled * known) if isinstance(labelled, float) else labelled
    if not dataset.class_count <= count < known:
        raise UsageError(
            f"{count:,} labels can't be shown and others hidden: there are {known:,}.",
            where="--labelled",
            do=f"Show at least {dataset.class_count}, one of each class, and fewer than all.",
        )
    return count


def _score(
    ground: Ground, name: str, shown: Sequence[Labels], seeds: Sequence[int]
) -> tuple[Score, Probabilities]:
    """A method's score over draws, and what it found in the first one."""
    began_s = time.perf_counter()
    found = [METHODS[name](ground, labels, seed) for labels, seed in zip(shown, seeds, strict=True)]
    seconds = (time.perf_counter() - began_s) / len(shown)
    dataset = ground.dataset
    test = dataset.split == TEST
    everywhere = np.ones(len(dataset), dtype=bool)
    pairs = list(zip(found, shown, strict=True))
    all_rows = [_accuracy(f, s, dataset.labels, everywhere) for f, s in pairs]
    test_rows = [_accuracy(f, s, dataset.labels, test) for f, s in pairs]
    return Score(*_spread(all_rows), *_spread(test_rows), seconds), found[0]


def _accuracy(
    found: Probabilities, shown: Labels, truth: Labels, among: NDArray[np.bool_]
) -> float | None:
    hidden = among & (shown < 0) & (truth >= 0)
    if not hidden.any():
        return None
    return float((found.argmax(1) == truth)[hidden].mean())


def _spread(values: Sequence[float | None]) -> tuple[float | None, float | None]:
    known = [value for value in values if value is not None]
    if not known:
        return None, None
    return float(np.mean(known)), float(np.std(known))


def _check(ground: Ground, scores: dict[str, Score], shown: Labels, seed: int) -> dict[str, Score]:
    """The scores, with what each method finds of a quarter of the shown labels, hidden once."""
    kept = balanced(shown, max(1, round((1 - CHECKED) * (shown >= 0).sum())), stream(seed, "check"))
    fewer = np.where(kept, shown, -1)
    hidden = (shown >= 0) & ~kept
    checked = {}
    for name, score in scores.items():
        right = METHODS[name](ground, fewer, seed).argmax(1) == shown
        found, of = int(right[hidden].sum()), int(hidden.sum())
        checked[name] = dataclasses.replace(score, checked=found, checked_of=of)
    return checked


def _choose(scores: dict[str, Score]) -> str:
    """The method that found most when it was checked; spreading where some are as good."""
    order = ("spreading", *scores)
    return max(scores, key=lambda name: (scores[name].checked or 0, -order.index(name)))


def _recovery(
    dataset: Dataset,
    scores: dict[str, Score],
    seeds: tuple[int, ...],
    chosen: str,
    shown: Labels,
    found: Probabilities,
) -> Recovery:
    given = shown >= 0
    return Recovery(
        scores,
        int(given.sum()),
        seeds,
        chosen,
        np.where(given, shown, found.argmax(1)),
        np.where(given, np.float32(1), found.max(1)),
        given,
        dataset.label_names,
    )
