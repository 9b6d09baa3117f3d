"""When the pictures at the points are chosen, fetched and drawn."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from latentlab.session.background import Latest
from latentlab.session.session import Session
from latentlab.session.timers import single_shot
from latentlab.views.map.canvas import Canvas
from latentlab.views.map.cloud import Cloud
from latentlab.views.map.thumbnails import (
    Board,
    Chooser,
    Chosen,
    around,
    compose,
    draw,
    spacing_for,
)

DRAW_MS = 30  # between two pictures of a moving map
BESIDE_HAND_MS = 250  # likewise while the hand drags: each one paints the whole map anew
VIEWER = "map"


class Thumbing(QObject):
    """Shows the pictures of the points that have room for one.

    Args:
        session: Whose points and pictures.
        canvas: Where they are shown.
        parent: Qt's owner.

    Signals:
        changed: Other pictures are under the pointer, perhaps.
    """

    changed = Signal()

    def __init__(self, session: Session, canvas: Canvas, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._canvas = canvas
        self._layer = canvas.thumbnails
        self._on = False
        self._chooser = Chooser()
        self._timer = single_shot(self, self._draw)
        self._drawer = Latest(self)
        self._drawer.told.connect(self._take)
        self._wanted = np.empty(0, np.int64)
        canvas.points.cloud_told = self._cloud_changed
        canvas.camera_changed.connect(self.refresh)
        session.thumbnails.arrived.connect(self.refresh)
        session.thumbnails.forgotten.connect(self._forget)
        session.layers.switched.connect(self._follow_opacity)
        self._follow_opacity()

    @property
    def on(self) -> bool:
        """Whether the layer is switched on."""
        return self._on

    def set_on(self, on: bool) -> None:
        """Switch the layer on or off."""
        self._on = on
        self._layer.setVisible(on)
        if on:
            self.refresh()
        else:
            self._forget()
            self._session.thumbnails.want(VIEWER, np.empty(0, np.int64))

    def refresh(self) -> None:
        """Points, view or pictures have changed."""
        if self._on and not self._timer.isActive():
            self._timer.start(BESIDE_HAND_MS if self._session.dragging else DRAW_MS)

    def settle(self) -> None:
        """Draw now what there is (pictures for files, tests)."""
        cloud, camera = self._cloud, self._canvas.camera
        if not self._on or cloud is None:
            return
        wider = around(camera)
        spacing = spacing_for(camera.scale, cloud.spacing)
        chosen = self._chooser.choose(cloud, wider.rect, spacing)
        thumbnails = self._session.thumbnails
        known = thumbnails.store.look(chosen.rows.tolist())
        redrawn = thumbnails.are_reconstructions
        ratio, ground = self._canvas.devicePixelRatioF(), self._layer.theme.ground
        board = compose(chosen, known, wider, ratio, redrawn=redrawn, ground=ground)
        self._layer.set_board(board)

    @property
    def _cloud(self) -> Cloud | None:
        return self._canvas.points.cloud

    def _draw(self) -> None:
        cloud, thumbnails = self._cloud, self._session.thumbnails
        if not self._on or cloud is None:
            self._layer.set_board(None)
            return
        work = partial(
            draw,
            self._chooser,
            cloud,
            self._canvas.camera,
            self._canvas.devicePixelRatioF(),
            thumbnails.store,
            thumbnails.are_reconstructions,
            self._layer.theme.ground,
        )
        self._drawer.ask(work)

    def _take(self, found: object) -> None:
        cloud = self._cloud
        if not self._on:
            return
        thumbnails = self._session.thumbnails
        if isinstance(found, Chosen) and found.cloud is cloud:
            if not np.array_equal(found.rows, self._wanted):
                self._wanted = found.rows
                thumbnails.want(VIEWER, self._nearest_first(found))
        elif isinstance(found, Board) and (found.chosen.cloud, found.of) == (
            cloud,
            thumbnails.store.of,
        ):
            self._layer.set_board(found)
            self.changed.emit()

    def _nearest_first(self, chosen: Chosen) -> NDArray[np.int64]:
        """The rows, those in the middle of the view first."""
        camera = self._canvas.camera
        far = np.maximum(np.abs(chosen.x - camera.x), np.abs(chosen.y - camera.y))
        return chosen.rows[np.argsort(far, kind="stable")]

    def _follow_opacity(self) -> None:
        opacity = self._session.layers.opacity("thumbnails")
        if opacity != self._layer.opacity():
            self._layer.setOpacity(opacity)
            self._canvas.viewport().update()

    def _cloud_changed(self) -> None:
        board, cloud = self._layer.board, self._cloud
        other = board is not None and (cloud is None or cloud.index is not board.chosen.cloud.index)
        if other and not self._session.training.active:
            self._layer.set_board(None)  # the points lie elsewhere now
        self.refresh()

    def _forget(self) -> None:
        """What is shown is of other data."""
        self._wanted = np.empty(0, np.int64)
        self._layer.set_board(None)
        self.refresh()
