"""The layers of the map as arrays and figures: one number for each place."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from latentlab.engine.lattices import PRIOR_RECT, rect_of
from latentlab.errors import RefusedError, UsageError
from latentlab.latent.field import FIELD_KINDS, Field, FieldKind
from latentlab.specs import Device
from latentlab.verbs.looking import class_of
from latentlab.verbs.opening import Data, ModelLike, Rect, codes_of, data_for, load_model
from latentlab.verbs.picturing import chart_of

if TYPE_CHECKING:
    from latentlab.analysis.fields import Ask
    from latentlab.data.dataset import Dataset
    from latentlab.engine.values import Codes
    from latentlab.models.model import Model

OF_CODES = ("density", "decisions", "far")
MOST_SIDE = 2000


def field(
    model: ModelLike,
    layer: str,
    *,
    data: Data | None = None,
    rect: Rect | None = None,
    side: int = 100,
    label: int | str | None = None,
    out: Path | str | None = None,
    device: Device = "auto",
) -> Field:
    """A layer of the map: one number for each cell of a part of it.

    The layers: "density" of the data's codes, "aggregate" posterior q(z), "decisions" (which class,
    by the nearest codes or the model's own classifier, and how surely), "magnification"
    sqrt(det G) of the decoder, "entropy" of p(x|z), "log_px" log p(x) of the decode (one or two
    latents), "far" (how many spacings to the nearest datum).

    Args:
        model: The model.
        layer: Which layer.
        data: For what is of data; None takes the codes that are kept in the model's file.
        rect: (x0, y0, x1, y1) of the map; None takes the part where the codes are, or three
            standard deviations of the prior.
        side: Cells along the longer side.
        label: Class or its name to decode as, for models that are told of classes.
        out: A file to write: .png, .svg or .pdf with a bar of its colours, or .npz of the numbers.
        device: Where it computes.

    Returns:
        The layer: `values` (R, C) with `unit`, `rect`, `scale` and, of regions, `classes`.

    Raises:
        UsageError: There is no such layer, or this model has none.
        RefusedError: It is of data, and there are none.
        LatentlabError: The file can't be written.

    Example:
        >>> from latentlab import train
        >>> found = field(train("digits", steps=2), "magnification", side=20)
        >>> found.values.shape, found.unit
        ((20, 20), 'pixel² per unit²')
    """
    from latentlab.analysis.fields import fields
    from latentlab.export import layers

    kind = _kind(layer)
    if not 1 <= side <= MOST_SIDE:
        do = f"Choose 1 to {MOST_SIDE:,}."
        raise UsageError(f"{side} cells are out of range.", where="side", do=do)
    if out is not None:
        layers.check_ending(Path(out))
    model = load_model(model, device=device)
    dataset = None if data is None else data_for(model, data)
    ask = _ask(model, kind, dataset, rect, side, class_of(model, label))
    found, _ = deque(fields(kind, ask), maxlen=1).pop()  # the last is the finest
    if out is not None:
        names = dataset.label_names if dataset is not None else model.header.label_names
        layers.write_layer(Path(out), found, axes=ask.plane.names, names=names)
    return found


def _kind(layer: str) -> FieldKind:
    for kind in FIELD_KINDS:
        if kind == layer:
            return kind
    raise UsageError(
        f'There is no layer "{layer}".', where="layer", do=f"Choose {', '.join(FIELD_KINDS)}."
    )


def check_latents(model: Model) -> None:
    """Refuse a model without latents.

    Raises:
        UsageError: It has none.
    """
    if not model.code_dim:
        from latentlab.models.density import no_latents

        no_latents()


def _ask(
    model: Model,
    kind: FieldKind,
    dataset: Dataset | None,
    rect: Rect | None,
    side: int,
    label: int | None,
) -> Ask:
    from latentlab.analysis.fields import Ask
    from latentlab.engine.fielding import aggregate_parts
    from latentlab.latent.charts import Plane

    check_latents(model)
    codes = _codes(model, dataset)
    plane = chart_of(model) if codes is None else codes.plane
    if not isinstance(plane, Plane):
        raise UsageError("This model's codes are cells of a grid: nothing lies between them.")
    if model.quantised and kind not in OF_CODES:
        raise UsageError("This model decodes the nearest grid of codes: it changes in jumps.")
    if kind == "aggregate":
        check_density(model, drawn=True)
    if dataset is None and (kind == "aggregate" or (kind in OF_CODES and codes is None)):
        raise RefusedError(
            "The model's file holds no data for this layer.",
            where=kind,
            do="Say with --data which data it is of.",
        )
    if rect is None:
        rect = PRIOR_RECT if codes is None else rect_of(codes)
    return Ask(
        plane=plane,
        rect=rect,
        vae=model.vae,
        label=label,
        z=None if codes is None else codes.z,
        xy=None if codes is None else codes.xy,
        labels=None if codes is None else codes.labels,
        spread=float("inf") if codes is None else codes.spread,
        parts=aggregate_parts(model, dataset) if kind == "aggregate" and dataset else (),
        parts_of=0 if dataset is None else len(dataset),
        side=side,
    )


def _codes(model: Model, dataset: Dataset | None) -> Codes | None:
    from latentlab.engine.embedding import make_codes

    if dataset is not None:
        return codes_of(model, dataset)
    stored = model.stored_map
    if stored is None:
        return None
    return make_codes(stored.codes, stored.labels, stored.split, chart_of(model))


def check_density(model: Model, *, drawn: bool = False) -> None:
    """Refuse a model whose encoder has no density, or that (`drawn`) can't be drawn from either.

    Raises:
        UsageError: So it is.
    """
    from latentlab.specs import Categorical, Deterministic, Implicit, VectorQuantised

    none = [Categorical, Deterministic, VectorQuantised, *([] if drawn else [Implicit])]
    if isinstance(model.spec.posterior, tuple(none)):
        raise UsageError(
            "This model's encoder has no density log q(z|x).",
            do="Take a model with a Gaussian posterior, or a flow.",
        )
