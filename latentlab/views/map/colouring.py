"""Which colour each point has, and which points are shown."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from latentlab.engine.messages import Codes
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


def shown_rows(codes: Codes, hidden: frozenset[int]) -> NDArray[np.bool_]:
    """(N,) whether a row is on the map: finite, and of no hidden label (-1 is unlabelled)."""
    # Column by column: numpy's `all(axis=1)` over two columns costs ten times as much.
    finite = np.isfinite(codes.xy[:, 0]) & np.isfinite(codes.xy[:, 1])
    if not hidden:
        return np.asarray(finite)
    top = int(codes.labels.max(initial=-1))
    seen = np.ones(top + 2, dtype=np.bool_)  # place k + 1 is label k, place 0 unlabelled
    for label in hidden:
        if -1 <= label <= top:
            seen[label + 1] = False
    return np.asarray(finite & seen[codes.labels + 1])
