"""The brush: whether the hand paints a selection, and how wide."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal

from latentlab.session.preferences import Preferences

LEAST_PX, MOST_PX = 3.0, 300.0


class Brush(QObject):
    """The tool is off at every start; its width is remembered.

    Args:
        preferences: Where the width is kept.
        parent: The session.
    """

    changed = Signal()

    def __init__(self, preferences: Preferences, parent: QObject) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self.on = False

    @property
    def radius_px(self) -> float:
        """Of the circle, in logical pixels of the screen."""
        return self._preferences.settings.brush_px

    def set_on(self, on: bool) -> None:
        """Take the brush, or put it away."""
        if on != self.on:
            self.on = on
            self.changed.emit()

    def scale(self, factor: float) -> None:
        """Make it wider or narrower."""
        wanted = float(np.clip(self.radius_px * factor, LEAST_PX, MOST_PX))
        if wanted != self.radius_px:
            self._preferences.update({"brush_px": wanted})
            self.changed.emit()
