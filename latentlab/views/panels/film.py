"""The film: frames from A to B, scrubber, play, loop, number of frames, export."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QSpinBox, QWidget

from latentlab.session.natures import has_latents
from latentlab.session.path import FRAMES_PER_S, SPEEDS, PathState
from latentlab.session.session import Session
from latentlab.session.way import shares_of
from latentlab.views.panels.foldline import FoldLine
from latentlab.views.panels.route import RouteBar
from latentlab.views.panels.strip import Strip
from latentlab.views.theme import Theme
from latentlab.views.widgets import (
    ActionButton,
    IconButton,
    Steady,
    boxed,
    column,
    heading,
    level,
    row,
    words,
)

BARE = "A film goes through latents, and this model has none."
FIGURES_PX = 160  # less room is not worth a word of the path's figures
EMPTY = "Drag on the map from one place to another: the frames between them appear here."


class FilmPanel(QWidget):
    """Shows the session's path and strip, and steers them."""

    def __init__(self, session: Session, export: QAction) -> None:
        super().__init__()
        self._session = session
        self._shown: tuple[object, ...] = ()
        self.strip = Strip()
        self.strip.scrubbed.connect(self._scrub)
        self.strip.played.connect(self.toggle_play)
        self.strip.share_moved.connect(session.waypoints.set_share)
        self.strip.share_left.connect(session.waypoints.end_drag)
        self.play = IconButton("play", "Play")
        self.play.clicked.connect(self.toggle_play)
        self.loop = IconButton("loop", "Loop", checkable=True)
        self.loop.setChecked(True)
        self.loop.toggled.connect(self._set_loop)
        self.back = IconButton("bounce", "There and back", checkable=True)
        self.back.toggled.connect(self._set_back)
        self.speed = QSpinBox()
        self.speed.setRange(1, int(SPEEDS[1]))
        self.speed.setSuffix(" / s")
        self.speed.setValue(int(FRAMES_PER_S))
        self.speed.setAccessibleName("Frames a second")
        self.speed.setToolTip("Frames a second while it plays")
        self.speed.setKeyboardTracking(False)
        self.speed.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.speed.valueChanged.connect(session.player.set_speed)
        self.route = RouteBar(session)
        self.frames = QSpinBox()
        self.frames.setRange(2, 1000)
        self.frames.setValue(60)
        self.frames.setAccessibleName("Number of frames")
        self.frames.setKeyboardTracking(False)
        self.frames.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.frames.setSuffix(" frames")
        self.frames.valueChanged.connect(self._set_frames)
        self.count = Steady("frame 00 of 000", "quiet")
        self.export = ActionButton(export, "Export...")
        self._a, self._b = words("A", "large"), words("B", "large")
        parts = self.play, self.loop, self.back, self.speed, self.frames, self.export
        self.head = FoldLine(
            boxed(level(row(heading("Film"), self.count))),
            self.route,
            boxed(level(row(*parts))),
            FIGURES_PX,
        )
        body = row(self._a, self.strip, self._b, spacing=12)
        body.setStretch(1, 1)
        layout = column(self.head, body, spacing=4)
        layout.setContentsMargins(16, 6, 16, 4)
        self.setLayout(layout)
        session.path_calm.connect(self.refresh)
        session.model_changed.connect(self.refresh)
        session.strip_changed.connect(self.refresh_strip)
        session.settings_changed.connect(self._follow_settings)
        self._follow_settings()
        self.refresh()
        self.refresh_strip()

    def refresh(self) -> None:
        """Show the session's path."""
        path = self._session.path
        look: tuple[object, ...] = ()
        if path is not None:
            look = (path.frames, path.position, path.playing, path.mode, path.frames_per_s)
            look = (*look, path.spacing, path.shares, len(path.stops), path.closed)
        if look and look == self._shown:
            return  # the drag moved its end, which is not shown here
        self._shown = look
        for control in (self.play, self.loop, self.back, self.speed, self.frames):
            control.setEnabled(path is not None)
        self._a.setVisible(path is not None)
        self._b.setVisible(path is not None)
        if path is None:
            self.count.clear()
            self.strip.set_position(0.0, 2)
            self.strip.set_marks((), movable=False)
            model = self._session.model
            bare = model is not None and not has_latents(model.spec)
            self.strip.set_words(BARE if bare else EMPTY)
            self.play.set_icon_name("play", "Play")
            return
        self.strip.set_words("Decoding...")
        self.strip.set_position(path.position, path.frames)
        self.count.setText(f"frame {path.frame + 1} of {path.frames}")
        self.play.set_icon_name(*(("pause", "Pause") if path.playing else ("play", "Play")))
        self._b.setText("A" if path.closed else "B")
        self._show_values(path)
        self._show_marks(path)

    def _show_values(self, path: PathState) -> None:
        controls = (self.frames, self.loop, self.back, self.speed)
        for control in controls:
            control.blockSignals(True)
        if not self.frames.hasFocus():
            self.frames.setValue(path.frames)
        if not self.speed.hasFocus():
            self.speed.setValue(round(path.frames_per_s))
        self.loop.setChecked(path.mode == "loop")
        self.back.setChecked(path.mode == "there and back")
        for control in controls:
            control.blockSignals(False)

    def _show_marks(self, path: PathState) -> None:
        """Where in the film the waypoints are shown."""
        way = self._session.travel.way
        if path.spacing == "hand":
            self.strip.set_marks(shares_of(path), movable=True)
        elif way is not None and len(way.knots) > 2:
            last = max(path.frames - 1, 1)
            self.strip.set_marks(tuple(knot / last for knot in way.knots), movable=False)
        else:
            self.strip.set_marks((), movable=False)

    def refresh_strip(self) -> None:
        """Show the session's frames."""
        self.strip.set_strip(self._session.strip)

    def _scrub(self, position: float) -> None:
        path = self._session.path
        if path is not None:
            if path.playing:
                self._session.set_playing(False)
            self._session.set_position(position)

    def toggle_play(self) -> None:
        """Play, or pause."""
        path = self._session.path
        if path is not None:
            self._session.set_playing(not path.playing)

    def _set_loop(self, on: bool) -> None:
        self._session.set_loop(on)

    def _set_back(self, on: bool) -> None:
        self._session.player.set_mode("there and back" if on else "once")

    def _set_frames(self, count: int) -> None:
        self._session.set_frames(count)

    def _follow_settings(self) -> None:
        self.strip.set_smooth(self._session.settings.smooth)

    def set_theme(self, theme: Theme) -> None:
        """Tint the icons."""
        self.play.set_theme(theme)
        self.loop.set_theme(theme)
        self.back.set_theme(theme)
        self.strip.set_theme(theme)
