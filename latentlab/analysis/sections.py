"""What is measured beside the bound: one function for each section of an evaluation."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator

from latentlab.analysis import disentanglement
from latentlab.analysis.abilities import Abilities
from latentlab.analysis.estimators import Report, noise, numbers
from latentlab.analysis.figures import Aggregate, GradientFigures
from latentlab.analysis.gradients import DATA, gradients
from latentlab.analysis.holes import FEW_POSTERIORS, POSTERIORS, Holes, costly, holes
from latentlab.analysis.kept import Kept, spaced
from latentlab.analysis.mmd import Mmd, mmd
from latentlab.analysis.neighbours import knn_accuracy
from latentlab.analysis.probe import Probe, linear_probe
from latentlab.analysis.told import by_class
from latentlab.data.dataset import Dataset
from latentlab.models.model import Model
from latentlab.models.vae import VAE

MMD_POINTS = 1000
FACTOR_ROWS = 10_000
MAX_VOTERS, MAX_ASKED = 100_000, 20_000
CHUNK_PIXELS = 2**23
SURE = 0.05
MANY_HOLES = 2.0  # times as many as a prior of itself has
HIGH_MASS = 0.5  # of a prior of itself: then holes say nothing

Floats = NDArray[np.float64]


def aggregate(vae: VAE, can: Abilities, kept: Kept, seed: int) -> Aggregate:
    """MMD and holes of the aggregate posterior against the prior."""
    generator = Generator().manual_seed(seed)
    part = kept.first(MMD_POINTS)
    distance = mmd(posterior_draws(vae, part, generator), prior_draws(vae, len(part.x), generator))
    found = None
    if can.foreign and can.continuous:
        part = kept.first(FEW_POSTERIORS if costly(vae) else POSTERIORS)
        pairs = [(model, part.x[rows]) for model, rows in by_class(vae, part.labels)]
        found = holes(pairs, generator)
    return Aggregate(
        mmd_squared=distance.squared,
        mmd_null_std=distance.null_std,
        mmd_p_value=distance.p_value,
        holes_prior_mass=found.prior_mass if found else None,
        holes_error=found.error if found else None,
        holes_of_equals=found.of_equals if found else None,
        holes_method=found.method if found else None,
        holes_posteriors=found.posteriors if found else None,
        verdict=_aggregate_verdict(distance, found),
    )


@torch.inference_mode()
def posterior_draws(vae: VAE, kept: Kept, generator: Generator) -> Floats:
    """One z of q(z|x) for each of the data: (N, D)."""
    z = np.empty((len(kept.x), vae.z_dim))
    device = next(vae.parameters()).device
    for model, rows in by_class(vae, kept.labels):
        q = model.q(torch.from_numpy(kept.x[rows]).to(device))
        z[rows] = numbers(q.rsample(noise(q.eps_shape(1), generator, device))[0][0])
    return z


@torch.inference_mode()
def prior_draws(vae: VAE, count: int, generator: Generator) -> Floats:
    """(count, D) of p(z)."""
    device = next(vae.parameters()).device
    return numbers(vae.prior.sample(noise(vae.prior.eps_shape(count), generator, device)))


def gradient_figures(vae: VAE, kept: Kept, seed: int, report: Report) -> GradientFigures:
    """Both gradients of one batch of the data; of one class where the model is told of it."""
    model, rows = max(by_class(vae, kept.labels), key=lambda pair: len(pair[1]))
    rows = spaced(rows, DATA)
    generator = Generator().manual_seed(seed)
    found = gradients(vae, kept.x[rows], told=model, generator=generator, report=report)
    return GradientFigures(
        score_variance=found.score_variance,
        reparameterised_variance=found.reparameterised_variance,
        ratio=found.ratio,
        score=found.score.tolist(),
        reparameterised=found.reparameterised.tolist(),
        count=len(rows),
        verdict=f"The score function's gradient varies {_times(found.ratio)} as much.",
    )


def classes(model: Model, dataset: Dataset) -> tuple[float | None, Probe | None]:
    """kNN accuracy and a linear probe, train codes to test codes."""
    train = spaced(dataset.rows("train"), MAX_VOTERS)
    test = spaced(dataset.rows("test"), MAX_ASKED)
    if not len(train) or not len(test) or dataset.labels.max(initial=-1) < 0:
        return None, None
    codes = [codes_of(model, dataset, rows) for rows in (train, test)]
    four = codes[0], dataset.labels[train], codes[1], dataset.labels[test]
    return knn_accuracy(*four), linear_probe(*four)


def factors(
    model: Model, dataset: Dataset, rows: NDArray[np.int64], seed: int, report: Report
) -> disentanglement.Disentanglement | None:
    """Disentanglement scores of a draw of the rows; None without factors that vary."""
    if dataset.factors is None:
        return None
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(rows, min(len(rows), FACTOR_ROWS), replace=False))
    z = codes_of(model, dataset, chosen)
    known = dataset.factors[chosen]
    return disentanglement.scores(z, known, dataset.factor_names, seed=seed, report=report)


def codes_of(model: Model, dataset: Dataset, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Posterior means of rows: (N, D); classes are not told, for they are what is asked."""
    size = max(1, min(10_000, CHUNK_PIXELS // math.prod(dataset.shape)))
    parts = [
        model.encode(dataset.inputs(rows[start : start + size]))
        for start in range(0, len(rows), size)
    ]
    return np.concatenate(parts)


def _aggregate_verdict(distance: Mmd, found: Holes | None) -> str:
    if distance.p_value > SURE:
        told = "The aggregate posterior can't be told from the prior"
    else:
        sigmas = distance.squared / max(distance.null_std, 1e-12)
        told = f"The aggregate posterior differs from the prior ({sigmas:.0f} sigma)"
    if found is None:
        return f"{told}."
    if found.of_equals > HIGH_MASS:
        return (
            f"{told}. With this many latents most of any density lies under 1 % of its "
            "maximum: holes say nothing here."
        )
    if found.prior_mass > MANY_HOLES * max(found.of_equals, 0.01):
        return f"{told}; {found.prior_mass:.0%} of the prior falls into holes."
    return f"{told}; there are no holes to speak of."


def _times(ratio: float) -> str:
    return f"{ratio:.1f} times" if ratio < 100 else f"{ratio:,.0f} times"
