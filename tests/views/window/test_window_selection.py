"""The selection's panel, and the window of outliers and near-identical data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from latentlab.data.attributes import Attribute
from latentlab.engine import messages as m
from latentlab.engine.selections import Figure
from latentlab.latent.charts import axes_plane
from latentlab.latent.picking import PointIndex
from latentlab.session.choice import FEW
from latentlab.views import choose
from latentlab.views.panels.outliers import oddest
from latentlab.views.panels.sorting import ordered
from latentlab.views.panels.statistics import figures_of
from latentlab.views.window import MainWindow


@pytest.fixture
def shown(window: Any, world: Any) -> MainWindow:
    world.ready()
    world.open_data()
    world.open_model()
    window.actions_table["selection"].trigger()
    return window


def summary(count: int = 3, **changes: Any) -> m.Summary:
    told: dict[str, Any] = {
        "count": count,
        "classes": ((1, 2), (-1, 1)),
        "mean": np.full((1, 8, 8), 0.5, np.float32),
        "variance": np.full((1, 8, 8), 0.25, np.float32),
        "of_reconstructions": False,
        "mean_z": np.array([0.5, -1.0]),
        "deviation_z": np.array([0.1, 0.2]),
        "spread": 0.22,
    }
    return m.Summary(**{**told, **changes})


def rest(session: Any) -> None:
    """The hand has rested."""
    assert session.study.summing._rest.isActive()
    session.study.summing._rest.stop()
    session.study.summing._ask()


def test_the_panel_says_what_to_do_and_measures_only_while_it_is_shown(window, world):
    world.open_data()
    world.open_model()
    panel = window.selecting.panel
    assert panel.isHidden()
    world.session.select([1, 2, 3])
    assert not world.session.study.summing.working
    assert not [r for r in world.engine.work if isinstance(r, m.Summarise)]
    world.session.clear_selection()
    window.actions_table["selection"].trigger()
    assert panel.isVisible()
    assert panel.stack.currentWidget() is panel.empty
    assert "Shift" in panel.empty.text()
    assert world.session.settings.selection_panel


def test_a_selection_is_shown_measured_and_an_older_one_called_off(shown, world):
    panel, session = shown.selecting.panel, world.session
    session.select([5, 7, 9])
    assert panel.gallery.rows.tolist() == [5, 7, 9]
    assert panel.count.text() == "3 of 600"
    rest(session)
    first = world.last(m.Summarise)
    assert first.dataset is session.dataset
    session.select([5, 7])
    assert ("cancel", first.ticket) in world.engine.calls
    rest(session)
    second = world.last(m.Summarise)
    session.apply(m.Summarised(first.ticket, first.rows, summary(), True))
    assert session.study.summing.summary is None  # it is of another selection
    session.apply(m.Summarised(second.ticket, second.rows, summary(), False))
    assert session.study.summing.working
    assert panel.statistics.state.text() == "Measuring..."
    terms = {"bound": Figure(-98.5, 3.0), "KL": Figure(7.0, 0.5)}
    done = summary(terms=terms, samples=4)
    session.apply(m.Summarised(second.ticket, second.rows, done, True))
    assert not session.study.summing.working
    assert panel.statistics.mean.image is not None
    assert figures_of(done)[0] == ("bound", "-98.5", "± 3.0 nats")
    told = panel.statistics.bars.accessibleDescription()
    assert told == "Trouser 2 (67%), Unlabelled 1 (33%)"


def test_a_summary_that_came_to_nothing_says_why_and_can_be_asked_again(shown, world):
    session, statistics = world.session, shown.selecting.panel.statistics
    session.select([5, 7, 9])
    rest(session)
    assert statistics.again.isHidden()
    session.apply(m.Cancelled(world.last(m.Summarise).ticket))
    assert statistics.state.text() == "It was called off."
    statistics.again.click()
    rest(session)
    asked = world.last(m.Summarise)
    session.apply(m.Failed(asked.ticket, "Summarise", "There is not enough memory.", do="Wait."))
    assert statistics.state.text() == "There is not enough memory. Wait."


def test_chosen_pictures_become_the_selection(shown, world):
    panel = shown.selecting.panel
    world.session.select([5, 7, 9])
    assert panel.chosen.isHidden()
    panel.gallery.choose(np.array([True, False, True]))
    assert panel.chosen.text() == "Select these 2"
    panel.chosen.click()
    assert world.session.selected.tolist() == [5, 9]
    world.session.undo()
    assert world.session.selected.tolist() == [5, 7, 9]


def test_growing_goes_one_step_for_each_press_and_ends_with_another_selection(shown, world):
    session, table = world.session, shown.actions_table
    session.toggle_class(3)
    session.select([0, 1])
    table["grow"].trigger()
    table["grow"].trigger()
    asked = [r for r in world.engine.work if isinstance(r, m.Grow)]
    assert [(r.rows.tolist(), r.k) for r in asked] == [([0, 1], session.settings.grow)]
    session.apply(m.Grown(asked[0].ticket, session.codes, np.array([0, 1, 2, 3, 9], np.int32)))
    assert session.selected.tolist() == [0, 1, 2]  # 3 and 9 are of a hidden class
    asked = [r for r in world.engine.work if isinstance(r, m.Grow)]
    assert asked[-1].rows.tolist() == [0, 1, 2]
    session.select([50])
    session.apply(m.Grown(asked[-1].ticket, session.codes, np.array([0, 1, 2, 4], np.int32)))
    assert session.selected.tolist() == [50]
    session.undo()
    session.undo()
    assert session.selected.tolist() == [0, 1]


def test_the_order_is_by_class_by_distance_and_by_bound_once_that_is_known(shown, world, qtbot):
    session, panel = world.session, shown.selecting.panel
    rows = np.array([0, 1, 2, 3, 6, 7])
    session.select(rows)
    panel.order.setCurrentIndex(panel.order.findData("class"))
    panel.order.activated.emit(panel.order.currentIndex())
    assert panel.gallery.rows.tolist() == [0, 6, 1, 7, 2, 3]
    panel.order.setCurrentIndex(panel.order.findData("distance"))
    panel.order.activated.emit(panel.order.currentIndex())
    z = session.codes.z[rows].astype(float)
    apart = np.linalg.norm(z - z.mean(axis=0), axis=1)
    assert panel.gallery.rows.tolist() == rows[np.argsort(apart)].tolist()
    panel.order.setCurrentIndex(panel.order.findData("bound"))
    panel.order.activated.emit(panel.order.currentIndex())
    asked = world.last(m.Measure)
    assert asked.names == ("bound",)
    values = np.arange(600.0)[::-1].copy()
    measured = Attribute("bound", "Bound", values, unit="nats")
    session.apply(m.Measured(asked.ticket, session.codes.z, (measured,)))
    assert panel.gallery.rows.tolist() == [7, 6, 3, 2, 1, 0]
    assert session.settings.gallery_sort == "bound"


def test_many_are_sorted_in_another_thread_to_the_same_order():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(FEW * 2, 2)).astype(np.float32)
    labels = rng.integers(-1, 4, len(z))
    codes = m.Codes(z, z, labels, labels.astype(np.int8), axes_plane(2), PointIndex(z), 0.1)
    rows = np.arange(len(z), dtype=np.int32)
    by_class = labels[ordered(rows, codes, "class", None)]
    assert (np.diff(by_class[by_class >= 0]) >= 0).all()
    assert (by_class[-int((labels < 0).sum()) :] == -1).all()
    assert np.array_equal(ordered(rows, codes, "bound", None), rows)


def test_pictures_are_written_to_a_sheet_or_a_folder(shown, world, monkeypatch, tmp_path):
    table = shown.actions_table
    assert not table["export_pictures"].isEnabled()
    world.session.select([1, 2])
    monkeypatch.setattr(choose, "new_file", lambda *a: tmp_path / "sheet.png")
    table["export_pictures"].trigger()
    asked = world.last(m.ExportPictures)
    assert (asked.path.name, asked.rows.tolist()) == ("sheet.png", [1, 2])
    assert asked.dataset is world.session.dataset
    monkeypatch.setattr(choose, "new_folder", lambda *a: tmp_path / "folder")
    table["export_folder"].trigger()
    assert world.last(m.ExportPictures).path == tmp_path / "folder"


def test_the_brush_is_one_thing_in_menu_and_map(shown, world):
    action = shown.actions_table["brush"]
    action.trigger()
    assert world.session.brush.on
    world.session.brush.set_on(False)
    assert not action.isChecked()


def test_the_panel_comes_back_at_the_next_start(new_world, qtbot, tmp_path):
    path = tmp_path / "settings.json"
    for expected in (False, True):
        world = new_world(path)
        window = MainWindow(world.session)
        assert window.selecting.panel.isHidden() != expected
        if not expected:
            window.actions_table["selection"].trigger()
        window.close()
        window.deleteLater()


# Outliers and near-identical data


def test_the_oddest_are_those_of_a_full_sort_among_what_is_shown():
    from latentlab.data.sieve import Hidden, Sieve

    rng = np.random.default_rng(1)
    values, labels = rng.normal(size=500), rng.integers(0, 3, 500)
    values[9] = np.nan
    sieve = Sieve(500, (Hidden("class", labels, frozenset({1})),))
    for low in (True, False):
        order = np.argsort(values if low else -values, kind="stable")
        wanted = [r for r in order if not np.isnan(values[r]) and labels[r] != 1][:20]
        assert oddest(values, sieve, 20, low=low).tolist() == wanted


def test_outliers_are_measured_shown_selected_and_written(
    shown, world, qtbot, monkeypatch, tmp_path
):
    session = world.session
    shown.actions_table["outliers"].trigger()
    opened = shown.selecting.outliers
    page = opened.outliers
    assert "Press Measure" in page.state.text()
    page.measure.setCurrentIndex(page.measure.findData("distance"))
    page.start.click()
    asked = world.last(m.Measure)
    assert asked.names == ("distance",)
    assert page.state.text() == "Measuring..."
    values = np.random.default_rng(0).random(600)
    values[44] = 9.0
    measured = Attribute("distance", "Distance", values)
    session.apply(m.Measured(asked.ticket, session.codes.z, (measured,)))
    page.count.setValue(10)
    qtbot.waitUntil(lambda: len(page.gallery.rows) == 10)
    assert page.gallery.rows[0] == 44
    assert page._caption(0) == "9.0000"  # as many decimals as the others below it
    assert opened.select.text() == "Select these 10"
    opened.select.click()
    assert sorted(page.gallery.rows.tolist()) == session.selected.tolist()
    session.toggle_class(44 % 6)  # a hidden class is not in the list
    qtbot.waitUntil(lambda: 44 not in page.gallery.rows)
    monkeypatch.setattr(choose, "new_file", lambda *a: tmp_path / "list.csv")
    opened.export.click()
    written = world.last(m.WriteTable)
    assert list(written.columns) == ["rank", "row", "label", "distance"]
    opened.reject()
    assert shown.selecting.outliers is None


def test_near_identical_data_are_grouped_by_the_slider(shown, world, qtbot):
    session = world.session
    shown.actions_table["duplicates"].trigger()
    opened = shown.selecting.outliers
    page = opened.twins
    assert opened.tabs.currentWidget() is page
    page.start.click()
    asked = world.last(m.FindDuplicates)
    assert page.start.text() == "Stop"
    found = m.DuplicatesFound(
        asked.ticket,
        session.dataset,
        np.array([1, 2, 7]),
        np.array([5, 6, 9]),
        np.array([0.0, 0.01, 0.04], np.float32),
        0.05,
    )
    session.apply(found)
    qtbot.waitUntil(lambda: len(page.gallery.rows) == 4)
    assert page.gallery.rows.tolist() == [1, 5, 2, 6]
    assert "2 groups of 4 pictures, 1 the same to the bit." in page.state.text()
    page.threshold.setValue(100)
    qtbot.waitUntil(lambda: len(page.gallery.rows) == 6)
    page.copies.click()
    assert page.gallery.chosen.tolist() == [5, 6, 9]
    opened.select.click()
    assert session.selected.tolist() == [5, 6, 9]
    assert page.table()["group"].tolist() == [1, 1, 2, 2, 3, 3]
    world.open_data(world.dataset(50))
    assert session.study.twins.pairs is None
    opened.reject()


def test_where_no_two_are_so_near_the_nearest_distance_is_told(shown, world, qtbot):
    shown.actions_table["duplicates"].trigger()
    page = shown.selecting.outliers.twins
    page.start.click()
    asked = world.last(m.FindDuplicates)
    pairs = np.array([7]), np.array([9]), np.array([0.041], np.float32)
    world.session.apply(m.DuplicatesFound(asked.ticket, world.session.dataset, *pairs, 0.05))
    told = "No two pictures are as near as that. The nearest two are 0.0410 apart."
    qtbot.waitUntil(lambda: page.state.text() == told)
    shown.selecting.outliers.reject()


def test_without_open_data_the_page_says_so(window, world):
    world.open_model()
    assert not window.actions_table["duplicates"].isEnabled()
    window.actions_table["outliers"].trigger()
    page = window.selecting.outliers.twins
    assert "not open" in page.state.text()
    assert not page.start.isEnabled()
    why = window.selecting.outliers.outliers.state.text()
    assert "not open" in why
    window.selecting.outliers.reject()
