"""Figures of each datum: what it costs to reconstruct, its bound, its place among the codes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from latentlab.analysis.asked import chunks
from latentlab.analysis.clusters import MOST_FITTED, cluster
from latentlab.analysis.neighbours import distances_to_nearest
from latentlab.analysis.scoring import BOUND_SAMPLES, Method, Scorer, Scores
from latentlab.data.attributes import Attribute
from latentlab.data.dataset import Dataset
from latentlab.data.measures import CLUSTERS, MEASURED, NATS, NEIGHBOURS, OF_DATA, TITLES
from latentlab.errors import UsageError
from latentlab.models.model import Model
from latentlab.models.units import in_units_of
from latentlab.rules import why_not_measured
from latentlab.specs import Deterministic, TrainSpec, VectorQuantised
from latentlab.training.rows import binary_seed

Report = Callable[[str, float], None]
Floats = NDArray[np.float32]

ROWS_AT_ONCE = 1024  # between two looks at whether it goes on
ROWS_ON_A_GRID = 4096  # quadrature decodes its grid once for all of them, and looks up by itself
IMPORTANCE_SAMPLES = 64  # K: a figure of each datum, to look at; `evaluate` takes more


def measure(
    model: Model,
    names: Sequence[str],
    *,
    z: Floats | None = None,
    dataset: Dataset | None = None,
    clusters: int = CLUSTERS,
    neighbours: int = NEIGHBOURS,
    samples: int = IMPORTANCE_SAMPLES,
    seed: int = 0,
    report: Report = lambda _text, _fraction: None,
) -> dict[str, Attribute]:
    """Figures of every datum by name; those that come for free with others are there too.

    recon is -E_q[log p(x|z)], kl KL(q(z|x) || p(z)), bound -recon - kl, logp log p(x), all in nats;
    distance is the mean distance in z to the nearest other codes, cluster that of k-means in z.

    Args:
        model: The model.
        names: Of `MEASURED`.
        z: (N, d) codes, for cluster and distance.
        dataset: (N rows) the data, for the others.
        clusters: k of k-means.
        neighbours: k of the distance.
        samples: K of importance sampling, where log p(x) is found by that.
        seed: Of all noise.
        report: Called with what is being done and the fraction of it; what it raises ends the work.

    Returns:
        Columns of N rows, each with how it was found.

    Raises:
        UsageError: There is no such figure, or this model has none; or data or codes are missing.
    """
    _check(model, names, z, dataset)
    found: dict[str, Attribute] = {}
    if dataset is not None and any(name in OF_DATA for name in names):
        found |= _scored(model, dataset, "logp" in names, samples, seed, report)
    if "cluster" in names and z is not None:
        codes = cluster(
            z, clusters, seed=seed, report=lambda part: report("Finding clusters", part)
        )
        count = int(codes.max(initial=-1)) + 1
        how = f"k-means in z, {count} clusters"
        how += f" found from {MOST_FITTED:,} codes" if len(z) > MOST_FITTED else ""
        words = tuple(str(number) for number in range(1, count + 1))
        found["cluster"] = Attribute("cluster", TITLES["cluster"], None, codes, words, how=how)
    if "distance" in names and z is not None:
        away = distances_to_nearest(
            z, neighbours, report=lambda part: report("Measuring distances in z", part)
        )
        nearest = min(neighbours, max(len(z) - 1, 1))
        how = f"mean over the {nearest} nearest in z" if nearest > 1 else "to the nearest in z"
        found["distance"] = Attribute("distance", TITLES["distance"], away, how=how)
    return found


def _check(model: Model, names: Sequence[str], z: Floats | None, dataset: Dataset | None) -> None:
    for name in names:
        if name not in MEASURED:
            do = f"There are {', '.join(MEASURED)}."
            raise UsageError(f'No figure is called "{name}".', where="measure", do=do)
        why = why_not_measured(model.spec, name)
        if why:
            raise UsageError(why, where=name, do="Ask for other figures.")
        if (dataset if name in OF_DATA else z) is None:
            raise UsageError("The data of this map are not open.", where=name, do="Open them.")


def _scored(
    model: Model, dataset: Dataset, likelihood: bool, samples: int, seed: int, report: Report
) -> dict[str, Attribute]:
    dataset = in_units_of(model.header, dataset)
    scorer = Scorer(model.vae, samples, seed, likelihood=likelihood)
    if scorer.method == "quadrature":  # the samples are then those of the bound
        scorer = Scorer(model.vae, BOUND_SAMPLES, seed, likelihood=likelihood)
    parts: list[Scores] = []
    size = ROWS_ON_A_GRID if scorer.method == "quadrature" else ROWS_AT_ONCE
    for done, x, labels in _portions(model, dataset, size):

        def tell(part: float, done: int = done, size: int = len(x)) -> None:
            report("Scoring data", (done + part * size) / len(dataset))

        tell(0.0)
        parts.append(scorer.score(x, labels, tell))
    at_code = isinstance(model.spec.posterior, Deterministic | VectorQuantised)
    draws = "at the code" if at_code else f"{BOUND_SAMPLES} draws of z"
    return dict(_columns(parts, scorer.method, samples, draws))


def _portions(
    model: Model, dataset: Dataset, size: int
) -> Iterator[tuple[int, NDArray[np.float32], NDArray[np.int64]]]:
    """Rows done so far, data as the model's own training saw them, labels."""
    train = model.header.train
    binarize, draw = train.binarize if train else "none", binary_seed(train or TrainSpec())
    for start in range(0, len(dataset), size):
        rows = np.arange(start, min(start + size, len(dataset)))
        for done, x in chunks(dataset, rows, binarize, draw):
            yield start + done, x, dataset.labels[rows[done : done + len(x)]]


def _columns(
    parts: list[Scores], method: Method, samples: int, draws: str
) -> Iterator[tuple[str, Attribute]]:
    def joined(name: str) -> Floats | None:
        if not parts or name not in parts[0].each:
            return None
        return np.concatenate([part.each[name] for part in parts]).astype(np.float32)

    def column(name: str, values: Floats, how: str) -> tuple[str, Attribute]:
        return name, Attribute(name, TITLES[name], values, unit=NATS, how=how)

    reconstruction, kl, total = joined("reconstruction"), joined("kl"), joined("log_likelihood")
    kind = parts[0].kl_kind if parts else None
    if reconstruction is not None:
        yield column("recon", -reconstruction, draws)
        if kl is not None and kind not in (None, "none"):
            yield column("kl", kl, "closed form" if kind == "closed" else f"{kind}, {draws}")
            yield column("bound", reconstruction - kl, draws)
    if total is not None:
        hows = {
            "quadrature": "quadrature",
            "importance": f"importance sampling, K = {samples}: too low, if anything",
        }
        yield column("logp", total, hows.get(method, method))
