"""Bits per dimension of an evaluation."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from torch import Generator

from latentlab.analysis import estimators
from latentlab.analysis.kept import spaced
from latentlab.data.dataset import Dataset
from latentlab.models import bits
from latentlab.models.model import Model
from latentlab.specs import Binarize

Kind = Literal["likelihood", "bound"]

ROWS = 1000  # scored once more, dequantised
DRAWS = 8


def bits_of(
    model: Model,
    dataset: Dataset,
    rows: NDArray[np.int64],
    binarize: Binarize,
    log_likelihood: float | None,
    bound: float | None,
) -> tuple[float | None, Kind | None]:
    """Bits per dimension, and whether they are of log p(x) or of the bound; None without.

    A mass is taken as it is. A density is scored once more on dequantised data, by the bound.
    """
    spec = model.spec.likelihood
    dimensions = math.prod(dataset.shape)
    levels = dataset.levels if binarize == "none" else 2
    if bits.is_discrete(spec):
        nats, kind = (bound, "bound") if log_likelihood is None else (log_likelihood, "likelihood")
    else:
        nats, kind = None, "bound"
        if bound is not None and levels is not None and model.vae.z_dim:
            nats = _dequantised_bound(model, dataset, rows, levels)
    if nats is None or not math.isfinite(nats):
        return None, None
    found = bits.bits_per_dimension(nats, spec, dimensions, levels)
    if found is None:
        return None, None
    return found, "likelihood" if kind == "likelihood" else "bound"


def _dequantised_bound(
    model: Model, dataset: Dataset, rows: NDArray[np.int64], levels: int
) -> float | None:
    if model.vae.told:
        return None
    x = dataset.inputs(spaced(rows, ROWS))
    rng = np.random.default_rng(0)
    spread = bits.dequantised(x, rng.random(x.shape, dtype=np.float32), levels)
    found = estimators.elbo(
        model.vae,
        np.asarray(spread, np.float32),
        samples=DRAWS,
        generator=Generator().manual_seed(0),
    )
    return float(found.bound.mean())
