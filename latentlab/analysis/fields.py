"""The layers of the map that are numbers at each place: each coarse at first, then finer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar, cast

import numpy as np
import torch
from numpy.typing import NDArray

from latentlab.analysis.aggregates import aggregate_rows, gaussian
from latentlab.analysis.crowding import Neighbours, data_density, kernel_width, middles, votes
from latentlab.analysis.estimators import numbers
from latentlab.analysis.holes import Parts
from latentlab.analysis.places import (
    VALUES_AT_ONCE,
    Tick,
    Watched,
    decoded,
    decoder_of,
    device_of,
    entropy_at,
    tensor,
    told,
)
from latentlab.analysis.quadrature import log_likelihood
from latentlab.analysis.told import Scored
from latentlab.errors import UsageError
from latentlab.latent.charts import Chart, Plane
from latentlab.latent.field import Field, FieldKind, Rect, Scale, centres, shape_of
from latentlab.latent.magnification import (
    finest_side,
    magnification_rows,
    unit_of,
)
from latentlab.models.likelihoods import Bernoulli
from latentlab.models.vae import VAE

T = TypeVar("T")
Floats = NDArray[np.float64]
Values = NDArray[np.float32]
Rows = Iterator[tuple[slice, Values, NDArray[np.int16] | None]]  # which, values (r, C), classes

SIDES: dict[FieldKind, tuple[int, ...]] = {  # cells along the longer side, the coarse first
    "density": (200,),
    "aggregate": (48, 96, 144),
    "magnification": (50, 100, 200),
    "entropy": (50, 100, 200),
    "log_px": (16, 32),
    "decisions": (48, 96, 160),
    "far": (48, 96, 160),
}
FINE_S = 5.0  # that the finest may take
VOTES = 15
FAR = 4.0  # spreads from all data beyond which a decode is called a guess
LOG_PX_TOLERANCE = 0.05  # nats; far below what colours show


@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """What layers are made of.

    Args:
        plane: The map's chart.
        rect: x0, y0, x1, y1 of the part that is wanted.
        vae: The model; None for what codes alone say.
        label: The class to decode as, for a model that knows classes.
        z: (N, d) codes.
        xy: (N, 2) where they are drawn.
        labels: (N,) their classes, -1 where unknown.
        spread: How far apart neighbouring codes are.
        parts: Models and data whose q make the aggregate posterior.
        parts_of: Of how many data those are.
        side: Cells along the longer side; None chooses.
        coarse: Whether the first look is enough.
        tick: Called often; whatever it raises ends the work.
    """

    plane: Chart
    rect: Rect
    vae: VAE | None = None
    label: int | None = None
    z: NDArray[np.floating] | None = None
    xy: NDArray[np.floating] | None = None
    labels: NDArray[np.int64] | None = None
    spread: float = float("inf")
    parts: Parts = ()
    parts_of: int = 0
    side: int | None = None
    coarse: bool = False
    tick: Tick = lambda: None


def fields(kind: FieldKind, ask: Ask) -> Iterator[tuple[Field, float]]:
    """A layer as it is made: each better than the one before, and which share of it is done.

    Finer ones follow while they take no longer than a few seconds; the last is as fine as it gets.

    Raises:
        UsageError: There is no such layer for this model or map.
    """
    made = _MAKERS[kind](ask)
    sides = SIDES[kind][: 1 if ask.coarse else None] if ask.side is None else (ask.side,)
    before: Field | None = None
    rate: float | None = None
    for place, side in enumerate(sides):
        if rate is not None and finest_side(rate, FINE_S, (0, side)) != side:
            return
        started_s = time.perf_counter()
        for field, share in _passes(made, ask, side, before):
            before = field
            yield field, (place + share) / len(sides)
        if before is not None:
            rate = before.values.size / max(time.perf_counter() - started_s, 1e-9)


@dataclass(frozen=True, slots=True, eq=False)
class _Maker:
    """How a layer's rows are made: its empty field, and rows of a part cut into cells."""

    empty: Field
    rows: Callable[[int, int], Rows]


