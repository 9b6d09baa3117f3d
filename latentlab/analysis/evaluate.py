"""The figures of a model on data, each said with how it was got."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray
from torch import Generator

from latentlab.analysis import estimators, quadrature
from latentlab.analysis.neighbours import knn_accuracy
from latentlab.analysis.probe import linear_probe
from latentlab.data.dataset import Dataset
from latentlab.errors import RefusedError, UsageError
from latentlab.models.model import Model
from latentlab.models.vae import VAE
from latentlab.specs import Bernoulli, Binarize, ContinuousBernoulli, Device, Gaussian

Report = Callable[[str, float | None], None]
Split = Literal["train", "test", "all"]

BOUND_SAMPLES = 8
WEIGHTS_IN_ALL = 500_000  # K is chosen so that this many latents are decoded
CHUNK_PIXELS = 2**23  # of the data that are held as float32 at a time
MAX_VOTERS, MAX_ASKED = 100_000, 20_000


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """What `evaluate` found; nats are means per datum, None is undefined.

    Args:
        bound_nats: ELBO = reconstruction_nats - kl_nats.
        log_likelihood_nats: log p(x), by quadrature (d <= 2) or importance sampling.
        samples: Draws from q for each datum.
        binarize: How pixels were made binary ("none": as they are).
        kl_kind: "closed" where the KL is exact given q.
        active_units: Latents whose means vary over the data (variance above 0.01).
        kl_per_dimension: KL of each latent's marginal, nats.
        knn_accuracy: 10 nearest train codes vote for each test code.
        linear_accuracy: Logistic regression from train codes to test classes.
        count: Data that were judged.
        split: Which rows they are.
        likelihood: What log p(x|z) is; "Bernoulli on grey values" is a loss, no likelihood.
        effective_samples: Of importance sampling, mean over data.
        moved_nats: Of quadrature, the most that the last refinement moved one datum.
    """

    bound_nats: float
    reconstruction_nats: float
    kl_nats: float
    log_likelihood_nats: float | None
    log_likelihood_kind: Literal["quadrature", "importance"] | None
    samples: int
    binarize: Binarize
    kl_kind: Literal["closed", "sampled", "none"]
    active_units: int
    kl_per_dimension: list[float] | None
    knn_accuracy: float | None
    linear_accuracy: float | None
    count: int
    split: Split
    likelihood: str
    effective_samples: float | None = None
    moved_nats: float | None = None


def evaluate(
    model: Model,
    dataset: Dataset,
    *,
    split: Split = "test",
    samples: int | None = None,
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
        device: Where to compute; None leaves the model where it is.
        seed: Of all noise.
        report: Called with what is being done and the fraction of it.

    Raises:
        RefusedError: The data do not fit the model, or the split has no rows.
        UsageError: `samples` is not positive, or the device does not exist.
    """
    if samples is not None and samples < 1:
        raise UsageError("The number of samples must be at least 1.", do="Give a positive number.")
    rows = _checked_rows(model, dataset, split)
    if device is not None:
        model = Model(model.vae, model.header, device)
    exact = model.spec.latent_dim <= 2
    if samples is None:
        samples = BOUND_SAMPLES if exact else int(np.clip(WEIGHTS_IN_ALL // len(rows), 32, 1000))
    say = report or _quiet
    binarize: Binarize = model.header.train.binarize if model.header.train else "none"
    judge = _Judge(model.vae, samples, seed)
    for done, x in _chunks(dataset, rows, binarize, seed):
        judge.add(x, _within(say, done / len(rows), (done + len(x)) / len(rows)))
    knn, linear = _accuracies(model, dataset, say)
    reconstruction, kl = judge.mean("reconstruction"), judge.mean("kl")
    return Evaluation(
        bound_nats=reconstruction - kl,
        reconstruction_nats=reconstruction,
        kl_nats=kl,
        log_likelihood_nats=judge.mean("log_likelihood"),
        log_likelihood_kind="quadrature" if exact else "importance",
        samples=samples,
        binarize=binarize,
        kl_kind=judge.kl_kind,
        active_units=estimators.active_units(np.concatenate(judge.columns["codes"])),
        kl_per_dimension=judge.kl_per_dimension(),
        knn_accuracy=knn,
        linear_accuracy=linear,
        count=len(rows),
        split=split,
        likelihood=_likelihood_name(model, dataset, binarize),
        effective_samples=None if exact else judge.mean("effective_samples"),
        moved_nats=float(np.concatenate(judge.columns["moved"]).max()) if exact else None,
    )


class _Judge:
    """Scores chunks of data and keeps each figure for each datum.

    Args:
        vae: The model.
        samples: Draws from q for each datum.
        seed: Of the noise.
    """

    def __init__(self, vae: VAE, samples: int, seed: int) -> None:
        self.kl_kind: Literal["closed", "sampled", "none"] = "closed"
        self.columns: dict[str, list[NDArray[Any]]] = defaultdict(list)
        self._vae = vae
        self._samples = samples
        self._generator = Generator().manual_seed(seed)

    def add(self, x: NDArray[np.float32], report: Callable[[float], None]) -> None:
        """Score data (B, C, H, W)."""
        exact = self._vae.spec.latent_dim <= 2
        draws = self._samples if exact else min(self._samples, BOUND_SAMPLES)
        bound = estimators.elbo(self._vae, x, samples=draws, generator=self._generator)
        self.kl_kind = bound.kl_kind
        self._keep(reconstruction=bound.reconstruction, kl=bound.kl, codes=bound.means)
        if bound.kl_per_dimension is not None:
            self._keep(shares=bound.kl_per_dimension[None] * len(x), counts=np.array([len(x)]))
        if exact:
            grid = quadrature.log_likelihood(self._vae, x, report=report)
            self._keep(log_likelihood=grid.log_likelihood, moved=grid.moved)
            return
        weighed = estimators.importance(
            self._vae, x, samples=self._samples, generator=self._generator, report=report
        )
        self._keep(
            log_likelihood=weighed.log_likelihood, effective_samples=weighed.effective_samples
        )

    def mean(self, name: str) -> float:
        """The mean over all data so far."""
        return float(np.concatenate(self.columns[name]).mean())

    def kl_per_dimension(self) -> list[float] | None:
        """(d,) mean nats, or None where the posterior has no form for it."""
        if not self.columns["shares"]:
            return None
        shares: list[float] = (
            np.concatenate(self.columns["shares"]).sum(0) / np.sum(self.columns["counts"])
        ).tolist()
        return shares

    def _keep(self, **figures: NDArray[Any]) -> None:
        for name, values in figures.items():
            self.columns[name].append(values)


def _checked_rows(model: Model, dataset: Dataset, split: Split) -> NDArray[np.int64]:
    if dataset.shape != model.spec.shape:
        raise RefusedError(
            f"The data have the shape {dataset.shape}, the model takes {model.spec.shape}.",
            where=dataset.name,
            do="Choose the data that the model was trained on.",
        )
    rows = dataset.rows(split)
    if len(rows) == 0:
        raise RefusedError(
            f"The data have no {split} rows.", where=dataset.name, do="Choose another split."
        )
    return rows


def _chunks(
    dataset: Dataset, rows: NDArray[np.int64], binarize: Binarize, seed: int
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Rows done so far and the next data, binarised by one draw where the training did that."""
    rng = np.random.default_rng(seed)
    for done, x in _pieces(dataset, rows):
        if binarize != "none":
            x = (rng.random(x.shape, dtype=np.float32) < x).astype(np.float32)
        yield done, x


def _pieces(dataset: Dataset, rows: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.float32]]]:
    size = max(1, min(10_000, CHUNK_PIXELS // math.prod(dataset.shape)))
    for start in range(0, len(rows), size):
        yield start, dataset.inputs(rows[start : start + size])


def _accuracies(model: Model, dataset: Dataset, say: Report) -> tuple[float | None, float | None]:
    train, test = (
        _spaced(dataset.rows("train"), MAX_VOTERS),
        _spaced(dataset.rows("test"), MAX_ASKED),
    )
    if not len(train) or not len(test) or dataset.labels.max(initial=-1) < 0:
        return None, None
    say("Measuring how well classes part", None)
    codes = [
        np.concatenate([model.encode(x) for _, x in _pieces(dataset, rows)])
        for rows in (train, test)
    ]
    four = codes[0], dataset.labels[train], codes[1], dataset.labels[test]
    probe = linear_probe(*four)
    return knn_accuracy(*four), None if probe is None else probe.accuracy


def _spaced(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """At most `most` of the rows, evenly."""
    count = min(len(rows), most)
    return rows[np.arange(count) * len(rows) // max(count, 1)]


def _likelihood_name(model: Model, dataset: Dataset, binarize: Binarize) -> str:
    kind = type(model.spec.likelihood)
    if kind is Bernoulli:
        binary = binarize != "none" or dataset.levels == 2
        return "Bernoulli" if binary else "Bernoulli on grey values"
    return {ContinuousBernoulli: "continuous Bernoulli", Gaussian: "Gaussian"}.get(
        kind, kind.__name__
    )


def _within(say: Report, first: float, last: float) -> Callable[[float], None]:
    return lambda fraction: say("Estimating log p(x)", first + fraction * (last - first))


def _quiet(_text: str, _fraction: float | None) -> None:
    """Report to nobody."""
