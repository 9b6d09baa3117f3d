"""How the work lane shows codes on another chart: planes at once, layouts when they are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from latentlab.engine.embedding import fitting, on_chart, rechart
from latentlab.engine.jobs import Job
from latentlab.engine.messages import Cancelled, Embedded, PlaceLayout, Rechart
from latentlab.errors import UsageError
from latentlab.latent.layouts import Layout

if TYPE_CHECKING:
    from latentlab.engine.tasks import Tasks


def show_chart(tasks: Tasks, job: Job, request: Rechart) -> None:
    """Show the newest codes on the chart that is asked for.

    Raises:
        UsageError: There is no such plane, or the codes can't be laid out.
    """
    codes = tasks.codes
    if codes is None:  # it was asked of a model that is no more; the window forgets it
        job.post(Embedded(job.ticket, rechart(request.codes, request.chart.while_learning())))
        return
    if tasks.layouts is not None and isinstance(codes.plane, Layout):
        tasks.layouts.remember(codes.plane)  # it may have come in a model file
    chart = fitting(request.chart, codes.z.shape[1], grids=codes.tokens is not None)
    if chart.layout is not None and not codes.plane.steps:
        _lay_out(tasks, job, request)
        return
    changed = rechart(codes, chart)
    tasks.chart = chart
    tasks.tell_codes(job, changed)


def _lay_out(tasks: Tasks, job: Job, request: Rechart) -> None:
    codes, layouts = tasks.codes, tasks.layouts
    if codes is None or layouts is None:
        raise UsageError("There is nothing to lay out.", do="Open data with their model.")
    if tasks.lesson is not None:
        raise UsageError(
            "A layout needs codes that rest.", do="Stop the training, or wait for its end."
        )
    known = layouts.known(codes, request.chart)
    if known is None:
        layouts.begin(request, codes)  # `PlaceLayout` follows
        return
    tasks.chart = request.chart
    tasks.tell_codes(job, on_chart(codes, known))


def place_layout(tasks: Tasks, job: Job, request: PlaceLayout) -> None:
    """Show codes where they were laid out, unless the map shows others by now."""
    codes, layout = tasks.codes, request.codes.plane
    if codes is None or codes.z is not request.codes.z or tasks.lesson is not None:
        job.post(Cancelled(job.ticket))
        return
    if tasks.layouts is not None and isinstance(layout, Layout):
        tasks.layouts.remember(layout)
    tasks.chart = request.chart
    tasks.tell_codes(job, request.codes)
