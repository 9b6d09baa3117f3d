"""The training: curves, where it is, how fast, on what; pause, resume and stop."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from latentlab.rules import bound_kind
from latentlab.session.session import Session
from latentlab.session.state import TrainingState
from latentlab.session.timers import single_shot
from latentlab.views import drops
from latentlab.views.panels.curves import CurveKey, Curves
from latentlab.views.panels.foldline import FoldLine
from latentlab.views.theme import DARK, Theme
from latentlab.views.widgets import (
    ActionButton,
    Elided,
    IconButton,
    boxed,
    column,
    heading,
    level,
    row,
    set_role,
    words,
)
from latentlab.views.words import duration, epochs_words

FIGURES_MS = 250  # between two redraws of curves and bar: they cost the hand its frames
FACTS_PX = 240  # where there is less room, the training's facts have a line of their own
DRAG_FIGURES_MS = 400  # while the hand drags; then one curve at a time, as nobody watches them

STATUS_WORDS = {
    "idle": ("Not training", "quiet"),
    "starting": ("Starting", "quiet"),
    "running": ("", "quiet"),
    "paused": ("Paused", "warn"),
    "stopping": ("Stopping", "warn"),
    "finished": ("Finished", "good"),
    "stopped": ("Stopped; the model is kept", "quiet"),
    "early": ("Stopped early: no more progress", "good"),
    "diverged": ("Diverged", "bad"),
    "failed": ("Failed", "bad"),
}


class TrainingPanel(QWidget):
    """Shows the session's training, and steers it; hidden while there is none.

    Signals:
        shown: Whether the panel is there.
    """

    shown = Signal(bool)

    def __init__(self, session: Session, pause: QAction, stop: QAction, train: QAction) -> None:
        super().__init__()
        self._session = session
        self._was_active = False
        self._looks: tuple[object, ...] = ()
        self._clock = QElapsedTimer()
        self._timer = single_shot(self, self.refresh)
        self.status = words("", "quiet")
        self.message = words("", "bad", wrap=True)
        self.facts = Elided("quiet")
        self.key = CurveKey()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Training progress")
        self.pause = ActionButton(pause)
        self.stop = ActionButton(stop)
        self.again = ActionButton(train)
        self.close_button = IconButton("close", "Hide the training panel")
        self.close_button.clicked.connect(self._close)
        self._theme = DARK
        self._curves: Curves | None = None
        self._room = QVBoxLayout()
        told = row(self.status, self.facts, spacing=12)
        told.setStretch(1, 1)
        steer = level(row(self.pause, self.stop, self.again, self.close_button))
        self.head = FoldLine(
            heading("Training"),
            boxed(told),
            boxed(level(row(self.key, boxed(steer), spacing=16))),
            FACTS_PX,
        )
        layout = column(self.bar, self.head, self.message, self._room, spacing=4)
        layout.setContentsMargins(16, 4, 16, 4)
        layout.setStretch(3, 1)
        self.setLayout(layout)
        self.hide()
        session.training_changed.connect(self.refresh)
        session.drag_ended.connect(self.refresh)
        session.model_changed.connect(self._choose_curves)
        self.refresh()

    @property
    def curves(self) -> Curves:
        """The curves, made at the first training: they would make the start slower."""
        if self._curves is None:
            self._curves = Curves()
            self._curves.set_theme(self._theme)
            drops.leave_to_window(self._curves)
            self._room.addWidget(self._curves)
        return self._curves

    def refresh(self) -> None:
        """Show the session's training: a new status at once, new figures four times a second."""
        state = self._session.training
        if state.active or self._curves is not None:
            self.curves.take(state)
        looks = (state.status, state.message, state.run, state.progress is None)
        pause_ms = DRAG_FIGURES_MS if self._session.dragging else FIGURES_MS
        # Read once: between two looks at the clock the pause may be over.
        left_ms = pause_ms - self._clock.elapsed() if self._clock.isValid() else 0
        if looks == self._looks and left_ms > 0:
            if not self._timer.isActive():
                self._timer.start(left_ms)
            return
        self._looks = looks
        self._clock.start()
        self._timer.stop()
        self._session.slack.do(self._show)

    def _show(self) -> None:
        state = self._session.training
        if state.active and not self._was_active:
            self.setVisible(True)
        self._was_active = state.active
        text, role = STATUS_WORDS[state.status]
        self.status.setText(text)
        set_role(self.status, role)
        self.message.setText(state.message)
        set_role(self.message, "bad" if state.status in ("failed", "diverged") else "quiet")
        self.message.setVisible(bool(state.message))
        self.facts.set_words(_facts(state))
        self.key.set_held_out(state.monitored)
        self.key.setVisible(state.status != "idle")
        self._show_bar(state)
        self.pause.setVisible(state.active)
        self.stop.setVisible(state.active)
        self.again.setVisible(not state.active)
        self.close_button.setVisible(not state.active)
        if state.active or self._curves is not None:
            draw = self.curves.draw_next if self._session.dragging else self.curves.draw
            draw(state)

    def _choose_curves(self) -> None:
        """A model that learns has the curves of its kind; one that is opened changes none."""
        model, state = self._session.model, self._session.training
        if model is not None and state.active:
            self.curves.show_terms(bound_kind(model.spec))

    def setVisible(self, visible: bool) -> None:
        """Show or hide, and tell."""
        super().setVisible(visible)
        self.shown.emit(visible)

    def _close(self) -> None:
        self.setVisible(False)

    def _show_bar(self, state: TrainingState) -> None:
        progress = state.progress
        # Never the busy look: Qt's animation of it goes on, 30 times a second, once it has begun.
        self.bar.setRange(0, 1000)
        share = progress.step / max(progress.steps, 1) if progress is not None else 0.0
        self.bar.setValue(round(1000 * share))

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        if self._curves is not None:
            self._curves.set_theme(theme)
        self.key.set_theme(theme)
        self.close_button.set_theme(theme)


def _facts(state: TrainingState) -> str:
    parts: list[str] = []
    progress = state.progress
    if progress is not None:
        epochs = epochs_words(progress.epochs, progress.steps)
        parts.append(f"epoch {progress.epoch:.1f} of {epochs}")
        if state.active:
            parts.append(f"{duration(progress.left_s)} left")
        parts.append(f"{progress.images_per_s:,.0f} images/s")
    parts += [part for part in (device_words(state.device), state.precision) if part]
    return "  \N{MIDDLE DOT}  ".join(parts)


def device_words(device: str) -> str:
    """Return a device as people write it: "cuda:0" is "CUDA:0"."""
    return device.upper() if device.partition(":")[0] in ("cpu", "cuda", "mps", "xpu") else device
