"""From a column of the data to the colours of points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentlab.data.attributes import Attribute
from latentlab.data.scales import Scale
from latentlab.data.sieve import Sieve
from latentlab.engine.messages import Codes
from latentlab.views.map.cloud import Cloud
from latentlab.views.map.paint import Categories, Numbers, Paint
from latentlab.views.map.raster import typical_spacing
from latentlab.views.palette import class_colors, number_colors, unlabelled_color


def paint_of(attribute: Attribute, scale: Scale | None, theme_name: str) -> Paint:
    """The colours of a column; nothing is computed yet that costs more with more points.

    Args:
        attribute: Categories, or numbers.
        scale: From its numbers to places in the colours; None paints its categories.
        theme_name: "dark" or "light".
    """
    neutral = unlabelled_color(theme_name)
    if attribute.codes is not None and scale is None:
        return Categories(attribute.codes, (*category_colors(attribute, theme_name), neutral))
    numbers = attribute.numbers
    if numbers is None or scale is None:
        return Categories(np.full(len(attribute), -1, np.int8), (neutral,))
    return Numbers(numbers, scale, number_colors(theme_name), neutral)


def category_colors(attribute: Attribute, theme_name: str) -> tuple[str, ...]:
    """One colour for each category; where they have no names, their codes are counted."""
    if attribute.codes is None:
        return ()
    named = len(attribute.names) or int(attribute.codes.max(initial=0)) + 1
    return class_colors(named, theme_name)


def cloud_of(
    codes: Codes, paint: Paint, sieve: Sieve, picked: NDArray[np.int32] | None = None
) -> Cloud:
    """What the map draws.

    Args:
        codes: Where the points lie.
        paint: Which colour each has.
        sieve: Which are shown.
        picked: Rows that stand out, where some do.
    """
    return Cloud(codes.index, paint, sieve, typical_spacing(codes.xy, len(codes.xy)), picked)
