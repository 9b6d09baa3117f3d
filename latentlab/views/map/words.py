"""Words on the map: what to do where it is empty, and one quiet hint."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from latentlab.views.theme import CORNER, GRID, TEXT, TEXT_LARGE, Theme

BOTTOM_PX = 56  # clear of the axis


class Words:
    """Two labels over the canvas that the mouse looks through; plain text always.

    Args:
        canvas: What they lie on.
    """

    def __init__(self, canvas: QWidget) -> None:
        self._canvas = canvas
        self._empty = self._label("Empty map")
        self._hint = self._label("Hint")

    def _label(self, name: str) -> QLabel:
        label = QLabel(self._canvas)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        label.setAccessibleName(name)
        label.hide()
        return label

    @property
    def hint(self) -> str:
        """The hint that is shown."""
        return self._hint.text()

    @property
    def empty(self) -> str:
        """What is said of the empty map; nothing where it is not empty."""
        return self._empty.text()

    def show_hint(self, text: str) -> None:
        """Say a line at the bottom; an empty one says nothing."""
        self._say(self._hint, text)

    def show_empty(self, text: str) -> None:
        """Say what to do in the middle of an empty map."""
        self._say(self._empty, text)

    def _say(self, label: QLabel, text: str) -> None:
        label.setText(text)
        label.setVisible(bool(text))
        self.place()

    def set_theme(self, theme: Theme, text_scale: float = 1.0) -> None:
        """Take another theme's colours, and text so many times its size."""
        text, large = round(TEXT * text_scale), round(TEXT_LARGE * text_scale)
        self._empty.setStyleSheet(
            f"color: {theme.quiet}; font-size: {large}px; background: transparent;"
        )
        self._hint.setStyleSheet(
            f"color: {theme.text}; background: {theme.raised}; border: 1px solid {theme.line};"
            f"border-radius: {CORNER}px; padding: {GRID - 2}px {GRID * 2}px; font-size: {text}px;"
        )
        self.place()

    def place(self) -> None:
        """Put them where they belong, after the canvas or a text has changed its size."""
        for label in (self._empty, self._hint):
            label.adjustSize()
        width, height = self._canvas.width(), self._canvas.height()
        self._empty.move((width - self._empty.width()) // 2, (height - self._empty.height()) // 2)
        bottom = height - BOTTOM_PX - self._hint.height()
        self._hint.move((width - self._hint.width()) // 2, bottom)
