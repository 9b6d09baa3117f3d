"""Analyse > Outliers..., Near-identical data...: lists whose members are a click from the map."""

from __future__ import annotations

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QPushButton, QTabWidget, QWidget

from latentlab.session.session import Session
from latentlab.views import choose
from latentlab.views.dialogs.base import Dialog
from latentlab.views.panels.outliers import OutliersPage
from latentlab.views.panels.twins import TwinsPage
from latentlab.views.theme import Theme
from latentlab.views.widgets import row

HOW = "A click shows a picture's place on the map. Ctrl and Shift choose more than one."

WIDTH_PX, HEIGHT_PX, EDGE_PX = 560, 740, 8


class OutliersWindow(Dialog):
    """Stays open beside the map.

    Args:
        session: Whose data.
        theme: The look.
        parent: The window.
    """

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("Outliers and duplicates", parent)
        self.setModal(False)
        self._session = session
        self.add_title("Outliers and duplicates", HOW)
        self.outliers, self.twins = OutliersPage(session), TwinsPage(session)
        self.tabs = QTabWidget()
        self.tabs.addTab(self.outliers, "Outliers")
        self.tabs.addTab(self.twins, "Near-identical")
        self.tabs.setDocumentMode(True)
        self.body.addWidget(self.tabs, 1)
        self.add_away("Close")
        self.select = QPushButton("Select these")
        self.select.setToolTip("On the map: what is chosen here, or all that is shown")
        self.export = QPushButton("Export...")
        self.select.clicked.connect(self._select)
        self.export.clicked.connect(self._export)
        for button in (self.select, self.export):
            button.setAutoDefault(False)
        self.body.removeWidget(self.buttons)
        self.body.addLayout(row(self.select, self.export, None, self.buttons))
        self.tabs.currentChanged.connect(self.refresh)
        for page in (self.outliers, self.twins):
            page.shown_changed.connect(self.refresh)
            page.gallery.chosen_changed.connect(self.refresh)
            page.gallery.entered.connect(self._select)
        self.set_theme(theme)
        self.refresh()
        self.begin_at(WIDTH_PX, HEIGHT_PX)
        self._placed = False

    def showEvent(self, event: QShowEvent) -> None:
        """The first time, stand beside the map as far as there is room."""
        super().showEvent(event)
        parent = self.parentWidget()
        if self._placed or parent is None:
            return
        self._placed = True
        self.resize(self.size().expandedTo(self.minimumSizeHint()))
        room = parent.screen().availableGeometry()
        corner = parent.mapToGlobal(parent.rect().topRight())
        right = min(corner.x(), room.right()) - EDGE_PX
        bottom = room.bottom() - self.height()
        self.move(max(right - self.width(), room.left()), min(corner.y() + 7 * EDGE_PX, bottom))

    def show_page(self, name: str) -> None:
        """Bring "outliers" or "duplicates" to the front."""
        self.tabs.setCurrentIndex(int(name == "duplicates"))

    @property
    def _page(self) -> OutliersPage | TwinsPage:
        return self.twins if self.tabs.currentIndex() else self.outliers

    def refresh(self) -> None:
        """Say what the buttons are about."""
        gallery = self._page.gallery
        count = gallery.chosen_count or len(gallery.rows)
        many = f"Select these {count:,}" if count else "Select these"
        self.select.setText("Select this one" if count == 1 else many)
        self.select.setEnabled(bool(count) and self._session.codes is not None)
        self.export.setEnabled(bool(len(gallery.rows)))

    def _select(self) -> None:
        gallery = self._page.gallery
        if self._session.codes is not None and len(gallery.rows):
            self._session.select(gallery.chosen if gallery.chosen_count else gallery.rows)

    def _export(self) -> None:
        page = self._page
        name = "duplicates" if page is self.twins else f"outliers-{self.outliers.name}"
        path = choose.new_file(self, "Export list", f"{name}.csv", choose.TABLE_FILES)
        if path is not None:
            what = "the near-identical data" if page is self.twins else "the outliers"
            self._session.write_table(path, page.table(), what)

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self.outliers.set_theme(theme)
        self.twins.set_theme(theme)
