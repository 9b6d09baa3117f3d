"""The bookmarks: points and paths by name, with a small picture of each."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QContextMenuEvent, QIcon, QKeyEvent, QPixmap
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QMenu, QWidget

from latentlab.session.bookmark import Bookmark
from latentlab.session.session import Session
from latentlab.views.pictures import to_qimage
from latentlab.views.widgets import ActionButton, column, heading, plain_tip, row, words

EMPTY = "Keep a point (Ctrl+B) or a path: it stays here, and in the project."
ICON = QSize(64, 36)
LIST_PX = 240
HINT = "Enter goes there, F2 renames, Delete removes; two chosen can be compared."


class BookmarkList(QListWidget):
    """The list itself: Enter or a double click goes, F2 renames, Delete removes.

    Signals:
        went: (int) a bookmark was activated.
        removed: (int) it is to go.
        compared: two are to be compared.
    """

    went = Signal(int)
    removed = Signal(int)
    compared = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setIconSize(ICON)
        self.setAccessibleName("Bookmarks")
        self.setAccessibleDescription(HINT)
        self.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QListWidget.EditTrigger.EditKeyPressed)
        self.itemDoubleClicked.connect(self._activate)

    def fit(self) -> None:
        """Be as high as the rows, up to a limit."""
        rows = sum(self.sizeHintForRow(row) for row in range(self.count()))
        self.setFixedHeight(min(rows + 2 * self.frameWidth() + 4, LIST_PX))

    def _activate(self, item: QListWidgetItem) -> None:
        self.went.emit(self.row(item))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take Enter and Delete; the rest is the list's own."""
        place = self.currentRow()
        editing = self.state() == QListWidget.State.EditingState
        if place >= 0 and not editing:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.went.emit(place)
                return
            if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
                self.removed.emit(place)
                return
        super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done with the one under the pointer."""
        item = self.itemAt(event.pos())
        if item is None:
            return
        place = self.row(item)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        go, rename, remove = (menu.addAction(t) for t in ("&Go there", "&Rename", "Re&move"))
        compare = menu.addAction("&Compare the two")
        go.setEnabled(bool(item.data(Qt.ItemDataRole.UserRole)))
        compare.setEnabled(len(self.selectedItems()) == 2)
        go.triggered.connect(lambda: self.went.emit(place))
        rename.triggered.connect(lambda: self.editItem(item))
        remove.triggered.connect(lambda: self.removed.emit(place))
        compare.triggered.connect(self.compared)
        menu.popup(event.globalPos())


class BookmarksPanel(QWidget):
    """Shows the session's bookmarks, and steers them.

    Signals:
        compared: (int, int) two of them are to be compared.
    """

    compared = Signal(int, int)

    def __init__(self, session: Session, point: QAction, path: QAction) -> None:
        super().__init__()
        self._session = session
        self._bookmarks = session.bookmarks
        self._filling = False
        self.list = BookmarkList()
        self.list.went.connect(self._bookmarks.go)
        self.list.removed.connect(self._bookmarks.remove)
        self.list.compared.connect(self._compare)
        self.list.itemChanged.connect(self._renamed)
        self.empty = words(EMPTY, "quiet", wrap=True)
        buttons = row(ActionButton(point, "Keep point"), ActionButton(path, "Keep path"), None)
        layout = column(heading("Bookmarks"), self.empty, self.list, buttons)
        layout.setContentsMargins(0, 0, 0, 0)
        self.setLayout(layout)
        self._bookmarks.bookmarks_changed.connect(self.refresh)
        for signal in (session.model_changed, session.codes_changed):
            signal.connect(self._enable)
        self.refresh()

    def refresh(self) -> None:
        """Show the session's bookmarks."""
        self._filling = True
        chosen = self.list.currentRow()
        self.list.clear()
        for bookmark in self._bookmarks.all:
            self.list.addItem(_item(bookmark))
        self.list.setCurrentRow(min(chosen, self.list.count() - 1))
        self._filling = False
        self.list.fit()
        self.empty.setVisible(not self._bookmarks.all)
        self.list.setVisible(bool(self._bookmarks.all))
        self._enable()

    def _enable(self) -> None:
        self._filling = True
        for place, bookmark in enumerate(self._bookmarks.all):
            item, why = self.list.item(place), self._bookmarks.why_not(place)
            flags = item.flags() | Qt.ItemFlag.ItemIsEditable
            item.setFlags(flags)
            item.setData(Qt.ItemDataRole.UserRole, not why)
            item.setToolTip(plain_tip(why or f"{bookmark.name}\n{_where(bookmark)}"))
        self._filling = False

    def _renamed(self, item: QListWidgetItem) -> None:
        if not self._filling:
            self._bookmarks.rename(self.list.row(item), item.text())

    def _compare(self) -> None:
        rows = sorted(self.list.row(item) for item in self.list.selectedItems())
        if len(rows) == 2:
            self.compared.emit(rows[0], rows[1])


def _item(bookmark: Bookmark) -> QListWidgetItem:
    item = QListWidgetItem(bookmark.name)
    if bookmark.picture is not None:
        item.setIcon(QIcon(QPixmap.fromImage(to_qimage(bookmark.picture))))
    kind = "point" if bookmark.path is None else "path"
    item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{bookmark.name}, {kind}")
    return item


def _where(bookmark: Bookmark) -> str:
    if bookmark.path is not None:
        count = len(bookmark.path.stops)
        return f"A path through {count} points, {bookmark.path.frames} frames"
    shown = ", ".join(f"{value:.2f}" for value in bookmark.z[:4])
    return f"z = ({shown}{', ...' if len(bookmark.z) > 4 else ''})".replace("-", "−")
