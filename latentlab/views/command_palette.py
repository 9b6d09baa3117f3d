"""The command palette: every action by name, found as it is typed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QAction, QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from latentlab.views.theme import DARK, Theme
from latentlab.views.widgets import column, row, rule, with_text, words

WIDTH_PX, HEIGHT_PX = 560, 420  # with text of the theme's own size
MARGIN_PX = 72  # to the window's edges
ACTION = Qt.ItemDataRole.UserRole
EXTRA = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex


def plain(action: QAction) -> str:
    """Return an action's name with its menu: "Model: Train..."."""
    menu = str(action.property("menu") or "")
    text = action.text().replace("&", "")
    return f"{menu}: {text}" if menu else text


def score(name: str, typed: str) -> int | None:
    """Return how well `typed` fits `name` (higher is better), or None where it does not.

    Every typed word must begin somewhere in the name; words that begin a word of it count more.

    Example:
        >>> score("Model: Train...", "tra mod") is not None, score("Model: Train...", "fit")
        (True, None)
    """
    low = name.lower()
    total = 0
    for part in typed.lower().split():
        at = low.find(part)
        if at < 0:
            return None
        begins = any(word.startswith(part) for word in low.replace(":", " ").split())
        total += 10 if begins else 1
    return total


class ShortcutDelegate(QStyledItemDelegate):
    """A row with the shortcut at its right end."""

    quiet = QColor(DARK.quiet)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw a row."""
        super().paint(painter, option, index)
        painter.save()
        painter.setPen(self.quiet)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        room = QRect(option.rect).adjusted(0, 0, -12, 0)
        painter.drawText(room, int(flags), str(index.data(EXTRA) or ""))
        painter.restore()


class CommandPalette(QDialog):
    """A field and the actions that fit it; Enter runs the chosen one."""

    def __init__(self, actions: Sequence[QAction], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Commands")
        self.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        self._actions = list(actions)
        self.field = QLineEdit()
        self.field.setProperty("role", "search")
        self.field.setPlaceholderText("Type a command")
        self.field.setAccessibleName("Command")
        self.field.textChanged.connect(self._filter)
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName("Commands")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._delegate = ShortcutDelegate(self.list)
        self.list.setItemDelegate(self._delegate)
        self.list.itemClicked.connect(self._run)
        self.nothing = words("No command has these words.", "quiet")
        body = QWidget()
        body.setObjectName("commandPalette")
        inner = column(self.field, rule(), self.list, self.nothing, spacing=0)
        inner.setContentsMargins(1, 1, 1, 8)
        body.setLayout(inner)
        self.setLayout(row(body))
        self.nothing.setContentsMargins(16, 12, 16, 8)

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._delegate.quiet = QColor(theme.quiet)

    def ask(self) -> None:
        """Show the palette in the upper middle of its window."""
        self.field.clear()
        self._filter("")
        window = self.parentWidget()
        if window is not None:
            corner = window.mapToGlobal(window.rect().topLeft())
            wide = min(with_text(self, WIDTH_PX).width(), window.width() - 2 * MARGIN_PX)
            high = min(with_text(self, HEIGHT_PX).height(), window.height() - 2 * MARGIN_PX)
            left = corner.x() + (window.width() - wide) // 2
            self.setGeometry(QRect(left, corner.y() + MARGIN_PX, wide, high))
        self.field.setFocus()
        self.show()
        self.raise_()
        self.activateWindow()

    @property
    def actions_listed(self) -> list[QAction]:
        """The actions that fit what is typed."""
        return [self.list.item(i).data(ACTION) for i in range(self.list.count())]

    def _filter(self, typed: str) -> None:
        found = [(score(plain(action), typed), action) for action in self._actions]
        fitting = [(points, action) for points, action in found if points is not None]
        fitting.sort(key=lambda pair: (-pair[0], not pair[1].isEnabled()))
        self.list.clear()
        for _, action in fitting:
            self.list.addItem(self._item(action))
        self.list.setCurrentRow(0)
        self.list.setVisible(bool(fitting))
        self.nothing.setVisible(not fitting)

    def _item(self, action: QAction) -> QListWidgetItem:
        shortcut = action.shortcut().toString()
        state = "on" if action.isCheckable() and action.isChecked() else ""
        extra = "   ".join(part for part in (state, shortcut) if part)
        item = QListWidgetItem(plain(action))
        item.setData(ACTION, action)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{plain(action)} {extra}")
        item.setData(EXTRA, extra)
        if not action.isEnabled():
            item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
        return item

    def _run(self, item: QListWidgetItem | None) -> None:
        if item is None or not item.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        action: QAction = item.data(ACTION)
        self.accept()
        action.trigger()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look at another widget's events first."""
        mine = watched is self.field and event.type() == QEvent.Type.KeyPress
        if mine and isinstance(event, QKeyEvent) and self._take(event):
            return True
        return super().eventFilter(watched, event)

    def _take(self, event: QKeyEvent) -> bool:
        moves = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: 8,
            Qt.Key.Key_PageUp: -8,
        }
        key = Qt.Key(event.key())
        if key in moves:
            last = self.list.count() - 1
            row_number = self.list.currentRow() + moves[key]
            self.list.setCurrentRow(min(max(row_number, 0), last))
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run(self.list.currentItem())
            return True
        return False

    def done(self, result: int) -> None:
        """Close, and give the keyboard back where no window manager does."""
        give_back = self.isActiveWindow()
        super().done(result)
        window = self.parentWidget()
        if give_back and window is not None:
            window.activateWindow()

    def changeEvent(self, event: QEvent) -> None:
        """Go when another window is used."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self.reject()
