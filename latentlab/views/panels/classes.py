"""The class chooser: what z is decoded as, and the same z as every class."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QComboBox, QSizePolicy, QToolTip, QWidget

from latentlab.session.session import Session
from latentlab.views.pictures import fitted, to_qimage
from latentlab.views.theme import DARK, TEXT_SMALL, Theme
from latentlab.views.widgets import column, heading, plain_tip, row, words

COLUMNS = 5
MOST_SHOWN = 20
PICTURE_PX = 44
GAP_PX = 4
FOLLOW = "Nearest datum's"


class ClassPanel(QWidget):
    """Shown for models that know classes alone."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.choice = QComboBox()
        self.choice.setAccessibleName("Class that z is decoded as")
        self.choice.activated.connect(self._choose)
        self.pictures = ClassPictures()
        self.pictures.chosen.connect(self._toggle)
        self.more = words("", "small")
        label = words("As class", "quiet")
        label.setBuddy(self.choice)
        top = row(label, self.choice)
        top.setStretch(1, 1)
        self.setLayout(
            column(top, heading("The same z as every class"), self.pictures, self.more, spacing=6)
        )
        session.model_changed.connect(self.refresh)
        session.class_changed.connect(self.refresh)
        session.each_class_changed.connect(self.refresh_pictures)
        session.settings_changed.connect(self.refresh_pictures)
        self.refresh()
        self.refresh_pictures()

    def refresh(self) -> None:
        """Show the session's classes, and which one z is decoded as."""
        names = self._session.classes
        self.setVisible(bool(names))
        wanted = [FOLLOW, *names] if names else []
        if wanted != [self.choice.itemText(i) for i in range(self.choice.count())]:
            self.choice.clear()
            self.choice.addItems(wanted)
        chosen, now = self._session.class_chosen, self._session.class_decoded
        self.choice.setCurrentIndex(0 if chosen is None else chosen + 1)
        if names and now is not None:
            self.choice.setToolTip(plain_tip(f"Decoded as {names[now]}"))
        self.pictures.set_names(names[:MOST_SHOWN], now, follows=chosen is None)
        left = len(names) - MOST_SHOWN
        self.more.setText(f"{MOST_SHOWN} of {len(names)} classes are shown")
        self.more.setVisible(left > 0)

    def refresh_pictures(self) -> None:
        """Show the newest pictures of z."""
        event = self._session.each_class
        images = [] if event is None else [to_qimage(one) for one in event.images[:MOST_SHOWN]]
        self.pictures.set_images(images, smooth=self._session.settings.smooth)

    def _choose(self, index: int) -> None:
        self._session.choose_class(None if index == 0 else index - 1)

    def _toggle(self, label: int) -> None:
        again = label == self._session.class_chosen
        self._session.choose_class(None if again else label)

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self.pictures.set_theme(theme)


class ClassPictures(QWidget):
    """A small picture for each class, with its name below.

    Signals:
        chosen: The class that was pressed, or stepped to with the arrow keys.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._names: tuple[str, ...] = ()
        self._images: list[QImage] = []
        self._now: int | None = None
        self._follows = True
        self._smooth = False
        self._theme = DARK
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("The same z as every class")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_names(self, names: tuple[str, ...], now: int | None, *, follows: bool) -> None:
        """Name the classes, and mark the one that z is decoded as."""
        if (names, now, follows) == (self._names, self._now, self._follows):
            return
        if len(names) != len(self._names):
            self.updateGeometry()
        self._names, self._now, self._follows = names, now, follows
        told = names[now] if now is not None and now < len(names) else ""
        self.setAccessibleDescription(f"Decoded as {told}" if told else "")
        self.update()

    def set_images(self, images: list[QImage], *, smooth: bool) -> None:
        """Show other pictures."""
        self._images, self._smooth = images, smooth
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        self.update()

    def _name_px(self) -> int:
        return self._small().height()

    def _small(self) -> QFontMetrics:
        font = self.font()
        font.setPixelSize(max(TEXT_SMALL, self.fontMetrics().height() - 6))
        return QFontMetrics(font)

    def sizeHint(self) -> QSize:
        """The size that suits it."""
        rows = -(-len(self._names) // COLUMNS)
        return QSize(COLUMNS * (PICTURE_PX + GAP_PX), rows * (PICTURE_PX + self._name_px() + 6))

    def minimumSizeHint(self) -> QSize:
        """The least room it needs."""
        return self.sizeHint()

    def cells(self) -> list[QRectF]:
        """Where each class's picture and name are."""
        columns = min(COLUMNS, max(len(self._names), 1))
        wide = self.width() / columns
        high = PICTURE_PX + self._name_px() + 6
        return [
            QRectF(i % columns * wide, i // columns * high, wide, high)
            for i in range(len(self._names))
        ]

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        metrics = self._small()
        font = self.font()
        font.setPixelSize(max(TEXT_SMALL, self.fontMetrics().height() - 6))
        painter.setFont(font)
        for label, cell in enumerate(self.cells()):
            room = QRectF(cell.left(), cell.top() + 2, cell.width(), PICTURE_PX)
            room = room.adjusted(GAP_PX, 0, -GAP_PX, 0)
            if label < len(self._images):
                image = self._images[label]
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._smooth)
                place = fitted(image.size(), room, self.devicePixelRatioF(), smooth=self._smooth)
                painter.drawImage(place, image)
            now = label == self._now
            if now:
                self._mark(painter, cell)
            painter.setPen(QColor(self._theme.text if now else self._theme.quiet))
            below = QRectF(cell.left(), room.bottom(), cell.width(), metrics.height())
            wide = int(cell.width()) - 2
            name = metrics.elidedText(self._names[label], Qt.TextElideMode.ElideRight, wide)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, name)
        painter.end()

    def _mark(self, painter: QPainter, cell: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        style = Qt.PenStyle.DashLine if self._follows else Qt.PenStyle.SolidLine
        ink = QColor(self._theme.text if self.hasFocus() else self._theme.accent)
        painter.setPen(QPen(ink, 1.5, style))
        painter.drawRoundedRect(cell.adjusted(1, 1, -1, -1), 4, 4)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take a press."""
        if event.button() == Qt.MouseButton.LeftButton:
            for label, cell in enumerate(self.cells()):
                if cell.contains(event.position()):
                    self.chosen.emit(label)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take a key."""
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -COLUMNS,
            Qt.Key.Key_Down: COLUMNS,
        }
        key = Qt.Key(event.key())
        now = self._now or 0
        if key in steps and 0 <= now + steps[key] < len(self._names):
            self.chosen.emit(now + steps[key])
        elif key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._names:
            self.chosen.emit(now)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Name the class under the pointer."""
        if isinstance(event, QHelpEvent):
            for label, cell in enumerate(self.cells()):
                if cell.contains(event.pos()):
                    QToolTip.showText(event.globalPos(), plain_tip(self._names[label]), self)
            return True
        return super().event(event)
