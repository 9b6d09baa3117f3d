"""Colour by, legend, scale and filter as a person uses them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtTest import QTest

from latentlab.data.attributes import Attribute
from latentlab.engine import messages as m
from latentlab.views.panels.scalebar import BARS_PX

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def coloured(lively: Any, world: Any) -> Any:
    """600 data with a column of ages (some unknown) and one of sites."""
    ages = np.linspace(1.5, 99.5, 600)
    ages[:30] = np.nan
    sites = np.array(["Rome", "Oslo", "Lima"])[np.arange(600) % 3]
    world.session.apply(
        m.DataOpened(900, replace(world.dataset(), columns={"age": ages, "site": sites}))
    )
    world.open_model()
    return lively


def choose(window: Any, name: str) -> None:
    place = window.colour.by.findData(name)
    assert place >= 0, name
    window.colour.by.setCurrentIndex(place)
    window.colour.by.activated.emit(place)


def legend(window: Any) -> list[tuple[str, int]]:
    rows = window.legend.list
    return [
        (rows.item(row).text(), rows.item(row).data(Qt.ItemDataRole.UserRole + 2))
        for row in range(rows.count())
    ]


def measured(world: Any, *attributes: Attribute) -> None:
    asked = world.last(m.Measure)
    world.session.apply(m.Measured(asked.ticket, asked.z, attributes))


def recon(values: Any) -> Attribute:
    return Attribute("recon", "Reconstruction error", values, unit="nats", how="8 draws of z")


def test_a_column_of_texts_is_a_legend_that_hides_and_isolates(coloured, world, qtbot):
    choose(coloured, "site")
    assert legend(coloured) == [("Lima", 200), ("Oslo", 200), ("Rome", 200)]
    rows = coloured.legend.list
    QTest.mouseClick(rows.viewport(), LEFT, NONE, rows.visualItemRect(rows.item(1)).center())
    assert world.session.filter.hidden == (("site", frozenset({1})),)
    assert coloured.map.visible_count == 400
    assert coloured.status.points.text().startswith("400 of 600 points: 1 group hidden")
    choose(coloured, "class")
    counts = [count for _, count in legend(coloured)]
    assert counts == [100, 0, 100] * 2  # they follow what another column hides
    coloured.legend.all.click()
    assert sum(count for _, count in legend(coloured)) == 600


def test_numbers_have_a_scale_in_place_of_the_legend(coloured):
    choose(coloured, "age")
    assert coloured.legend.scale.isVisible()
    assert not coloured.legend.list.isVisible()
    assert coloured.legend.scale.missing.text() == "30 have no value: grey."
    choose(coloured, "class")
    assert coloured.legend.list.isVisible()
    assert not coloured.legend.scale.isVisible()


def test_an_end_of_the_scale_is_dragged_typed_and_reset(coloured, world):
    choose(coloured, "age")
    bar, colouring = coloured.legend.scale.bar, world.session.colouring
    before = colouring.scale
    at = QPoint(round(bar.place_of(before.high)), BARS_PX + 4)
    to = QPoint(bar.width() // 2, BARS_PX + 4)
    QTest.mousePress(bar, LEFT, NONE, at)
    QTest.mouseMove(bar, to)
    QTest.mouseRelease(bar, LEFT, NONE, to)
    assert colouring.scale.high == pytest.approx(bar.value_at(to.x()), abs=0.5)
    assert colouring.scale.low == before.low
    assert float(coloured.legend.scale.high.text()) == pytest.approx(colouring.scale.high, abs=0.1)
    low = coloured.legend.scale.low
    low.setText("10")
    low.editingFinished.emit()
    assert colouring.scale.low == 10.0
    low.setText("ten")
    low.editingFinished.emit()
    assert (colouring.scale.low, low.text()) == (10.0, "10")
    coloured.legend.scale.reset.click()
    assert (colouring.scale.low, colouring.scale.high) == (before.low, before.high)


def test_a_drag_of_an_end_is_one_change_that_undo_takes_back(coloured, world):
    choose(coloured, "age")
    session, bar = world.session, coloured.legend.scale.bar
    first = session.colouring.scale
    at = QPoint(round(bar.place_of(first.high)), BARS_PX + 4)
    QTest.mousePress(bar, LEFT, NONE, at)
    for back in (10, 30, 50):
        QTest.mouseMove(bar, at - QPoint(back, 0))
    QTest.mouseRelease(bar, LEFT, NONE, at - QPoint(50, 0))
    dragged = session.colouring.scale.high
    QTest.keyClick(bar, Qt.Key.Key_Left)
    session.undo()
    assert session.colouring.scale.high == dragged
    session.undo()
    assert (session.colouring.scale.low, session.colouring.scale.high) == (first.low, first.high)
    assert not session.colouring.moved
    session.redo()
    assert session.colouring.scale.high == dragged
    coloured.legend.scale.reset.click()
    session.undo()
    assert session.colouring.scale.high == dragged


def test_ends_never_pass_each_other_and_keys_move_them(coloured, world):
    choose(coloured, "age")
    bar, colouring = coloured.legend.scale.bar, world.session.colouring
    at = QPoint(round(bar.place_of(colouring.scale.low)), BARS_PX + 4)
    QTest.mousePress(bar, LEFT, NONE, at)
    QTest.mouseMove(bar, QPoint(bar.width() + 40, 0))
    QTest.mouseRelease(bar, LEFT, NONE, at)
    assert colouring.scale.low < colouring.scale.high
    QTest.keyClick(bar, Qt.Key.Key_Home)
    low = colouring.scale.low
    QTest.keyClick(bar, Qt.Key.Key_Right)
    assert colouring.scale.low > low
    QTest.keyClick(bar, Qt.Key.Key_Up)
    high = colouring.scale.high
    QTest.keyClick(bar, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert colouring.scale.high < high


def test_the_kind_of_scale_is_chosen_in_the_panel_and_the_menu(coloured, world):
    choose(coloured, "age")
    box = coloured.legend.scale.kind
    box.activated.emit(box.findData("log"))
    assert world.session.colouring.kind == "log"
    coloured.actions_table["scale_quantile"].trigger()
    assert world.session.colouring.kind == "quantile"
    assert box.currentData() == "quantile"
    choose(coloured, "z1")
    assert not coloured.actions_table["scale_log"].isEnabled()
    model = box.model()
    assert isinstance(model, QStandardItemModel)
    assert not model.item(box.findData("log")).isEnabled()


def test_what_is_measured_is_waited_for_and_says_how_it_was_found(coloured, world):
    coloured.actions_table["colour_recon"].trigger()
    assert coloured.colour.note.text().startswith("On its way")
    assert world.session.busy.text == "Measuring Reconstruction error"
    measured(world, recon(np.linspace(90, 150, 600)))
    assert coloured.colour.note.text() == "8 draws of z."
    assert coloured.legend.scale.unit.text() == "Reconstruction error, nats"
    assert coloured.actions_table["colour_recon"].isChecked()


def test_what_can_not_be_had_is_disabled_with_the_reason(window, world):
    world.ready()
    world.open_model(data=None, checksums={"other": "1"})
    box = window.colour.by
    item = box.model().item(box.findData("recon"))
    assert not item.isEnabled()
    assert "The data of this map are not open." in item.toolTip()
    assert not window.actions_table["colour_kl"].isEnabled()
    assert window.actions_table["colour_distance"].isEnabled()


def test_the_number_of_clusters_is_shown_where_it_matters(coloured, world):
    assert not coloured.colour.clusters.isVisible()
    choose(coloured, "cluster")
    assert coloured.colour.clusters.isVisible()
    coloured.colour.clusters.setValue(4)
    assert world.last(m.Measure).clusters == 4
    assert world.session.settings.clusters == 4


def test_next_column_goes_round_those_of_the_data(coloured, world):
    for name in ("age", "site", "age"):
        coloured.actions_table["colour_next"].trigger()
        assert world.session.colouring.by == name


def test_a_filter_is_typed_applied_counted_and_undone(coloured, world, qtbot):
    coloured.actions_table["filter"].trigger()
    line = coloured.filter.line
    QTest.keyClicks(line, "site is Rome and age > 50")
    QTest.keyClick(line, Qt.Key.Key_Return)
    count = coloured.map.visible_count
    ages = world.session.attributes.find("age").numbers
    assert count == np.count_nonzero((np.arange(600) % 3 == 0) & (ages > 50))
    assert coloured.filter.said.text() == f"{count} of 600 are shown."
    assert sum(n for _, n in legend(coloured)) == count
    assert coloured.status.points.text().startswith(f"{count} of 600 points: filtered")
    world.session.undo()
    assert coloured.map.visible_count == 600
    assert line.text() == ""
    world.session.redo()
    assert line.text() == "site is Rome and age > 50"
    coloured.actions_table["clear_filter"].trigger()
    assert coloured.map.visible_count == 600


def test_a_wrong_filter_says_where_and_leaves_the_map_alone(coloured, world):
    world.session.filter.set_where("age > 50")
    count = coloured.map.visible_count
    line = coloured.filter.line
    line.setFocus()
    line.setText("site is Rom")
    line.setModified(True)
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert coloured.filter.said.text() == "“site” is never “Rom”. Did you mean “Rome”?"
    assert line.property("invalid") is True
    assert coloured.map.visible_count == count
    QTest.keyClicks(line, "e")
    assert line.property("invalid") is False


def test_a_filter_that_must_be_measured_says_so(coloured, world):
    world.session.filter.set_where("recon > 120")
    assert coloured.filter.said.text() == "Reconstruction error: on its way."
    measured(world, recon(np.linspace(90, 150, 600)))
    assert coloured.filter.said.text() == "300 of 600 are shown."


def test_both_themes_and_large_text_show_all_of_it(coloured, world, qtbot):
    choose(coloured, "age")
    world.session.filter.set_where("age > 50")
    for theme in ("light", "dark"):
        world.session.update_settings(theme=theme, text_scale=2.0)
        bar = coloured.legend.scale.bar.grab().toImage()
        inks = {bar.pixelColor(x, BARS_PX + 5).name() for x in range(bar.width())}
        assert len(inks) > 20
    qtbot.waitUntil(lambda: coloured.left.verticalScrollBar().maximum() > 0)
    for words in (coloured.filter.said, coloured.legend.scale.missing, coloured.legend.scale.unit):
        if words.isVisible():
            assert words.height() >= words.heightForWidth(words.width())


def test_columns_and_their_values_are_offered_while_a_filter_is_typed(coloured, world, qtbot):
    line = coloured.filter.line
    coloured.actions_table["filter"].trigger()
    popup = line.completer().popup()

    def offers() -> list[str]:
        model = line.completer().completionModel()
        return [model.index(row, 0).data() for row in range(model.rowCount())]

    qtbot.keyClicks(line, "si")
    assert popup.isVisible()
    assert offers() == ["site"]
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert (line.text(), popup.isVisible()) == ("site", False)
    assert not world.session.filter.where  # Enter belonged to the list
    qtbot.keyClicks(line, " is ")
    assert offers() == ["Lima", "Oslo", "Rome", "not"]
    qtbot.keyClicks(line, "r")
    assert offers() == ["Rome"]
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    assert line.text() == "site is Rome"
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert world.session.filter.where == "site is Rome"


def test_enter_applies_what_is_typed_where_no_offer_is_chosen(coloured, world, qtbot):
    line = coloured.filter.line
    coloured.actions_table["filter"].trigger()
    qtbot.keyClicks(line, "age > 5 and site is os")
    assert line.completer().popup().isVisible()
    qtbot.keyClick(line.completer().popup(), Qt.Key.Key_Escape)
    assert line.text() == "age > 5 and site is os"
    qtbot.keyClicks(line, "lo")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert world.session.filter.where == "age > 5 and site is oslo"
