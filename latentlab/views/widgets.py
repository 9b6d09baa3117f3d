"""Small parts that panels and dialogs share."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from latentlab.views.icons import icon
from latentlab.views.theme import GRID, TEXT, Theme

CHIP_AROUND_PX = 36  # gaps and round ends of a chip
ICON_PX, CHIP_ICON_PX = 18, 16  # at the theme's own size of text
CHIP_MOST_PX = 720


def words(text: str = "", role: str = "", *, wrap: bool = False) -> QLabel:
    """Return a label of plain text in one of the style sheet's roles."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wrap)
    if role:
        label.setProperty("role", role)
    return label


def set_role(widget: QWidget, role: str) -> None:
    """Give a widget another of the style sheet's roles."""
    if widget.property("role") != role:
        widget.setProperty("role", role)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def heading(text: str) -> QLabel:
    """Return the small heading of a section."""
    return words(text.upper(), "heading")


def rule() -> QFrame:
    """Return a line between sections."""
    line = QFrame()
    line.setProperty("role", "rule")
    return line


def column(*parts: QWidget | QLayout, spacing: int = GRID, margin: int = 0) -> QVBoxLayout:
    """Return parts below each other."""
    layout = QVBoxLayout()
    layout.setSpacing(spacing)
    layout.setContentsMargins(margin, margin, margin, margin)
    _fill(layout, parts)
    return layout


def row(*parts: QWidget | QLayout | None, spacing: int = GRID, margin: int = 0) -> QHBoxLayout:
    """Return parts beside each other; None is room that stretches."""
    layout = QHBoxLayout()
    layout.setSpacing(spacing)
    layout.setContentsMargins(margin, margin, margin, margin)
    _fill(layout, parts)
    return layout


def boxed(layout: QLayout) -> QWidget:
    """Return a layout as one part."""
    made = QWidget()
    made.setLayout(layout)
    return made


class Upright(QWidget):
    """A page that asks for the height that wrapped lines need at its width: scrolled ones do not.

    Args:
        layout: What is on it.
    """

    def __init__(self, layout: QVBoxLayout) -> None:
        super().__init__()
        layout.addStretch(1)
        self.setLayout(layout)

    def event(self, event: QEvent) -> bool:
        """Ask anew at another width, or when a part has changed."""
        layout = self.layout()
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest) and layout is not None:
            needed = layout.totalMinimumHeightForWidth(self.width())
            if needed > 0 and needed != self.minimumHeight():
                self.setMinimumHeight(needed)
        return super().event(event)


def level(line: QHBoxLayout) -> QHBoxLayout:
    """Centre the parts of a line: it is as high as its highest one.

    Qt makes a line no higher than its lowest part of a fixed height: an icon would cut the words
    beside it where text is large.
    """
    for place in range(line.count()):
        item = line.itemAt(place)
        if item is not None and item.widget() is not None:
            item.setAlignment(Qt.AlignmentFlag.AlignVCenter)
    return line


def _fill(layout: QVBoxLayout | QHBoxLayout, parts: tuple[QWidget | QLayout | None, ...]) -> None:
    for part in parts:
        if part is None:
            layout.addStretch(1)
        elif isinstance(part, QWidget):
            layout.addWidget(part)
        else:
            layout.addLayout(part)


def with_text(widget: QWidget, px: int) -> QSize:
    """Return a square that is to a widget's text as `px` is to text of the theme's own size."""
    widget.ensurePolished()
    side = max(round(px * widget.fontInfo().pixelSize() / TEXT), px)
    return QSize(side, side)


class IconButton(QToolButton):
    """A button that is an icon; its name is its tip and what a screen reader says."""

    def __init__(self, icon_name: str, name: str, *, checkable: bool = False) -> None:
        super().__init__()
        self._icon_name = icon_name
        self._theme: Theme | None = None
        self.setCheckable(checkable)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setIconSize(QSize(ICON_PX, ICON_PX))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_theme(self, theme: Theme) -> None:
        """Tint the icon, and let it be as large as the text is."""
        self._theme = theme
        self.setIconSize(with_text(self, ICON_PX))
        self.setIcon(icon(self._icon_name, theme))

    def set_icon_name(self, icon_name: str, name: str) -> None:
        """Show another icon with another name."""
        if (icon_name, name) != (self._icon_name, self.accessibleName()):
            self._icon_name = icon_name
            self.setAccessibleName(name)
            self.setToolTip(name)
            if self._theme is not None:
                self.set_theme(self._theme)

    def follow(self, action: QAction) -> None:
        """Do what `action` does, and be enabled when it is."""
        self.clicked.connect(action.trigger)
        self.setEnabled(action.isEnabled())
        action.enabledChanged.connect(self.setEnabled)
        shortcut = action.shortcut().toString()
        if shortcut:
            self.setToolTip(f"{self.accessibleName()} ({shortcut})")


class ActionButton(QPushButton):
    """A button that does what an action does: the same text (unless given) and state."""

    def __init__(self, action: QAction, text: str = "") -> None:
        super().__init__(text)
        self._action = action
        self._text = text
        self.setAutoDefault(False)
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.setText(self._text or self._action.text().replace("&", ""))
        self.setEnabled(self._action.isEnabled())


