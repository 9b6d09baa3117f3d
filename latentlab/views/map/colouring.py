"""Which colour each point has, and which points are shown."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from latentlab.engine.messages import Codes
from latentlab.views.map.cloud import Cloud
from latentlab.views.map.raster import typical_spacing
from latentlab.views.palette import class_colors, unlabelled_color

By = Literal["class", "split"]


def colours_of(
    codes: Codes, names: tuple[str, ...], by: str, theme_name: str
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Each point's place in the colours, and the colours; the last one is of no class.

    Args:
        names: Names of the classes; where there are none, the labels are counted.
        by: "class", or "split" (training or test rows).
    """
    values = codes.split.astype(np.int64) if by == "split" else codes.labels
    named = 2 if by == "split" else len(names)
    palette = class_colors(named or int(values.max(initial=0)) + 1, theme_name)
    places = np.where(values < 0, len(palette), values % len(palette))
    return np.asarray(places), (*palette, unlabelled_color(theme_name))


def cloud_of(
    codes: Codes,
    names: tuple[str, ...],
    by: str,
    hidden: frozenset[int],
    theme_name: str,
    picked: NDArray[np.int32] | None = None,
) -> Cloud:
    """What the map draws; nothing is computed yet that costs more with more points.

    Args:
        names: Names of the classes; where there are none, the labels are counted.
        by: "class", or "split" (training or test rows).
        hidden: Labels that are not shown.
        picked: Rows that stand out, where some do.
    """
    values = codes.split if by == "split" else codes.labels
    named = 2 if by == "split" else len(names)
    palette = class_colors(named or int(values.max(initial=0)) + 1, theme_name)
    return Cloud(
        codes.index,
        values,
        codes.labels,
        hidden,
        (*palette, unlabelled_color(theme_name)),
        typical_spacing(codes.xy, len(codes.xy)),
        picked,
    )
