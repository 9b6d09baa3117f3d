"""Which part of the map is in view: all of it at first, what a person looked at from then on."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject

from latentlab.engine.messages import Rect
from latentlab.latent.cells import GridChart
from latentlab.session.charting import chart_of
from latentlab.session.natures import prior_look
from latentlab.session.session import Session
from latentlab.session.timers import single_shot
from latentlab.views.map.camera import Camera, robust_rect
from latentlab.views.map.canvas import PRIOR_SQUARE, Canvas
from latentlab.views.map.interaction import Interaction

VIEW_REST_MS = 500  # after which a view is worth remembering for undo
GENTLE = 0.5  # of the way that the view follows at each refresh while training
STILL = 0.08  # of the view: smaller differences are not worth a move


class Looking(QObject):
    """Moves the camera where no hand does, and tells the session which part is in view.

    Args:
        session: Whose codes are shown.
        canvas: Whose camera it is.
        hand: What a person does; nothing moves under it.
        parent: Qt's owner.
    """

    def __init__(
        self, session: Session, canvas: Canvas, hand: Interaction, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._canvas = canvas
        self._hand = hand
        self._follows = True
        self._fresh_model = True
        self._person_looked = False
        self._kind = ""
        self._held: Rect | None = None  # brought back, and not left since: it outlives resizes
        self._restoring = False  # undo has brought back the view of a chart that is on its way
        self._was_training = session.training.active
        self._rest = single_shot(self, self._tell, VIEW_REST_MS)
        canvas.camera_changed.connect(self._rest.start)
        canvas.resized.connect(self._resized)
        hand.looked.connect(self._looked)
        hand.fit_asked.connect(self.fit)
        hand.reset_asked.connect(self.reset)
        session.view_changed.connect(self._restored)
        session.training_changed.connect(self._training_changed)

    def fit(self) -> None:
        """Show all points but a few outliers, with a margin; follow the training again."""
        self._follows = True
        self._person_looked = True
        self._show(self.whole_rect or PRIOR_SQUARE)

    def reset(self) -> None:
        """Show the prior's square of three sigma; all cells of a grid."""
        self._follows = False
        self._person_looked = True
        rect = self.whole_rect if isinstance(self._session.plane, GridChart) else None
        self._show(rect or PRIOR_SQUARE)

    @property
    def whole_rect(self) -> Rect | None:
        """Where all data lie, but a few outliers; all cells of a grid; None without data."""
        plane, codes = self._session.plane, self._session.codes
        if isinstance(plane, GridChart):
            return plane.rect
        return None if codes is None else robust_rect(codes.xy)

    def model_changed(self) -> None:
        """A model without codes is a new one: its first map is not come to gently."""
        if self._session.codes is None:
            self._fresh_model = True

    def codes_changed(self) -> None:
        """Follow the points, unless a person looks elsewhere; a chart of another kind is shown."""
        plane = self._session.plane
        kind = "" if plane is None else chart_of(plane).kind
        other, self._kind = kind != self._kind, kind
        kept, self._restoring = self._restoring, False
        if other and not kept and not self._fresh_model and self._session.codes is not None:
            self._show_everything(gently=False)  # where one looked is no place of this chart
        elif self._follows and not self._hand.busy:
            self._show_everything(gently=not self._fresh_model and self._session.training.active)
        self._fresh_model = self._session.codes is None

    def _show(self, rect: Rect, margin: float | None = None) -> None:
        self._held = None
        camera = self._canvas.camera
        wanted = camera.showing(rect) if margin is None else camera.showing(rect, margin=margin)
        self._canvas.set_camera(wanted)

    def _looked(self) -> None:
        self._follows, self._held = False, None
        self._person_looked = True

    def _resized(self) -> None:
        if self._follows:
            self._show_everything(gently=False)
        elif self._held is not None:
            self._hold(self._held)

    def _hold(self, rect: Rect) -> None:
        """Show just this, whatever size the map comes to have."""
        self._show(rect, margin=0.0)
        self._held = rect

    def _show_everything(self, *, gently: bool) -> None:
        self._held = None
        rect = self.whole_rect
        if rect is None:
            rect = PRIOR_SQUARE
        elif self._session.training.active and self._has_prior:
            # Codes begin in one spot and spread: from the start, show where they spread to.
            x0, y0, x1, y1 = rect
            rect = min(x0, -2.0), min(y0, -2.0), max(x1, 2.0), max(y1, 2.0)
        now, wanted = self._canvas.camera, self._canvas.camera.showing(rect)
        self._canvas.set_camera(_toward(now, wanted) if gently else wanted)

    @property
    def _has_prior(self) -> bool:
        model = self._session.model
        return model is not None and prior_look(model) != "none"

    def _training_changed(self) -> None:
        was, self._was_training = self._was_training, self._session.training.active
        if was and not self._was_training and self._follows and not self._hand.busy:
            self._show_everything(gently=False)

    def _tell(self) -> None:
        self._session.set_view(self._canvas.camera.rect, remember=self._person_looked)
        self._person_looked = False

    def _restored(self) -> None:
        rect = self._session.view
        if rect is not None:
            self._follows = False
            self._restoring = self._session.chart_on_its_way
            self._hold(rect)
            self._rest.stop()


def _toward(now: Camera, wanted: Camera) -> Camera:
    """A camera part of the way, or the same one where the difference is not worth a move."""
    side = min(now.width, now.height)
    moved = max(abs(wanted.x - now.x), abs(wanted.y - now.y)) * now.scale / side
    if moved < STILL and abs(np.log(wanted.scale / now.scale)) < STILL:
        return now
    scale = now.scale * (wanted.scale / now.scale) ** GENTLE
    x, y = now.x + GENTLE * (wanted.x - now.x), now.y + GENTLE * (wanted.y - now.y)
    return Camera(x, y, scale, now.width, now.height)
