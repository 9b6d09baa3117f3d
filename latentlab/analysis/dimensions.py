"""What each latent carries: its KL to the prior, and how its codes vary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latentlab.data.dataset import UNLABELLED
from latentlab.models.units import in_units_of

if TYPE_CHECKING:
    from latentlab.data.dataset import Dataset
    from latentlab.models.model import Model

KL_ROWS = 4096
BLOCK = 1 << 16
ROWS_AT_ONCE = 512


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Variance, smallest and largest value of each latent over codes: (d,) each."""

    variance: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def spans(z: NDArray[np.floating]) -> Spans:
    """How codes (N, d) vary along each latent; those that are not finite are passed over.

    Example:
        >>> spans(np.array([[0.0, 1.0], [2.0, 1.0]])).variance.tolist()
        [1.0, 0.0]
    """
    d = z.shape[1]
    low, high = np.full(d, np.inf), np.full(d, -np.inf)
    count, total, squares = 0, np.zeros(d), np.zeros(d)
    middle = np.zeros(d)
    for start in range(0, len(z), BLOCK):
        part = z[start : start + BLOCK].astype(np.float64)
        part = part[np.isfinite(part).all(axis=1)]
        if not len(part):
            continue
        if not count:
            middle = part.mean(axis=0)  # about it, squares lose no digits
        count += len(part)
        low, high = np.minimum(low, part.min(axis=0)), np.maximum(high, part.max(axis=0))
        total += (part - middle).sum(axis=0)
        squares += ((part - middle) ** 2).sum(axis=0)
    if not count:
        return Spans(np.zeros(d), np.zeros(d), np.zeros(d))
    return Spans(np.maximum(squares / count - (total / count) ** 2, 0.0), low, high)


def kl_of_data(
    model: Model, dataset: Dataset, labels: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.float64] | None, int]:
    """KL(q(z_j|x) || p(z_j)) of each latent, its mean over at most 4,096 evenly chosen data.

    Args:
        model: Whose q.
        dataset: Which data.
        labels: (N,) the classes that the model is told of them, -1 where unknown.

    Returns:
        (d,) nats and how many data they are the mean of; None where q or the prior has no form.
    """
    import torch

    from latentlab.models.divergence import per_dimension

    count = min(len(dataset), KL_ROWS)
    if model.quantised or not model.code_dim or not count:
        return None, 0
    dataset = in_units_of(model.header, dataset)
    rows = np.arange(count) * len(dataset) // count
    total = np.zeros(model.code_dim)
    for start in range(0, count, ROWS_AT_ONCE):
        chosen = rows[start : start + ROWS_AT_ONCE]
        with torch.inference_mode():
            x = torch.from_numpy(dataset.inputs(chosen)).to(model.device)  # (n, C, H, W)
            known = None
            if labels is not None and model.vae.told:
                told = np.where(labels[chosen] < model.vae.told, labels[chosen], UNLABELLED)
                known = torch.from_numpy(told).to(model.device)
            each = per_dimension(model.vae.q(x, known), model.vae.prior)  # (n, d)
            if each is None or each.shape[1] != model.code_dim:
                return None, 0
            total += each.sum(0, dtype=torch.float64).cpu().numpy()
    return total / count, count
