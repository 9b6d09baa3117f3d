"""The brush: what it selects, how wide it is, and that no shape in a row of them is lost."""

from __future__ import annotations

import itertools
import threading

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from latentlab.session import choice

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
PLAIN, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
XY = np.random.default_rng(0).normal(size=(900, 2)).astype(np.float32)


@pytest.fixture
def stage(make_stage):
    stage = make_stage(XY, np.arange(900) % 4)
    stage.pixels()
    return stage


def move(stage, at: QPoint, button, keys) -> None:
    port = stage.view.canvas.viewport()
    kind, none = QEvent.Type.MouseMove, Qt.MouseButton.NoButton
    where = QPointF(port.mapToGlobal(at))
    QApplication.sendEvent(port, QMouseEvent(kind, QPointF(at), where, none, button, keys))


def paint(stage, corners, keys=PLAIN, button=LEFT) -> np.ndarray:
    """Paint through map points; returns the pixels that the hand went through, on the map."""
    port = stage.view.canvas.viewport()
    pixels = [stage.px(*at) for at in corners]
    QTest.mousePress(port, button, keys, pixels[0])
    for at in pixels[1:]:
        move(stage, at, button, keys)
    QTest.mouseRelease(port, button, keys, pixels[-1])
    return np.array([stage.xy(at) for at in pixels])


