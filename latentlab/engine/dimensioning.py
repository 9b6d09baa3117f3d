"""How the work lane tells what each latent carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from latentlab.analysis.dimensions import kl_of_data, spans
from latentlab.engine.dimensions import LatentsMeasured, MeasureLatents
from latentlab.engine.embedding import labels_for

if TYPE_CHECKING:
    from latentlab.models.model import Model


def measure(request: MeasureLatents, model: Model | None) -> LatentsMeasured:
    """The variances and ranges of all codes, and KLs over at most 4,096 evenly chosen data."""
    found = spans(request.codes.z)
    kl, rows = None, 0
    if model is not None and request.dataset is not None:
        kl, rows = kl_of_data(model, request.dataset, labels_for(model, request.dataset))
    count = len(request.codes.z)
    return LatentsMeasured(request.ticket, found.variance, found.low, found.high, kl, rows, count)
