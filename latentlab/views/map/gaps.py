"""Gaps: a tint where every datum is far, so that a decode there is made of nothing."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem

from latentlab.latent.gaps import Gaps
from latentlab.views.map.labelled import Switched
from latentlab.views.map.layer import colour

STRENGTH, OVER_PICTURES = 0.14, 0.42


class GapsLayer(Switched):
    """A tint over the lattice and under the points.

    Args:
        parent: The plot's view box.
        depth: Higher is nearer to the eye.
    """

    hints = QPainter.RenderHint.SmoothPixmapTransform

    def __init__(self, parent: QGraphicsItem, depth: float) -> None:
        super().__init__(parent, depth)
        self._gaps: Gaps | None = None
        self._alpha = QImage()

    def set_gaps(self, gaps: Gaps | None) -> None:
        """Show other gaps; None shows none."""
        if gaps is self._gaps and gaps is not None:
            return
        self._gaps = gaps
        if gaps is not None:
            alpha = np.ascontiguousarray(gaps.level)
            rows, columns = alpha.shape
            kind = QImage.Format.Format_Alpha8
            self._alpha = QImage(alpha.data, columns, rows, columns, kind).copy()
        self.set_known(gaps is not None)
        self.update()

    def draw(self, painter: QPainter) -> None:
        """The mask with smooth edges, and all that lies beyond it."""
        if self._gaps is None:
            return
        strength = OVER_PICTURES if self.over_pictures else STRENGTH
        ink = colour(self.theme.warn, strength)
        target = self.px_rect(self._gaps.rect)
        tint = QImage(self._alpha.size(), QImage.Format.Format_ARGB32_Premultiplied)
        tint.fill(ink)
        inner = QPainter(tint)
        inner.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
        inner.drawImage(0, 0, self._alpha)
        inner.end()
        painter.drawImage(target, tint, QRectF(tint.rect()))
        beyond = QPainterPath()
        beyond.addRect(self.boundingRect())
        hole = QPainterPath()
        hole.addRect(target)
        painter.fillPath(beyond.subtracted(hole), ink)
