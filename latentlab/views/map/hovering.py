"""What the pointer is over: the nearest point, its ring and its card."""

from __future__ import annotations

from functools import partial
from pathlib import PurePath

import numpy as np
from PySide6.QtCore import QObject, QPointF, Signal
from PySide6.QtWidgets import QWidget

from latentlab.engine.messages import Codes
from latentlab.latent.charts import Plane
from latentlab.latent.picking import Mask, nearest_of_all
from latentlab.session.background import GoOn, Latest, Say
from latentlab.session.session import Session
from latentlab.views.map.canvas import Canvas
from latentlab.views.map.hover import Card, HoverCard

REACH_PX = 12.0


class Hovering(QObject):
    """Finds the point under the pointer and keeps its card true while map or view change.

    Args:
        session: Where codes, names and pictures come from.
        canvas: Where the ring is shown.
        surface: What the card lies on; the canvas fills it. Above notices, which lie there too.

    Signals:
        row_changed: The row under the pointer, or None.
    """

    row_changed = Signal(object)

    def __init__(self, session: Session, canvas: Canvas, surface: QWidget) -> None:
        super().__init__(canvas)
        self._session = session
        self._canvas = canvas
        self._pointer: QPointF | None = None
        self._row: int | None = None
        self._seeker = Latest(self)
        self._seeker.told.connect(self._sought)
        self.card = HoverCard(surface)
        session.picture_ready.connect(self._picture_ready)
        session.pointing.pointed.connect(self._show_pointed)

    def row_at(self, plot_px: QPointF) -> int | None:
        """The shown point nearest to a pixel of the plot, within reach."""
        codes = self._session.codes
        pictured = self._canvas.thumbnails.row_at(plot_px)
        if codes is not None and pictured is not None:
            return pictured  # what the pointer is on is what a person means
        if codes is None or not self._canvas.points.isVisible() or not len(codes.index):
            return None
        radius = REACH_PX / self._canvas.camera.scale
        return codes.index.nearest(self._canvas.xy(plot_px), radius, self._seen)

    @property
    def _seen(self) -> Mask | None:
        """Says of rows which are shown; None is all."""
        cloud = self._canvas.points.cloud
        return None if cloud is None or not cloud.sieve else cloud.sieve.keeps

    def move(self, plot_px: QPointF | None) -> None:
        """The pointer is over another pixel of the plot; None is away."""
        self._pointer = plot_px
        self.refresh()

    def refresh(self) -> None:
        """Look again: points or view have changed under the pointer."""
        self._row = None if self._pointer is None else self.row_at(self._pointer)
        self._show()
        self._show_pointed()
        codes = self._session.codes
        if self._pointer is not None and codes is not None and not codes.index.findable:
            self._seek(self._pointer, codes)

    def _seek(self, plot_px: QPointF, codes: Codes) -> None:
        """Look at every point, in another thread: the index of very many takes a while."""
        if self._canvas.points.isVisible():
            at, radius = self._canvas.xy(plot_px), REACH_PX / self._canvas.camera.scale
            self._seeker.ask(partial(_seek, codes, at, radius, self._seen))

    def _sought(self, found: object) -> None:
        if not isinstance(found, tuple) or self._pointer is None:
            return
        codes, at, row = found
        if codes is self._session.codes and at == self._canvas.xy(self._pointer):
            self._row = row
            self._show()

    def _show_pointed(self) -> None:
        row, codes = self._session.pointing.row, self._session.codes
        known = row is not None and codes is not None and row < len(codes.xy)
        at = None
        if known and row is not None and codes is not None and np.isfinite(codes.xy[row]).all():
            at = float(codes.xy[row, 0]), float(codes.xy[row, 1])
        self._canvas.pointed.set_at(at)

    def _show(self) -> None:
        row, codes = self._row, self._session.codes
        self.row_changed.emit(row)
        if row is None or codes is None:
            self._canvas.hover_ring.set_at(None)
            self.card.hide()
            return
        at = float(codes.xy[row, 0]), float(codes.xy[row, 1])
        self._canvas.hover_ring.set_at(at)
        spot = self._canvas.to_canvas(QPointF(*self._canvas.camera.to_px(*at)))
        self.card.show_card(self._card_of(row, codes), spot.toPoint())

    def _card_of(self, row: int, codes: Codes) -> Card:
        label, names = int(codes.labels[row]), self._session.label_names
        if label < 0:
            named = "Unlabelled" if names else ""
        else:
            named = names[label] if label < len(names) else f"Class {label}"
        state = self._session.picture(row)
        return Card(
            row=row,
            label=named,
            swatch=self._swatch(row),
            file_name=self._file_name(row),
            picture=state.image,
            is_reconstruction=state.is_reconstruction,
            value=self._value(row),
            place=place_words(codes, row),
        )

    def _value(self, row: int) -> str:
        attribute = self._session.colouring.attribute
        if attribute is None or attribute.name == "class" or row >= len(attribute):
            return ""
        return f"{attribute.title}: {attribute.words(row)}"

    def _swatch(self, row: int) -> str:
        cloud = self._canvas.points.cloud
        # One row alone: the colour of a card must not cost a pass over all points.
        return "" if cloud is None else cloud.palette[int(cloud.paint.kinds(np.array([row]))[0])]

    def _file_name(self, row: int) -> str:
        dataset = self._session.dataset
        if dataset is None or not self._session.rows_are_data:
            return ""
        column = dataset.columns.get("path")
        return "" if column is None else PurePath(str(column[row])).name

    def _picture_ready(self, row: int) -> None:
        if row == self._row:
            self._show()


def _seek(
    codes: Codes,
    at: tuple[float, float],
    radius: float,
    seen: Mask | None,
    say: Say,
    go_on: GoOn,
) -> None:
    row = nearest_of_all(codes.xy, at, radius, seen)
    if go_on():
        say((codes, at, row))


def place_words(codes: Codes, row: int) -> str:
    """Return how far a datum is off the plane that it is drawn on; nothing where it is on it."""
    plane = codes.plane
    if not isinstance(plane, Plane) or plane.exact:
        return ""
    return f"{float(plane.off(codes.z[row])):.2f} off the plane"
