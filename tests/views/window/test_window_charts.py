"""Charts in the window: the panel, picks on the map, points on their way, strips and sliders."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication, QMenu

from latentlab.engine import messages as m
from latentlab.engine.messages import ChartSpec
from latentlab.latent.charts import Plane, points_plane, principal_plane
from latentlab.latent.layouts import lay
from latentlab.latent.picking import PointIndex
from latentlab.specs import Deterministic, ModelSpec, TrainSpec
from latentlab.views import charting
from latentlab.views.dialogs.preferences import PreferencesDialog
from latentlab.views.map import moving
from latentlab.views.motion import may_move
from latentlab.views.panels.sliders import LatentSlider


def on(codes: m.Codes, chart: Any) -> m.Codes:
    xy = chart.place(codes.z).astype(np.float32)
    return replace(codes, xy=xy, plane=chart, index=PointIndex(xy))


def answer(world: Any, chart: Any) -> m.Codes:
    codes = on(world.session.codes, chart)
    world.session.apply(m.Embedded(world.last(m.Rechart).ticket, codes))
    return codes


def a_layout(world: Any, fitted: int | None = None) -> Any:
    count = len(world.session.codes.z)
    places = 20.0 * np.random.default_rng(0).normal(size=(count, 2))
    return lay("tsne", world.session.codes.z, places, fitted or count)


def choose(window: Any, kind: str) -> None:
    box = window.chart.kind
    box.setCurrentIndex(box.findData(kind))
    box.activated.emit(box.currentIndex())


@pytest.fixture
def wide(window: Any, world: Any) -> Any:
    """The window with a model of four latents."""
    world.ready()
    world.open_data()
    world.open_model(latent_dim=4)
    world.session.move_cursor((0.4, -0.2))
    world.decode()
    return window


def measured(world: Any, kl: Any = (2.0, 0.001, 0.7, 1.5)) -> None:
    ticket = world.last(m.MeasureLatents).ticket
    told = None if kl is None else np.array(kl)
    variance = np.array([1.0, 0.001, 0.3, 0.5])
    low, high = np.full(4, -6.0), np.full(4, 2.0)
    world.session.apply(m.LatentsMeasured(ticket, variance, low, high, told, 500, 600))


def test_every_kind_of_chart_is_asked_for_in_the_panel(wide: Any, world: Any) -> None:
    for kind in ("principal", "discriminant", "axes"):
        choose(wide, kind)
        assert world.last(m.Rechart).chart.kind == kind
    choose(wide, "tsne")
    assert world.last(m.Rechart).chart == ChartSpec("tsne", most=charting.ALL)
    assert wide.chart.layout_size.isVisible()


def test_the_panel_shows_what_is_shown_when_a_chart_fails(wide: Any, world: Any) -> None:
    choose(wide, "tsne")
    world.session.apply(m.Cancelled(world.last(m.Rechart).ticket))
    assert wide.chart.chosen == "axes"
    assert not wide.chart.layout_size.isVisible()


def test_what_can_not_be_shown_says_why(
    wide: Any, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charting, "has_umap", lambda: False)
    wide.chart.refresh()
    wide.commands.refresh()
    item = wide.chart.kind.model().item(5)
    assert not item.isEnabled()
    assert "pip install" in item.toolTip()
    assert not wide.actions_table["umap"].isEnabled()
    assert "pip install" in wide.actions_table["umap"].toolTip()
    world.session.train(ModelSpec(shape=(1, 8, 8), latent_dim=4), TrainSpec())
    ticket, info = world.last(m.Train).ticket, world.info(latent_dim=4)
    world.session.apply(m.TrainingStarted(ticket, info, None, "cpu", "float32", 9, "test"))
    assert "stop the training" in wide.actions_table["tsne"].toolTip()


def test_without_labels_there_are_no_discriminants(window: Any, world: Any) -> None:
    world.ready()
    world.open_model(latent_dim=4, label_names=())
    bare = replace(world.session.codes, labels=np.full(600, -1))
    world.session.apply(m.Embedded(9_000, bare))
    assert "labels of two classes" in window.actions_table["discriminant"].toolTip()


def test_a_layout_says_of_how_many_it_is(wide: Any, world: Any) -> None:
    choose(wide, "tsne")
    answer(world, a_layout(world, fitted=100))
    assert wide.chart.note.text().startswith("100 of 600 points are laid out")
    assert "mean nothing" in wide.chart.note.text()
    assert not wide.actions_table["rings"].isEnabled()


def test_a_click_on_a_layout_is_said_to_be_a_mix(wide: Any, world: Any) -> None:
    choose(wide, "tsne")
    answer(world, a_layout(world))
    world.session.move_cursor((3.0, 4.0))
    world.decode()
    assert "mix of the nearest codes" in wide.decoded.source.text()
    world.session.set_z((0.1, 0.2, 0.3, 0.4))
    world.decode()
    assert wide.decoded.source.text() == ""


def test_the_hover_card_says_how_far_a_datum_is_off_the_plane(wide: Any, world: Any) -> None:
    row = 7
    codes = world.session.codes
    wide.map.canvas.points.settle()
    at = wide.map.canvas.camera.to_px(*codes.xy[row].tolist())
    wide.map._hovering.move(QPointF(*at))
    card = wide.map.card
    assert card is not None
    off = float(np.linalg.norm(codes.z[card.row, 2:]))
    assert card.place == f"{off:.2f} off the plane"


def test_three_picks_are_marked_and_show_their_plane(wide: Any, world: Any) -> None:
    for x, y in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.5)):
        world.session.move_cursor((x, y))
        wide.actions_table["pick_cursor"].trigger()
    points = world.session.plane_points.points
    assert world.last(m.Rechart).chart == ChartSpec("points", points=points)
    answer(world, points_plane(points))
    marks = wide.map._picks.marks.at
    assert np.allclose(marks, [(0.0, 0.0), (1.0, 0.0), (0.0, 1.5)], atol=1e-6)
    assert wide.chart.points.said.text() == "3 of 3 picked"
    wide.chart.points.anew.click()
    assert wide.map._picks.marks.at == ()


def test_the_menu_of_the_map_picks_a_datum_or_a_place(wide: Any, world: Any) -> None:
    canvas, codes = wide.map.canvas, world.session.codes
    at = QPointF(*canvas.camera.to_px(*codes.xy[7].tolist()))
    menu = QMenu(wide)
    wide.map._picks.add_to_menu(menu, at, 7)
    datum, place = (action for action in menu.actions() if action.text())
    assert datum.text() == "Pick datum 7 as point 1 of a plane"
    datum.trigger()
    place.trigger()
    first, second = world.session.plane_points.points
    assert np.allclose(first, codes.z[7])
    assert np.allclose(second, world.session.plane.lift(canvas.xy(at)))
    menu.deleteLater()


def test_choosing_three_points_waits_for_the_picks(wide: Any, world: Any) -> None:
    count = sum(isinstance(r, m.Rechart) for r in world.engine.work)
    choose(wide, "points")
    assert wide.chart.points.isVisible()
    assert sum(isinstance(r, m.Rechart) for r in world.engine.work) == count
    wide.chart.points.pick_cursor.click()
    assert wide.chart.points.isVisible()  # while picking it stays in view
    assert wide.chart.points.said.text() == "1 of 3 picked"
    world.session.select([3, 5])
    assert wide.chart.points.pick_mean.isEnabled()
    assert wide.chart.points.isVisible()
    choose(wide, "principal")
    assert not wide.chart.points.isVisible()


# Points on their way


def on_screen(window: Any, codes: m.Codes) -> np.ndarray:
    camera = window.map.canvas.camera
    return moving._pixels(camera, codes.xy)


def test_points_start_where_they_were_on_screen(
    wide: Any, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.session.update_settings(motion="full")
    monkeypatch.setattr(moving, "DURATION_S", 1e6)
    before = on_screen(wide, world.session.codes)
    choose(wide, "principal")
    codes = answer(world, principal_plane(world.session.codes.z))
    assert wide.map._transition.running
    shown = wide.map.canvas.points.cloud.index.xy
    now = moving._pixels(wide.map.canvas.camera, shown)
    assert np.abs(now - before).max() < 0.1
    wide.map._transition.finish()
    assert np.array_equal(wide.map.canvas.points.cloud.index.xy, codes.xy)


def test_points_arrive(wide: Any, world: Any, qtbot: Any) -> None:
    world.session.update_settings(motion="full")
    choose(wide, "principal")
    codes = answer(world, principal_plane(world.session.codes.z))
    assert wide.map._transition.running
    qtbot.waitUntil(lambda: not wide.map._transition.running)
    assert wide.map.canvas.points.cloud.index is codes.index


def test_with_less_motion_points_are_there_at_once(wide: Any, world: Any) -> None:
    world.session.update_settings(motion="less")
    choose(wide, "principal")
    codes = answer(world, principal_plane(world.session.codes.z))
    assert not wide.map._transition.running
    assert wide.map.canvas.points.cloud.index is codes.index


def test_more_points_than_a_frame_can_draw_are_there_at_once(
    wide: Any, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.session.update_settings(motion="full")
    monkeypatch.setattr(moving, "MOST", 599)
    choose(wide, "principal")
    answer(world, principal_plane(world.session.codes.z))
    assert not wide.map._transition.running


def test_other_codes_are_not_on_a_way(wide: Any, world: Any) -> None:
    world.session.update_settings(motion="full")
    codes = world.session.codes
    fresh = replace(codes, z=codes.z + 1)
    world.session.apply(m.Embedded(9_000, on(fresh, principal_plane(fresh.z))))
    assert not wide.map._transition.running


def test_a_chart_of_another_kind_is_shown_whole(wide: Any, world: Any) -> None:
    wide.map._interaction.looked.emit()  # a person has looked somewhere
    choose(wide, "tsne")
    codes = answer(world, a_layout(world))
    x0, y0, x1, y1 = wide.map.canvas.camera.rect
    x, y = codes.xy.T
    inside = (x > x0) & (x < x1) & (y > y0) & (y < y1)
    assert inside.mean() > 0.97


def test_motion_is_a_preference(wide: Any, world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    dialog = PreferencesDialog(world.session, wide)
    dialog.motion.setCurrentIndex(dialog.motion.findData("less"))
    assert world.session.settings.motion == "less"
    assert not may_move(world.session.settings)
    dialog.deleteLater()


# Strips and sliders


def test_strips_are_sorted_and_a_click_gives_the_frame_to_the_cursor(
    wide: Any, world: Any, qtbot: Any
) -> None:
    qtbot.waitUntil(lambda: any(isinstance(r, m.MeasureLatents) for r in world.engine.work))
    measured(world)
    wide.actions_table["traversals"].trigger()
    assert wide.traversals.isVisible()
    qtbot.waitUntil(lambda: any(isinstance(r, m.DecodeFrames) for r in world.engine.live))
    qtbot.wait(150)
    asked = world.last(m.DecodeFrames)
    images = world.rng.integers(0, 256, (len(asked.rows), 8, 8), dtype=np.uint8)
    world.session.apply(m.FramesDecoded(asked.ticket, asked.rows, images, 0))
    table = wide.traversals.strips
    assert [table.value_at(line, 0)[0] for line in range(4)] == [0, 3, 2, 1]
    assert wide.traversals.said.whole == "by KL over 500 of 600 rows, 1 dead"
    z = world.session.z
    latent, value = table.value_at(1, 3)
    qtbot.mouseClick(table, Qt.MouseButton.LeftButton, pos=table.cell(1, 3).center().toPoint())
    assert world.session.z[latent] == pytest.approx(value)
    others = [k for k in range(4) if k != latent]
    assert np.allclose(world.session.z[others], z[others])
    qtbot.keyClick(table, Qt.Key.Key_Right)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert world.session.z[latent] == pytest.approx(table.value_at(1, 4)[1])
    assert f"z{latent + 1}" in table.accessibleDescription()


def test_strips_without_data_are_sorted_by_variance_and_say_so(
    wide: Any, world: Any, qtbot: Any
) -> None:
    qtbot.waitUntil(lambda: any(isinstance(r, m.MeasureLatents) for r in world.engine.work))
    measured(world, kl=None)
    assert wide.traversals.said.whole == "by the variance of the codes, 1 dead"


def test_whether_strips_are_shown_is_remembered(wide: Any, world: Any) -> None:
    wide.actions_table["traversals"].trigger()
    wide.close()
    assert world.session.settings.traversals


def test_sliders_are_sorted_dead_ones_greyed_over_where_codes_lie(
    wide: Any, world: Any, qtbot: Any
) -> None:
    world.session.set_chart(ChartSpec("principal"))
    answer(world, principal_plane(world.session.codes.z))
    qtbot.waitUntil(lambda: any(isinstance(r, m.MeasureLatents) for r in world.engine.work))
    qtbot.wait(250)
    measured(world)
    sliders = wide.decoded.latents.sliders
    assert [row.axis for row in sliders.rows] == [0, 3, 2, 1]
    dead: LatentSlider = sliders.rows[-1]
    assert not dead.name.isEnabled()
    assert "dead" in dead.slider.accessibleDescription()
    assert sliders.rows[0].name.isEnabled()
    assert "2.00 nat" in sliders.rows[0].slider.accessibleDescription()
    assert (dead.slider.minimum(), dead.slider.maximum()) == (-600, 400)


def test_reset_brings_z_back_onto_the_plane(wide: Any, world: Any) -> None:
    sliders = wide.decoded.latents.sliders
    assert not sliders.reset.isEnabled()
    sliders.rows[0].slider.setValue(150)
    assert sliders.reset.isEnabled()
    cursor = world.session.cursor
    sliders.reset.click()
    plane = world.session.plane
    assert isinstance(plane, Plane)
    assert np.allclose(world.session.z, plane.lift(cursor))
    assert not sliders.reset.isEnabled()


def test_the_values_of_sliders_fit_at_twice_the_size(wide: Any, world: Any) -> None:
    world.session.update_settings(text_scale=2.0)
    QApplication.processEvents()
    for slider in wide.decoded.latents.sliders.rows:
        needs = slider.value.fontMetrics().horizontalAdvance("\N{MINUS SIGN}3.00")
        assert slider.value.width() >= needs
        assert slider.name.width() >= slider.name.fontMetrics().horizontalAdvance("z4")


def test_the_left_column_scrolls_where_strips_take_its_room(window: Any, world: Any) -> None:
    plain = ModelSpec(shape=(1, 8, 8), latent_dim=2, posterior=Deterministic())
    world.open_model(spec=plain)  # a note that wraps, and no chart to choose
    QApplication.processEvents()
    assert window.layers.note.isVisible()
    world.open_model(latent_dim=4)
    window.resize(1200, 640)
    window.actions_table["traversals"].trigger()
    for _ in range(5):
        QApplication.processEvents()
    for box in window.layers.boxes:
        assert box.isHidden() or box.height() >= box.minimumSizeHint().height()


def test_every_text_of_the_chart_panel_fits_at_twice_the_size(wide: Any, world: Any) -> None:
    world.session.update_settings(text_scale=2.0)
    choose(wide, "points")
    QApplication.processEvents()
    points = wide.chart.points
    for button in (points.pick_cursor, points.pick_mean):
        needs = button.fontMetrics().horizontalAdvance(button.text())
        assert button.width() >= needs
    assert points.mapTo(wide, QPoint(points.width(), 0)).x() <= wide.left.width()


def test_undo_brings_back_a_chart_as_it_was_looked_at(wide: Any, world: Any) -> None:
    looking, canvas = wide.map._looking, wide.map.canvas
    axes = world.session.codes.plane
    canvas.set_camera(canvas.camera.zoomed(3.0, 100.0, 100.0))
    wide.map._interaction.looked.emit()
    looking._tell()
    looked_at = canvas.camera
    choose(wide, "tsne")
    answer(world, a_layout(world))
    looking._tell()
    assert canvas.camera != looked_at
    world.session.undo()
    answer(world, axes)
    assert world.session.chart == ChartSpec()
    assert np.allclose(canvas.camera.rect, looked_at.rect, atol=1e-6)


def test_strips_without_a_model_do_not_speak_of_one(window: Any) -> None:
    assert window.traversals.strips.empty_words.startswith("The strips appear with a model")