def turn(stage, notches: int, keys=PLAIN) -> None:
    port = stage.view.canvas.viewport()
    at = QPointF(stage.px(0, 0))
    event = QWheelEvent(
        at,
        QPointF(port.mapToGlobal(at.toPoint())),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(port, event)


def near(path: np.ndarray, radius: float) -> set[int]:
    """Rows within a distance of a path, by many places on it."""
    steps = np.linspace(0, 1, 2001)[:, None]
    dense = np.concatenate([a + steps * (b - a) for a, b in itertools.pairwise(path)])
    apart = np.sqrt(((XY[:, None].astype(float) - dense) ** 2).sum(axis=-1)).min(axis=1)
    return set(np.flatnonzero(apart <= radius).tolist())


def test_a_stroke_selects_what_the_circle_has_touched_and_moves_no_cursor(stage):
    session = stage.session
    before = session.cursor
    session.brush.set_on(True)
    path = paint(stage, [(-1.0, -0.5), (1.0, 0.5)])
    radius = session.brush.radius_px / stage.view.canvas.camera.scale
    found = set(session.selected.tolist())
    assert near(path, radius * 0.999) <= found <= near(path, radius * 1.001)
    assert 20 < len(found) < 800
    assert session.cursor == before
    assert session.path is None
    session.undo()
    assert not len(session.selected)


def test_strokes_add_alt_takes_away_and_the_lasso_still_replaces(stage):
    stage.session.brush.set_on(True)
    paint(stage, [(-1.0, 0.0), (-0.5, 0.0)])
    first = set(stage.session.selected.tolist())
    paint(stage, [(0.5, 0.0), (1.0, 0.0)])
    both = set(stage.session.selected.tolist())
    assert first < both
    paint(stage, [(0.5, 0.0), (1.0, 0.0)], ALT)
    assert set(stage.session.selected.tolist()) == first
    paint(stage, [(0.5, 0.5), (1.0, 0.5), (1.0, 1.0)], SHIFT)
    assert not first & set(stage.session.selected.tolist())


def test_shift_and_the_middle_button_paint_without_the_tool(stage):
    paint(stage, [(-1.0, 0.0), (-0.5, 0.0)], SHIFT, MIDDLE)
    first = set(stage.session.selected.tolist())
    assert first
    paint(stage, [(0.5, 0.0), (1.0, 0.0)], SHIFT | CTRL, MIDDLE)
    assert first < set(stage.session.selected.tolist())
    assert stage.view.canvas.brush.at is None
    camera = stage.view.canvas.camera
    paint(stage, [(0.0, 0.0), (0.5, 0.0)], PLAIN, MIDDLE)
    assert stage.view.canvas.camera != camera  # without Shift it pans


def test_wheel_and_brackets_change_the_width_and_ctrl_wheel_zooms(stage):
    session, canvas = stage.session, stage.view.canvas
    camera, before = canvas.camera, session.brush.radius_px
    session.brush.set_on(True)
    turn(stage, 2)
    assert session.brush.radius_px == pytest.approx(before * 1.2**2)
    assert canvas.camera == camera
    QTest.keyClick(canvas, Qt.Key.Key_BracketRight)
    QTest.keyClick(canvas, Qt.Key.Key_BracketLeft)
    QTest.keyClick(canvas, Qt.Key.Key_BracketLeft)
    assert session.brush.radius_px == pytest.approx(before * 1.2**2 / 1.25)
    assert session.settings.brush_px == session.brush.radius_px
    turn(stage, 1, CTRL)
    assert canvas.camera.scale > camera.scale
    session.brush.set_on(False)
    width = session.brush.radius_px
    turn(stage, 1)
    assert session.brush.radius_px == width
    for _ in range(60):
        session.brush.scale(0.5)
    assert session.brush.radius_px >= 3.0


def test_escape_calls_a_stroke_off_then_puts_the_brush_away_then_clears(stage):
    session, port = stage.session, stage.view.canvas.viewport()
    session.select([1, 2])
    session.brush.set_on(True)
    QTest.mousePress(port, LEFT, PLAIN, stage.px(-1, 0))
    move(stage, stage.px(1, 0), LEFT, PLAIN)
    assert len(stage.view.canvas.brush.path) > 1
    QTest.keyClick(stage.view.canvas, Qt.Key.Key_Escape)
    QTest.mouseRelease(port, LEFT, PLAIN, stage.px(1, 0))
    assert list(session.selected) == [1, 2]
    assert not stage.view.canvas.brush.path
    QTest.keyClick(stage.view.canvas, Qt.Key.Key_Escape)
    assert not session.brush.on
    assert list(session.selected) == [1, 2]
    QTest.keyClick(stage.view.canvas, Qt.Key.Key_Escape)
    assert not len(session.selected)


def test_the_circle_is_seen_where_the_pointer_is_and_leaves_no_trace(stage):
    stage.bare()
    before = stage.pixels()
    stage.session.brush.set_on(True)
    move(stage, stage.px(0.3, 0.3), Qt.MouseButton.NoButton, PLAIN)
    assert not np.array_equal(stage.pixels(), before)
    stage.session.brush.set_on(False)
    assert np.array_equal(stage.pixels(), before)


def test_of_many_quick_shapes_none_is_lost(stage, qtbot, monkeypatch):
    """At many points shapes are looked through in another thread, one after the other."""
    monkeypatch.setattr(choice, "FEW", 0)
    gate = threading.Event()
    slow = stage.session.choice
    slow.gather(lambda: (gate.wait(5), np.array([0], np.int32))[1], "add")
    for row in range(1, 30):
        slow.gather(lambda row=row: np.array([row], np.int32), "add")
    slow.gather(lambda: np.array([3, 4], np.int32), "subtract")
    gate.set()
    qtbot.waitUntil(lambda: not slow.busy)
    assert stage.session.selected.tolist() == [0, 1, 2, *range(5, 30)]


def test_a_change_in_between_is_what_a_later_shape_adds_to(stage, qtbot, monkeypatch):
    monkeypatch.setattr(choice, "FEW", 0)
    gate = threading.Event()
    session = stage.session
    session.choice.gather(lambda: (gate.wait(5), np.array([5], np.int32))[1], "add")
    session.select([100])
    gate.set()
    qtbot.waitUntil(lambda: not session.choice.busy)
    assert session.selected.tolist() == [5, 100]


def test_looking_that_fails_blocks_nothing(stage, qtbot, monkeypatch):
    monkeypatch.setattr(choice, "FEW", 0)
    monkeypatch.setattr(choice.log, "exception", lambda *_: None)

    def fail() -> np.ndarray:
        raise ValueError("no")

    stage.session.choice.gather(fail)
    stage.session.choice.gather(lambda: np.array([2], np.int32))
    qtbot.waitUntil(lambda: not stage.session.choice.busy)
    assert stage.session.selected.tolist() == [2]


def test_everything_and_the_others_are_selected_in_another_thread_at_many_points(
    stage, qtbot, monkeypatch
):
    monkeypatch.setattr(choice, "FEW", 100)
    session = stage.session
    session.toggle_class(1)
    session.select_all()
    session.invert_selection()
    session.select_class(2)
    assert session.choice.busy
    qtbot.waitUntil(lambda: not session.choice.busy)
    assert session.selected.tolist() == list(range(2, 900, 4))
    session.select_class(0)
    session.invert_selection()  # of what will be selected by then
    qtbot.waitUntil(lambda: not session.choice.busy)
    assert session.selected.tolist() == [row for row in range(900) if row % 4 in (2, 3)]
    session.select_class(2)
    session.invert_selection()
    qtbot.waitUntil(lambda: not session.choice.busy)
    shown = [row for row in range(900) if row % 4 in (0, 3)]
    assert session.selected.tolist() == shown


def test_a_point_is_found_under_the_pointer_while_the_index_is_being_built(
    stage, qtbot, monkeypatch
):
    index = stage.session.codes.index
    monkeypatch.setattr("latentlab.latent.picking.AT_ONCE", 10)
    index._ready = False
    monkeypatch.setattr(type(index), "build", lambda self: self)
    hover = stage.view._hovering
    hover.move(QPointF(stage.view.canvas.camera.to_px(*(float(v) for v in XY[7]))[0], 0.0))
    x, y = stage.view.canvas.camera.to_px(*(float(v) for v in XY[7]))
    hover.move(QPointF(x, y))
    assert hover.card.card is None
    qtbot.waitUntil(lambda: hover.card.card is not None)
    assert hover.card.card.row == 7


def test_what_a_list_points_at_is_marked_and_brought_into_view(stage):
    session, canvas = stage.session, stage.view.canvas
    session.pointing.point(11)
    assert canvas.pointed.at == (float(XY[11, 0]), float(XY[11, 1]))
    session.pointing.point(None)
    assert canvas.pointed.at is None
    session.pointing.point(10**6)
    assert canvas.pointed.at is None
    camera = canvas.camera
    inside = int(np.argmin(np.hypot(*XY.T)))
    session.pointing.look_at(inside)
    assert canvas.camera == camera  # it is well in view
    canvas.set_camera(camera.zoomed(30.0, 0.0, 0.0))
    session.pointing.look_at(inside)
    x, y = canvas.camera.to_px(*(float(v) for v in XY[inside]))
    assert 0 < x < canvas.camera.width
    assert 0 < y < canvas.camera.height
