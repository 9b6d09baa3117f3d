"""What keys on the map mean."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent

from latentlab.session.session import Session
from latentlab.views.map.canvas import Canvas

STEP = 1.0 / 200.0  # of the shorter side, for one press of an arrow key
ARROWS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, 1.0),
    Qt.Key.Key_Down: (0.0, -1.0),
}

BRUSH_A_KEY = 1.25
WIDER = {Qt.Key.Key_BracketLeft: 1.0 / BRUSH_A_KEY, Qt.Key.Key_BracketRight: BRUSH_A_KEY}


class Keys(QObject):
    """Reads the canvas's keys, and turns them into commands.

    Args:
        session: Whom the commands go to.
        canvas: Whose keys are read.
    """

    looked = Signal()  # the camera followed the cursor
    fit_asked = Signal()
    reset_asked = Signal()
    escaped = Signal()
    space_changed = Signal()
    brush_scaled = Signal(float)  # the brush is wanted so many times as wide

    def __init__(self, session: Session, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._session = session
        self._canvas = canvas
        self._space = False
        self._space_used = False

    @property
    def space(self) -> bool:
        """Whether the space bar is held: a drag pans."""
        return self._space

    def use_space(self) -> None:
        """The space bar was held for a drag: it does not play when it is let go."""
        self._space_used = True

    def handle(self, event: QEvent) -> bool:
        """Take a key that is the map's, and leave the rest to Qt."""
        kind = event.type()
        if kind == QEvent.Type.FocusOut:
            self._set_space(on=False)
            return False
        if not isinstance(event, QKeyEvent):
            return False
        if kind == QEvent.Type.ShortcutOverride:
            # Space held and arrows are the map's while it has the focus, whatever menus say.
            if event.key() == Qt.Key.Key_Space or event.key() in ARROWS:
                event.accept()
                return True
            return False
        if kind == QEvent.Type.KeyPress:
            return self._press(event)
        if kind == QEvent.Type.KeyRelease:
            return self._release(event)
        return False

    def _press(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        others = event.modifiers() & ~(
            Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
        )
        if others:
            return False
        if key in ARROWS:
            far = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._nudge(*ARROWS[key], 10.0 if far else 1.0)
        elif key == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._space_used = False
                self._set_space(on=True)
        elif key in WIDER:
            self.brush_scaled.emit(WIDER[key])
        elif key == Qt.Key.Key_L:
            self._session.show_lattice(not self._session.lattice_shown)
        elif key == Qt.Key.Key_F:
            self.fit_asked.emit()
        elif key == Qt.Key.Key_Home:
            self.reset_asked.emit()
        elif key == Qt.Key.Key_Escape:
            self.escaped.emit()
        else:
            return False
        event.accept()
        return True

    def _release(self, event: QKeyEvent) -> bool:
        if event.key() != Qt.Key.Key_Space or event.isAutoRepeat():
            return False
        tapped = self._space and not self._space_used
        self._set_space(on=False)
        path = self._session.path
        if tapped and path is not None:
            self._session.set_playing(not path.playing)
        return True

    def _set_space(self, *, on: bool) -> None:
        self._space = on
        self.space_changed.emit()

    def _nudge(self, dx: float, dy: float, times: float) -> None:
        camera = self._canvas.camera
        step = times * STEP * min(camera.width, camera.height) / camera.scale
        self._session.nudge(dx * step, dy * step)
        if self._session.cursor is not None:
            self._keep_in_view(self._session.cursor)

    def _keep_in_view(self, at: tuple[float, float]) -> None:
        camera = self._canvas.camera
        x, y = camera.to_px(*at)
        dx = min(max(x, 0.0), camera.width) - x
        dy = min(max(y, 0.0), camera.height) - y
        if dx or dy:
            self._canvas.set_camera(camera.panned(dx, dy))
            self.looked.emit()
