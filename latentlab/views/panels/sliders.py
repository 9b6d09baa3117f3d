"""Sliders for the latents that the map does not show: the one that carries most on top."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QPushButton, QScrollArea, QSlider, QWidget

from latentlab.session.natures import planes
from latentlab.session.session import Session
from latentlab.views.widgets import column, heading, plain_tip, row, set_role, words
from latentlab.views.words import number

STEPS_PER_UNIT = 100
REACH = 4.0  # a slider runs over this many standard deviations of the prior at least
MOST_SLIDERS = 64
ROW_PX, SHOWN_ROWS = 28, 4.7


class LatentSliders(QScrollArea):
    """A slider for each latent that the map does not show (d > 2), and a way back to the map."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.rows: list[LatentSlider] = []
        self._shape: tuple[object, ...] | None = None
        self.reset = _reset_button()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        session.chart_changed.connect(self.refresh)
        session.latents.measured_changed.connect(self.refresh)

    def _axes(self) -> tuple[int, ...]:
        """Which latents, the one that carries most first."""
        model, chart = self._session.model, self._session.chart
        if model is None or not planes(model.spec):
            return ()
        shown = {chart.first, chart.second} if chart.kind == "axes" else set()
        order = self._session.latents.order
        return tuple(latent for latent in order if latent not in shown)[:MOST_SLIDERS]

    def refresh(self) -> None:
        """Show the session's z."""
        latents, axes = self._session.latents, self._axes()
        shape = axes, latents.count, tuple(latents.reach(axis) for axis in axes), latents.measured
        if shape != self._shape:
            self._shape = shape
            self._build(axes)
        z = self._session.z
        for slider in self.rows:
            there = z is not None and slider.axis < len(z)
            slider.show_value(float(z[slider.axis]) if z is not None and there else 0.0)
            slider.setEnabled(there)
        self.reset.setEnabled(self._is_off())

    def _is_off(self) -> bool:
        z, plane = self._session.z, self._session.plane
        if z is None or plane is None or plane.steps or len(z) != plane.latent_dim:
            return False
        cursor = self._session.cursor
        return cursor is not None and not np.allclose(plane.lift(cursor), z, atol=1e-6)

    def _build(self, axes: tuple[int, ...]) -> None:
        page = QWidget()
        page.setProperty("role", "scrolled")
        latents, known = self._session.latents, self._session.latents.measured
        self.rows = [LatentSlider(axis, latents.reach(axis)) for axis in axes]
        for slider in self.rows:
            slider.moved.connect(self._move)
            if known is not None and slider.axis < len(known.variance):
                kl = None if known.kl is None else float(known.kl[slider.axis])
                dead = latents.is_dead(slider.axis)
                slider.tell(kl, float(known.variance[slider.axis]), dead=dead)
        others = self._session.chart.kind == "axes"
        self.reset = _reset_button()
        self.reset.clicked.connect(self._reset)
        head = row(heading("Other latents" if others else "Latents"), None, self.reset)
        layout = column(head, *self.rows, spacing=4)
        if latents.count - (2 if others else 0) > len(axes):
            layout.addWidget(words(f"The first {MOST_SLIDERS}; type the others.", "small"))
        layout.addStretch(1)
        page.setLayout(layout)
        former = self.takeWidget()
        if former is not None:
            former.deleteLater()
        self.setWidget(page)
        row_px = max(ROW_PX, self.fontMetrics().height() + 12)
        self.setMinimumHeight(round(row_px * min(len(axes) + 1, SHOWN_ROWS)))
        self.setVisible(bool(axes))

    def _move(self, axis: int, value: float) -> None:
        z = self._session.z
        if z is not None:
            moved = z.copy()
            moved[axis] = value
            self._session.set_z(moved)

    def _reset(self) -> None:
        plane, cursor = self._session.plane, self._session.cursor
        if plane is not None and cursor is not None:
            self._session.set_z(plane.lift(cursor))


def _reset_button() -> QPushButton:
    made = QPushButton("Reset")
    made.setProperty("role", "link")
    made.setAutoDefault(False)
    made.setAccessibleName("Reset the latents")
    made.setToolTip("Back onto the map's chart: nothing is off it")
    return made


class LatentSlider(QWidget):
    """One latent.

    Args:
        axis: Which, from 0.
        reach: Where its codes lie; the slider runs over these, and the prior's four sigma.

    Signals:
        moved: (axis, value) by the person.
    """

    moved = Signal(int, float)

    def __init__(self, axis: int, reach: tuple[float, float] = (-REACH, REACH)) -> None:
        super().__init__()
        self.axis = axis
        self.slider = QSlider(Qt.Orientation.Horizontal)
        low, high = min(reach[0], -REACH), max(reach[1], REACH)
        self.slider.setRange(int(low * STEPS_PER_UNIT), int(high * STEPS_PER_UNIT))
        self.slider.setPageStep(STEPS_PER_UNIT // 2)
        self.slider.setSingleStep(STEPS_PER_UNIT // 10)
        self.slider.setAccessibleName(f"Latent z{axis + 1}")
        self.slider.valueChanged.connect(self._tell)
        self.name = words(f"z{axis + 1}", "quiet")
        self.value: QLabel = words("0.00")
        self.value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setLayout(row(self.name, self.slider, self.value))
        self._fit_words()

    def _fit_words(self) -> None:
        for label, widest in ((self.name, "z000"), (self.value, "\N{MINUS SIGN}00.00")):
            label.ensurePolished()
            label.setFixedWidth(label.fontMetrics().horizontalAdvance(widest))

    def changeEvent(self, event: QEvent) -> None:
        """Fit text of another size."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit_words()

    def showEvent(self, event: QShowEvent) -> None:
        """Fit the text as it is shown."""
        super().showEvent(event)
        self._fit_words()

    def tell(self, kl: float | None, variance: float, *, dead: bool) -> None:
        """Say what it carries; a dead one is greyed.

        Args:
            kl: Its KL to the prior, nats; None where that is not known.
            variance: Of its codes.
            dead: Whether that is nothing.
        """
        amount = f"KL {kl:.2f} nat" if kl is not None else f"variance of the codes {variance:.2f}"
        said = f"z{self.axis + 1}: {amount}" + (", dead: it carries nothing" if dead else "")
        for part in (self.name, self.slider, self.value):
            part.setToolTip(plain_tip(said))
        self.slider.setAccessibleDescription(said)
        self.name.setText(f"z{self.axis + 1}")
        for label in (self.name, self.value):
            label.setEnabled(not dead)
        set_role(self.slider, "dead" if dead else "")

    def show_value(self, value: float) -> None:
        """Show a value without telling it back."""
        self.slider.blockSignals(True)
        self.slider.setValue(round(value * STEPS_PER_UNIT))
        self.slider.blockSignals(False)
        self.value.setText(number(value))

    def _tell(self, steps: int) -> None:
        value = steps / STEPS_PER_UNIT
        self.value.setText(number(value))
        self.moved.emit(self.axis, value)
