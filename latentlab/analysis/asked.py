"""What is asked of an evaluation: checked wishes, the rows, and what does not apply."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.analysis.abilities import Abilities
from latentlab.analysis.scoring import class_is_latent
from latentlab.data import binary
from latentlab.data.dataset import Dataset
from latentlab.errors import RefusedError, UsageError
from latentlab.models.dims import has_prior
from latentlab.models.model import Model
from latentlab.parts.evaluation import Check, EvaluationSpec, Section
from latentlab.specs import (
    Bernoulli,
    Binarize,
    ContinuousBernoulli,
    Gaussian,
    LikelihoodSpec,
    Logistic,
    NegativeBinomial,
    ObjectiveSpec,
    Poisson,
    decode_json,
    encode_json,
    tag_of,
)

# Names as they are written in a sentence; a part of its own making is called by its tag.
LIKELIHOODS: dict[type, str] = {
    ContinuousBernoulli: "continuous Bernoulli",
    Gaussian: "Gaussian",
    Logistic: "discretised logistic",
    Poisson: "Poisson",
    NegativeBinomial: "negative binomial",
}
CHUNK_PIXELS = 2**23  # of the data that are held as float32 at a time


def likelihood_name(spec: LikelihoodSpec, dataset: Dataset, binarize: Binarize) -> str:
    """What log p(x|z) is; on grey values the Bernoulli is a loss, and says so."""
    if isinstance(spec, Bernoulli):
        binary = binarize != "none" or dataset.levels == 2
        return "Bernoulli" if binary else "Bernoulli on grey values"
    return LIKELIHOODS.get(type(spec), tag_of(spec).replace("-", " "))


def objective_of(model: Model) -> ObjectiveSpec | None:
    """What a model was trained by, where that is known."""
    return model.header.train.objective if model.header.train is not None else None


def why_not(name: Section | Check, model: Model, can: Abilities | None) -> str | None:
    """The reason why a section does not apply to a model; None where it does."""
    if can is None:
        return None if name == "samples" else "The model has no latents."
    if name == "aggregate" and not has_prior(model.spec, objective_of(model)):
        return "A plain autoencoder has no prior to hold its codes against."
    if name == "aggregate" and not can.prior:
        return "The model has no prior to hold codes against."
    if name == "gradients" and not (can.density and can.smooth and can.foreign):
        return "q has no density at any latent, or its latents are no real values."
    if name in ("ais", "hmc"):
        if not can.smooth or not can.density:
            return "Chains need real-valued latents with a prior and a density q."
        if class_is_latent(model.vae):
            return "The class is a latent too, and chains do not move between classes."
    return None


def checked(**wishes: Any) -> EvaluationSpec:
    """The wishes as a spec.

    Raises:
        UsageError: One is out of range.
    """
    samples = wishes["samples"]
    if samples is not None and samples < 1:
        raise UsageError("The number of samples must be at least 1.", do="Give a positive number.")
    try:
        return decode_json(encode_json(EvaluationSpec(**wishes)), EvaluationSpec)
    except RefusedError as error:
        raise UsageError(
            error.what.replace("The configuration", "A wish"), do="Correct it and try again."
        ) from error


def rows_of(model: Model, dataset: Dataset, wanted: EvaluationSpec) -> NDArray[np.int64]:
    """The rows to judge, ascending.

    Raises:
        RefusedError: The data do not fit the model, or the split has no rows.
    """
    if dataset.shape != model.spec.shape:
        raise RefusedError(
            f"The data have the shape {dataset.shape}, the model takes {model.spec.shape}.",
            where=dataset.name,
            do="Choose the data that the model was trained on.",
        )
    rows = dataset.rows(wanted.split)
    if len(rows) == 0:
        raise RefusedError(
            f"The data have no {wanted.split} rows.", where=dataset.name, do="Choose another split."
        )
    if wanted.count is None or wanted.count >= len(rows):
        return rows
    rng = np.random.default_rng(wanted.seed)
    return np.sort(rng.choice(rows, wanted.count, replace=False))


def chunks(
    dataset: Dataset, rows: NDArray[np.int64], binarize: Binarize, seed: int
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Rows done so far and the next data, binarised where the training did that: by the one draw
    of its seed, in which a row's pixels are the same for training and judging.
    """
    size = max(1, min(10_000, CHUNK_PIXELS // math.prod(dataset.shape)))
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        x = dataset.inputs(part)
        if binarize != "none":
            x = binary.draw(x, part, seed).astype(np.float32)
        yield start, x
