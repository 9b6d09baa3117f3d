"""The hand: what press, drag, wheel and keys on the map mean."""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QWheelEvent,
)
from shiboken6 import isValid

from latentlab.session.choice import How
from latentlab.session.session import Session
from latentlab.views.map.canvas import Canvas
from latentlab.views.map.pathline import End
from latentlab.views.map.selecting import Selecting

DRAG_PX = 4.0  # farther than this from the press, a click has become a drag
ZOOM_A_NOTCH = 1.2
NOTCH = 120.0  # eighths of a degree
STEP = 1.0 / 200.0  # of the shorter side, for one press of an arrow key
ARROWS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, 1.0),
    Qt.Key.Key_Down: (0.0, -1.0),
}


class Doing(Enum):
    """What the hand is doing."""

    NOTHING = auto()
    PRESSED = auto()  # decoding where it was pressed; not yet a drag
    DRAWING = auto()  # the drag draws A to B
    HANDLE = auto()
    PANNING = auto()
    SELECTING = auto()  # a lasso, or a rectangle


def how_of(modifiers: Qt.KeyboardModifier) -> How:
    """What a shape does to the selection: Ctrl adds, Alt takes away, both keep what is in both."""
    add = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
    less = bool(modifiers & Qt.KeyboardModifier.AltModifier)
    if add and less:
        return "intersect"
    return "add" if add else "subtract" if less else "replace"


