"""Making the map's layers, in the work lane; called off between two pieces of work."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latentlab.data.dataset import Dataset
from latentlab.data.sieve import Sieve
from latentlab.engine.embedding import labels_for
from latentlab.engine.fields import (
    BoundGap,
    FieldMapped,
    HereRead,
    MapField,
    MapPosteriors,
    PosteriorShape,
    PosteriorsMapped,
    ReadHere,
)
from latentlab.engine.jobs import Job
from latentlab.engine.messages import Cancelled
from latentlab.engine.shapes import PriorLine
from latentlab.engine.values import Codes
from latentlab.latent.charts import Plane
from latentlab.models.units import in_units_of

if TYPE_CHECKING:
    from latentlab.analysis.holes import Parts
    from latentlab.analysis.posterior_shapes import Shape
    from latentlab.engine.tasks import Tasks
    from latentlab.models.model import Model

SHOW_S = 0.1  # between two looks at a layer under way


class Fielding:
    """What the work lane does for the map's layers.

    Args:
        tasks: Where model and codes are.
    """

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks

    def performers(self) -> dict[type, Callable[[Job, Any], None]]:
        """One for each kind of request."""
        return {
            MapField: self._map_field,
            MapPosteriors: self._map_posteriors,
            ReadHere: self._read_here,
        }

    def _map_field(self, job: Job, request: MapField) -> None:
        map_field(job, request, self._tasks.open_model(), self._tasks.codes)

    def _map_posteriors(self, job: Job, request: MapPosteriors) -> None:
        map_posteriors(job, request, self._tasks.open_model())

    def _read_here(self, job: Job, request: ReadHere) -> None:
        read_here(job, request, self._tasks.open_model())


def map_field(job: Job, request: MapField, model: Model, codes: Codes | None) -> None:
    """Make a layer, and post it as it becomes finer."""
    from latentlab.analysis.fields import Ask, fields

    plane = request.plane
    if plane.latent_dim != model.code_dim:
        job.post(Cancelled(job.ticket))  # it was asked of another model
        return
    started_s = told_s = time.perf_counter()
    parts: Parts = ()
    if request.kind == "aggregate" and request.dataset is not None:
        parts = aggregate_parts(model, request.dataset)
    fits = codes is not None and codes.z.shape[1] == model.code_dim
    of = codes if fits else None
    ask = Ask(
        plane=plane,
        rect=request.rect,
        vae=model.vae,
        label=request.label,
        z=None if of is None else of.z,
        xy=None if of is None else _shown(of.xy, request.sieve),
        labels=None if of is None else of.labels,
        spread=float("inf") if of is None else of.spread,
        parts=parts,
        parts_of=0 if request.dataset is None else len(request.dataset),
        coarse=request.gently,
        tick=job.check,
    )
    field, fraction = None, 0.0
    for field, fraction in fields(request.kind, ask):
        job.check()
        now_s = time.perf_counter()
        if now_s - told_s >= SHOW_S:
            told_s = now_s
            job.post(FieldMapped(job.ticket, field, False, fraction, now_s - started_s))
    if field is not None:
        cost_s = time.perf_counter() - started_s
        job.post(FieldMapped(job.ticket, field, True, 1.0, cost_s))


def _shown(xy: NDArray[np.float32], sieve: Sieve | None) -> NDArray[np.float32]:
    """The points that a sieve lets through."""
    return xy[sieve.mask()] if sieve and sieve.count == len(xy) else xy


def aggregate_parts(model: Model, dataset: Dataset) -> Parts:
    """Models and evenly spread data for the aggregate posterior; told each class, where they are.

    Raises:
        UsageError: The data do not fit the model.
    """
    from latentlab.analysis.aggregates import POSTERIORS
    from latentlab.analysis.told import by_class

    dataset = in_units_of(model.header, dataset)
    known = labels_for(model, dataset)
    labels = np.full(len(dataset), -1, np.int64) if known is None else known
    count = min(len(dataset), POSTERIORS)
    chosen = np.arange(count) * len(dataset) // max(count, 1)  # evenly spread
    return tuple(
        (scored, dataset.inputs(chosen[rows]))
        for scored, rows in by_class(model.vae, labels[chosen])
    )


def map_posteriors(job: Job, request: MapPosteriors, model: Model) -> None:
    """Find q of each row; then the true posterior and the gap of the one that is chosen."""
    from latentlab.analysis.posterior_shapes import gap, p_shape, q_shape
    from latentlab.analysis.told import Scored, Told

    plane, dataset = request.plane, in_units_of(model.header, request.dataset)
    if not isinstance(plane, Plane) or plane.latent_dim != model.code_dim:
        job.post(Cancelled(job.ticket))  # it was asked of another model
        return
    started_s = time.perf_counter()
    known = labels_for(model, dataset)

    def scored(row: int) -> Scored:
        if not model.vae.told:
            return model.vae
        return Told(model.vae, -1 if known is None else int(known[row]))

    shapes = []
    for row in request.rows:
        job.check()
        x = dataset.inputs(np.array([row]))[0]
        shapes.append(_shape_of(row, q_shape(scored(row), x, plane), true=False))
    chosen = request.true_row
    cost_s = time.perf_counter() - started_s
    job.post(PosteriorsMapped(job.ticket, tuple(shapes), None, chosen is None, cost_s))
    if chosen is None:
        return
    x = dataset.inputs(np.array([chosen]))[0]
    shapes.append(_shape_of(chosen, p_shape(scored(chosen), x, plane), true=True))
    job.check()
    cost_s = time.perf_counter() - started_s
    job.post(PosteriorsMapped(job.ticket, tuple(shapes), None, False, cost_s))
    found = gap(scored(chosen), x)
    told = BoundGap(chosen, found.bound, found.log_px, found.nats, found.kind == "importance")
    cost_s = time.perf_counter() - started_s
    job.post(PosteriorsMapped(job.ticket, tuple(shapes), told, True, cost_s))


def _shape_of(row: int, shape: Shape, *, true: bool) -> PosteriorShape:
    lines = tuple(PriorLine(line.share, line.pieces) for line in shape.lines)
    return PosteriorShape(row, true, lines, shape.middle)


def read_here(job: Job, request: ReadHere, model: Model) -> None:
    """Say what layers are at one latent."""
    from latentlab.analysis.places import here

    plane = request.plane
    if not isinstance(plane, Plane) or plane.latent_dim != model.code_dim:
        job.post(Cancelled(job.ticket))
        return
    values = here(request.kinds, model.vae, plane, request.z, request.label)
    job.post(HereRead(job.ticket, values))
