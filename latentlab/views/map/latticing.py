"""When the decoded plane is asked for, and what else on the map looks different over it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QPointF, Signal

from latentlab.latent.cells import GridChart
from latentlab.latent.tiles import Patch, level_for, patch_of
from latentlab.session.background import Latest
from latentlab.session.natures import is_categorical
from latentlab.session.session import Session
from latentlab.session.timers import single_shot
from latentlab.views.map.canvas import Canvas
from latentlab.views.map.tiles import Sheet, compose, draw, painted

LOOK_MS = 30  # between two looks at what a moving map shows
DRAW_MS = 16  # between two pictures of tiles that come in
BESIDE_HAND_MS = 250  # likewise while the hand drags: each one paints the whole map anew
AROUND = 0.15  # of the view, on each side: drawn too, for the next pan
OVER_PICTURES = 0.75  # opacity of the points over the pictures


class Latticing(QObject):
    """Asks for the pictures of what is in view, and shows them.

    Args:
        session: Who decodes them.
        canvas: Where they are shown.
        parent: Qt's owner.

    Signals:
        shown_changed: The layer was switched on or off.
    """

    shown_changed = Signal()

    def __init__(self, session: Session, canvas: Canvas, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._canvas = canvas
        self._before: bool | None = None  # whether it was shown before a grid of codes
        self._pointer: QPointF | None = None
        self._look_timer = single_shot(self, self._look)
        self._draw_timer = single_shot(self, self._draw)
        self._drawer = Latest(self)
        self._drawer.told.connect(self._take)
        self._drawn: tuple[object, ...] = ()
        canvas.camera_changed.connect(self._look_soon)
        session.lattice_changed.connect(self.refresh)
        session.layers.switched.connect(self._follow_opacity)
        session.drag_ended.connect(self._draw_soon)
        self._follow_opacity()

    def hover(self, plot_px: QPointF | None) -> None:
        """The pointer is over this pixel of the plot: what is there comes first; None is away."""
        self._pointer = plot_px

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
        """Ask for what there is none of on this map yet."""
        self._look_soon()

    def refresh(self) -> None:
        """Show what the session has of it."""
        canvas, shown = self._canvas, self._session.lattice_shown
        was = canvas.lattice.isVisible()
        if shown != was:  # each of these paints the whole map anew
            canvas.lattice.setVisible(shown)
            for layer in (canvas.rings, canvas.contours, canvas.gaps):
                layer.set_over_pictures(shown)
            canvas.points.setOpacity(OVER_PICTURES if shown else 1.0)
        canvas.lattice.set_lattice(self._session.lattice if shown else None)
        tiles, before = self._session.tiles, canvas.lattice.tiles
        if before is not None and not (tiles.tiled and tiles.are_of_this(before.sheet.version)):
            canvas.lattice.set_tiles(None)
        self._draw_soon()
        if shown and not was:
            self._look()
        elif shown and not tiles.tiled and self._session.lattice is None:
            self._look_soon()
        if shown != was:
            self.shown_changed.emit()

    @property
    def settled(self) -> bool:
        """Whether all of the view is on screen, sharp, and as the newest weights have it."""
        tiles, shown = self._session.tiles, self._canvas.lattice.tiles
        if not tiles.tiled:
            return tiles.settled
        wanted = (tiles.count, self._scale, self._level)
        now = (
            None
            if shown is None
            else (shown.sheet.count, shown.sheet.scale, shown.sheet.patch.level)
        )
        return tiles.settled and now == wanted and not self._look_timer.isActive()

    def settle(self) -> None:
        """Draw now what there is (pictures for files, tests)."""
        tiles = self._session.tiles
        if not tiles.shown or not tiles.tiled:
            return
        sheet = compose(tiles.store, tiles.version, self._patch(), self._scale)
        self._canvas.lattice.set_tiles(None if sheet is None else painted(sheet))

    def _follow_opacity(self) -> None:
        opacity = self._session.layers.opacity("lattice")
        if opacity != self._canvas.lattice.opacity():
            self._canvas.lattice.setOpacity(opacity)
            self._canvas.viewport().update()

    # What is asked for

    def _look_soon(self) -> None:
        if self._session.lattice_shown and not self._look_timer.isActive():
            self._look_timer.start(LOOK_MS)

    def _look(self) -> None:
        session, camera = self._session, self._canvas.camera
        plane, lattice = session.plane, session.lattice
        if not session.lattice_shown or plane is None:
            return
        if session.tiles.tiled:
            focus = session.cursor
            if self._pointer is not None:
                focus = self._canvas.xy(self._pointer)
            x0, y0, x1, y1 = camera.rect
            if focus is not None and not (x0 <= focus[0] <= x1 and y0 <= focus[1] <= y1):
                focus = None
            session.tiles.look(camera.rect, self._level, focus)
            self._draw_soon()
        elif isinstance(plane, GridChart) and (
            lattice is None or lattice.images.shape[1] != plane.columns
        ):
            session.request_lattice(camera.rect)

    @property
    def _level(self) -> int:
        camera = self._canvas.camera
        return level_for(camera.scale, camera.width, camera.height)

    # What is shown of it

    @property
    def _scale(self) -> float:
        return self._canvas.camera.scale * self._canvas.devicePixelRatioF()

    def _patch(self) -> Patch:
        """The cells that are drawn: those in view, and where there is time some around them."""
        x0, y0, x1, y1 = self._canvas.camera.rect
        around = 0.0 if self._urgent else AROUND
        wide, high = around * (x1 - x0), around * (y1 - y0)
        return patch_of((x0 - wide, y0 - high, x1 + wide, y1 + high), self._level)

    @property
    def _urgent(self) -> bool:
        """Whether only what is seen counts: no whole picture is there yet, or the hand draws."""
        shown = None if self._canvas.lattice.tiles is None else self._canvas.lattice.tiles.sheet
        sharp = shown is not None and shown.whole and shown.patch.level == self._level
        return not sharp or self._session.dragging

    def _draw_soon(self) -> None:
        dragging, whole = self._session.dragging, self._session.tiles.settled
        if whole and not dragging:
            self._draw_timer.start(0)  # there is nothing to wait for
        elif not self._draw_timer.isActive():
            self._draw_timer.start(BESIDE_HAND_MS if dragging else DRAW_MS)

    def _draw(self) -> None:
        tiles = self._session.tiles
        if not tiles.shown or not tiles.tiled:
            self._canvas.lattice.set_tiles(None)
            return
        wanted = (tiles.version, tiles.count, self._patch(), self._scale)
        if wanted != self._drawn:
            self._drawn = wanted
            patch, scale = self._patch(), self._scale
            self._drawer.ask(partial(draw, tiles.store, tiles.version, patch, scale, tiles.count))

    def _take(self, sheet: object) -> None:
        tiles = self._session.tiles
        if isinstance(sheet, Sheet) and tiles.tiled and tiles.are_of_this(sheet.version):
            self._canvas.lattice.set_tiles(painted(sheet))
            if sheet.patch != self._patch():
                self._draw_soon()  # what lies around it, for the next pan
