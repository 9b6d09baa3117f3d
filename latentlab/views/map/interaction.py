"""The hand: what press, drag, wheel and keys on the map mean."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QCursor, QMouseEvent, QNativeGestureEvent, QWheelEvent
from shiboken6 import isValid

from latentlab.session.choice import How
from latentlab.session.session import Session
from latentlab.views.map.brushing import Painting
from latentlab.views.map.canvas import Canvas
from latentlab.views.map.gestures import Drawing, Gesture, Panning, Shaping
from latentlab.views.map.keys import Keys
from latentlab.views.map.routing import Routing
from latentlab.views.map.selecting import Selecting

ZOOM_A_NOTCH = 1.2
NOTCH = 120.0  # eighths of a degree
EDGE = 0.08  # of the view: what a list points at is brought farther inside


def how_of(modifiers: Qt.KeyboardModifier) -> How:
    """What a shape does to the selection: Ctrl adds, Alt takes away, both keep what is in both."""
    add = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
    less = bool(modifiers & Qt.KeyboardModifier.AltModifier)
    if add and less:
        return "intersect"
    return "add" if add else "subtract" if less else "replace"


class Interaction(QObject):
    """Reads the canvas's events before pyqtgraph does, and turns them into commands.

    A press begins a gesture, which takes the moves until the release.

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
        self.keys = Keys(session, canvas)
        self.routing = Routing(session, canvas)
        self._gesture: Gesture | None = None
        self._button = Qt.MouseButton.NoButton
        self.keys.looked.connect(self.looked)
        self.keys.fit_asked.connect(self.fit_asked)
        self.keys.reset_asked.connect(self.reset_asked)
        self.keys.escaped.connect(self._escape)
        self.keys.space_changed.connect(self._set_shape)
        self.keys.brush_scaled.connect(self._scale_brush)
        session.brush.changed.connect(self._follow_brush)
        session.pointing.looked_at.connect(self._look_at)
        canvas.installEventFilter(self)
        canvas.viewport().installEventFilter(self)

    @property
    def busy(self) -> bool:
        """Whether a button is down: nothing should move under the hand."""
        return self._gesture is not None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle what is ours, and leave the rest to Qt."""
        if not isValid(self._canvas):  # the last events of a window that is being deleted
            return False
        if watched is self._canvas.viewport():
            return self._mouse_event(event)
        return self.keys.handle(event)

    # Brush and lists

    def _look_at(self, row: int) -> None:
        """Bring a row into view, unless it is well inside already."""
        codes, camera = self._session.codes, self._canvas.camera
        if codes is None or self.busy or not np.isfinite(codes.xy[row]).all():
            return
        x, y = camera.to_px(*(float(value) for value in codes.xy[row]))
        across, down = EDGE * camera.width, EDGE * camera.height
        if not (across <= x <= camera.width - across and down <= y <= camera.height - down):
            self._canvas.set_camera(camera.panned(camera.width / 2 - x, camera.height / 2 - y))
            self.looked.emit()

    @property
    def painting(self) -> bool:
        """Whether the brush is in the hand: the wheel makes it wider."""
        return self._session.brush.on or isinstance(self._gesture, Painting)

    def _scale_brush(self, factor: float) -> None:
        if self.painting:
            self._session.brush.scale(factor)

    def _follow_brush(self) -> None:
        pointer = self._canvas.viewport().mapFromGlobal(QCursor.pos())
        at = self._canvas.to_plot(QPointF(pointer))
        inside = self._canvas.underMouse() and self._canvas.plot.rect().contains(at)
        known = self._canvas.brush.at
        self._show_brush(known if known is not None else at if inside else None)
        if self._session.brush.on:
            self.hovered.emit(None)

    def _show_brush(self, at: QPointF | None) -> None:
        self._canvas.brush.set_at(at if self.painting else None, self._session.brush.radius_px)

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
            self._show_brush(None)
            self._canvas.path.light(None)
            self.hovered.emit(None)
        return False

    def _press(self, event: QMouseEvent, at: QPointF) -> bool:
        if self.busy or not self._canvas.plot.rect().contains(at):
            return True
        self._canvas.setFocus(Qt.FocusReason.MouseFocusReason)
        gesture = self._gesture_of(event, at)
        if gesture is None and event.button() == Qt.MouseButton.RightButton:
            self.hovered.emit(None)
            self.routing.show_menu(at)
        elif gesture is not None:
            self._button = event.button()
            self._set_gesture(gesture)
            gesture.press(at)
        return True

    def _gesture_of(self, event: QMouseEvent, at: QPointF) -> Gesture | None:
        """What a press at a pixel begins."""
        left = event.button() == Qt.MouseButton.LeftButton
        right = event.button() == Qt.MouseButton.RightButton
        middle = event.button() == Qt.MouseButton.MiddleButton
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        how = how_of(event.modifiers())
        if middle and shift:
            return Painting(self._session, self._canvas, how)
        if middle or (left and self.keys.space):
            self.keys.use_space()
            return Panning(self._canvas, self.looked.emit)
        if shift and (left or right):
            return Shaping(self.selecting, self._canvas, how, rectangle=right)
        if not left:
            return None
        if self._session.brush.on:
            return Painting(self._session, self._canvas, "add" if how == "replace" else how)
        return self.routing.gesture_of(at) or Drawing(self._session, self._canvas, self.drawn.emit)

    def _move(self, event: QMouseEvent, at: QPointF) -> bool:
        if self.busy and event.buttons() == Qt.MouseButton.NoButton:
            self._finish()  # the release went elsewhere (a dialog, another screen)
        if self._gesture is None:
            self._hover(event, at)
        else:
            self._gesture.move(at)
        return True

    def _hover(self, event: QMouseEvent, at: QPointF) -> None:
        if self._session.brush.on:
            inside = self._canvas.plot.rect().contains(at)
            self._show_brush(at if inside else None)
            self.hovered.emit(None)  # no card under the brush
            return
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
        if self._gesture is not None:
            self._gesture.release()
        self._set_gesture(None)

    def _double_click(self, event: QMouseEvent, at: QPointF) -> bool:
        plain = not (self.keys.space or self._session.brush.on)
        if event.button() == Qt.MouseButton.LeftButton and plain:
            if self._canvas.path.handle_at(at) is None:
                self.activated.emit(at)
            return True
        return self._press(event, at)

    def _wheel(self, event: QWheelEvent) -> bool:
        at = self._canvas.to_plot(event.position())
        turned = event.angleDelta().y() or event.angleDelta().x()  # Alt turns it sideways
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if turned and self.painting and not control:
            self._scale_brush(ZOOM_A_NOTCH ** (turned / NOTCH))
        elif turned:
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

    def _set_gesture(self, gesture: Gesture | None) -> None:
        self._gesture = gesture
        if gesture is not None:
            self.hovered.emit(None)
        self._set_shape()

    def _set_shape(self) -> None:
        shape = Qt.CursorShape.CrossCursor
        if self._gesture is not None and self._gesture.grips:
            shape = Qt.CursorShape.ClosedHandCursor
        elif self.keys.space or self._canvas.path.lit:
            shape = Qt.CursorShape.OpenHandCursor
        self._canvas.viewport().setCursor(shape)

    def _escape(self) -> None:
        """Take away one thing: what is being drawn, the brush, the selection, the path."""
        if self._gesture is not None and self._gesture.cancel():
            self._set_gesture(None)
        elif self.routing.escape():
            self._set_shape()
        elif self._session.brush.on:
            self._session.brush.set_on(False)
        elif len(self._session.selected):
            self._session.clear_selection()
        else:
            self._session.clear_path()
