"""The layers of numbers: tints and colours over the lattice, under the points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QGraphicsItem

from latentlab.engine.messages import Field
from latentlab.views.map.inks import picture_of
from latentlab.views.map.labelled import Labelled, Pills
from latentlab.views.theme import Theme

ORDER = ("magnification", "entropy", "log_px", "decisions", "aggregate", "density", "far")


@dataclass(slots=True)
class _Shown:
    """One layer: its numbers, its picture, and how opaque it is."""

    field: Field
    image: QImage
    opacity: float


class Fields(Labelled):
    """All layers of numbers, from the one that fills the map to the lightest tint.

    Args:
        parent: The plot's view box.
        depth: Higher is nearer to the eye.
        labels_depth: Depth of the names of regions, which stay readable above the points.
    """

    labels: RegionNames
    hints = QPainter.RenderHint.SmoothPixmapTransform

    def __init__(self, parent: QGraphicsItem, depth: float, labels_depth: float) -> None:
        super().__init__(parent, depth, RegionNames(parent, labels_depth))
        self._shown: dict[str, _Shown] = {}
        self._names: tuple[str, ...] = ()

    def field(self, kind: str) -> Field | None:
        """What a layer shows; None where it shows nothing."""
        shown = self._shown.get(kind)
        return None if shown is None else shown.field

    def set_names(self, names: tuple[str, ...]) -> None:
        """Names of the classes."""
        if names != self._names:
            self._names = self.labels.names = names
            self._remake()

    def set_field(self, kind: str, field: Field | None, opacity: float) -> None:
        """Show other numbers of a layer; None shows nothing of it."""
        shown = self._shown.get(kind)
        if field is None:
            if self._shown.pop(kind, None) is None:
                return
        elif shown is not None and shown.field is field:
            if shown.opacity == opacity:
                return
            shown.opacity = opacity
        else:
            image = picture_of(field, self.theme, len(self._names))
            self._shown[kind] = _Shown(field, image, opacity)
        self._follow()
        self.update()

    def _follow(self) -> None:
        regions = self._shown.get("decisions")
        self.labels.places = () if regions is None else regions.field.places
        self.set_known(bool(self._shown))

    def _remake(self) -> None:
        for shown in self._shown.values():
            shown.image = picture_of(shown.field, self.theme, len(self._names))
        self.update()

    def set_theme(self, theme: Theme, text_scale: float = 1.0) -> None:
        """Take another theme's colours."""
        super().set_theme(theme, text_scale)
        self._remake()

    def draw(self, painter: QPainter) -> None:
        """One picture over the other."""
        before = painter.opacity()
        for kind in ORDER:
            shown = self._shown.get(kind)
            if shown is None or shown.opacity <= 0.0:
                continue
            target = self.px_rect(shown.field.rect)
            if shown.image.height() == 1:  # one latent: nothing changes across the map
                target = QRectF(target.left(), 0.0, target.width(), self.camera.height)
            painter.setOpacity(before * shown.opacity)
            painter.drawImage(target, shown.image, QRectF(shown.image.rect()))
        painter.setOpacity(before)


class RegionNames(Pills):
    """The name of each class in the middle of its largest region."""

    places: tuple[tuple[int, float, float], ...] = ()
    names: tuple[str, ...] = ()

    def placed(self) -> Iterator[tuple[str, QPointF]]:
        """In the middle of the region."""
        for label, x, y in self.places:
            name = self.names[label] if label < len(self.names) else f"Class {label}"
            yield name, self.px((x, y))
