"""Real mouse and keys on the real widget, and what the session was told."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from latentlab.engine import messages as m

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
XY = [[-2.0, -2.0], [2.0, 2.0], [0.5, 0.5], [-1.0, 1.0]]


@pytest.fixture
def stage(make_stage):
    made = make_stage(XY)
    made.session.clear_path()
    made.engine.live.clear()
    return made


def press(stage, at, button=LEFT):
    QTest.mousePress(stage.view.canvas.viewport(), button, pos=at)


def move(stage, at):
    QTest.mouseMove(stage.view.canvas.viewport(), at)
    stage.session.waypoints.lay()  # which a timer would do: pictures come first


def release(stage, at, button=LEFT):
    QTest.mouseRelease(stage.view.canvas.viewport(), button, pos=at)


def key(stage, which, modifier=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(stage.view.canvas, which, modifier)


def drag(stage, start, end, button=LEFT):
    press(stage, start, button)
    move(stage, (start + end) / 2)
    move(stage, end)
    release(stage, end, button)


def wheel(stage, at, turned, modifiers=Qt.KeyboardModifier.NoModifier):
    viewport = stage.view.canvas.viewport()
    event = QWheelEvent(
        QPointF(at),
        QPointF(viewport.mapToGlobal(at)),
        QPoint(),
        QPoint(0, turned),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, event)


def test_a_press_puts_the_cursor_there_at_once_and_decodes(stage):
    at = stage.px(0.3, -0.7)
    press(stage, at)
    assert stage.view.canvas.cursor_mark.at == pytest.approx(stage.xy(at))
    assert stage.session.cursor == pytest.approx(stage.xy(at))
    decodes = stage.engine.live_of(m.Decode)
    assert len(decodes) == 1
    assert decodes[0].z == pytest.approx(stage.xy(at))
    release(stage, at)
    assert stage.session.path is None


def test_within_four_pixels_a_drag_is_a_click(stage):
    at = stage.px(0.0, 0.0)
    press(stage, at)
    for step in (QPoint(2, 0), QPoint(2, 3), QPoint(0, 4), QPoint(-4, 0)):
        move(stage, at + step)
    release(stage, at)
    assert stage.session.path is None
    assert len(stage.engine.live_of(m.Decode)) == 1


def test_a_drag_decodes_at_once_and_draws_its_path_soon_after(stage, qtbot):
    start, end = stage.px(-1.0, -1.0), stage.px(1.0, 0.5)
    press(stage, start)
    QTest.mouseMove(stage.view.canvas.viewport(), end)
    assert stage.engine.live_of(m.Decode)[-1].z == pytest.approx(stage.xy(end))
    assert stage.session.path is None  # the thread that decodes has the first turn
    qtbot.waitUntil(lambda: stage.session.path is not None)
    assert stage.session.path.b == pytest.approx(stage.xy(end))
    release(stage, end)


def test_a_release_draws_the_path_to_where_the_hand_was_last(stage):
    start, end = stage.px(-1.0, -1.0), stage.px(1.0, 0.5)
    press(stage, start)
    QTest.mouseMove(stage.view.canvas.viewport(), end)
    release(stage, end)
    assert stage.session.path.b == pytest.approx(stage.xy(end))


def test_past_four_pixels_the_drag_draws_a_to_b_and_decodes_b(stage):
    start, end = stage.px(-1.0, -1.0), stage.px(1.0, 0.5)
    press(stage, start)
    move(stage, start + QPoint(5, 0))
    assert stage.session.path.a == pytest.approx(stage.xy(start))
    assert stage.session.path.b == pytest.approx(stage.xy(start + QPoint(5, 0)))
    move(stage, end)
    release(stage, end)
    assert stage.session.path.b == pytest.approx(stage.xy(end))
    assert stage.engine.live_of(m.Decode)[-1].z == pytest.approx(stage.xy(end))
    assert len(stage.engine.live_of(m.DecodeStrip)[-1].z) == stage.session.path.frames
    handles = stage.view.canvas.path.handles
    assert handles["a"].at == pytest.approx(stage.xy(start))
    assert handles["b"].at == pytest.approx(stage.xy(end))


def test_no_move_of_a_drag_is_dropped(stage):
    start = stage.px(-1.0, 0.0)
    press(stage, start)
    for k in range(1, 101):
        move(stage, start + QPoint(5 + k, k % 7))  # far less than 10 ms apart
    release(stage, start)
    assert len(stage.engine.live_of(m.Decode)) == 101


@pytest.mark.parametrize("end", ["a", "b"])
def test_a_dragged_handle_moves_its_end_alone(stage, end):
    stage.session.begin_drag((-1.0, -1.0))
    stage.session.drag_to((1.0, 1.0))
    stage.session.end_drag()
    before = stage.session.path
    at = stage.px(*getattr(before, end))
    drag(stage, at + QPoint(3, -2), at + QPoint(43, -32))  # taken beside its middle: no hop
    after = stage.session.path
    other = "b" if end == "a" else "a"
    assert getattr(after, other) == getattr(before, other)
    moved = stage.view.canvas.camera.to_px(*getattr(after, end))
    was = stage.view.canvas.camera.to_px(*getattr(before, end))
    assert (moved[0] - was[0], moved[1] - was[1]) == pytest.approx((40.0, -30.0))


def test_a_handle_that_is_only_pressed_changes_nothing(stage):
    stage.session.begin_drag((-1.0, -1.0))
    stage.session.drag_to((1.0, 1.0))
    stage.session.end_drag()
    before = stage.session.path
    at = stage.px(1.0, 1.0)
    press(stage, at)
    release(stage, at)
    assert stage.session.path == before


def test_a_handle_lights_up_under_the_pointer(stage):
    stage.session.begin_drag((-1.0, -1.0))
    stage.session.drag_to((1.0, 1.0))
    handles = stage.view.canvas.path.handles
    stage.session.end_drag()
    move(stage, stage.px(1.0, 1.0))
    assert (handles["a"].lit, handles["b"].lit) == (False, True)
    move(stage, stage.px(0.0, -1.0))
    assert not handles["b"].lit


def test_a_middle_drag_pans_with_the_hand(stage):
    held = stage.xy(QPoint(200, 200))
    drag(stage, QPoint(200, 200), QPoint(263, 181), MIDDLE)
    assert stage.xy(QPoint(263, 181)) == pytest.approx(held)
    assert stage.session.path is None
    assert stage.engine.live_of(m.Decode) == []


def test_space_held_and_dragged_pans_and_does_not_play(stage):
    stage.session.begin_drag((-1.0, -1.0))
    stage.session.drag_to((1.0, 1.0))
    stage.session.end_drag()
    held = stage.xy(QPoint(200, 300))
    QTest.keyPress(stage.view.canvas, Qt.Key.Key_Space)
    drag(stage, QPoint(200, 300), QPoint(240, 310))
    QTest.keyRelease(stage.view.canvas, Qt.Key.Key_Space)
    assert stage.xy(QPoint(240, 310)) == pytest.approx(held)
    assert not stage.session.path.playing
    assert stage.session.path.b == (1.0, 1.0)


def test_space_tapped_plays_and_pauses(stage):
    stage.session.begin_drag((-1.0, -1.0))
    stage.session.drag_to((1.0, 1.0))
    stage.session.end_drag()
    key(stage, Qt.Key.Key_Space)
    assert stage.session.path.playing
    assert stage.view.canvas.path.player.isVisible()
    key(stage, Qt.Key.Key_Space)
    assert not stage.session.path.playing


def test_the_wheel_zooms_at_the_pointer(stage):
    at = QPoint(310, 120)
    under, scale = stage.xy(at), stage.view.canvas.camera.scale
    wheel(stage, at, 120)
    assert stage.view.canvas.camera.scale == pytest.approx(1.2 * scale)
    assert stage.xy(at) == pytest.approx(under)
    for _ in range(8):
        wheel(stage, at, -15)  # a finely turning wheel adds up to the same
    assert stage.view.canvas.camera.scale == pytest.approx(scale)
    assert stage.xy(at) == pytest.approx(under)


def test_zooming_for_ever_ends_somewhere(stage):
    for turned in (12000, -12000):
        for _ in range(30):
            wheel(stage, QPoint(200, 200), turned)
        assert 0.0 < stage.view.canvas.camera.scale < 1e9
        stage.pixels()


@pytest.mark.parametrize(
    ("which", "dx", "dy"),
    [
        (Qt.Key.Key_Left, -1, 0),
        (Qt.Key.Key_Right, 1, 0),
        (Qt.Key.Key_Up, 0, 1),
        (Qt.Key.Key_Down, 0, -1),
    ],
)
def test_arrow_keys_nudge_and_shift_makes_it_ten_times(stage, which, dx, dy):
    camera = stage.view.canvas.camera
    step = min(camera.width, camera.height) / 200.0 / camera.scale
    stage.session.move_cursor((0.0, 0.0))
    key(stage, which)
    assert stage.session.cursor == pytest.approx((dx * step, dy * step))
    stage.session.move_cursor((0.0, 0.0))
    key(stage, which, Qt.KeyboardModifier.ShiftModifier)
    assert stage.session.cursor == pytest.approx((10 * dx * step, 10 * dy * step))


def test_a_nudge_keeps_the_cursor_in_view(stage):
    right = stage.view.canvas.camera.rect[2]
    stage.session.move_cursor((right - 1e-6, 0.0))
    key(stage, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    x0, y0, x1, y1 = stage.view.canvas.camera.rect
    x, y = stage.session.cursor
    assert x > right
    assert x0 <= x <= x1 + 1e-9
    assert y0 <= y <= y1


def test_escape_takes_the_path_away(stage):
    stage.session.begin_drag((-1.0, -1.0))
    stage.session.drag_to((1.0, 1.0))
    stage.session.end_drag()
    key(stage, Qt.Key.Key_Escape)
    assert stage.session.path is None
    assert not stage.view.canvas.path.handles["a"].isVisible()


def test_l_f_and_home_do_what_they_say(stage):
    fitted = stage.view.canvas.camera
    key(stage, Qt.Key.Key_L)
    assert stage.session.lattice_shown
    key(stage, Qt.Key.Key_L)
    assert not stage.session.lattice_shown
    key(stage, Qt.Key.Key_Home)
    x0, y0, x1, y1 = stage.view.canvas.camera.rect
    assert x0 <= -3.0
    assert y0 <= -3.0
    assert x1 >= 3.0
    assert y1 >= 3.0
    assert min(x1, y1) < 3.5
    key(stage, Qt.Key.Key_F)
    assert stage.view.canvas.camera == fitted


def test_keys_with_ctrl_are_left_to_the_menus(stage):
    before = stage.view.canvas.camera
    key(stage, Qt.Key.Key_Home, Qt.KeyboardModifier.ControlModifier)
    key(stage, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert stage.view.canvas.camera == before
    assert not stage.session.lattice_shown


def test_a_double_click_on_a_point_activates_it(stage, qtbot, monkeypatch):
    told = []
    monkeypatch.setattr(stage.session, "show_datum", told.append)
    viewport = stage.view.canvas.viewport()
    with qtbot.waitSignal(stage.view.datum_activated) as blocker:
        QTest.mouseDClick(viewport, LEFT, pos=stage.px(-1.0, 1.0) + QPoint(2, 1))
    assert blocker.args == [3]
    assert told == [3]


def test_a_double_click_beside_all_points_activates_nothing(stage, qtbot):
    with qtbot.assertNotEmitted(stage.view.datum_activated):
        QTest.mouseDClick(stage.view.canvas.viewport(), LEFT, pos=stage.px(0.9, -1.3))


def test_a_press_on_the_axes_is_no_press_on_the_map(stage):
    press(stage, QPoint(10, 200))
    release(stage, QPoint(10, 200))
    assert stage.engine.live_of(m.Decode) == []


def test_a_second_button_during_a_drag_does_not_disturb_it(stage):
    start = stage.px(-1.0, 0.0)
    press(stage, start)
    move(stage, start + QPoint(30, 0))
    press(stage, start + QPoint(30, 0), MIDDLE)
    move(stage, start + QPoint(60, 0))
    assert stage.session.path.b == pytest.approx(stage.xy(start + QPoint(60, 0)))
    release(stage, start + QPoint(60, 0), MIDDLE)
    move(stage, start + QPoint(70, 0))
    assert stage.session.path.b == pytest.approx(stage.xy(start + QPoint(70, 0)))


def test_a_release_that_got_lost_ends_the_drag_at_the_next_move(stage):
    start = stage.px(-1.0, 0.0)
    press(stage, start)
    move(stage, start + QPoint(30, 0))
    end = stage.session.path.b
    viewport = stage.view.canvas.viewport()
    at = QPointF(start + QPoint(90, 0))
    none = Qt.MouseButton.NoButton
    plain = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(viewport, QMouseEvent(QEvent.Type.MouseMove, at, at, none, none, plain))
    assert stage.session.path.b == end


def test_a_drag_without_a_model_does_nothing_and_breaks_nothing(make_stage):
    stage = make_stage()
    drag(stage, QPoint(150, 150), QPoint(260, 200))
    key(stage, Qt.Key.Key_Space)
    assert stage.session.path is None
    assert stage.session.cursor is None
    assert not stage.view.canvas.cursor_mark.isVisible()


def test_the_space_of_a_focused_map_is_not_taken_by_menus(stage):
    override = QEvent.Type.ShortcutOverride
    event = QKeyEvent(override, Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, " ")
    event.ignore()
    QApplication.sendEvent(stage.view.canvas, event)
    assert event.isAccepted()


def test_an_exception_of_a_command_reaches_the_hook_and_is_not_swallowed(stage, qtbot, monkeypatch):
    def broken(xy):
        raise ZeroDivisionError("begin_drag")

    monkeypatch.setattr(stage.session, "begin_drag", broken)
    at = QPointF(stage.px(0.0, 0.0))
    viewport = stage.view.canvas.viewport()
    kind, plain = QEvent.Type.MouseButtonPress, Qt.KeyboardModifier.NoModifier
    with qtbot.captureExceptions() as caught:
        QApplication.postEvent(viewport, QMouseEvent(kind, at, at, LEFT, LEFT, plain))
        qtbot.wait(20)
    assert [error for error, _, _ in caught] == [ZeroDivisionError]