class Elided(QLabel):
    """A label of plain text that is cut in the middle where there is no room; the tip has all."""

    def __init__(
        self, role: str = "", mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight
    ) -> None:
        super().__init__()
        self._whole = ""
        self._mode = mode
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        if role:
            self.setProperty("role", role)

    def set_words(self, text: str) -> None:
        """Show `text`, as much of it as fits."""
        if text != self._whole:
            self._whole = text
            self._cut()

    @property
    def whole(self) -> str:
        """All of the text."""
        return self._whole

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the new size."""
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        shown = self.fontMetrics().elidedText(self._whole, self._mode, max(self.width(), 1))
        self.setText(shown)
        self.setToolTip(plain_tip(self._whole) if shown != self._whole else "")
        self.setAccessibleName(self._whole)


class ElidedLines(Elided):
    """Parts of a text on two lines, as many on the first as fit; the rest is cut where it must be.

    Args:
        role: One of the style sheet's roles.
    """

    JOINT = " \N{MIDDLE DOT} "

    def sizeHint(self) -> QSize:
        """As high as two lines, whatever it says: what lies around it then never moves."""
        return QSize(super().sizeHint().width(), 2 * self.fontMetrics().lineSpacing())

    def minimumSizeHint(self) -> QSize:
        """As high as two lines."""
        return QSize(0, self.sizeHint().height())

    def set_parts(self, parts: list[str]) -> None:
        """Show the parts, as many as fit."""
        self.set_words(self.JOINT.join(parts))

    def _cut(self) -> None:
        room, metrics = max(self.width(), 1), self.fontMetrics()
        lines = [self._whole]
        for joint in (self.JOINT, " "):  # between two parts if any fits, else between words
            if metrics.horizontalAdvance(lines[0]) > room:
                lines = self._parted(joint, room)
        cut = [metrics.elidedText(line, self._mode, room) for line in lines]
        self.setText("\n".join(cut))
        self.setToolTip(plain_tip(self._whole) if cut != lines else "")
        self.setAccessibleName(self._whole)

    def _parted(self, joint: str, room: int) -> list[str]:
        """As much as fits between joints, and the rest."""
        parts = self._whole.split(joint)
        fits = 1
        while fits < len(parts):
            if self.fontMetrics().horizontalAdvance(joint.join(parts[: fits + 1])) > room:
                break
            fits += 1
        return [text for text in (joint.join(parts[:fits]), joint.join(parts[fits:])) if text]


class Steady(QLabel):
    """A number that changes: never narrower than the widest text that is to be expected.

    Args:
        widest: Such a text.
        role: One of the style sheet's roles.
    """

    def __init__(self, widest: str, role: str = "") -> None:
        super().__init__()
        self._widest = widest
        self.setTextFormat(Qt.TextFormat.PlainText)
        if role:
            self.setProperty("role", role)

    def sizeHint(self) -> QSize:
        """The size that suits it."""
        least = self.fontMetrics().horizontalAdvance(self._widest)
        return super().sizeHint().expandedTo(QSize(least, 0))

    def minimumSizeHint(self) -> QSize:
        """The least room it needs."""
        return self.sizeHint()


class Chip(QPushButton):
    """A short fact in the top bar, that opens what it is about."""

    def __init__(self, icon_name: str, name: str) -> None:
        super().__init__()
        self._icon_name = icon_name
        self._name = name
        self._words = ""
        self._said = ("", "")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setProperty("role", "chip")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setIconSize(QSize(CHIP_ICON_PX, CHIP_ICON_PX))
        self.setAutoDefault(False)

    def set_words(self, text: str, tip: str) -> None:
        """Say the fact; the tip has the details."""
        if (text, tip) == self._said:
            return  # its place in the bar would be worked out anew all the same
        self._said, self._words = (text, tip), text
        self.setToolTip(plain_tip(tip))
        self.setAccessibleName(f"{self._name}: {text}")
        self.updateGeometry()
        self._cut()

    @property
    def whole(self) -> str:
        """All of the text."""
        return self._words

    def sizeHint(self) -> QSize:
        """Room for all of the text, up to a limit."""
        self.ensurePolished()
        around = CHIP_AROUND_PX + self.iconSize().width()
        width = self.fontMetrics().horizontalAdvance(self._words) + around + 2
        return QSize(min(width, CHIP_MOST_PX), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Room for the icon and a few letters."""
        return QSize(min(96, self.sizeHint().width()), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the new size."""
        super().resizeEvent(event)
        self._cut()

    def changeEvent(self, event: QEvent) -> None:
        """Fit text of another size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
            self._cut()

    def _cut(self) -> None:
        room = max(self.width() - CHIP_AROUND_PX - self.iconSize().width(), 1)
        shown = self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, room)
        self.setText(shown.replace("&", "&&"))

    def set_theme(self, theme: Theme) -> None:
        """Tint the icon."""
        self.setIconSize(with_text(self, CHIP_ICON_PX))
        self.setIcon(icon(self._icon_name, theme, theme.quiet))


def plain_tip(text: str) -> str:
    """Return a tip that Qt shows as plain text, whatever is in it."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<span>{escaped.replace(chr(10), '<br>')}</span>" if text else ""
