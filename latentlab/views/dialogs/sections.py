"""Sections of a long form in as many columns as there is room for."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from latentlab.views.theme import GRID
from latentlab.views.widgets import with_text

LEAST_PX = 288  # of a column, where text has the theme's own size
GAP_PX = 4 * GRID


class Sections(QWidget):
    """Places sections anew when the room for columns changes.

    Args:
        sections: What to place.
        orders: For each number of columns, from one on, which sections stand in which column.
        least_px: The least width of a column, where text has the theme's own size.
    """

    def __init__(
        self,
        sections: tuple[QWidget, ...],
        orders: tuple[tuple[tuple[int, ...], ...], ...],
        *,
        least_px: int = LEAST_PX,
    ) -> None:
        super().__init__()
        self._least_px = least_px
        self._sections, self._orders = sections, orders
        for section in sections:
            layout = section.layout()
            if isinstance(layout, QVBoxLayout):
                layout.addStretch(
                    1
                )  # what is shorter than it may be begins at the top all the same
        self._shown: tuple[tuple[int, ...], ...] = ()
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(GAP_PX)
        self._columns: list[QVBoxLayout] = []
        for _ in orders:
            column = QVBoxLayout()
            column.setSpacing(3 * GRID)
            across.addLayout(column, 1)
            self._columns.append(column)
        self._place(orders[-1])

    @property
    def column_count(self) -> int:
        """How many columns there are now."""
        return len(self._shown)

    def _least(self) -> int:
        return with_text(self, self._least_px).width()

    def minimumSizeHint(self) -> QSize:
        """As narrow as one column."""
        return QSize(self._least(), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the new width."""
        super().resizeEvent(event)
        fit = (self.width() + GAP_PX) // (self._least() + GAP_PX)
        self._place(self._orders[max(min(fit, len(self._orders)), 1) - 1])

    def _place(self, order: tuple[tuple[int, ...], ...]) -> None:
        if order == self._shown:
            return
        self._shown = order
        across = self.layout()
        for place, column in enumerate(self._columns):
            while column.takeAt(0) is not None:
                pass
            used = place < len(order)
            if isinstance(across, QHBoxLayout):
                across.setStretch(place, int(used))
            if used:
                for index in order[place]:
                    column.addWidget(self._sections[index])
                column.addStretch(1)
        self.updateGeometry()
