"""The parts of the window above one another: what is shown gets its height from the first."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QSplitter, QWidget

LEAST_PX = 240  # of the first part, before a part that appears gets less than it wants


class Room(QSplitter):
    """A column of parts with lines between them that can be dragged.

    Qt takes the room for a part that appears from all the others alike, and from itself: a panel
    that wants 264 pixels came up with 110. Here the first part alone gives it, and a part that
    was hidden comes back as high as it was.

    Args:
        first: What takes the room that is left.
        below: What may be shown and hidden.
    """

    def __init__(self, first: QWidget, *below: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self._heights: dict[QObject, int] = {}  # that parts had before they were hidden
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)
        for part in (first, *below):
            self.addWidget(part)
        self.setStretchFactor(0, 1)
        for part in below:
            part.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A part below appears or goes."""
        if self.isVisible() and isinstance(watched, QWidget):
            if event.type() == QEvent.Type.HideToParent:
                self._heights[watched] = watched.height()
            elif event.type() == QEvent.Type.ShowToParent:
                self._give(watched)
        return super().eventFilter(watched, event)

    def _give(self, part: QWidget) -> None:
        sizes, place = self.sizes(), self.indexOf(part)
        if place < 1:
            return
        wanted = self._heights.get(part, part.sizeHint().height())
        spare = sizes[0] + sizes[place] - LEAST_PX
        sizes[0] += sizes[place]
        sizes[place] = max(min(wanted, spare), part.minimumSizeHint().height())
        sizes[0] -= sizes[place]
        self.setSizes(sizes)
