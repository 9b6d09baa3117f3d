"""Notices: sentences over the map that steal nothing, with one thing to do about each."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QFrame, QLabel, QPushButton, QWidget

from latentlab.session.state import Notice
from latentlab.session.timers import single_shot
from latentlab.views.icons import icon
from latentlab.views.theme import DARK, GRID, Theme
from latentlab.views.widgets import IconButton, column, row, with_text, words

MOST = 3
WIDTH_PX = 520
LEAST_LETTERS = 24  # in a line beside a button
LINGER_MS = {"info": 8000, "good": 8000}


class Banner(QFrame):
    """One notice.

    Signals:
        acted: The person chose the notice's action.
        closed: It should go.
    """

    acted = Signal(object)
    closed = Signal(object)

    def __init__(self, notice: Notice, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.notice = notice
        self.setAccessibleName(f"{notice.level}: {notice.text} {notice.do}")
        self._sign = QLabel()
        text = words(notice.text, wrap=True)
        advice = words(notice.do, "quiet", wrap=True)
        advice.setVisible(bool(notice.do))
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.close_button = IconButton("close", "Dismiss")
        self.close_button.clicked.connect(self._close)
        said = column(text, advice, spacing=2)
        self.action_button = QPushButton(notice.action_label or "Go")
        self.action_button.clicked.connect(self._act)
        self.action_button.setVisible(bool(notice.action and notice.action_label))
        self.second_button = QPushButton(notice.second_label or "Another way")
        self.second_button.clicked.connect(self._act_second)
        self.second_button.setVisible(bool(notice.second and notice.second_label))
        buttons = column(self.action_button, self.second_button, spacing=GRID)
        buttons.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._middle = row(said, buttons, spacing=12)
        self._middle.setStretch(0, 1)
        for button in (self.action_button, self.second_button):
            button.setAutoDefault(True)  # Enter presses it too, once it has the focus
        body = row(self._sign, self._middle, self.close_button, spacing=12)
        body.setContentsMargins(12, 8, 8, 8)
        body.setStretch(1, 1)
        for part in (self._sign, self.close_button):
            body.setAlignment(part, Qt.AlignmentFlag.AlignTop)
        self.setLayout(body)
        self.set_theme(theme)
        self._timer = single_shot(self, self._close)
        if notice.level in LINGER_MS and not notice.action:
            self._timer.start(LINGER_MS[notice.level])

    def height_at(self, width: int) -> int:
        """The height that its words need; where they would be a thin column, buttons go below."""
        self.ensurePolished()
        for label in self.findChildren(QLabel):
            label.ensurePolished()
        layout = self.layout()
        if layout is None:
            return self.sizeHint().height()
        buttons = self.action_button, self.second_button
        room = width - 2 * self._sign.sizeHint().width() - 6 * GRID
        room -= max(0 if button.isHidden() else button.sizeHint().width() for button in buttons)
        narrow = room < LEAST_LETTERS * self.fontMetrics().averageCharWidth()
        across = QBoxLayout.Direction.LeftToRight
        self._middle.setDirection(QBoxLayout.Direction.TopToBottom if narrow else across)
        layout.invalidate()
        return max(layout.totalHeightForWidth(width), layout.totalMinimumSize().height())

    def set_theme(self, theme: Theme) -> None:
        """Tint the sign."""
        colours = {"info": theme.accent, "good": theme.good, "warn": theme.warn, "bad": theme.bad}
        sign = icon(self.notice.level, theme, colours[self.notice.level])
        self._sign.setPixmap(sign.pixmap(with_text(self, 20), self.devicePixelRatioF()))
        self.close_button.set_theme(theme)

    def _act(self) -> None:
        self.acted.emit(self.notice)
        self._close()

    def _act_second(self) -> None:
        self.acted.emit(replace(self.notice, action=self.notice.second))
        self._close()

    def _close(self) -> None:
        self.closed.emit(self)


class Notices(QWidget):
    """The newest few notices, over the top of another widget.

    Signals:
        acted: (Notice) whose action the person chose.
    """

    acted = Signal(object)

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._theme = DARK
        self._over = over
        self.banners: list[Banner] = []
        over.installEventFilter(self)
        self.hide()

    def add(self, notice: object) -> None:
        """Show a notice; not twice what is shown already, nor what is no longer true with it."""
        if not isinstance(notice, Notice):
            return
        for banner in list(self.banners):
            if banner.notice == notice or (
                notice.instead_of and banner.notice.action == notice.instead_of
            ):
                self._remove(banner)
        while len(self.banners) >= MOST:
            self._remove(self.banners[0])
        banner = Banner(notice, self._theme, self)
        banner.acted.connect(self.acted)
        banner.closed.connect(self._remove)
        self.banners.append(banner)
        banner.show()
        self.show()
        self.raise_()
        self._place()

    def _remove(self, banner: object) -> None:
        if isinstance(banner, Banner) and banner in self.banners:
            self.banners.remove(banner)
            banner.hide()
            banner.deleteLater()
            self.setVisible(bool(self.banners))
            self._place()

    def withdraw(self, *actions: str) -> bool:
        """Dismiss what offers one of these actions: it has been done. Whether there was any."""
        done = [banner for banner in self.banners if banner.notice.action in actions]
        for banner in done:
            self._remove(banner)
        return bool(done)

    def clear(self) -> None:
        """Dismiss all."""
        for banner in list(self.banners):
            self._remove(banner)

    def set_theme(self, theme: Theme) -> None:
        """Tint the signs."""
        self._theme = theme
        for banner in self.banners:
            banner.set_theme(theme)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look at another widget's events first."""
        if watched is self._over and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        width = min(with_text(self, WIDTH_PX).width(), self._over.width() - 2 * GRID)
        left, top = (self._over.width() - width) // 2, 2 * GRID
        heights = [banner.height_at(width) for banner in self.banners]
        total = sum(heights) + GRID * max(len(heights) - 1, 0)
        self.setGeometry(QRect(left, top, width, total))
        y = 0
        for banner, height in zip(self.banners, heights, strict=True):
            banner.setGeometry(QRect(0, y, width, height))
            y += height + GRID
