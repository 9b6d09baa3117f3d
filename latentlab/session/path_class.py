"""The class along a path: that of its beginning, for what changes on the way is z alone."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject

from latentlab.engine.messages import Decoded
from latentlab.session.contents import Contents
from latentlab.session.hand import Hand
from latentlab.session.telling import Telling
from latentlab.session.travel import Travel

SAME = 1e-9
REACH = 4096  # cells of the map's index: several times its side


class PathClass(QObject):
    """Says which decodes may change the class: on a path, that of its first waypoint alone.

    A drag may be over before its first decode has come, or the decode was dropped for a newer one;
    the datum nearest on the map then says what class the path begins with.

    Args:
        telling: The class that is decoded.
        travel: The path.
        hand: The cursor.
        contents: The codes.
        parent: The session.
    """

    def __init__(
        self, telling: Telling, travel: Travel, hand: Hand, contents: Contents, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._telling, self._travel = telling, travel
        self._hand, self._contents = hand, contents
        telling.may_follow = self._allows
        hand.drag_ended.connect(self._settle)

    def _allows(self, event: Decoded) -> bool:
        """Whether the class follows this decode: not that of a place on the way."""
        path, cursor = self._travel.path, self._hand.cursor
        if path is None or cursor is None or _is_at(event.z, path.stops[0].z):
            return True
        return not _is_at(cursor, self._travel.point)

    def _settle(self) -> None:
        """The drag is over: the class is that of the path's beginning, if it is not already."""
        path, codes, followed = self._travel.path, self._contents.codes, self._telling.followed
        if path is None or codes is None:
            return
        if followed is not None and _is_at(followed, path.stops[0].z):
            return
        if not codes.index.findable:
            return
        radius = REACH * max(codes.index.build().step)
        row = codes.index.nearest(path.a, radius)
        if row is not None:
            self._telling.take_class_of(row, path.stops[0].z, codes)


def _is_at(a: object, b: object) -> bool:
    one, other = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return one.shape == other.shape and np.allclose(one, other, rtol=0.0, atol=SAME)
