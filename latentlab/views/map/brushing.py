"""Selecting with a brush: a stroke, and what it has touched."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF

from latentlab.latent.strokes import rows_in_stroke
from latentlab.session.choice import How
from latentlab.session.session import Session
from latentlab.views.map.canvas import Canvas
from latentlab.views.map.cloud import Cloud
from latentlab.views.map.gestures import Gesture

Point = tuple[float, float]
FINENESS = 0.25  # of the radius: corners of a stroke nearer than that are one
LEAST_APART_PX = 2.0


def rows_under(cloud: Cloud, path: list[Point], radius: float) -> NDArray[np.int32]:
    """The shown rows that a brush has touched on its way."""
    rows = rows_in_stroke(cloud.index, np.array(path), radius)
    return rows[cloud.sieve.keeps(rows)] if cloud.sieve else rows


class Painting(Gesture):
    """A stroke of the brush; what it has touched is selected at its end.

    Args:
        session: Whom the selection is told, and who knows how wide the brush is.
        canvas: Where the stroke is shown, and whose points are looked through.
        how: What the stroke does to the selection.
    """

    def __init__(self, session: Session, canvas: Canvas, how: How) -> None:
        self._session = session
        self._canvas = canvas
        self._how: How = how
        self._path: list[Point] = []

    def press(self, at: QPointF) -> None:
        """The brush touches the map here."""
        self._path = [self._canvas.xy(at)]
        self._show(at)

    def move(self, at: QPointF) -> None:
        """It goes on to here."""
        last, here = self._path[-1], self._canvas.xy(at)
        apart = max(abs(here[0] - last[0]), abs(here[1] - last[1])) * self._canvas.camera.scale
        if apart >= max(LEAST_APART_PX, FINENESS * self._session.brush.radius_px):
            self._path.append(here)
        self._show(at)

    def _show(self, at: QPointF) -> None:
        mark, radius = self._canvas.brush, self._session.brush.radius_px
        mark.set_at(at, radius)
        mark.set_path(list(self._path), less=self._how == "subtract")

    def release(self) -> None:
        """Select what was touched."""
        cloud, path = self._canvas.points.cloud, self._path
        self._take_away()
        if cloud is not None and path:
            radius = self._session.brush.radius_px / self._canvas.camera.scale
            self._session.choice.gather(partial(rows_under, cloud, path, radius), self._how)

    def cancel(self) -> bool:
        """Take the stroke away, and select nothing."""
        self._take_away()
        return True

    def _take_away(self) -> None:
        self._path = []
        self._canvas.brush.set_path([])
        if not self._session.brush.on:
            self._canvas.brush.set_at(None, self._session.brush.radius_px)