def _passes(
    maker: _Maker, ask: Ask, side: int, before: Field | None
) -> Iterator[tuple[Field, float]]:
    """One resolution, from above to below, over the coarser one before it."""
    dim = ask.plane.latent_dim if isinstance(ask.plane, Plane) else 2
    rows, columns = shape_of(ask.rect, side, dim)
    blank = np.full((rows, columns), np.nan, np.float32)
    field = replace(maker.empty, values=blank) if before is None else before.resized(rows, columns)
    values, classes = field.values.copy(), field.classes
    for part, found, chosen in maker.rows(rows, columns):
        ask.tick()
        values[part] = found
        if chosen is not None:
            classes = np.full(blank.shape, -1, np.int16) if classes is None else classes.copy()
            classes[part] = chosen
        yield replace(field, values=values.copy(), classes=classes), part.stop / rows
    if classes is not None:
        sure = np.where(np.isfinite(values), classes, np.int16(-1))
        places = middles(sure, ask.rect)
        yield replace(field, values=values, classes=classes, places=places), 1.0


# What each layer is


def _density(ask: Ask) -> _Maker:
    xy = _given(ask.xy)
    dim = ask.plane.latent_dim if isinstance(ask.plane, Plane) else 2
    width = kernel_width(xy, dim)
    unit = "data per unit" if dim == 1 else "data per unit²"

    def rows(count: int, columns: int) -> Rows:
        yield slice(0, count), data_density(xy, ask.rect, count, columns, width), None

    return _Maker(_empty("density", ask, unit, note=f"kernel {width:.2g} wide"), rows)


def _aggregate(ask: Ask) -> _Maker:
    plane, count = _plane(ask), sum(len(x) for _, x in ask.parts)
    if not count:
        raise UsageError("The aggregate posterior is of data.", do="Say which with --data.")
    of = "" if count == ask.parts_of else f"q of {count:,} of {ask.parts_of:,} data"
    onto = "" if plane.exact else "projected onto the plane"
    drawn = "" if not count or gaussian(ask.parts[0][0]) else "by draws of each q"
    unit = "density per unit" if plane.latent_dim == 1 else "density per unit²"

    def rows(count: int, columns: int) -> Rows:
        return _plain(aggregate_rows(ask.parts, plane, ask.rect, count, columns))

    note = ", ".join(part for part in (of, onto, drawn) if part)
    return _Maker(_empty("aggregate", ask, unit, note=note), rows)


def _magnification(ask: Ask) -> _Maker:
    plane, vae = _plane(ask), _model(ask)

    def rows(count: int, columns: int) -> Rows:
        decode, device = decoder_of(vae, ask.label), device_of(vae)
        return _plain(magnification_rows(decode, plane, ask.rect, count, columns, device=device))

    return _Maker(_empty("magnification", ask, unit_of(plane.latent_dim), scale="log"), rows)


