"""The command that judges a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from latentlab import api
from latentlab.cli.common import Common, refuse_taken
from latentlab.cli.looking import ImageSizeOption, ModelArgument, XKeyOption, fields_of, opened
from latentlab.cli.progress import Progress
from latentlab.errors import UsageError
from latentlab.parts.evaluation import CHECKS, QUICK, SECTIONS, Split

SECTION_HELP = "; ".join(f"{name}: {what}, {cost}" for name, (what, cost) in SECTIONS.items())
CHECK_HELP = "; ".join(f"{name}: {what}, {cost}" for name, (what, cost) in CHECKS.items())


def evaluate(
    common: Common,
    model: ModelArgument,
    data: Annotated[
        str, typer.Option("--data", metavar="DATA", help="What to judge on: name, file, folder.")
    ],
    split: Annotated[str, typer.Option("--split", help="train, test or all.")] = "test",
    samples: Annotated[
        int | None,
        typer.Option("--samples", min=1, help="K of importance sampling, above two latents."),
    ] = None,
    count: Annotated[
        int | None, typer.Option("--count", min=1, help="Score a seeded draw of this many rows.")
    ] = None,
    with_: Annotated[
        str,
        typer.Option("--with", metavar="LIST", help=f"Beside the bound; or all. {SECTION_HELP}."),
    ] = ",".join(QUICK),
    check: Annotated[
        str | None,
        typer.Option("--check", metavar="KIND", help=f"A second estimate. {CHECK_HELP}."),
    ] = None,
    check_count: Annotated[
        int, typer.Option("--check-count", min=1, help="Data that it is of.")
    ] = 100,
    out: Annotated[
        Path | None, typer.Option("--out", help="A report: .json, .csv, .png, .svg or .pdf.")
    ] = None,
    image_size: ImageSizeOption = None,
    x_key: XKeyOption = None,
) -> None:
    """Figures of a model on data: bound, log p(x), latents, classes, and what else is asked for."""
    options: dict[str, Any] = {
        "split": _among(split, get_args(Split), "--split"),
        "sections": _sections(with_),
        "check": None if check is None else _among(check, tuple(CHECKS), "--check"),
    }
    if out is not None:
        from latentlab.export import reports

        reports.check_ending(out)
        refuse_taken(out)
    with Progress(common) as progress:
        loaded = api.load_model(model, device=common.device)
        dataset = opened(model, data, image_size, x_key, progress)
        figures = api.evaluate(
            loaded,
            dataset,
            samples=samples,
            count=count,
            check_count=check_count,
            device=common.device,
            seed=common.seed or 0,
            report=progress.report,
            **options,
        )
    _tell(common, figures, loaded.header.name or Path(model).name, dataset.name, out)


def _tell(common: Common, figures: Any, model: str, data: str, out: Path | None) -> None:
    from latentlab.export import reports
    from latentlab.export.findings import report_of

    report = report_of(figures, model, data)
    if out is not None:
        reports.write_report(out, report)
    if common.json:
        common.result(fields_of(figures) | ({"out": out} if out is not None else {}))
    elif not common.quiet:
        print(reports.text_of(report))  # noqa: T201


def _sections(text: str) -> tuple[str, ...]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if names == ["all"]:
        return tuple(SECTIONS)
    return tuple(_among(name, tuple(SECTIONS), "--with") for name in names)


def _among(name: str, known: tuple[str, ...], option: str) -> str:
    if name not in known:
        raise UsageError(f'There is no "{name}".', where=option, do=f"Choose {', '.join(known)}.")
    return name
