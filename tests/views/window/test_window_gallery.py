"""The gallery: what it fetches, what it points at, what is chosen in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from latentlab.engine import messages as m
from latentlab.views.panels.gallery import Gallery
from latentlab.views.theme import DARK, LIGHT

LEFT = Qt.MouseButton.LeftButton
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
MANY = 100_000


@pytest.fixture
def gallery(world: Any, qtbot: Any) -> Iterator[Gallery]:
    world.open_data()
    world.open_model()
    made = Gallery(world.session, "Gallery under test")
    made.resize(400, 300)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.hide()
    made.deleteLater()


def middle(gallery: Gallery, place: int) -> QPoint:
    return gallery.cell_at(place).topLeft() + QPoint(12, 12)


def click(gallery: Gallery, place: int, keys: Any = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.mouseClick(gallery.viewport(), LEFT, keys, middle(gallery, place))


def hover(gallery: Gallery, place: int) -> None:
    port, at = gallery.viewport(), QPointF(middle(gallery, place))
    none, plain = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    where = QPointF(port.mapToGlobal(at.toPoint()))
    QApplication.sendEvent(port, QMouseEvent(QEvent.Type.MouseMove, at, where, none, none, plain))


def test_of_a_hundred_thousand_only_those_around_the_view_are_fetched(gallery, world, monkeypatch):
    wanted: list[np.ndarray] = []
    monkeypatch.setattr(world.session.thumbnails, "want", lambda who, rows: wanted.append(rows))
    rows = np.arange(MANY) % 600
    gallery.set_rows(rows)
    assert gallery.verticalScrollBar().maximum() > 100_000
    across = gallery.grid.columns
    assert 0 < len(wanted[-1]) <= across * (3 * 300 // 24 + 6)
    gallery.verticalScrollBar().setValue(gallery.verticalScrollBar().maximum() // 2)
    seen = gallery.visible()
    assert 40_000 < seen.start < 60_000
    assert wanted[-1][: len(seen)].tolist() == rows[seen.start : seen.stop].tolist()
    gallery.hide()
    assert not len(wanted[-1])


def test_each_place_shows_the_picture_of_its_own_row(gallery, world, qtbot):
    rows = np.array([5, 400, 17])
    gallery.set_side(64)
    gallery.set_rows(rows)
    store = world.session.thumbnails
    qtbot.waitUntil(lambda: len(store.pictures(rows.tolist())) == 3)
    qtbot.wait(5)
    image = gallery.grab().toImage()
    for place, row in enumerate(rows):
        corner = gallery.cell_at(int(place)).topLeft()
        picture = world.session.dataset.picture(int(row))
        for y, x in ((0, 0), (3, 5), (7, 7)):
            shown = image.pixelColor(corner + QPoint(8 * x + 4, 8 * y + 4))
            assert shown.red() == picture[y, x], (place, x, y)


def test_what_arrives_after_a_scroll_is_painted_where_it_is_then(
    gallery, world, qtbot, monkeypatch
):
    thumbnails, asked = world.session.thumbnails, []
    want = thumbnails.want
    monkeypatch.setattr(thumbnails, "want", lambda who, rows: asked.append((who, rows)))
    gallery.set_rows(np.arange(600))
    gallery.viewport().repaint()
    gallery.verticalScrollBar().setValue(40)
    gallery.viewport().repaint()
    seen = set(gallery.visible())
    assert seen & set(gallery._images._lacking)  # painted, and nothing was there
    want(*asked[-1])
    # An arrival asks for a paint of those alone; a paint takes them off the list.
    qtbot.waitUntil(lambda: not seen & set(gallery._images._lacking))
    assert seen <= set(gallery._images._kept)


def test_the_pointer_marks_a_point_and_a_click_looks_at_it(gallery, world):
    looked: list[int] = []
    world.session.pointing.looked_at.connect(looked.append)
    gallery.set_rows(np.array([5, 400, 17]))
    hover(gallery, 1)
    assert world.session.pointing.row == 400
    click(gallery, 2)
    assert looked == [17]
    assert gallery.chosen.tolist() == [17]
    hover(gallery, 0)
    QApplication.sendEvent(gallery.viewport(), QEvent(QEvent.Type.Leave))
    assert world.session.pointing.row == 17  # the one that was clicked stays marked
    QTest.mouseClick(gallery.viewport(), LEFT, pos=QPoint(398, 298))
    assert world.session.pointing.row is None


def test_ctrl_and_shift_choose_several_and_a_click_beside_none(gallery):
    rows = np.arange(30)[::-1].copy()
    gallery.set_rows(rows)
    click(gallery, 1)
    click(gallery, 4, CTRL)
    assert gallery.chosen.tolist() == sorted([28, 25])
    click(gallery, 6, SHIFT)
    assert gallery.chosen.tolist() == sorted(rows[4:7].tolist())
    click(gallery, 5, CTRL)
    assert gallery.chosen_count == 2
    QTest.mouseClick(gallery.viewport(), LEFT, pos=QPoint(398, 298))
    assert not gallery.chosen_count


def test_keys_move_choose_and_tell(gallery, world, qtbot):
    gallery.set_rows(np.arange(100))
    gallery.setFocus()
    across = gallery.grid.columns
    QTest.keyClick(gallery, Qt.Key.Key_Home)
    QTest.keyClick(gallery, Qt.Key.Key_Right)
    QTest.keyClick(gallery, Qt.Key.Key_Down)
    assert gallery.current == across + 1
    assert world.session.pointing.row == across + 1
    QTest.keyClick(gallery, Qt.Key.Key_Space)
    QTest.keyClick(gallery, Qt.Key.Key_Right, SHIFT)
    assert gallery.chosen.tolist() == [across + 1, across + 2]
    QTest.keyClick(gallery, Qt.Key.Key_End)
    assert gallery.current == 99
    assert gallery.verticalScrollBar().value() == gallery.verticalScrollBar().maximum()
    assert "100 of 100: row 99" in gallery.accessibleDescription()
    QTest.keyClick(gallery, Qt.Key.Key_A, CTRL)
    assert gallery.chosen_count == 100
    with qtbot.waitSignal(gallery.entered):
        QTest.keyClick(gallery, Qt.Key.Key_Return)
    QTest.keyClick(gallery, Qt.Key.Key_Escape)
    assert not gallery.chosen_count


def test_another_size_keeps_what_is_at_the_top(gallery):
    gallery.set_rows(np.arange(5000))
    gallery.verticalScrollBar().setValue(4000)
    first = gallery.visible().start
    gallery.set_side(96)
    assert first in gallery.visible()
    gallery.set_side(10_000)
    assert gallery.grid.side <= 192


def test_pictures_of_data_that_are_not_open_are_asked_of_the_model_and_marked(world, qtbot):
    world.open_model()
    made = Gallery(world.session, "Gallery under test")
    made.resize(300, 200)
    made.show()
    qtbot.waitExposed(made)
    made.set_rows(np.array([3, 9]))
    asked = world.last(m.DecodeRows)
    assert set(asked.rows.tolist()) == {3, 9}
    click(made, 0)
    assert "reconstruction" in made.accessibleDescription()
    made.hide()
    made.deleteLater()


def test_groups_are_told_apart_in_both_themes(gallery):
    groups = np.repeat([0, 1, 2], 2)
    for theme in (DARK, LIGHT):
        gallery.set_theme(theme)
        gallery.set_rows(np.arange(6), groups=groups, caption=lambda place: f"{place}")
        image = gallery.grab().toImage()

        def ground(place: int, image: Any = image) -> str:
            cell = gallery.cell_at(place)
            return image.pixelColor(cell.left() - 2, cell.top() - 2).name()

        assert ground(0) == ground(1) == ground(4) == theme.ground.lower()
        assert ground(2) == ground(3) != ground(0)
