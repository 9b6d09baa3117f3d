"""Layers in the window: toggles, opacity, unit, range, reasons, and what the map paints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage

from latentlab.engine import messages as m
from latentlab.session.layers import LAYER_KINDS
from latentlab.specs import Deterministic, ModelSpec
from latentlab.views.layer_words import range_words
from latentlab.views.map.inks import bar_of, limits, picture_of, short
from latentlab.views.theme import DARK, LIGHT
from latentlab.views.window import MainWindow


def asked(world: Any, kind: str) -> m.MapField:
    found = [r for r in world.engine.work if isinstance(r, m.MapField) and r.kind == kind]
    assert found, f"{kind} was not asked for"
    return found[-1]


def row_of(window: Any, kind: str) -> Any:
    return next(row for row in window.layers.list.rows if row.kind == kind)


def switch(window: Any, world: Any, kind: str) -> m.MapField:
    world.session.layers.set_view(window.map.canvas.camera.rect)
    window.actions_table[kind].trigger()
    return asked(world, kind)


def answer(world: Any, request: m.MapField, *, done: bool = True, **changes: Any) -> m.Field:
    values = np.linspace(2.0, 50.0, 64, dtype=np.float32).reshape(8, 8)
    told = {"values": values, "unit": "nats", **changes}
    field = m.Field(kind=request.kind, rect=request.rect, **told)
    world.session.apply(m.FieldMapped(request.ticket, field, done, 0.5, 0.01))
    return field


def pixel(window: Any, x: float, y: float) -> tuple[int, int, int]:
    canvas = window.map.canvas
    at = canvas.to_canvas(QPointF(*canvas.camera.to_px(x, y))).toPoint()
    ink = window.map.picture().toImage().pixelColor(at)
    return ink.red(), ink.green(), ink.blue()


def test_a_layer_is_one_thing_in_menu_row_and_map(lively: Any, world: Any) -> None:
    row = row_of(lively, "entropy")
    assert row.isHidden()
    request = switch(lively, world, "entropy")
    assert row.isVisible()
    assert row.box.isChecked()
    assert "entropy" in world.session.settings.layers
    answer(world, request)
    assert lively.map.layer_shown("entropy")
    assert lively.map.canvas.fields.field("entropy") is world.session.layers.field("entropy")
    row.box.click()
    assert not lively.actions_table["entropy"].isChecked()
    assert lively.map.canvas.fields.field("entropy") is None
    assert "entropy" not in world.session.settings.layers


def test_a_row_says_unit_range_and_value_at_the_cursor(lively: Any, world: Any) -> None:
    request = switch(lively, world, "entropy")
    row = row_of(lively, "entropy")
    assert "Waits" in row.words.text()
    answer(world, request, done=False)
    assert "50% done" in row.words.text()
    answer(world, request)
    world.session.move_cursor((0.0, 0.0))
    assert row.low.text() == "2"
    assert row.high.text() == "50.0"
    said = row.words.text().splitlines()
    assert said[0] == "nats"
    assert said[1].startswith("Here ")


def test_the_menu_of_layers_has_all_and_says_why_not(window: Any, world: Any) -> None:
    menu = window.layers.list.menu
    assert [action.objectName() for action in menu.actions()] == list(LAYER_KINDS)
    assert not any(action.isEnabled() for action in menu.actions())
    world.ready()
    world.open_model(spec=ModelSpec(shape=(1, 8, 8), posterior=Deterministic()))
    action = window.actions_table["posterior"]
    assert not action.isEnabled()
    assert "one code" in action.toolTip()
    assert window.actions_table["magnification"].isEnabled()


def test_the_map_paints_it_as_opaque_as_the_slider_says(lively: Any, world: Any) -> None:
    for name in ("points", "rings"):
        lively.actions_table[name].trigger()
    bare = pixel(lively, 0.37, 0.52)
    answer(world, switch(lively, world, "entropy"))
    row = row_of(lively, "entropy")
    row.opacity.setValue(100)
    whole = pixel(lively, 0.37, 0.52)
    row.opacity.setValue(50)
    half = pixel(lively, 0.37, 0.52)
    assert whole != bare
    assert np.abs(np.array(half) - (np.array(whole) + np.array(bare)) / 2).max() <= 2
    assert world.session.settings.layer_opacity["entropy"] == 0.5


def test_values_lie_where_they_belong(lively: Any, world: Any) -> None:
    request = switch(lively, world, "density")
    for name in ("points", "rings"):
        lively.actions_table[name].trigger()
    values = np.zeros((8, 8), np.float32)
    values[1, 6] = 1.0  # above, at the right
    answer(world, request, values=values)
    x0, y0, x1, y1 = request.rect
    bright = pixel(lively, x0 + 6.5 / 8 * (x1 - x0), y1 - 1.5 / 8 * (y1 - y0))
    dark = pixel(lively, x0 + 1.5 / 8 * (x1 - x0), y0 + 1.5 / 8 * (y1 - y0))
    assert sum(bright) > sum(dark) + 60


def test_the_prior_s_lines_have_an_opacity_too(lively: Any, world: Any) -> None:
    slider = lively.layers.list.pictures["rings"].opacity
    assert slider.isVisible()
    assert lively.map.canvas.rings.opacity() == 1.0
    slider.setValue(30)
    assert lively.map.canvas.rings.opacity() == pytest.approx(0.3)
    assert world.session.settings.layer_opacity["rings"] == 0.3


def test_regions_have_the_colour_of_their_class_and_its_name(lively: Any, world: Any) -> None:
    classes = np.zeros((8, 8), np.int16)
    classes[:, 4:] = 1
    request = switch(lively, world, "decisions")
    places = ((0, -1.0, 0.0), (1, 1.0, 0.0))
    values = np.full((8, 8), 0.9, np.float32)
    answer(world, request, values=values, classes=classes, places=places, unit="share of votes")
    labels = lively.map.canvas.fields.labels
    assert labels.isVisible()
    assert [labels.names[label] for label, _, _ in labels.places] == ["T-shirt/top", "Trouser"]
    assert "Trouser, 90%" in _here(lively, world, (1.0, 0.0))
    assert "T-shirt/top, 90%" in _here(lively, world, (-1.0, 0.0))


def _here(window: Any, world: Any, at: tuple[float, float]) -> str:
    world.session.move_cursor(at)
    return str(row_of(window, "decisions").words.text())


def test_q_and_p_are_drawn_with_their_words_and_the_gap(lively: Any, world: Any) -> None:
    turn = np.linspace(0, 2 * np.pi, 40)
    line = m.PriorLine(0.39, (np.stack([np.cos(turn), np.sin(turn)], 1),))
    world.session.select([7])
    for kind in ("posterior", "true_posterior"):
        lively.actions_table[kind].trigger()
    request = world.last(m.MapPosteriors)
    assert request.true_row == 7
    shapes = tuple(m.PosteriorShape(7, true, (line,), (0.0, 0.0)) for true in (False, True))
    gap = m.BoundGap(7, -98.2, -95.7, 2.5, True)
    world.session.apply(m.PosteriorsMapped(request.ticket, shapes, gap, True, 0.01))
    drawn = lively.map.canvas.shapes.outlined
    assert [one.words for one in drawn] == ["q(z|x)", "p(z|x), gap ≥ 2.50 nats"]
    assert "gap at least 2.50 nats" in row_of(lively, "true_posterior").words.text()
    lively.actions_table["true_posterior"].trigger()
    assert [one.shape.true for one in lively.map.canvas.shapes.outlined] == [False]


def test_layers_and_opacities_survive_a_restart(new_world: Any, tmp_path: Path, qtbot: Any) -> None:
    path = tmp_path / "settings.json"
    first = new_world(path)
    window = MainWindow(first.session)
    qtbot.addWidget(window)
    first.ready()
    first.open_data()
    first.open_model()
    switch(window, first, "magnification")
    row_of(window, "magnification").opacity.setValue(40)
    window.close()
    again = new_world(path)
    window = MainWindow(again.session)
    qtbot.addWidget(window)
    window.show()
    again.ready()
    again.open_data()
    again.open_model()
    assert again.session.layers.on("magnification")
    assert window.actions_table["magnification"].isChecked()
    assert again.session.layers.opacity("magnification") == 0.4
    assert row_of(window, "magnification").opacity.value() == 40


def test_words_of_a_layer_are_not_clipped_at_twice_the_size(lively: Any, world: Any, qtbot) -> None:
    answer(world, switch(lively, world, "entropy"), note="a note that is longer than a line")
    world.session.update_settings(text_scale=2.0)
    row = row_of(lively, "entropy")
    said = row.words
    qtbot.waitUntil(lambda: said.height() >= said.heightForWidth(said.width()))
    for part in (row.low, row.high, row.box):  # laid out when Qt comes to it
        qtbot.waitUntil(lambda part=part: part.width() >= part.sizeHint().width())


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_colours_of_the_bar_are_those_of_the_map(theme: Any) -> None:
    values = np.linspace(1.0, 2.0, 257, dtype=np.float32)[None]
    for kind in ("entropy", "magnification", "log_px"):
        field = m.Field(kind, (0.0, 0.0, 1.0, 1.0), values, "nats")
        bar, shown = bar_of(kind, theme), picture_of(field, theme, 0)
        assert _bytes(bar) == _bytes(shown), kind


def _bytes(image: QImage) -> bytes:
    return bytes(image.constBits())


def test_where_there_is_no_value_the_map_shows_through() -> None:
    values = np.array([[1.0, np.nan]], np.float32)
    field = m.Field("entropy", (0.0, 0.0, 1.0, 1.0), values, "nats")
    assert limits(field) == (1.0, 1.0)
    assert picture_of(field, DARK, 0).pixelColor(1, 0).alpha() == 0
    nothing = m.Field("decisions", (0.0, 0.0, 1.0, 1.0), values * np.nan, "share")
    assert "far" in range_words(nothing)


def test_numbers_are_short() -> None:
    assert short(-98.24) == "−98.2"
    assert short(0.0) == "0"