def _entropy(ask: Ask) -> _Maker:
    plane, vae = _plane(ask), _model(ask)

    def rows(count: int, columns: int) -> Rows:
        w = centres(ask.rect, count, columns)
        at_once = max(1, VALUES_AT_ONCE // (columns * int(np.prod(vae.spec.shape))))
        for start in range(0, count, at_once):
            part = w[start : start + at_once]
            found = entropy_at(vae, plane.lift(part.reshape(-1, 2)), ask.label)
            yield slice(start, start + len(part)), found.reshape(part.shape[:2]), None

    return _Maker(_empty("entropy", ask, "nats"), rows)


def _log_px(ask: Ask) -> _Maker:
    plane, vae = _plane(ask), _model(ask)
    if plane.latent_dim > 2:
        raise UsageError(
            "log p(x) of every decode is for models of one or two latents.",
            do="Ask at one place: there it is estimated by importance sampling.",
        )
    scored = cast("Scored", Watched(told(vae, ask.label), ask.tick))

    def rows(count: int, columns: int) -> Rows:
        w = centres(ask.rect, count, columns)
        x = decoded(vae, plane.lift(w.reshape(-1, 2)), ask.label, ask.tick)
        found = log_likelihood(scored, x, tolerance=LOG_PX_TOLERANCE)
        yield slice(0, count), found.log_likelihood.reshape(w.shape[:2]).astype(np.float32), None

    grey = "; Bernoulli on grey values" if isinstance(vae.likelihood, Bernoulli) else ""
    return _Maker(_empty("log_px", ask, "nats", note=f"by quadrature{grey}"), rows)


def _decisions(ask: Ask) -> _Maker:
    plane = _plane(ask)
    vae = ask.vae
    reads_z = vae is not None and vae.knowing is not None and vae.knowing.reads == "z"
    if reads_z and vae is not None:
        return _by_classifier(ask, plane, vae)
    z, labels = _given(ask.z), _given(ask.labels)
    known = np.flatnonzero(labels >= 0)
    if len(np.unique(labels[known])) < 2:
        raise UsageError("Decision regions are of labels, of two classes at least.")
    near = Neighbours(z[known], VOTES)
    voters = labels[known][near.rows]

    def rows(count: int, columns: int) -> Rows:
        for part, places in _places(plane, ask.rect, count, columns, near):
            distances, found = near.find(places)
            chosen, share = votes(voters, found)
            share[distances[:, 0] > FAR * ask.spread] = np.nan  # nobody near has a say
            yield part, share.reshape(-1, columns), chosen.reshape(-1, columns)

    note = f"{near.k} nearest codes; blank far from data"
    return _Maker(_empty("decisions", ask, "share of votes", note=note), rows)


def _by_classifier(ask: Ask, plane: Plane, vae: VAE) -> _Maker:
    @torch.inference_mode()
    def rows(count: int, columns: int) -> Rows:
        z = plane.lift(centres(ask.rect, count, columns).reshape(-1, 2))
        assert vae.knowing is not None  # noqa: S101 - it was asked
        log_probs = numbers(vae.knowing.log_probs(tensor(vae, z)))  # (M, Y)
        chosen = log_probs.argmax(1).astype(np.int16).reshape(count, columns)
        best = np.exp(log_probs.max(1)).astype(np.float32).reshape(count, columns)
        yield slice(0, count), best, chosen

    return _Maker(_empty("decisions", ask, "probability", note="the model's own classifier"), rows)


def _far(ask: Ask) -> _Maker:
    plane, spread = _plane(ask), max(ask.spread, 1e-12)
    near = Neighbours(_given(ask.z), 1)

    def rows(count: int, columns: int) -> Rows:
        for part, places in _places(plane, ask.rect, count, columns, near):
            distances, _ = near.find(places)
            far = (distances[:, 0] / spread).reshape(-1, columns).astype(np.float32)
            yield part, far, None

    return _Maker(_empty("far", ask, "spacings to the nearest datum"), rows)


_MAKERS: dict[FieldKind, Callable[[Ask], _Maker]] = {
    "density": _density,
    "aggregate": _aggregate,
    "magnification": _magnification,
    "entropy": _entropy,
    "log_px": _log_px,
    "decisions": _decisions,
    "far": _far,
}


def _plain(rows: Iterator[tuple[slice, Values]]) -> Rows:
    for part, values in rows:
        yield part, values, None


def _places(
    plane: Plane, rect: Rect, rows: int, columns: int, near: Neighbours
) -> Iterator[tuple[slice, Floats]]:
    """The latents of some rows at a time: (r * C, d)."""
    w = centres(rect, rows, columns)
    at_once = max(1, near.at_once // columns)
    for start in range(0, rows, at_once):
        part = w[start : start + at_once]
        yield slice(start, start + len(part)), plane.lift(part.reshape(-1, 2))


def _empty(
    kind: FieldKind, ask: Ask, unit: str, *, scale: Scale = "linear", note: str = ""
) -> Field:
    blank = np.full((1, 1), np.nan, np.float32)
    return Field(kind, ask.rect, blank, unit, scale, note)


def _plane(ask: Ask) -> Plane:
    if not isinstance(ask.plane, Plane):
        raise UsageError(
            "This layer needs a plane of the latent space.",
            do="Choose two latents, or principal components.",
        )
    return ask.plane


def _model(ask: Ask) -> VAE:
    if ask.vae is None:
        raise UsageError("This layer needs a model.")
    return ask.vae


def _given(value: T | None) -> T:
    if value is None:
        raise UsageError("This layer needs the codes of data.", do="Say which with --data.")
    return value
