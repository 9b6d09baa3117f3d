"""When the lattice is asked for, and what else on the map looks different over it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from latentlab.latent.cells import GridChart
from latentlab.session.natures import is_categorical
from latentlab.session.session import Session
from latentlab.views.map.canvas import Canvas
from latentlab.views.map.lattice import square_cells

LATTICE_CELLS = 20
REST_MS = 80  # after which a still view is worth a lattice
OVER_PICTURES = 0.75  # opacity of the points over the lattice


class Latticing(QObject):
    """Asks for the lattice of what is in view, and shows it.

    Args:
        session: Who decodes it.
        canvas: Where it is shown.
        parent: Qt's owner.

    Signals:
        shown_changed: It was switched on or off.
    """

    shown_changed = Signal()

    def __init__(self, session: Session, canvas: Canvas, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._canvas = canvas
        self._before: bool | None = None  # whether it was shown before a grid of codes
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._ask)
        canvas.camera_changed.connect(self._rest.start)
        session.lattice_changed.connect(self.refresh)

    def model_changed(self) -> None:
        """A grid of codes shows what each decodes to, from the start; other maps as before."""
        model = self._session.model
        grid = model is not None and is_categorical(model.spec)
        if grid == (self._before is not None):
            return
        if grid:
            self._before = self._session.lattice_shown
            self._session.show_lattice(True)
        else:
            before, self._before = self._before, None
            self._session.show_lattice(bool(before))

    def codes_changed(self) -> None:
        """Ask for one where there is none of this map yet."""
        if self._session.lattice_shown and self._session.lattice is None:
            self._rest.start()

    def refresh(self) -> None:
        """Show the session's lattice."""
        canvas, shown = self._canvas, self._session.lattice_shown
        was = canvas.lattice.isVisible()
        canvas.lattice.setVisible(shown)
        canvas.rings.set_over_pictures(shown)
        canvas.contours.set_over_pictures(shown)
        canvas.gaps.set_over_pictures(shown)
        canvas.points.setOpacity(OVER_PICTURES if shown else 1.0)
        canvas.lattice.set_lattice(self._session.lattice if shown else None)
        if shown and (not was or self._session.lattice is None):
            self._rest.start()
        if shown != was:
            self.shown_changed.emit()

    def _ask(self) -> None:
        lattice, plane = self._session.lattice, self._session.plane
        grid = plane if isinstance(plane, GridChart) else None
        if grid is not None and lattice is not None and lattice.images.shape[1] == grid.columns:
            return  # a picture for each cell, wherever one looks
        if self._session.lattice_shown and plane is not None:
            rect = square_cells(self._canvas.camera.rect, LATTICE_CELLS)
            self._session.request_lattice(rect, LATTICE_CELLS)
