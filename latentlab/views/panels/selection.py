"""The selection: a gallery of it, what it has in common, and what can be done with it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QMenu,
    QPushButton,
    QSlider,
    QSpinBox,
    QSplitter,
    QStackedWidget,
    QWidget,
)

from latentlab.session.session import Session
from latentlab.session.state import Notice
from latentlab.views.panels.gallery import Gallery
from latentlab.views.panels.gallery_grid import LEAST_PX, MOST_PX
from latentlab.views.panels.sorting import ORDERS, Order, Sorter
from latentlab.views.panels.statistics import Statistics
from latentlab.views.theme import DARK, Theme
from latentlab.views.widgets import ActionButton, IconButton, column, heading, level, row, words

EMPTY = (
    "Nothing is selected. Draw around points on the map with Shift held, or press B and paint"
    " over them."
)
STATISTICS_PX = 540
HEIGHT_PX = 264


class SelectionPanel(QWidget):
    """Gallery and statistics side by side, with a line of tools above them.

    Args:
        session: Whose selection.
        grow: Adds neighbours.
        exports: What can be written of it.
        close: Hides the panel.
        parent: Qt's owner.
    """

    def __init__(
        self,
        session: Session,
        grow: QAction,
        exports: tuple[QAction, ...],
        close: QAction,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._theme: Theme = DARK
        self.gallery = Gallery(session, "Gallery of the selection")
        self.statistics = Statistics(session)
        self._sorter = Sorter(session, self)
        self.count = words("", "quiet")
        self.mark = words("", "mark")
        self.order = QComboBox()
        self.order.setAccessibleName("Sort the gallery by")
        for key, text in ORDERS.items():
            self.order.addItem(text, key)
        self.side = QSlider(Qt.Orientation.Horizontal)
        self.side.setRange(LEAST_PX, MOST_PX)
        self.side.setFixedWidth(96)
        self.side.setAccessibleName("Size of the pictures")
        self.side.setToolTip("Size of the pictures")
        self.chosen = QPushButton("Select these")
        self.chosen.setToolTip("Select the chosen pictures alone (Return)")
        self.chosen.setAutoDefault(False)
        self.grow = ActionButton(grow, "Grow")
        self.neighbours = QSpinBox()
        self.neighbours.setRange(1, 1000)
        self.neighbours.setKeyboardTracking(False)
        self.neighbours.setAccessibleName("Neighbours that growing adds for each datum")
        self.neighbours.setToolTip("So many nearest neighbours in z of each selected datum")
        self.neighbours.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.neighbours.setFixedWidth(64)
        self.export = QPushButton("Export")
        self.export.setAutoDefault(False)
        menu = QMenu(self.export)
        menu.addActions(exports)
        self.export.setMenu(menu)
        self.export.setProperty("menu", "true")  # the style leaves room for its arrow
        self.close_button = IconButton("close", "Hide the selection panel")
        self.close_button.clicked.connect(close.trigger)
        self._lay_out()
        self._connect()
        self._follow_settings()
        self.refresh()

    def _lay_out(self) -> None:
        sort = words("Sort by", "quiet")
        sort.setBuddy(self.order)
        head = row(
            heading("Selection"),
            self.count,
            self.mark,
            None,
            self.chosen,
            sort,
            self.order,
            self.side,
            self.grow,
            self.neighbours,
            self.export,
            self.close_button,
        )
        level(head)
        self.parts = QSplitter(Qt.Orientation.Horizontal)
        self.parts.setHandleWidth(1)
        self.parts.setChildrenCollapsible(False)
        self.parts.addWidget(self.gallery)
        self.parts.addWidget(self.statistics)
        self.parts.setStretchFactor(0, 1)
        self.parts.setSizes([1000, STATISTICS_PX])
        self.empty = words(EMPTY, "quiet", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.parts)
        layout = column(head, self.stack, spacing=6)
        layout.setContentsMargins(16, 8, 16, 8)
        layout.setStretch(1, 1)
        self.setLayout(layout)

    def _connect(self) -> None:
        session = self._session
        session.selection_changed.connect(self.refresh)
        session.codes_changed.connect(self.refresh)
        session.data_changed.connect(self.refresh)
        session.settings_changed.connect(self._follow_settings)
        self._sorter.sorted.connect(self._show_rows)
        self._sorter.waits.connect(self._show_waits)
        self.gallery.chosen_changed.connect(self._show_chosen)
        self.gallery.entered.connect(self._select_chosen)
        self.chosen.clicked.connect(self._select_chosen)
        self.order.activated.connect(self._set_order)
        self.side.valueChanged.connect(self._set_size)
        self.neighbours.valueChanged.connect(self._set_neighbours)

    # What is shown

    def refresh(self) -> None:
        """Show the session's selection; nothing is computed while the panel is hidden."""
        session, count = self._session, len(self._session.selected)
        total = 0 if session.codes is None else len(session.codes.xy)
        self.count.setText(f"{count:,} of {total:,}" if count else "")
        marked = bool(count) and session.thumbnails.are_reconstructions
        self.mark.setText("reconstructions" if marked else "")
        self.mark.setToolTip("The data are not open: these are the model's own pictures of them")
        self.stack.setCurrentIndex(int(bool(count)))
        self.export.setEnabled(bool(count))
        if not self.isHidden():
            self._sorter.sort(session.settings.gallery_sort)

    def _show_rows(self, rows: object) -> None:
        if isinstance(rows, np.ndarray):
            self.gallery.set_rows(rows)

    def _show_waits(self, waits: bool) -> None:
        self.order.setToolTip("The bounds are being measured" if waits else "")

    def _show_chosen(self) -> None:
        count = self.gallery.chosen_count
        self.chosen.setVisible(count > 0)
        self.chosen.setText(f"Select these {count:,}" if count > 1 else "Select this one")

    def _select_chosen(self) -> None:
        if self.gallery.chosen_count:
            self._session.select(self.gallery.chosen)

    # Settings

    def _set_order(self) -> None:
        by: Order = self.order.currentData()
        why = self._sorter.why_not(by)
        if why:
            self.order.setCurrentIndex(self.order.findData(self._session.settings.gallery_sort))
            self._session.notice.emit(_cannot(why))
            return
        self._session.update_settings(gallery_sort=by)
        self._sorter.sort(by)

    def _set_size(self, side_px: int) -> None:
        self.gallery.set_side(side_px)
        self._session.update_settings(gallery_px=side_px)

    def _set_neighbours(self, count: int) -> None:
        self._session.update_settings(grow=count)

    def _follow_settings(self) -> None:
        settings = self._session.settings
        self.gallery.set_side(settings.gallery_px)
        for control, value in ((self.side, settings.gallery_px), (self.neighbours, settings.grow)):
            if control.value() != value:
                control.blockSignals(True)
                control.setValue(value)
                control.blockSignals(False)
        self.order.setCurrentIndex(self.order.findData(settings.gallery_sort))

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        self.gallery.set_theme(theme)
        self.statistics.set_theme(theme)
        self.close_button.set_theme(theme)

    def sizeHint(self) -> QSize:
        """Room for a few lines of pictures."""
        return QSize(super().sizeHint().width(), HEIGHT_PX)

    @property
    def theme(self) -> Theme:
        """The look."""
        return self._theme

    def setVisible(self, visible: bool) -> None:
        """Show or hide; what is measured is measured for somebody who looks."""
        super().setVisible(visible)
        self._session.study.summing.want(visible)
        if visible:
            self.refresh()


def _cannot(why: str) -> Notice:
    return Notice("info", "The bounds are not known.", why)
