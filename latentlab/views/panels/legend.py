"""The legend: categories by name and colour with counts, hidden and isolated; or a scale."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from latentlab.data.attributes import Attribute
from latentlab.data.dataset import UNLABELLED
from latentlab.session.session import Session
from latentlab.views.map.colouring import category_colors
from latentlab.views.panels.scale import ScalePanel
from latentlab.views.theme import DARK, Theme, mix
from latentlab.views.widgets import column, heading, plain_tip, row, words

LABEL, COLOUR, COUNT = (Qt.ItemDataRole.UserRole + i for i in range(3))
ROW_PX = 28
SWATCH_PX = 12
LEAST_ROWS = 4  # that are in view, however little room there is
Index = QModelIndex | QPersistentModelIndex
Entry = tuple[int, str, str, int]  # category, name, colour, count


class LegendPanel(QWidget):
    """A row for each category, or the scale of numbers.

    A click on a category hides it, a double or Alt click shows it alone.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._theme = DARK
        self.list = LegendList(session)
        self.scale = ScalePanel(session)
        self.empty = words("No data yet.\nFile > Open data...", "quiet", wrap=True)
        self.all = QPushButton("Show all")
        self.all.setProperty("role", "link")
        self.all.clicked.connect(session.show_all)
        hint = "Click hides, double click shows alone, Ctrl and click selects"
        self.list.setToolTip(f"{hint} (keyboard: Space, Alt+Space)")
        layout = column(row(heading("Legend"), None, self.all), self.scale, self.list, self.empty)
        layout.setStretch(2, 1000)
        layout.addStretch(1)
        self.setLayout(layout)
        session.codes_changed.connect(self.refresh)
        session.data_changed.connect(self.refresh)
        session.colouring.changed.connect(self.refresh)
        session.colouring.told_changed.connect(self.refresh)
        session.classes_changed.connect(self._mark_hidden)
        self.refresh()

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        self.list.delegate.theme = theme
        self.scale.set_theme(theme)
        self.refresh()

    def refresh(self) -> None:
        """Say what the colours mean, and of how many points that are shown."""
        colouring = self._session.colouring
        attribute = colouring.attribute
        numbers = colouring.scale is not None
        entries = [] if attribute is None or numbers else self._entries(attribute)
        self.list.fill(entries, "" if attribute is None else attribute.name)
        self.list.setVisible(bool(entries))
        self.scale.setVisible(numbers)
        self.empty.setVisible(attribute is None or not len(attribute))
        self._mark_hidden()

    def _entries(self, attribute: Attribute) -> list[Entry]:
        counts = self._session.colouring.counted.counts
        colours = category_colors(attribute, self._theme.name)
        return [
            (code, attribute.name_of(code), self._colour(code, colours), count)
            for code, count in sorted(counts.items(), key=lambda pair: (pair[0] < 0, pair[0]))
        ]

    def _colour(self, code: int, colours: tuple[str, ...]) -> str:
        if code == UNLABELLED or not colours:
            return self._theme.quiet
        return colours[code % len(colours)]

    def _mark_hidden(self) -> None:
        filter_, attribute = self._session.filter, self._session.colouring.attribute
        hidden = frozenset[int]() if attribute is None else filter_.hidden_of(attribute.name)
        self.list.mark_hidden(hidden)
        self.all.setVisible(bool(filter_.hidden))


