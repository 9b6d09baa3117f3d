"""The command `labels recover`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from latentlab import api
from latentlab.cli import values
from latentlab.cli.common import Common, refuse_taken
from latentlab.cli.progress import Progress
from latentlab.errors import UsageError

if TYPE_CHECKING:
    from latentlab.analysis.recovery import Recovery

_ = typer.Option


def recover(
    common: Common,
    data: Annotated[str, typer.Argument(metavar="DATA", help="A name, a file or a folder.")],
    labelled: Annotated[
        str | None,
        _(metavar="N or P%", help="Show so many known labels, hide the others, and score."),
    ] = None,
    labels: Annotated[
        Path | None, _(metavar="FILE.csv", help="Labels by row or path, instead of the data's.")
    ] = None,
    out: Annotated[
        Path | None, _("--out", metavar="FILE.csv", help="Where to write what was found.")
    ] = None,
    methods: Annotated[
        str | None,
        _(metavar="LIST", help="clusters,spreading,m1,m2,m1m2,spreading+m2; all if not given."),
    ] = None,
    draws: Annotated[int, _(min=1, help="How many times labels are drawn to be shown.")] = 5,
    epochs: Annotated[int | None, _(min=1, help="Passes of M1; the others in proportion.")] = None,
    time_limit: Annotated[
        str | None, _(metavar="TIME", help="The most that a method learns: 90s, 2m.")
    ] = None,
    model: Annotated[
        str | None, _(metavar="MODEL", help="Whose codes to use, instead of M1's.")
    ] = None,
) -> None:
    """Recover missing labels: a label, a confidence and a method for each datum."""
    if out is not None:
        if out.suffix.lower() != ".csv":
            raise UsageError(
                "Labels are written as CSV.", where=str(out), do="End the name with .csv."
            )
        refuse_taken(out)
    with Progress(common) as progress:
        recovery = api.recover_labels(
            data,
            labelled=None if labelled is None else values.labelled(labelled),
            labels=labels,
            out=out,
            methods=None if methods is None else [m.strip() for m in methods.split(",")],
            draws=draws,
            epochs=epochs,
            time_limit_s=None if time_limit is None else values.duration_s(time_limit),
            model=model,
            seed=common.seed or 0,
            device=common.device,
            report=progress.report,
        )
    common.result(_fields(recovery, out))


def _fields(recovery: Recovery, out: Path | None) -> dict[str, Any]:
    return {
        "methods": {name: asdict(score) for name, score in recovery.methods.items()},
        "labelled": recovery.labelled,
        "seeds": list(recovery.seeds),
        "chosen": recovery.chosen,
        "out": out,
    }
