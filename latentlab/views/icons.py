"""The project's line icons, tinted by the theme when they are loaded."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from latentlab.resources import resource_path
from latentlab.views.theme import Theme, mix

SIZES_PX = (16, 20, 24, 32, 48)


def icon(name: str, theme: Theme, colour: str | None = None) -> QIcon:
    """Return the icon `name` in `colour`, or in the theme's text colour."""
    disabled = mix(theme.panel, theme.quiet, 0.6)
    return _icon(name, colour or theme.text, disabled)


def app_icon() -> QIcon:
    """Return the program's own icon, the same in both themes."""
    made = QIcon()
    for side in (16, 32, 64, 128, 256):
        made.addPixmap(_drawn("app", "#000000", side))
    return made


@lru_cache(maxsize=256)
def _icon(name: str, colour: str, disabled: str) -> QIcon:
    made = QIcon()
    for side in SIZES_PX:
        made.addPixmap(_drawn(name, colour, side), QIcon.Mode.Normal)
        made.addPixmap(_drawn(name, disabled, side), QIcon.Mode.Disabled)
    return made


def _drawn(name: str, colour: str, side: int) -> QPixmap:
    source = resource_path(f"icons/{name}.svg").read_text(encoding="utf-8")
    renderer = QSvgRenderer(QByteArray(source.replace("currentColor", colour).encode()))
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    return pixmap
