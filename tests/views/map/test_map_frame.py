"""A drag paints its marks over a kept picture of the rest: no pixel differs from painting all."""

from __future__ import annotations

import numpy as np
import pytest

from latentlab.views.map.canvas import Canvas

CLOUD = np.random.default_rng(3).normal(size=(400, 2))


def drag_about(stage, qtbot) -> None:
    """Paint at least twice without a change of the rest: from then on it is a picture."""
    canvas = stage.view.canvas
    stage.session.begin_drag((0.0, 0.0))
    for x in (0.3, 0.5, 0.8):
        stage.session.drag_to((x, 0.4))
        canvas.viewport().repaint()


@pytest.fixture
def stage(make_stage, qtbot):
    stage = make_stage(CLOUD)
    stage.view.canvas.points.settle()
    qtbot.wait(50)
    return stage


def test_over_the_kept_picture_looks_as_painted_anew(stage, qtbot):
    drag_about(stage, qtbot)
    on_screen = stage.on_screen()
    assert stage.view.canvas._frame is not None
    assert np.array_equal(on_screen, stage.pixels())


def test_a_drag_leaves_no_trace(stage, qtbot):
    stage.session.move_cursor((0.8, 0.4))
    stage.view.canvas.viewport().repaint()
    before = stage.on_screen()
    stage.session.move_cursor((0.0, 0.0))
    drag_about(stage, qtbot)
    assert not np.array_equal(stage.on_screen(), before)
    stage.session.end_drag()
    stage.session.clear_path()
    qtbot.wait(50)
    assert np.array_equal(stage.on_screen(), before)


def test_a_drag_paints_the_scene_once(stage, qtbot, monkeypatch):
    drag_about(stage, qtbot)
    painted: list[int] = []
    monkeypatch.setattr(Canvas, "render", lambda *_: painted.append(1))
    monkeypatch.setattr(type(stage.view.canvas.rings), "paint", lambda *_: painted.append(1))
    drag_about(stage, qtbot)
    assert not painted


@pytest.mark.parametrize("name", ["points", "rings"])
def test_what_changes_during_a_drag_is_seen_at_once(stage, qtbot, name):
    drag_about(stage, qtbot)
    before = stage.on_screen()
    stage.view.set_layer(name, on=False)
    stage.view.canvas.viewport().repaint()
    assert not np.array_equal(stage.on_screen(), before)
    stage.view.set_layer(name, on=True)
    stage.view.canvas.viewport().repaint()
    assert np.array_equal(stage.on_screen(), before)
