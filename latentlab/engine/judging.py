"""Judging the open model, in the work lane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from latentlab.engine.jobs import Job
from latentlab.engine.judgements import Evaluate, Evaluated, WriteReport
from latentlab.engine.messages import Saved

if TYPE_CHECKING:
    from latentlab.models.model import Model


def judge(job: Job, request: Evaluate, model: Model) -> Evaluated:
    """Evaluate; called off between two blocks of data."""
    from latentlab.analysis.evaluate import evaluate
    from latentlab.export.findings import report_of

    wanted = request.wanted

    def tell(text: str, fraction: float | None) -> None:
        job.check()
        job.report(text, fraction)

    found = evaluate(
        model,
        request.dataset,
        split=wanted.split,
        samples=wanted.samples,
        count=wanted.count,
        sections=wanted.sections,
        check=wanted.check,
        check_count=wanted.check_count,
        seed=wanted.seed,
        report=tell,
    )
    name = model.header.name or f"Model of {request.dataset.name}"
    return Evaluated(job.ticket, report_of(found, name, request.dataset.name))


def write(job: Job, request: WriteReport) -> Saved:
    """Write a report."""
    from latentlab.export.reports import write_report

    write_report(request.path, request.report)
    return Saved(job.ticket, request.path, "the report")
