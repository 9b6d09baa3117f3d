"""Lasso and rectangle with the hand, keys for adding, undo, and what is seen of a selection."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from latentlab.latent.lasso import inside_polygon
from latentlab.session.choice import combined

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
XY = np.random.default_rng(0).normal(size=(900, 2)).astype(np.float32)
LABELS = np.arange(900) % 4
SQUARE = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]


@pytest.fixture
def stage(make_stage):
    stage = make_stage(XY, LABELS)
    stage.pixels()
    return stage


def draw(stage, qtbot, corners, keys=SHIFT, button=LEFT):
    """Draw a shape through map points, and wait until it was looked through."""
    port, hand = stage.view.canvas.viewport(), stage.view._interaction
    pixels = [stage.px(*at) for at in corners]
    QTest.mousePress(port, button, keys, pixels[0])
    for at in pixels[1:]:
        QTest.mouseMove(port, at)
        event_move(stage, at, button, keys)
    QTest.mouseRelease(port, button, keys, pixels[-1])
    qtbot.waitUntil(lambda: not hand.selecting.busy)
    qtbot.wait(1)
    return np.array([stage.xy(at) for at in pixels])


def event_move(stage, at: QPoint, button, keys):
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    port = stage.view.canvas.viewport()
    kind, none = QEvent.Type.MouseMove, Qt.MouseButton.NoButton
    where = QPointF(port.mapToGlobal(at))
    QApplication.sendEvent(port, QMouseEvent(kind, QPointF(at), where, none, button, keys))


def inside(polygon) -> set[int]:
    return set(np.flatnonzero(inside_polygon(*XY.T, polygon)))


def test_a_lasso_selects_what_is_inside_and_no_cursor_moves(stage, qtbot):
    before = stage.session.cursor
    polygon = draw(stage, qtbot, SQUARE)
    assert set(stage.session.selected) == inside(polygon)
    assert 100 < len(stage.session.selected) < 800
    assert stage.session.cursor == before
    assert stage.session.path is None


def test_a_rectangle_is_drawn_with_the_right_button(stage, qtbot):
    (x0, y0), (x1, y1) = draw(stage, qtbot, [(-0.5, 0.7), (0.9, -0.2)], button=RIGHT)
    x, y = XY.T
    wanted = (x >= x0) & (x <= x1) & (y >= y1) & (y <= y0)
    assert set(stage.session.selected) == set(np.flatnonzero(wanted))
    assert wanted.any()


def test_keys_add_take_away_and_intersect(stage, qtbot):
    first = inside(draw(stage, qtbot, SQUARE))
    other = [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)]
    second = inside(draw(stage, qtbot, other, SHIFT | CTRL))
    assert set(stage.session.selected) == first | second
    third = inside(draw(stage, qtbot, SQUARE, SHIFT | ALT))
    assert set(stage.session.selected) == (first | second) - third
    fourth = inside(draw(stage, qtbot, [(0, 0), (3, 0), (3, 3)], SHIFT | CTRL | ALT))
    assert set(stage.session.selected) == ((first | second) - third) & fourth


def test_undo_brings_the_former_selection_back_and_redo_the_later(stage, qtbot):
    draw(stage, qtbot, SQUARE)
    first = stage.session.selected
    draw(stage, qtbot, [(0, 0), (2, 0), (2, 2)])
    second = stage.session.selected
    stage.session.undo()
    assert np.array_equal(stage.session.selected, first)
    stage.session.undo()
    assert not len(stage.session.selected)
    stage.session.redo()
    stage.session.redo()
    assert np.array_equal(stage.session.selected, second)


def test_escape_takes_the_selection_first_and_then_the_path(stage, qtbot):
    stage.session.begin_drag((0.0, 0.0))
    stage.session.drag_to((1.0, 1.0))
    stage.session.end_drag()
    draw(stage, qtbot, SQUARE)
    QTest.keyClick(stage.view.canvas, Qt.Key.Key_Escape)
    assert not len(stage.session.selected)
    assert stage.session.path is not None
    QTest.keyClick(stage.view.canvas, Qt.Key.Key_Escape)
    assert stage.session.path is None


def test_escape_during_a_lasso_calls_it_off(stage, qtbot):
    stage.session.select([1, 2])
    port = stage.view.canvas.viewport()
    QTest.mousePress(port, LEFT, SHIFT, stage.px(-1, -1))
    event_move(stage, stage.px(1, 0), LEFT, SHIFT)
    assert stage.view.canvas.outline._corners
    QTest.keyClick(stage.view.canvas, Qt.Key.Key_Escape)
    QTest.mouseRelease(port, LEFT, SHIFT, stage.px(1, 1))
    qtbot.wait(5)
    assert list(stage.session.selected) == [1, 2]
    assert not stage.view.canvas.outline._corners


def test_a_mere_click_with_shift_selects_nothing(stage, qtbot):
    stage.session.select([1, 2])
    draw(stage, qtbot, [(0.0, 0.0)])
    assert not len(stage.session.selected)


def test_hidden_points_are_not_selected(stage, qtbot):
    stage.session.toggle_class(1)
    polygon = draw(stage, qtbot, SQUARE)
    assert set(stage.session.selected) == {row for row in inside(polygon) if LABELS[row] != 1}
    stage.session.select_all()
    assert set(stage.session.selected) == set(np.flatnonzero(LABELS != 1))
    stage.session.select_class(2)
    stage.session.invert_selection()
    assert set(stage.session.selected) == set(np.flatnonzero((LABELS != 1) & (LABELS != 2)))


def test_a_selection_is_seen_and_leaves_no_trace(stage, qtbot):
    stage.bare()
    before = stage.pixels()
    draw(stage, qtbot, SQUARE)
    selected = stage.pixels()
    assert not np.array_equal(before, selected)
    rows = stage.session.selected
    spread = selected.max(axis=-1) - selected.min(axis=-1)  # grey has none
    places = np.array([stage.view.canvas.camera.to_px(*XY[row]) for row in rows])
    away = np.hypot(*(places[:, None] - places).transpose(2, 0, 1)) + 99.0 * np.eye(len(rows))
    single = places[away.min(axis=0) > 9.0].astype(int)
    assert len(single)
    for x, y in single:
        assert spread[y, x] > 60
    alone = [r for r in range(900) if r not in set(rows) and np.hypot(*XY[r]) > 2.0]
    for row in alone:
        x, y = (int(v) for v in stage.view.canvas.camera.to_px(*XY[row]))
        assert spread[y, x] < 25
    stage.session.clear_selection()
    assert np.array_equal(stage.pixels(), before)


def test_other_codes_are_not_selected(stage, make_codes):
    stage.session.select([3, 4])
    stage.open_model(make_codes(XY[:50]))
    assert not len(stage.session.selected)


@pytest.mark.parametrize("how", ["replace", "add", "subtract", "intersect"])
def test_combining_is_that_of_sets(how):
    rng = np.random.default_rng(1)
    a, b = (np.unique(rng.integers(0, 50, 20)).astype(np.int32) for _ in range(2))
    one, other = set(a.tolist()), set(b.tolist())
    wanted = {
        "replace": other,
        "add": one | other,
        "subtract": one - other,
        "intersect": one & other,
    }
    assert combined(a, b, how, 50).tolist() == sorted(wanted[how])
