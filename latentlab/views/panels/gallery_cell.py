"""One picture of a gallery, the ring of what is chosen, and what it is in words."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from latentlab.session.session import Session
from latentlab.views.pictures import fitted
from latentlab.views.theme import Theme

RING_PX = 2.0


def paint_picture(
    painter: QPainter, image: QImage | None, room: QRectF, theme: Theme, *, smooth: bool
) -> None:
    """A picture as large as fits, crisp at whole multiples; a quiet ground while it is fetched."""
    if image is None:
        painter.fillRect(room.adjusted(1, 1, -1, -1), QColor(theme.raised))
        return
    ratio = painter.device().devicePixelRatioF()
    smooth = smooth or image.width() > room.width() * ratio
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
    painter.drawImage(fitted(image.size(), room, ratio, smooth=smooth), image)


def paint_ring(
    painter: QPainter, room: QRectF, theme: Theme, *, chosen: bool, marked: bool
) -> None:
    """Around a picture: broad in the accent where it is chosen, thin where it is pointed at."""
    around = room.adjusted(-RING_PX, -RING_PX, RING_PX, RING_PX)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if chosen:
        painter.setPen(QPen(QColor(theme.accent), 2.0 * RING_PX - 1.0))
        painter.drawRect(around.adjusted(1, 1, -1, -1))
    if marked:
        style = Qt.PenStyle.DotLine if chosen else Qt.PenStyle.SolidLine
        painter.setPen(QPen(QColor(theme.text), 1.0, style))
        painter.drawRect(around.adjusted(-0.5, -0.5, 0.5, 0.5))


def words_of(session: Session, row: int, caption: str = "") -> str:
    """What a row of the map is: its number, class, what else is known of it."""
    codes, names = session.codes, session.label_names
    label = -1 if codes is None or row >= len(codes.labels) else int(codes.labels[row])
    name = names[label] if 0 <= label < len(names) else ""
    told = [f"row {row:,}", name, caption]
    if session.thumbnails.are_reconstructions:
        told.append("reconstruction")
    return ", ".join(part for part in told if part)
