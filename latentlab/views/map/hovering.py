"""What the pointer is over: the nearest point, its ring and its card."""

from __future__ import annotations

from pathlib import PurePath

import numpy as np
from PySide6.QtCore import QObject, QPointF, Signal
from PySide6.QtWidgets import QWidget

from latentlab.engine.messages import Codes
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
        self.card = HoverCard(surface)
        session.picture_ready.connect(self._picture_ready)

    def row_at(self, plot_px: QPointF) -> int | None:
        """The shown point nearest to a pixel of the plot, within reach."""
        codes = self._session.codes
        if codes is None or not self._canvas.points.isVisible() or not len(codes.index):
            return None
        radius = REACH_PX / self._canvas.camera.scale
        cloud = self._canvas.points.cloud
        seen = None if cloud is None or not cloud.sieve else cloud.sieve.keeps
        return codes.index.nearest(self._canvas.xy(plot_px), radius, seen)

    def move(self, plot_px: QPointF | None) -> None:
        """The pointer is over another pixel of the plot; None is away."""
        self._pointer = plot_px
        self.refresh()

    def refresh(self) -> None:
        """Look again: points or view have changed under the pointer."""
        self._row = None if self._pointer is None else self.row_at(self._pointer)
        self._show()

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
        )

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
