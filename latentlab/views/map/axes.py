"""The axes: quiet numbers at the left and the bottom, named after the plane."""

from __future__ import annotations

import math
from html import escape
from typing import Any

import pyqtgraph as pg

from latentlab.views.map.layer import scaled_font
from latentlab.views.theme import TEXT_SMALL, Theme

LEFT_PX, BOTTOM_PX = 52, 40
NAME_PX = 16  # of these, for the name
CRAMPED_LINES = 20  # a map lower than so many lines of numbers keeps the room of the names
TICKS_PX = 64  # at least so far apart


class Axis(pg.AxisItem):
    """A pyqtgraph axis without its line, in the theme's type and colours.

    Args:
        side: "left" or "bottom".
        view: The view box whose range it shows.
    """

    def __init__(self, side: str, view: Any) -> None:
        super().__init__(side, linkView=view)
        self.setStyle(
            tickLength=0,
            tickTextOffset=8,
            autoExpandTextSpace=False,
            autoReduceTextSpace=False,
            hideOverlappingLabels=True,
            maxTickLevel=0,
            tickAlpha=0,  # no ticks: pyqtgraph draws a dot even for a length of 0
        )
        self.enableAutoSIPrefix(False)
        self._side = side
        self._text_px = TEXT_SMALL
        self._name = ""
        self._ink = "#808080"
        self._whole = False
        self._scale = 1.0
        self._cramped = False

    def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
        """Numbers about as far apart on both axes: 1, 2 or 5 times a power of ten."""
        wanted = TICKS_PX * self._text_px / TEXT_SMALL * max(high - low, 1e-12) / max(size, 1.0)
        power = 10.0 ** math.floor(math.log10(wanted))
        step = next(k for k in (1.0, 2.0, 5.0, 10.0) if k * power >= 0.999 * wanted)
        return [(max(step * power, 1.0) if self._whole else step * power, 0.0)]

    def set_numbers(self, *, shown: bool, whole: bool) -> None:
        """Show its numbers or none, and whole ones alone or fractions too."""
        self._whole = whole
        if shown != self.style["showValues"]:
            self.setStyle(showValues=shown)
        self.picture = None
        self.update()

    @property
    def name(self) -> str:
        """What the axis is called."""
        return self._name

    def set_name(self, name: str) -> None:
        """Call it "z1", "PC2" or what the plane says."""
        if name == self._name:
            return
        self._name = name
        self._write_name()

    def fit(self, height_px: int) -> None:
        """Leave out the name where the map is so low that it wants the room."""
        cramped = height_px < CRAMPED_LINES * self._text_px
        if cramped != self._cramped:
            self._cramped = cramped
            self._take_room()
            self._write_name()

    def _take_room(self) -> None:
        across = self._side == "bottom"
        room = (BOTTOM_PX if across else LEFT_PX) - (NAME_PX if self._cramped else 0)
        (self.setHeight if across else self.setWidth)(round(room * self._scale))

    def _write_name(self) -> None:
        name = "" if self._cramped else self._name
        self.setLabel(escape(name), **{"color": self._ink, "font-size": f"{self._text_px}px"})

    def set_theme(self, theme: Theme, text_scale: float = 1.0) -> None:
        """Take another theme's colours, and text so many times its size."""
        font = scaled_font(TEXT_SMALL, text_scale)
        self._text_px = font.pixelSize()
        self.setStyle(tickFont=font)
        self._scale = text_scale
        self._take_room()
        self._ink = theme.quiet
        self.setPen(pg.mkPen(None))
        self.setTickPen(pg.mkPen(None))
        self.setTextPen(pg.mkPen(theme.quiet))
        self._write_name()
