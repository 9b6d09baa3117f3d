"""A layer of the map from the command line; `render` hands over to it."""

from __future__ import annotations

from pathlib import Path

from latentlab import api
from latentlab.cli.common import Common, refuse_taken
from latentlab.errors import UsageError

SIDE = 200  # cells along the longer side, where nobody says
OF_ROWS = {"posterior": False, "true_posterior": True}  # layers of data; with p(z|x) or without


def render_layer(
    common: Common,
    model: str,
    layer: str,
    *,
    out: Path,
    side: int | None = None,
    data: str | None = None,
    label: str | None = None,
) -> None:
    """Draw a layer of the map with a bar of its colours, or write its numbers.

    Raises:
        UsageError: There is no such layer, or this model has none.
    """
    from latentlab.export.layers import check_ending

    check_ending(out)
    refuse_taken(out)
    opened = api.load_model(model, device=common.device)
    found = api.field(opened, layer, data=data, side=side or SIDE, label=label, out=out)
    rows, columns = found.values.shape
    span = found.span
    common.result(
        {
            "out": out,
            "layer": layer,
            "unit": found.unit,
            "low": None if span is None else span[0],
            "high": None if span is None else span[1],
            "rows": rows,
            "columns": columns,
            "rect": list(found.rect),
            "note": found.note,
        }
    )


def render_posteriors(
    common: Common, model: str, layer: str, *, out: Path, rows: tuple[int, ...], data: str | None
) -> None:
    """Draw q(z|x) of some data, with the true posterior beside it where that is the layer.

    Raises:
        UsageError: Data or rows are missing, or the posterior has no density.
    """
    from latentlab.export.layers import check_ending

    check_ending(out)
    refuse_taken(out)
    for given, option, do in (
        (data, "--data", "Say with --data which data they are of."),
        (rows, "--rows", "Say with --rows which data: --rows 3,17."),
    ):
        if not given:
            raise UsageError(f"{layer} is a layer of single data.", where=option, do=do)
    opened = api.load_model(model, device=common.device)
    found = api.posteriors(opened, data or "", rows, true=OF_ROWS[layer], out=out)
    shares = [line.share for line in found[0].q.lines]
    common.result(
        {
            "out": out,
            "layer": layer,
            "unit": "nats",
            "shares": shares,
            "data": list(map(_told, found)),
        }
    )


def _told(one: api.PosteriorOf) -> dict[str, object]:
    gap = one.gap
    return {
        "row": one.row,
        "q_middle": list(one.q.middle),
        "p_middle": None if one.p is None else list(one.p.middle),
        "bound_nats": None if gap is None else gap.bound,
        "log_likelihood_nats": None if gap is None else gap.log_px,
        "log_likelihood_kind": None if gap is None else gap.kind,
        "gap_nats": None if gap is None else gap.nats,
    }
