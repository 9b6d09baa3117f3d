"""The path's bar, its menu, the points dialog and the window of directions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from latentlab.engine import messages as m
from latentlab.latent import standing
from latentlab.views.dialogs.directions import DirectionsWindow
from latentlab.views.dialogs.points import PointsDialog
from latentlab.views.panels.strip import FRAME_PX

LEFT = Qt.MouseButton.LeftButton


def test_kind_and_spacing_are_one_thing_in_bar_and_menu(lively: Any, world: Any) -> None:
    bar, actions = lively.film.route, lively.actions_table
    assert not bar.kind.isEnabled()
    world.draw_path()
    actions["kind_spline"].trigger()
    bar.refresh()
    assert bar.kind.currentText() == "Smooth"
    bar.kind.setCurrentIndex(3)
    bar.kind.activated.emit(3)
    lively.commands.refresh()
    assert world.session.path.kind == "geodesic"
    assert actions["kind_geodesic"].isChecked()
    actions["spacing_metric"].trigger()
    assert world.session.path.spacing == "metric"
    assert not bar.kind.model().item(1).isEnabled()  # two latents: no spherical path
    assert not actions["kind_slerp"].isEnabled()


def test_the_figures_stand_beside_the_kind(
    lively: Any, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.draw_path()
    travel = world.session.travel
    travel.trace()
    asked = world.last(m.TracePath)
    figures = m.PathFigures(2.5, 31.25, 40.0, "pull-back", 1.5, 1.0, 0.1, 0.9, 0.5)
    points = np.linspace(asked.stops[0], asked.stops[-1], 9)
    answer = m.PathTraced(
        asked.ticket, points, np.array([0, 8]), travel.way.z, figures, True, asked.asked_s
    )
    world.session.apply(answer)
    said = lively.film.route.figures.whole
    for words in ("length 2.50", "31.2 in pixels (straight 40.0)", "jump 1.50", "a guess there"):
        assert words in said
    assert "stand for all" not in said
    count = len(world.session.codes.xy)
    monkeypatch.setattr(standing, "LANDMARKS", 100)
    world.session.waypoints.set_kind("geodesic", density=1.0)
    travel.trace()
    asked = world.last(m.TracePath)
    world.session.apply(replace(answer, ticket=asked.ticket))
    lively.film.route.refresh()
    assert f"100 of {count:,} data" in lively.film.route.figures.whole
    world.session.clear_path()
    lively.film.route.refresh()
    assert lively.film.route.figures.whole == ""


def test_marks_under_the_film_are_dragged_by_hand(lively: Any, world: Any, qtbot: Any) -> None:
    world.session.waypoints.typed("-1 0\n0 1\n1 0")
    world.answer_strip()
    lively.actions_table["spacing_hand"].trigger()
    strip = lively.film.strip
    cells = strip.cells()
    first, last = cells[0].center().x(), cells[-1].center().x()
    at = QPoint(round((first + last) / 2), FRAME_PX + 10)
    to = QPoint(round(first + 0.25 * (last - first)), FRAME_PX + 10)
    qtbot.mousePress(strip, LEFT, pos=at)
    qtbot.mouseMove(strip, to)
    qtbot.mouseRelease(strip, LEFT, pos=to)
    assert world.session.path.shares[1] == pytest.approx(0.25, abs=0.01)
    world.session.undo()
    assert world.session.path.shares[1] == pytest.approx(0.5, abs=0.01)


def test_play_goes_there_and_back_at_the_chosen_speed(lively: Any, world: Any) -> None:
    world.draw_path()
    film = lively.film
    film.back.click()
    assert world.session.path.mode == "there and back"
    assert not film.loop.isChecked()
    film.speed.setValue(45)
    assert world.session.path.frames_per_s == 45
    lively.actions_table["slower"].trigger()
    assert world.session.path.frames_per_s == pytest.approx(36)
    assert film.speed.value() == 36
    lively.actions_table["previous_frame"].trigger()
    assert world.session.path.frame == 58


def test_points_are_typed_in_a_dialog_that_says_what_is_wrong(lively: Any, world: Any) -> None:
    lively.actions_table["type_path"].trigger()
    dialog = lively.findChild(PointsDialog)
    dialog.text.setPlainText("0, 0\none, 2")
    dialog.accept()
    assert "Line 2: " in dialog.trouble.text()
    assert dialog.isVisible()
    dialog.text.setPlainText("0, 0\n1, 2")
    dialog.accept()
    assert not dialog.isVisible()
    assert len(world.session.path.stops) == 2


def test_directions_are_made_walked_and_become_a_path(lively: Any, world: Any, qtbot: Any) -> None:
    lively.actions_table["directions"].trigger()
    panel = lively.findChild(DirectionsWindow).panel
    panel.name.setText("up")
    panel.with_.setCurrentIndex(1)
    with qtbot.waitSignal(world.session.directing.directions_changed, timeout=5000):
        panel.make.click()
    one = panel.strengths[0]
    assert "effect size" in one.findChildren(type(panel.said))[-1].text()
    before = world.session.z.copy()
    one.slider.setValue(20)
    vector = world.session.directing.directions[0].vector
    np.testing.assert_allclose(world.session.z, before + vector)
    assert one.value.text() == "1.00"
    one.path.click()
    np.testing.assert_allclose(world.session.path.z, [before - vector, before + vector])
    one.remove.click()
    assert not world.session.directing.directions


def test_a_direction_without_a_name_is_called_after_its_groups(
    lively: Any, world: Any, qtbot: Any
) -> None:
    lively.actions_table["directions"].trigger()
    dialog = lively.findChild(DirectionsWindow)
    panel = dialog.panel
    group = panel.with_.currentText()
    assert panel.name.placeholderText() == f"to {group}"
    with qtbot.waitSignal(world.session.directing.directions_changed, timeout=5000):
        panel.make.click()
    assert [one.name for one in world.session.directing.directions] == [f"to {group}"]
    panel.without.setCurrentIndex(2)
    assert panel.name.placeholderText() == f"{panel.without.currentText()} to {group}"
    dialog.close()


def test_what_can_change_here_is_asked_and_shown(lively: Any, world: Any) -> None:
    lively.actions_table["directions"].trigger()
    panel = lively.findChild(DirectionsWindow).panel
    panel.look.click()
    asked = world.last(m.FindChanges)
    world.session.apply(m.ChangesFound(asked.ticket, asked.z, np.array([9.0, 1.0]), np.eye(2)))
    assert [one.direction.name for one in panel.strengths] == ["change 1", "change 2"]
    assert not hasattr(panel.strengths[0], "remove")


def test_arithmetic_moves_the_cursor_or_says_why_not(lively: Any, world: Any, qtbot: Any) -> None:
    lively.actions_table["directions"].trigger()
    panel = lively.findChild(DirectionsWindow).panel
    panel.sum.setText("[1, 1] + 0 * here")
    with qtbot.waitSignal(world.session.cursor_changed, timeout=5000):
        qtbot.keyClick(panel.sum, Qt.Key.Key_Return)
    assert world.session.z.tolist() == [1.0, 1.0]
    panel.sum.setText("here + 1")
    with qtbot.waitSignal(world.session.directing.said, timeout=5000):
        qtbot.keyClick(panel.sum, Qt.Key.Key_Return)
    assert "added to a latent" in panel.summed.text()  # beneath the field, not beneath Make
    assert not panel.said.text()


def test_an_analogy_takes_the_names_of_classes(lively: Any, world: Any, qtbot: Any) -> None:
    lively.actions_table["directions"].trigger()
    panel, session = lively.findChild(DirectionsWindow).panel, world.session
    names = [session.label_names[label] for label in np.unique(session.codes.labels)[:3]]
    means = [session.codes.z[session.codes.labels == label].mean(axis=0) for label in range(3)]
    for field, name in zip(panel.terms, names, strict=True):
        field.setText(name)
    with qtbot.waitSignal(session.cursor_changed, timeout=5000):
        qtbot.keyClick(panel.terms[2], Qt.Key.Key_Return)
    np.testing.assert_allclose(session.z, means[2] + means[1] - means[0], rtol=1e-4, atol=1e-5)
    panel.terms[0].setText("nothing of that name")
    with qtbot.waitSignal(session.directing.said, timeout=5000):
        qtbot.keyClick(panel.terms[2], Qt.Key.Key_Return)
    assert panel.summed.text()
