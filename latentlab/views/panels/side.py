"""The columns beside the map."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLayout, QScrollArea, QWidget

from latentlab.views.pictures import PictureView
from latentlab.views.theme import GRID

LEAST_PICTURE_PX = 144
LEAST_PX = 272
NARROWEST_PX = 176


def side(layout: QLayout) -> QWidget:
    """Return a column with the ground of a panel."""
    page = QWidget()
    page.setProperty("role", "side")
    page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    page.setLayout(layout)
    return page


class Scrolled(QScrollArea):
    """A column that scrolls where its parts need more height than there is."""

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self._page = page
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setProperty("role", "side")
        self.setWidget(page)
        page.installEventFilter(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the new size."""
        super().resizeEvent(event)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fit again when a part has come to need more room, or less."""
        if watched is self._page and event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)

    def _fit_width(self, least_px: int) -> None:
        least = self._page.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        self.setMinimumWidth(max(least, least_px))

    def _fit(self) -> None:
        self._fit_width(NARROWEST_PX)
        # Words that wrap say how high they are for a width alone.
        layout = self._page.layout()
        if layout is None:
            return
        needed = layout.totalMinimumSize().height()
        if layout.hasHeightForWidth():
            needed = max(needed, layout.minimumHeightForWidth(self.viewport().width()))
        self._page.setMinimumHeight(needed)


class SideScroll(Scrolled):
    """A column that scrolls, with a picture in it as large as leaves room for the rest."""

    def __init__(self, page: QWidget, picture: PictureView) -> None:
        self._picture = picture
        self._picture_px = picture.sizeHint().height()
        super().__init__(page)

    def _fit(self) -> None:
        self._fit_width(LEAST_PX)
        widest = self.viewport().width() - 4 * GRID
        layout = self._page.layout()
        needed = layout.totalHeightForWidth(self.viewport().width()) if layout is not None else 0
        room = self.viewport().height() - (needed - self._picture_px)
        wanted = max(min(room, widest), LEAST_PICTURE_PX)
        if wanted != self._picture_px:
            self._picture_px = wanted
            self._picture.setFixedHeight(wanted)
