"""The left column keeps its width: a layer switched on must not push the map aside."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from latentlab.session.layers import LAYER_KINDS
from latentlab.views.commands import BASIC_LAYERS
from latentlab.views.dialogs.sections import GAP_PX, LEAST_PX, Sections
from latentlab.views.widgets import words


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_switching_layers_leaves_the_column_as_wide_as_it_was(
    lively: Any, world: Any, scale: float
) -> None:
    world.session.update_settings(text_scale=scale)
    QApplication.processEvents()
    before = lively.left.minimumWidth(), lively.left.width()
    for name in (*BASIC_LAYERS, *LAYER_KINDS):
        action = lively.actions_table[name]
        if action.isEnabled():
            action.trigger()
            QApplication.processEvents()
            assert (lively.left.minimumWidth(), lively.left.width()) == before, name
    rows = [row for row in lively.layers.list.rows if row.isVisible()]
    assert rows
    for row in rows:
        assert row.width() <= lively.left.viewport().width()
        assert row.box.text()[:4] == row.box.accessibleName()[:4]


def test_film_and_curves_leave_the_map_its_room(lively: Any, world: Any) -> None:
    lively.resize(1400, 900)
    world.draw_path()
    world.start_training()
    QApplication.processEvents()
    assert lively.film.isVisible()
    assert lively.training.isVisible()
    if lively.width() == 1400 and lively.height() == 900:
        assert lively.map.height() >= 560
        assert not lively.film.head.folded


def test_a_panel_that_appears_has_its_height_from_the_map_alone(lively: Any) -> None:
    lively.resize(1400, 900)
    QApplication.processEvents()
    panel, action = lively.selecting.panel, lively.actions_table["selection"]
    film, wanted = lively.film.height(), panel.sizeHint().height()
    for expected in (wanted, wanted + 40):
        action.trigger()
        QApplication.processEvents()
        assert panel.height() == expected
        assert lively.film.height() == film
        sizes = lively.down.sizes()
        sizes[0] -= 40
        sizes[1] += 40  # a person drags the line between them
        lively.down.setSizes(sizes)
        action.trigger()
        QApplication.processEvents()
        assert not panel.isVisible()


def test_a_narrow_film_has_its_path_on_a_line_of_its_own(lively: Any, world: Any) -> None:
    world.draw_path()
    head = lively.film.head
    head.resize(1300, head.height())
    assert not head.folded
    head.resize(head.minimumSizeHint().width(), head.height())
    assert head.folded
    assert head.layout().getItemPosition(head.layout().indexOf(lively.film.route))[0] == 1


def test_a_long_form_has_as_many_columns_as_fit(lively: Any, world: Any) -> None:

    parts = tuple(words(text) for text in "abcd")
    form = Sections(parts, (((0, 1, 2, 3),), ((0, 3), (1, 2)), ((0,), (1,), (2, 3))))
    form.setParent(lively)
    for columns in (1, 3, 2):
        form.resize(columns * (LEAST_PX + GAP_PX) - GAP_PX, 400)
        form.show()
        QApplication.processEvents()
        assert form.column_count == columns
        assert len({part.x() for part in parts}) == columns
        assert all(part.isVisible() for part in parts)
