"""Waypoints by real mouse and keys: add, draw, split, move, delete, morph, and the map's menu."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from latentlab.views.map.marks import DOT_RADIUS, HANDLE_RADIUS
from latentlab.views.map.pathline import _ticks

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
XY = [[-2.0, -2.0], [2.0, 2.0], [0.5, 0.5], [-1.0, 1.0]]


@pytest.fixture
def stage(make_stage):
    made = make_stage(XY)
    made.session.clear_path()
    return made


def viewport(stage):
    return stage.view.canvas.viewport()


def click(stage, x, y, button=LEFT):
    QTest.mouseClick(viewport(stage), button, pos=stage.px(x, y))


def drag(stage, *places):
    QTest.mousePress(viewport(stage), LEFT, pos=stage.px(*places[0]))
    for place in places[1:]:
        QTest.mouseMove(viewport(stage), stage.px(*place))
    QTest.mouseRelease(viewport(stage), LEFT, pos=stage.px(*places[-1]))


def places(stage):
    return np.array([stop.at for stop in stage.session.path.stops])


def menu(stage, x, y) -> dict:
    """The entries of the menu under a right press."""
    click(stage, x, y, RIGHT)
    shown = stage.view.canvas.findChildren(QMenu)[-1]
    return {action.text(): action for action in shown.actions()}


def test_clicks_add_waypoints_while_that_is_on(stage):
    click(stage, -1.5, 0.0)  # decodes there: the path begins here
    stage.session.waypoints.set_adding(True)
    assert "Click to add" in stage.view.hint
    for at in ((0.0, 1.5), (1.5, 0.0), (0.0, -1.5)):
        click(stage, *at)
    np.testing.assert_allclose(places(stage), [(-1.5, 0), (0, 1.5), (1.5, 0), (0, -1.5)], atol=0.02)
    QTest.keyClick(stage.view.canvas, Qt.Key.Key_Escape)
    assert not stage.session.waypoints.adding
    assert not stage.view.hint
    assert stage.session.path is not None


def test_a_drag_while_adding_draws_the_path_freehand(stage):
    stage.session.waypoints.set_adding(True)
    t = np.linspace(-1.8, 1.8, 40)
    drag(stage, *zip(t, np.sin(2 * t), strict=True))
    found = places(stage)
    assert 4 <= len(found) <= 15
    assert np.abs(found[:, 1] - np.sin(2 * found[:, 0])).max() < 0.1
    stage.session.undo()
    assert stage.session.path is None


def test_a_press_on_the_line_splits_it_and_holds_the_new_waypoint(stage):
    drag(stage, (-1.5, -1.0), (0.0, -1.0), (1.5, -1.0))
    stage.session.waypoints.set_adding(True)
    drag(stage, (0.0, -1.0), (0.0, -0.5), (0.0, 0.2))
    np.testing.assert_allclose(places(stage), [(-1.5, -1), (0, 0.2), (1.5, -1)], atol=0.02)
    stage.session.undo()
    stage.session.undo()
    assert len(stage.session.path.stops) == 2


def test_inner_waypoints_have_handles_that_the_hand_moves(stage):
    stage.session.waypoints.typed("-1.5 0\n0 1\n1.5 0")
    line = stage.view.canvas.path
    assert len(line.inner) == 1
    drag(stage, (0.0, 1.0), (0.1, 0.5), (0.2, -1.0))
    np.testing.assert_allclose(places(stage)[1], (0.2, -1.0), atol=0.02)
    assert line.handle(1).at == stage.session.path.stops[1].at
    stage.session.waypoints.take_away(1)
    assert not line.inner


def test_crowded_waypoints_are_dots_until_there_is_room_for_their_numbers(stage):
    angle = np.linspace(0.0, 6.0, 30)
    stage.session.waypoints.through(np.stack([0.2 * np.cos(angle), 0.2 * np.sin(angle)], axis=1))
    line = stage.view.canvas.path
    assert {handle.radius for handle in line.inner} == {DOT_RADIUS}
    camera = line.camera
    line.set_camera(replace(camera, scale=60.0 * camera.scale))
    assert {handle.radius for handle in line.inner} == {HANDLE_RADIUS}
    line.set_camera(camera)
    assert {handle.radius for handle in line.inner} == {DOT_RADIUS}


def test_the_menu_of_a_waypoint_deletes_it_and_of_the_line_splits_it(stage):
    stage.session.waypoints.typed("-1.5 0\n0 1.2\n1.5 0")
    menu(stage, 0.0, 1.2)["Delete this waypoint"].trigger()
    assert len(stage.session.path.stops) == 2
    menu(stage, 0.75, 0.0)["Split the path here"].trigger()
    np.testing.assert_allclose(places(stage)[1], (0.75, 0.0), atol=0.02)
    menu(stage, -1.5, 0.0)["Close the loop"].trigger()
    assert stage.session.path.closed


def test_morph_from_one_datum_s_menu_to_the_next_datum_clicked(stage):
    menu(stage, -1.0, 1.0)["Morph from datum 3 to..."].trigger()
    assert "Click the datum" in stage.view.hint
    click(stage, 2.0, 2.0)
    np.testing.assert_allclose(places(stage), [(-1, 1), (2, 2)])
    assert not stage.view.hint


def test_escape_leaves_a_morph_before_it_takes_anything_away(stage):
    drag(stage, (-1.5, -1.0), (0.0, -1.0), (1.5, -1.0))
    stage.session.waypoints.set_morph(0)
    QTest.keyClick(stage.view.canvas, Qt.Key.Key_Escape)
    assert stage.session.waypoints.morph_from is None
    assert stage.session.path is not None


def test_the_line_is_drawn_along_the_course_not_straight(stage):
    stage.bare()
    stage.session.waypoints.typed("-1.5 0\n0 1.2\n1.5 0")
    straight = stage.pixels()
    stage.session.waypoints.set_kind("spline")
    assert (stage.pixels() != straight).any()
    at = stage.session.travel.way.at
    middle = at[len(at) // 4]
    assert (
        stage.view.canvas.path.piece_at(stage.view.canvas.to_plot(stage.px(*middle).toPointF()))
        == 0
    )


def test_each_tick_is_a_frame_none_is_under_an_end_and_none_too_near():
    for frames, length in ((11, 200.0), (60, 500.0), (1000, 800.0), (4, 45.0)):
        at = np.stack([np.linspace(0, length, frames), np.zeros(frames)], axis=1)
        ticks = np.array([tick.x1() for tick in _ticks(at, at[[0, -1]])])
        between = length / (frames - 1)
        assert np.allclose(ticks / between, np.rint(ticks / between))
        assert ticks.min() >= 10.0
        assert ticks.max() <= length - 10.0
        assert len(ticks) < 2 or np.diff(ticks).min() >= min(10.0, between) - 1e-9


def test_a_press_in_the_corner_of_the_menu_does_not_move_the_cursor(stage):
    before = stage.session.cursor
    entries = menu(stage, 1.0, -1.0)
    assert stage.session.cursor == before
    entries["Decode here"].trigger()
    assert stage.session.cursor == pytest.approx((1.0, -1.0), abs=0.02)
    entries = menu(stage, -1.0, -1.0)
    entries["Path from the cursor to here"].trigger()
    np.testing.assert_allclose(places(stage), [(1, -1), (-1, -1)], atol=0.03)