class LegendList(QListWidget):
    """The rows themselves."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._of = ""
        self.delegate = LegendDelegate(self)
        self.setItemDelegate(self.delegate)
        self.setAccessibleName("Categories")
        self.setUniformItemSizes(True)
        self.setMinimumHeight(LEAST_ROWS * ROW_PX)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)

    def fill(self, entries: list[Entry], of: str) -> None:
        """Show (category, name, colour, count) rows of a column; the current row stays."""
        self._of = of
        if self.count() != len(entries):
            self.clear()
            for _ in entries:
                self.addItem(QListWidgetItem())
        for index, (label, name, colour, count) in enumerate(entries):
            item = self.item(index)
            item.setText(name)
            item.setToolTip(plain_tip(name))
            item.setData(LABEL, label)
            item.setData(COLOUR, colour)
            item.setData(COUNT, count)
        self.delegate.measure(self, max((entry[3] for entry in entries), default=0))

    def mark_hidden(self, hidden: frozenset[int]) -> None:
        """Say which labels are hidden."""
        self.delegate.hidden = hidden
        for index in range(self.count()):
            item = self.item(index)
            state = "hidden" if item.data(LABEL) in hidden else "shown"
            told = f"{item.text()}, {item.data(COUNT):,}, {state}"
            item.setData(Qt.ItemDataRole.AccessibleTextRole, told)
        self.viewport().update()

    def _use(self, item: QListWidgetItem | None, keys: Qt.KeyboardModifier) -> None:
        if item is not None and keys & Qt.KeyboardModifier.ControlModifier:
            attribute = self._session.attributes.find(self._of)
            if attribute is not None and attribute.codes is not None:
                self._session.choice.select_category(attribute.codes, int(item.data(LABEL)))
        else:
            self._toggle(item, alone=bool(keys & Qt.KeyboardModifier.AltModifier))

    def _toggle(self, item: QListWidgetItem | None, *, alone: bool) -> None:
        if item is None:
            return
        category = int(item.data(LABEL))
        if alone:
            self._session.filter.isolate(self._of, category)
        else:
            self._session.filter.toggle(self._of, category)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take a press."""
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self._use(self.itemAt(event.position().toPoint()), event.modifiers())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Take a double click."""
        item = self.itemAt(event.position().toPoint())
        if item is not None and event.button() == Qt.MouseButton.LeftButton:
            self._session.undo()  # the first click's hiding
            self._toggle(item, alone=True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take a key."""
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._use(self.currentItem(), event.modifiers())
        else:
            super().keyPressEvent(event)


class LegendDelegate(QStyledItemDelegate):
    """Draws a row: swatch (hollow when hidden), name, count."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = DARK
        self.hidden: frozenset[int] = frozenset()
        self._count_px = 0
        self._row_px = ROW_PX

    def measure(self, view: QListWidget, most: int) -> None:
        """Make room for the widest count."""
        metrics = view.fontMetrics()
        self._count_px = metrics.horizontalAdvance(f"{most:,}") + 4
        self._row_px = max(ROW_PX, metrics.height() + 10)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """The size that suits it."""
        return QSize(64, self._row_px)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw a row."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRect(option.rect)
        state = option.state
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        if state & QStyle.StateFlag.State_MouseOver or focused:
            painter.setPen(QColor(self.theme.accent) if focused else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.theme.hover))
            painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        hidden = index.data(LABEL) in self.hidden
        self._paint_swatch(painter, rect, str(index.data(COLOUR)), hidden)
        self._paint_words(painter, rect, index, hidden)
        painter.restore()

    def _paint_swatch(self, painter: QPainter, rect: QRect, colour: str, hidden: bool) -> None:
        side = SWATCH_PX
        place = QRectF(rect.left() + 8, rect.center().y() - side / 2 + 0.5, side, side)
        painter.setPen(QPen(QColor(self.theme.quiet if hidden else colour), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush if hidden else QColor(colour))
        painter.drawEllipse(place)

    def _paint_words(self, painter: QPainter, rect: QRect, index: Index, hidden: bool) -> None:
        quiet = QColor(self.theme.quiet)
        text = mix(self.theme.panel, self.theme.quiet, 0.85) if hidden else self.theme.text
        room = rect.adjusted(8 + SWATCH_PX + 10, 0, -self._count_px - 12, 0)
        font = painter.font()
        font.setStrikeOut(hidden)
        painter.setFont(font)
        painter.setPen(QColor(text))
        name = painter.fontMetrics().elidedText(
            str(index.data()), Qt.TextElideMode.ElideRight, room.width()
        )
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(room, int(middle | Qt.AlignmentFlag.AlignLeft), name)
        font.setStrikeOut(False)
        painter.setFont(font)
        painter.setPen(quiet)
        right = rect.adjusted(0, 0, -8, 0)
        painter.drawText(right, int(middle | Qt.AlignmentFlag.AlignRight), f"{index.data(COUNT):,}")
