"""Words on the map: what to do where it is empty, and one quiet hint."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from latentlab.session.natures import has_latents
from latentlab.session.session import Session
from latentlab.views.map.canvas import Canvas
from latentlab.views.theme import CORNER, GRID, TEXT, TEXT_LARGE, Theme

AROUND_WORDS = 2 * (2 * GRID + 2)  # padding and frame of the hint


def map_on_its_way(session: Session) -> bool:
    """Whether there is no map yet because the open data are just being embedded.

    Args:
        session: What is open.
    """
    data, model = session.dataset, session.model
    if session.codes is not None or session.busy is None or data is None or model is None:
        return False
    return has_latents(model.spec) and data.shape == model.spec.shape


def empty_words(session: Session) -> str:
    """What to do about a map without points; nothing where there are some.

    Args:
        session: What is open.
    """
    if session.codes is not None:
        return ""
    if session.training.active and (session.model is None or has_latents(session.model.spec)):
        return "The map appears with the first epoch."
    if map_on_its_way(session) and session.dataset is not None:
        return f"{session.dataset.name} is on its way to the map…"
    if session.model is not None and not has_latents(session.model.spec):
        return (
            "This model has no latents: there is nothing to map.\n"
            "Model > Generate samples draws pictures, pixel by pixel."
        )
    if session.model is not None:
        return "This model has no map yet.\nOpen its data with File > Open data…"
    if session.dataset is not None:
        return f"{session.dataset.name} is open.\nTrain a model with Model > Train…"
    if session.busy is not None:
        return f"{session.busy.text}…"
    return "Open data with File > Open data…\nor a model with File > Open model…"


class Words:
    """Two labels over the canvas that the mouse looks through; plain text always.

    Args:
        canvas: What they lie on.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._clear = False
        self._empty = self._label("Empty map")
        self._hint = self._label("Hint")

    def _label(self, name: str) -> QLabel:
        label = QLabel(self._canvas)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setWordWrap(True)
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

    def show_empty(self, text: str, *, clear: bool = False) -> None:
        """Say what to do in the middle of an empty map.

        Args:
            text: What is said.
            clear: Whether to stay clear of the very middle, where a model's cursor begins.
        """
        self._clear = clear
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
        area = self._canvas.plot_area.toRect()
        for label in (self._empty, self._hint):
            _fit(label, area.width() - 4 * GRID)
        middle = area.center().y() - self._empty.height() // 2
        if self._clear:
            middle = area.center().y() + 3 * GRID
        for label, y in (
            (self._empty, middle),
            (self._hint, area.bottom() - 2 * GRID - self._hint.height()),
        ):
            label.move(area.center().x() - label.width() // 2, y)


def _fit(label: QLabel, room: int) -> None:
    """Make a label as wide as its longest line, or as the room: then its lines are wrapped."""
    label.ensurePolished()
    metrics = label.fontMetrics()
    lines = label.text().split("\n")
    longest = max(metrics.horizontalAdvance(line) for line in lines)
    width = max(min(longest + AROUND_WORDS, room), 1)
    label.resize(width, label.heightForWidth(width))
