"""A line of three groups that becomes two lines where it is too narrow."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from latentlab.views.theme import GRID
from latentlab.views.widgets import with_text


class FoldLine(QWidget):
    """Three groups beside each other; where there is no room, the middle one below the others.

    A line saved here is a line more for the map.

    Args:
        left: What comes first, as wide as it needs.
        middle: What takes the room that is left.
        right: What comes last, as wide as it needs.
        middle_px: How much more than the least that it needs the middle one must have to stay on
            the line, in pixels at the theme's own size of text.
    """

    def __init__(self, left: QWidget, middle: QWidget, right: QWidget, middle_px: int = 0) -> None:
        super().__init__()
        self._parts = left, middle, right
        self._middle_px = middle_px
        self._folded: bool | None = None
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(2 * GRID)
        self._grid.setVerticalSpacing(GRID // 2)
        self._grid.setColumnStretch(1, 1)
        self.setLayout(self._grid)
        self._fold(folded=False)

    @property
    def folded(self) -> bool:
        """Whether it is two lines now."""
        return bool(self._folded)

    def minimumSizeHint(self) -> QSize:
        """Two lines are narrower; the height is that of the lines there are now."""
        left, middle, right = (part.minimumSizeHint().width() for part in self._parts)
        wide = max(left + right + 2 * GRID, middle)
        return QSize(wide, self._grid.minimumSize().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the new width."""
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        """Fit again when a group has come to need more room, or less."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return done

    def _fit(self) -> None:
        left, middle, right = self._parts
        needed = left.sizeHint().width() + right.sizeHint().width() + 4 * GRID
        needed += (
            max(middle.minimumSizeHint().width(), 0) + with_text(self, self._middle_px).width()
        )
        self._fold(folded=self.width() < needed)

    def _fold(self, *, folded: bool) -> None:
        if folded == self._folded:
            return
        self._folded = folded
        left, middle, right = self._parts
        for part in self._parts:
            self._grid.removeWidget(part)
        self._grid.addWidget(left, 0, 0)
        self._grid.addWidget(right, 0, 2)
        if folded:
            self._grid.addWidget(middle, 1, 0, 1, 3)
        else:
            self._grid.addWidget(middle, 0, 1)
        self.updateGeometry()
