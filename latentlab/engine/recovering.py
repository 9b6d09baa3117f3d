"""Label recovery in the work lane."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from latentlab.engine.labelling import (
    LabelsRecovered,
    MethodScore,
    RecoverLabels,
    WriteLabels,
)
from latentlab.engine.messages import Saved

if TYPE_CHECKING:
    from latentlab.engine.jobs import Job
    from latentlab.models.model import Model


def recover_labels(job: Job, request: RecoverLabels, model: Model | None, device: str) -> None:
    """Recover, and post what was found.

    Args:
        job: Told how far it is; asked whether to go on.
        request: What is wanted.
        model: Whose codes to use; None trains M1.
        device: Where to compute.
    """
    from latentlab.analysis.recoverers import Effort
    from latentlab.analysis.recovery import recover

    def go_on(text: str, done: float) -> None:
        job.check()
        job.report(text, done)

    found = recover(
        request.dataset,
        labelled=request.labelled,
        methods=request.methods,
        draws=request.draws,
        seed=request.seed,
        effort=Effort(limit_s=request.time_limit_s),
        model=model,
        device=device,  # type: ignore[arg-type]
        go_on=go_on,
    )
    job.post(
        LabelsRecovered(
            job.ticket,
            {name: MethodScore(**asdict(score)) for name, score in found.methods.items()},
            found.labelled,
            found.chosen,
            found.labels,
            found.confidence,
            found.given,
        )
    )


def write_labels(job: Job, request: WriteLabels) -> None:
    """Write what was found, and say so."""
    from latentlab.export.labels import write_recovered

    found = request.recovered
    write_recovered(
        request.path,
        request.dataset,
        labels=found.labels,
        confidence=found.confidence,
        methods=["given" if given else found.chosen for given in found.given],
    )
    job.post(Saved(job.ticket, request.path, "the labels"))
