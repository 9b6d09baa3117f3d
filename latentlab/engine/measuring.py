"""Measuring each datum on the map, in the work lane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from latentlab.engine.jobs import Job
from latentlab.engine.measures import Measure, Measured

if TYPE_CHECKING:
    from latentlab.models.model import Model


def measure_data(job: Job, request: Measure, model: Model) -> Measured:
    """Measure; called off between two blocks of data."""
    from latentlab.analysis.per_datum import measure

    def tell(text: str, fraction: float) -> None:
        job.check()
        job.report(text, fraction)

    found = measure(
        model,
        request.names,
        z=request.z,
        dataset=request.dataset,
        clusters=request.clusters,
        neighbours=request.neighbours,
        report=tell,
    )
    return Measured(job.ticket, request.z, tuple(found.values()))
