"""A layer of the map from the command line; `render` hands over to it."""

from __future__ import annotations

from pathlib import Path

from latentlab import api
from latentlab.cli.common import Common, refuse_taken

SIDE = 200  # cells along the longer side, where nobody says


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
