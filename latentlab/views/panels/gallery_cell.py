"""Single pictures of a gallery: as images, painted, ringed, and in words."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from latentlab.session.session import Session
from latentlab.session.thumbnails import Thumbnails
from latentlab.views.pictures import fitted, to_qimage
from latentlab.views.theme import Theme

RING_PX = 2.0

MOST_IMAGES = 6000  # kept ready to be painted


class Images:
    """Pictures of rows as they are painted, and which places were painted without one.

    Args:
        thumbnails: Where they come from.
    """

    def __init__(self, thumbnails: Thumbnails) -> None:
        self._thumbnails = thumbnails
        self._kept: dict[int, QImage] = {}
        self._lacking: dict[int, int] = {}  # place -> row

    def of(self, rows: list[int], places: range) -> dict[int, QImage]:
        """Images by row, of rows at places that are painted now, as far as they are there."""
        missing = [row for row in rows if row not in self._kept]
        if len(self._kept) + len(missing) > MOST_IMAGES:
            self._kept = {row: self._kept[row] for row in rows if row in self._kept}
        for row, picture in self._thumbnails.pictures(missing).items():
            form = QImage.Format.Format_RGB32  # what is painted without another step
            self._kept[row] = to_qimage(picture).convertToFormat(form)
        for place, row in zip(places, rows, strict=True):
            if row in self._kept:
                self._lacking.pop(place, None)
            else:
                self._lacking[place] = row
        return self._kept

    def arrived(self, seen: range) -> list[int]:
        """Places in view whose pictures are there by now; those out of view lack nothing."""
        self._lacking = {place: row for place, row in self._lacking.items() if place in seen}
        there = self._thumbnails.pictures(list(self._lacking.values()))
        return [place for place, row in self._lacking.items() if row in there]

    def nothing_lacks(self) -> None:
        """All places are painted anew."""
        self._lacking.clear()

    def clear(self) -> None:
        """Rows mean something else now."""
        self._kept.clear()
        self._lacking.clear()


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
