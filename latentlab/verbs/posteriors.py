"""q(z|x) and the true posterior p(z|x) of data on the map, as lines and as figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from latentlab.errors import UsageError
from latentlab.specs import Device
from latentlab.verbs.layers import check_density, check_latents
from latentlab.verbs.opening import Data, ModelLike, data_for, load_model
from latentlab.verbs.picturing import chart_of

if TYPE_CHECKING:
    from latentlab.analysis.posterior_shapes import Gap, Shape
    from latentlab.data.dataset import Dataset
    from latentlab.latent.charts import Plane
    from latentlab.models.model import Model

MOST_ROWS = 200
SLICES = "slices by the map's plane, each normalised on it"


@dataclass(frozen=True, slots=True, eq=False)
class PosteriorOf:
    """What the encoder says of one datum, and what is true.

    Args:
        row: Which datum.
        q: q(z|x), as lines around its smallest regions of 39 and 86 %.
        p: The true posterior p(z|x), likewise; None where it was not asked for.
        gap: The bound, log p(x) and their difference, in nats; None likewise.
    """

    row: int
    q: Shape
    p: Shape | None = None
    gap: Gap | None = None


def posterior(
    model: ModelLike,
    data: Data,
    row: int,
    *,
    out: Path | str | None = None,
    device: Device = "auto",
) -> tuple[Shape, Shape, Gap]:
    """q(z|x) and the true posterior p(z|x) of one datum on the map, and the gap between them.

    With more than two latents both are slices by the map's plane, each normalised on it.

    Args:
        model: The model.
        data: Data.
        row: Which datum.
        out: A file to write: .png, .svg or .pdf, or .npz of the lines.
        device: Where it computes.

    Returns:
        q and p(z|x) as lines around their smallest regions of 39 and 86 %; and the bound,
        log p(x) and their difference, in nats.

    Raises:
        UsageError: There is no such row, or the posterior has no density.
        LatentlabError: The file can't be written.

    Example:
        >>> from latentlab import train
        >>> q, p, gap = posterior(train("digits", steps=2), "digits", 17)
        >>> gap.nats > 0.0, len(q.lines), q.lines[0].pieces[0].shape
        (True, 2, (97, 2))
    """
    (found,) = posteriors(model, data, [row], out=out, device=device)
    assert found.p is not None  # noqa: S101 - it was asked for
    assert found.gap is not None  # noqa: S101
    return found.q, found.p, found.gap


def posteriors(
    model: ModelLike,
    data: Data,
    rows: Sequence[int],
    *,
    true: bool = True,
    out: Path | str | None = None,
    device: Device = "auto",
) -> tuple[PosteriorOf, ...]:
    """q(z|x) of some data on the map, and the true posterior beside each.

    Args:
        model: The model.
        data: Data.
        rows: Which data, at most 200.
        true: Whether p(z|x) is looked for too, which takes a while for each.
        out: A file to write: .png, .svg or .pdf, or .npz of the lines.
        device: Where it computes.

    Raises:
        UsageError: There is no such row, or the posterior has no density.
        LatentlabError: The file can't be written.

    Example:
        >>> from latentlab import train
        >>> found = posteriors(train("digits", steps=2), "digits", [3, 17], true=False)
        >>> [one.row for one in found], found[0].p is None
        ([3, 17], True)
    """
    from latentlab.export import layers

    if out is not None:
        layers.check_ending(Path(out))
    model = load_model(model, device=device)
    check_latents(model)
    check_density(model)
    dataset = data_for(model, data)
    _check_rows(rows, len(dataset))
    plane = _plane(model)
    found = tuple(_one(model, dataset, plane, row, true=true) for row in rows)
    if out is not None:
        _write(Path(out), model, plane, found)
    return found


def _check_rows(rows: Sequence[int], count: int) -> None:
    if not 1 <= len(rows) <= MOST_ROWS:
        do = f"Name 1 to {MOST_ROWS} rows."
        raise UsageError(f"{len(rows):,} rows can't be drawn at once.", where="rows", do=do)
    for row in rows:
        if not 0 <= row < count:
            do = f"Rows go from 0 to {count - 1:,}."
            raise UsageError(f"There is no row {row}.", where="rows", do=do)


def _plane(model: Model) -> Plane:
    from latentlab.latent.charts import Plane

    plane = chart_of(model)
    if not isinstance(plane, Plane):
        raise UsageError("This model's codes are cells: they have no density on a plane.")
    return plane


def _one(model: Model, dataset: Dataset, plane: Plane, row: int, *, true: bool) -> PosteriorOf:
    from latentlab.analysis.posterior_shapes import gap, p_shape, q_shape
    from latentlab.analysis.told import Told
    from latentlab.engine.embedding import labels_for

    known = labels_for(model, dataset)
    y = -1 if known is None else int(known[row])
    scored = Told(model.vae, y) if model.vae.told else model.vae
    x = dataset.inputs(np.array([row]))[0]
    q = q_shape(scored, x, plane)
    if not true:
        return PosteriorOf(row, q)
    return PosteriorOf(row, q, p_shape(scored, x, plane), gap(scored, x))


def _write(path: Path, model: Model, plane: Plane, found: tuple[PosteriorOf, ...]) -> None:
    from latentlab.export.posteriors import write_posteriors

    stored = model.stored_map
    codes = None if stored is None else plane.project(stored.codes)
    drawn = [(one.row, one.q, one.p, one.gap) for one in found]
    note = "" if model.code_dim <= 2 else SLICES[0].upper() + SLICES[1:]
    write_posteriors(path, drawn, axes=plane.names, codes=codes, note=note)