class Interaction(QObject):
    """Reads the canvas's events before pyqtgraph does, and turns them into commands.

    Args:
        session: Whom the commands go to.
        canvas: What is read, and whose camera is moved.
    """

    looked = Signal()  # the person panned or zoomed
    hovered = Signal(object)  # QPointF in plot pixels, or None
    activated = Signal(QPointF)  # double click
    drawn = Signal()  # the first move of a drag
    fit_asked = Signal()
    reset_asked = Signal()

    def __init__(self, session: Session, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._session = session
        self._canvas = canvas
        self.selecting = Selecting(session, canvas.outline, self)
        self._doing = Doing.NOTHING
        self._pressed = QPointF()
        self._last = QPointF()
        self._grab = QPointF()  # from the pointer to the middle of the handle it took
        self._end: End = "b"
        self._button = Qt.MouseButton.NoButton
        self._space = False
        self._space_used = False
        canvas.installEventFilter(self)
        canvas.viewport().installEventFilter(self)

    @property
    def busy(self) -> bool:
        """Whether a button is down: nothing should move under the hand."""
        return self._doing is not Doing.NOTHING

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle what is ours, and leave the rest to Qt."""
        if not isValid(self._canvas):  # the last events of a window that is being deleted
            return False
        if watched is self._canvas.viewport():
            return self._mouse_event(event)
        return self._key_event(event)

    # Mouse

    def _mouse_event(self, event: QEvent) -> bool:
        kind = event.type()
        if isinstance(event, QMouseEvent):
            at = self._canvas.to_plot(event.position())
            if kind == QEvent.Type.MouseButtonPress:
                return self._press(event, at)
            if kind == QEvent.Type.MouseMove:
                return self._move(event, at)
            if kind == QEvent.Type.MouseButtonRelease:
                return self._release(event)
            if kind == QEvent.Type.MouseButtonDblClick:
                return self._double_click(event, at)
        elif isinstance(event, QWheelEvent):
            return self._wheel(event)
        elif isinstance(event, QNativeGestureEvent):
            return self._pinch(event)
        elif kind == QEvent.Type.Leave:
            self._canvas.path.light(None)
            self.hovered.emit(None)
        return False

    def _press(self, event: QMouseEvent, at: QPointF) -> bool:
        if self.busy or not self._canvas.plot.rect().contains(at):
            return True
        self._canvas.setFocus(Qt.FocusReason.MouseFocusReason)
        self._pressed = self._last = at
        self._button = event.button()
        left = event.button() == Qt.MouseButton.LeftButton
        right = event.button() == Qt.MouseButton.RightButton
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if event.button() == Qt.MouseButton.MiddleButton or (left and self._space):
            self._space_used = True
            self._set_doing(Doing.PANNING)
        elif shift and (left or right):
            self._set_doing(Doing.SELECTING)
            how = how_of(event.modifiers())
            self.selecting.begin(self._canvas.xy(at), how, rectangle=right)
        elif left:
            self._take_or_touch(at)
        return True

    def _take_or_touch(self, at: QPointF) -> None:
        end = self._canvas.path.handle_at(at)
        if end is not None:
            self._end = end
            self._grab = self._canvas.path.handles[end].pos() - at
            self._set_doing(Doing.HANDLE)
            return
        self._set_doing(Doing.PRESSED)
        self._show_cursor(at)
        self._session.begin_drag(self._canvas.xy(at))

    def _show_cursor(self, at: QPointF) -> None:
        # At once, whatever the session does next: the cursor is never later than the hand.
        if self._session.plane is not None:
            self._canvas.show_cursor(self._canvas.xy(at))

    def _move(self, event: QMouseEvent, at: QPointF) -> bool:
        if self.busy and event.buttons() == Qt.MouseButton.NoButton:
            self._finish()  # the release went elsewhere (a dialog, another screen)
        if not self.busy:
            self._hover(event, at)
            return True
        if self._doing is Doing.PANNING:
            step = at - self._last
            self._canvas.set_camera(self._canvas.camera.panned(step.x(), step.y()))
            self.looked.emit()
        elif self._doing is Doing.SELECTING:
            self.selecting.move(self._canvas.xy(at))
        elif self._doing is Doing.HANDLE:
            if at != self._pressed or self._last != self._pressed:
                self._session.move_handle(self._end, self._canvas.xy(at + self._grab))
        else:
            self._draw(at)
        self._last = at
        return True

    def _draw(self, at: QPointF) -> None:
        away = at - self._pressed
        if self._doing is Doing.PRESSED:
            if away.x() ** 2 + away.y() ** 2 <= DRAG_PX**2:
                return
            self._set_doing(Doing.DRAWING)
            self.drawn.emit()
        self._show_cursor(at)
        self._session.drag_to(self._canvas.xy(at))

    def _hover(self, event: QMouseEvent, at: QPointF) -> None:
        end = self._canvas.path.handle_at(at)
        self._canvas.path.light(end)
        self._set_shape()
        inside = self._canvas.plot.rect().contains(at)
        plain = event.buttons() == Qt.MouseButton.NoButton
        self.hovered.emit(at if inside and plain and end is None else None)

    def _release(self, event: QMouseEvent) -> bool:
        if self.busy and event.button() == self._button:
            self._finish()
        return True

    def _finish(self) -> None:
        if self._doing in (Doing.PRESSED, Doing.DRAWING, Doing.HANDLE):
            self._session.end_drag()
        elif self._doing is Doing.SELECTING:
            self.selecting.finish(self._canvas.points.cloud)
        self._set_doing(Doing.NOTHING)

    def _double_click(self, event: QMouseEvent, at: QPointF) -> bool:
        if event.button() == Qt.MouseButton.LeftButton and not self._space:
            if self._canvas.path.handle_at(at) is None:
                self.activated.emit(at)
            return True
        return self._press(event, at)

    def _wheel(self, event: QWheelEvent) -> bool:
        at = self._canvas.to_plot(event.position())
        turned = event.angleDelta().y() or event.angleDelta().x()  # Alt turns it sideways
        if turned:
            self._zoom(ZOOM_A_NOTCH ** (turned / NOTCH), at)
        event.accept()
        return True

    def _pinch(self, event: QNativeGestureEvent) -> bool:
        if event.gestureType() != Qt.NativeGestureType.ZoomNativeGesture:
            return False
        self._zoom(max(0.2, 1.0 + event.value()), self._canvas.to_plot(event.position()))
        return True

    def _zoom(self, factor: float, at: QPointF) -> None:
        self._canvas.set_camera(self._canvas.camera.zoomed(factor, at.x(), at.y()))
        self.looked.emit()

    def _set_doing(self, doing: Doing) -> None:
        self._doing = doing
        if doing is not Doing.NOTHING:
            self.hovered.emit(None)
        self._set_shape()

    def _set_shape(self) -> None:
        shape = Qt.CursorShape.CrossCursor
        if self._doing in (Doing.PANNING, Doing.HANDLE):
            shape = Qt.CursorShape.ClosedHandCursor
        elif self._space or any(handle.lit for handle in self._canvas.path.handles.values()):
            shape = Qt.CursorShape.OpenHandCursor
        self._canvas.viewport().setCursor(shape)

    # Keys

    def _key_event(self, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.FocusOut:
            self._space = False
            self._set_shape()
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
            return self._key_press(event)
        if kind == QEvent.Type.KeyRelease:
            return self._key_release(event)
        return False

    def _key_press(self, event: QKeyEvent) -> bool:
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
                self._space, self._space_used = True, False
                self._set_shape()
        elif key == Qt.Key.Key_L:
            self._session.show_lattice(not self._session.lattice_shown)
        elif key == Qt.Key.Key_F:
            self.fit_asked.emit()
        elif key == Qt.Key.Key_Home:
            self.reset_asked.emit()
        elif key == Qt.Key.Key_Escape:
            self._escape()
        else:
            return False
        event.accept()
        return True

    def _escape(self) -> None:
        """Take away one thing: the shape being drawn, else the selection, else the path."""
        if self._doing is Doing.SELECTING:
            self.selecting.cancel()
            self._set_doing(Doing.NOTHING)
        elif len(self._session.selected):
            self._session.clear_selection()
        else:
            self._session.clear_path()

    def _key_release(self, event: QKeyEvent) -> bool:
        if event.key() != Qt.Key.Key_Space or event.isAutoRepeat():
            return False
        tapped = self._space and not self._space_used
        self._space = False
        self._set_shape()
        path = self._session.path
        if tapped and path is not None:
            self._session.set_playing(not path.playing)
        return True

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
