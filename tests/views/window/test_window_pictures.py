"""Lattice and thumbnails in the window: toggles, shortcut, opacity, and what a restart keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QKeySequence

from latentlab.views.window import MainWindow

KINDS = ("lattice", "thumbnails")


def slider(window: Any, kind: str) -> Any:
    return window.layers.list.pictures[kind].opacity


@pytest.mark.parametrize(("kind", "key"), [("lattice", "L"), ("thumbnails", "T")])
def test_each_is_one_thing_in_menu_box_and_map(lively: Any, world: Any, kind: str, key: str):
    action = lively.actions_table[kind]
    assert action.shortcut() == QKeySequence(key)
    assert not lively.map.layer_shown(kind)
    assert slider(lively, kind).isHidden()
    action.trigger()
    assert lively.map.layer_shown(kind)
    assert getattr(lively.map.canvas, kind).isVisible()
    assert slider(lively, kind).isVisible()
    assert kind in world.session.settings.layers
    action.trigger()
    assert not getattr(lively.map.canvas, kind).isVisible()
    assert kind not in world.session.settings.layers


@pytest.mark.parametrize("kind", KINDS)
def test_what_lies_under_pictures_shines_through_as_far_as_asked(lively: Any, kind: str):
    layer = getattr(lively.map.canvas, kind)
    lively.actions_table[kind].trigger()
    assert layer.opacity() == 1.0
    assert slider(lively, kind).value() == 100
    slider(lively, kind).setValue(40)
    assert layer.opacity() == pytest.approx(0.4)
    assert slider(lively, kind).accessibleName().startswith("Opacity of")


def test_both_survive_a_restart(new_world: Any, tmp_path: Path, qtbot: Any) -> None:
    path = tmp_path / "settings.json"
    for start in range(2):
        world = new_world(path)
        window = MainWindow(world.session)
        qtbot.addWidget(window)
        window.show()
        world.ready()
        world.open_data()
        world.open_model()
        if start == 0:
            for kind in KINDS:
                window.actions_table[kind].trigger()
                slider(window, kind).setValue(60)
            window.close()
    for kind in KINDS:
        assert window.map.layer_shown(kind)
        assert window.actions_table[kind].isChecked()
        assert getattr(window.map.canvas, kind).opacity() == pytest.approx(0.6)
        assert slider(window, kind).value() == 60


def test_thumbnails_are_of_the_open_data(lively: Any, world: Any, qtbot: Any) -> None:
    lively.actions_table["thumbnails"].trigger()
    layer, session = lively.map.canvas.thumbnails, world.session
    qtbot.waitUntil(lambda: layer.board is not None and bool(layer.board.shown.any()))
    assert session.rows_are_data
    assert not layer.board.redrawn
    rows = layer.board.chosen.rows[layer.board.shown].tolist()
    for row, picture in session.thumbnails.pictures(rows).items():
        assert np.array_equal(picture, session.dataset.picture(row))
