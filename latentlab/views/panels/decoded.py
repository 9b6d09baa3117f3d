"""The decoded picture: what the model makes of the cursor's z, and how long it took."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from latentlab.engine.messages import Decoded
from latentlab.latent.cells import GridChart
from latentlab.latent.layouts import Layout
from latentlab.session.calm import Calm
from latentlab.session.natures import has_latents, is_quantised
from latentlab.session.session import Session
from latentlab.views.panels.classes import ClassPanel
from latentlab.views.panels.latents import LatentsEdit
from latentlab.views.pictures import PictureView, from_qimage
from latentlab.views.theme import Theme
from latentlab.views.widgets import IconButton, column, heading, row, words

PICTURE_PX = 280
COPY_PX = 512
OUTSIDE, UNUSED, STORED = "outside data", "unused code", "stored lattice"
GUESSES = {
    OUTSIDE: "Far from every datum: what is decoded here is a guess",
    UNUSED: "No datum has this code: what is decoded here is a guess",
}


class DecodedPanel(QWidget):
    """The picture at z, large; z to read and type; milliseconds; whether it is a guess.

    Signals:
        shown: (Decoded, milliseconds from the pointer's move to the end of its paint).
    """

    shown = Signal(object, float)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._waiting: Decoded | None = None
        self._said: tuple[str, str] | None = None  # whether it is a guess, what it is a decode of
        self._last: Decoded | None = None
        self._elapsed_ms = 0.0
        self._tell_time = Calm(session, self._show_time, self)
        self.picture = PictureView(PICTURE_PX, "Decoded picture")
        self.picture.painted.connect(self._painted)
        self.smooth = IconButton("smooth", "Smooth pictures", checkable=True)
        self.smooth.toggled.connect(self._set_smooth)
        self.copy = IconButton("copy", "Copy image")
        self.milliseconds = words("", "quiet")
        self.milliseconds.setAccessibleName("Milliseconds from pointer to picture")
        self.milliseconds.setMinimumWidth(
            self.milliseconds.fontMetrics().horizontalAdvance("0000.0 ms")
        )
        self.milliseconds.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.milliseconds.setToolTip("From the pointer's move to the picture on screen")
        self.mark = words("", "mark")
        self.source = words("", "small", wrap=True)
        self.latents = LatentsEdit(session)
        self.classes = ClassPanel(session)
        top = row(heading("Decoded"), None, self.smooth, self.copy, spacing=4)
        self._below = QWidget()
        facts = row(self.mark, None, self.milliseconds)
        self._below.setLayout(column(facts, self.source, spacing=2))
        self.setLayout(column(top, self.picture, self._below, self.latents, self.classes))
        self.refresh()
        self._follow_settings()
        session.decoded_changed.connect(self.refresh)
        session.model_changed.connect(self.refresh)
        session.engine_changed.connect(self.refresh)
        session.settings_changed.connect(self._follow_settings)

    def refresh(self) -> None:
        """Show the session's newest decode."""
        decoded = self._session.decoded
        if decoded is None:
            self._waiting = self._last = None
            self.picture.set_picture(None)
            self.picture.set_words(self._empty_words())
            for label in (self.mark, self.source, self.milliseconds):
                label.clear()
            self._said = None
            return
        if decoded is self._last:
            return
        self._waiting = self._last = decoded
        self.picture.set_picture(decoded.image)
        self._say(*decode_words(self._session, decoded))

    def _say(self, mark: str, source: str) -> None:
        if (mark, source) == self._said:
            return
        self._said = mark, source
        self.mark.setText(mark)
        self.mark.setToolTip(GUESSES.get(mark, ""))
        self.mark.setVisible(bool(mark))
        self.source.setText(source)
        self.source.setVisible(bool(source))
        stored = source == STORED
        self.source.setToolTip(
            "The model is still loading: the nearest stored decode" if stored else ""
        )

    def _empty_words(self) -> str:
        if self._session.model is None:
            return "No model yet.\nModel > Train... makes one."
        if not has_latents(self._session.model.spec):
            return "Nothing to decode: this model has no latents."
        if is_quantised(self._session.model.spec) and self._session.codes is None:
            return "This model decodes grids of codes.\nOpen its data, so that there are some."
        if self._session.cursor is not None:
            return "Decoding..."
        return "Press on the map to decode a place."

    def _painted(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return
        self._elapsed_ms = (time.perf_counter() - waiting.asked_s) * 1e3
        self.shown.emit(waiting, self._elapsed_ms)
        self._tell_time.ask()
        self._session.slack.painted()

    def _show_time(self) -> None:
        if self._last is not None:
            self.milliseconds.setText(f"{self._elapsed_ms:.1f} ms")

    def _set_smooth(self, smooth: bool) -> None:
        if smooth != self._session.settings.smooth:
            self._session.update_settings(smooth=smooth)

    def _follow_settings(self) -> None:
        smooth = self._session.settings.smooth
        self.smooth.setChecked(smooth)
        self.picture.set_smooth(smooth)

    def copy_image(self) -> None:
        """Put the picture on the clipboard, its pixels enlarged to a useful size."""
        image = self.picture.image
        if image is not None:
            times = max(COPY_PX // max(image.width(), image.height()), 1)
            QGuiApplication.clipboard().setImage(from_qimage(image, times))

    def set_theme(self, theme: Theme) -> None:
        """Tint the icons."""
        self.smooth.set_theme(theme)
        self.copy.set_theme(theme)
        self.picture.set_theme(theme)
        self.classes.set_theme(theme)


def decode_words(session: Session, decoded: Decoded) -> tuple[str, str]:
    """Whether a decode is a guess, and what it is a decode of; empty where it is as usual."""
    if decoded.source == "stored lattice":
        return (OUTSIDE if decoded.far else ""), STORED
    if decoded.source == "nearest code grid":
        return (OUTSIDE if decoded.far else ""), (
            f"decode of the nearest real code grid (row {decoded.nearest_row:,})"
        )
    if decoded.source == "code cross-fade":
        return "", "on the way: a cross-fade of two code grids"
    plane = session.plane
    if isinstance(plane, GridChart):
        if not is_one_hot(decoded.z):
            return "", "on the way: a cross-fade of two codes"
        return (UNUSED if decoded.far else ""), ""
    if isinstance(plane, Layout) and session.mixed:
        return (OUTSIDE if decoded.far else ""), (
            f"a distance-weighted mix of the nearest codes on the {plane.title} layout"
        )
    return (OUTSIDE if decoded.far else ""), ""


def is_one_hot(z: NDArray[np.float64]) -> bool:
    """Whether z is one code exactly."""
    return bool(np.isin(z, (0.0, 1.0)).all())
