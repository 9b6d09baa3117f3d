"""Which part of the map a layer is made for, and whether one that was made will do."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from latentlab.engine.messages import Rect

AROUND = 0.12  # of the view, on each side: a small pan shows no edge
COARSE = 2.5  # times the view: a layer of a larger part has too few cells for it


@dataclass(frozen=True, slots=True)
class Working:
    """A layer that is being made: what of, and how far it is."""

    ticket: int
    key: Hashable
    fraction: float = 0.0


def around(view: Rect) -> Rect:
    """The view and a little more on each side.

    Example:
        >>> around((0.0, 0.0, 100.0, 50.0))
        (-12.0, -6.0, 112.0, 56.0)
    """
    x0, y0, x1, y1 = view
    dx, dy = AROUND * (x1 - x0), AROUND * (y1 - y0)
    return x0 - dx, y0 - dy, x1 + dx, y1 + dy


def covers(part: Rect, view: Rect) -> bool:
    """Whether a layer of `part` is enough for a view: it has no edge there, and cells enough.

    Example:
        >>> covers((0.0, 0.0, 4.0, 4.0), (1.0, 1.0, 3.0, 3.0))
        True
        >>> covers((0.0, 0.0, 4.0, 4.0), (1.0, 1.0, 1.5, 1.5))
        False
    """
    inside = part[0] <= view[0] and part[1] <= view[1] and view[2] <= part[2] and view[3] <= part[3]
    return inside and part[2] - part[0] <= COARSE * (view[2] - view[0])
