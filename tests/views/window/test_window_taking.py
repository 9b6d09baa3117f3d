"""Figures, films, bookmarks and comparisons in the window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from latentlab.engine import messages as m
from latentlab.export.board import Board
from latentlab.parts.figures import Comparison, FigureLook, Manifold, Palette, Traversal
from latentlab.parts.films import FilmLook
from latentlab.session.settings import Settings
from latentlab.views import choose
from latentlab.views.dialogs.compare import CompareDialog
from latentlab.views.dialogs.figure import CORNERS, FigureDialog
from latentlab.views.dialogs.film import FilmDialog
from latentlab.views.dialogs.project import SaveProjectDialog
from latentlab.views.theme import LIGHT


@pytest.fixture
def opened(world: Any, window: Any) -> Any:
    world.open_data()
    world.open_model(path=Path("/models/fashion.safetensors"))
    world.decode()
    return world


def trigger(window: Any, key: str, kind: type) -> Any:
    window.actions_table[key].trigger()
    found = window.taking.dialogs[-1]
    assert isinstance(found, kind)
    return found


def answer_page(world: Any) -> m.FigureDrawn:
    asked = world.last(m.DrawFigure)
    page = np.full((60, 90, 3), 200, np.uint8)
    board = Board(world.rng.integers(0, 256, (2, 3, 8, 8, 3), dtype=np.uint8))
    drawn = m.FigureDrawn(asked.ticket, page, board, asked.look)
    world.session.apply(drawn)
    return drawn


# Figures


def test_the_figure_dialog_shows_the_page_that_it_writes(
    opened: Any, window: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dialog = trigger(window, "figure", FigureDialog)
    dialog.look()
    asked = opened.last(m.DrawFigure)
    assert asked.wanted == Manifold()
    answer_page(opened)
    assert dialog.picture.image is not None
    assert (dialog.picture.image.width(), dialog.picture.image.height()) == (90, 60)
    assert "7 × 0.2 in, 90 × 60 dots" in dialog.said.text()
    monkeypatch.setattr(choose, "new_file", lambda *a: tmp_path / "a.pdf")
    dialog.save.click()
    written = opened.last(m.WriteFigure)
    assert (written.wanted, written.look) == (asked.wanted, asked.look)
    assert written.path == tmp_path / "a.pdf"
    dialog.close()


def test_a_newer_wish_calls_off_the_page_before_it(opened: Any, window: Any) -> None:
    dialog = trigger(window, "figure", FigureDialog)
    dialog.look()
    first = opened.last(m.DrawFigure)
    dialog.page.field("title").set_value("Another")
    dialog.look()
    second = opened.last(m.DrawFigure)
    assert ("cancel", first.ticket) in opened.engine.calls
    assert second.look.title == "Another"
    late = np.zeros((5, 5, 3), np.uint8)
    opened.session.apply(m.FigureDrawn(first.ticket, late, answer_page(opened).board, first.look))
    assert dialog.picture.image.width() == 90
    dialog.close()


def test_each_kind_of_figure_has_its_own_choices(opened: Any, window: Any) -> None:
    opened.draw_path()
    dialog = trigger(window, "figure", FigureDialog)
    wanted = {}
    for kind in dialog.forms:
        dialog.kind.set_value(kind)
        assert [k for k, form in dialog.forms.items() if not form.isHidden()] == [kind]
        wanted[kind] = dialog.wanted()
    path = opened.session.path
    assert wanted["comparison"] == Comparison(a=path.stops[0].z, b=path.stops[-1].z)
    assert isinstance(wanted["palette"], Palette)
    dialog.kind.set_value("traversal")
    dialog.here.set_value(True)
    assert dialog.wanted() == Traversal(at=tuple(opened.session.z.tolist()))
    dialog.close()


def test_an_open_figure_follows_the_path_and_its_fields_begin_at_one_line(
    opened: Any, window: Any
) -> None:
    dialog = trigger(window, "figure", FigureDialog)
    labels = [label for form in (*dialog.forms.values(), dialog.page) for label in form.labels]
    assert len({label.minimumWidth() for label in labels}) == 1
    dialog.kind.set_value("comparison")
    dialog.look()
    assert "Drag on the map first" in dialog.said.text()
    opened.draw_path()
    opened.session.path_calm.emit()
    dialog.look()
    path = opened.session.path
    assert opened.last(m.DrawFigure).wanted == Comparison(a=path.stops[0].z, b=path.stops[-1].z)
    dialog.kind.set_value("palette")
    corners = dialog.corners.focus_widget().model()
    place = list(CORNERS).index("path")
    assert not corners.item(place).isEnabled()
    for xy in ((3.0, 3.0), (-1.0, 2.0)):
        opened.session.waypoints.add(xy)
    opened.session.path_calm.emit()
    assert corners.item(place).isEnabled()
    dialog.close()


def test_a_field_that_can_not_be_read_is_said_and_nothing_is_drawn(
    opened: Any, window: Any
) -> None:
    dialog = trigger(window, "figure", FigureDialog)
    count = len(opened.engine.work)
    dialog.page.field("dpi").focus_widget().setText("3")
    dialog.look()
    assert len(opened.engine.work) == count
    assert "36" in dialog.said.text()
    assert not dialog.save.isEnabled()
    dialog.close()


def test_why_a_figure_can_not_be_drawn_stands_in_its_dialog_alone(opened: Any, window: Any) -> None:
    dialog = trigger(window, "figure", FigureDialog)
    dialog.look()
    banners = len(window.notices.banners)
    ticket = opened.last(m.DrawFigure).ticket
    opened.session.apply(m.Failed(ticket, "DrawFigure", "There are no labels.", do="Open some."))
    assert dialog.said.text() == "There are no labels. Open some."
    assert len(window.notices.banners) == banners
    dialog.close()


def test_the_looks_of_figures_and_films_are_remembered(new_world: Any, tmp_path: Path) -> None:
    world = new_world(tmp_path / "settings.json")
    look = FigureLook(title="T", dpi=150, colours="magma")
    film = FilmLook(caption="{frame}", map="inset")
    world.session.update_settings(figure=Palette(side=4), figure_look=look, film=film)
    world.session.close()
    again: Settings = new_world(tmp_path / "settings.json").session.settings
    assert (again.figure, again.figure_look, again.film) == (Palette(side=4), look, film)


# Films


def test_the_film_dialog_shows_a_frame_of_the_film_that_it_writes(
    opened: Any, window: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened.draw_path()
    strip = opened.answer_strip()
    dialog = trigger(window, "export_film", FilmDialog)
    dialog.form.field("caption").set_value("{frame}")
    dialog.form.field("map").set_value("inset")
    dialog.slider.setValue(dialog.slider.maximum())
    dialog.look()
    asked = opened.last(m.ShowFrame)
    assert asked.share == 1.0
    frame = np.zeros((40, 50, 3), np.uint8)
    opened.session.apply(m.FrameShown(asked.ticket, frame, 60, 3.0))
    assert dialog.said.text() == "60 frames, 3 s, 50 × 40 pixels"
    monkeypatch.setattr(choose, "new_file", lambda *a: tmp_path / "a.mp4")
    dialog.save.click()
    film = opened.last(m.Export)
    assert film.look == FilmLook(caption="{frame}", map="inset") == asked.film.look
    np.testing.assert_array_equal(film.frames, strip.images)  # the frames that the strip showed
    np.testing.assert_array_equal(film.z, strip.z)
    assert len(film.points.xy) == 600
    assert film.points.colours.shape == (7, 3)  # six classes, and without one
    dialog.close()


def test_frames_of_another_path_are_not_exported(opened: Any, window: Any, tmp_path: Path) -> None:
    opened.draw_path()
    opened.answer_strip()
    opened.session.set_frames(12)  # its strip is not there yet
    opened.session.export_path(tmp_path / "a.gif")
    film = opened.last(m.Export)
    assert film.frames is None
    assert len(film.z) == 12


def test_the_lines_of_a_film_are_copied(opened: Any, window: Any) -> None:
    opened.draw_path()
    window.actions_table["copy_python"].trigger()
    text = QApplication.clipboard().text()
    assert text.startswith("import latentlab\n")
    assert "latentlab.interpolate(" in text
    assert "latentlab.film(model, walk, 'film.gif'" in text
    window.actions_table["copy_command"].trigger()
    command = QApplication.clipboard().text()
    assert command.startswith("latentlab interpolate /models/fashion.safetensors --from=")
    assert command.endswith("--out film.gif")


# Bookmarks


def test_points_and_paths_are_kept_by_name_with_a_picture(opened: Any, window: Any) -> None:
    session, panel = opened.session, window.taking.panel
    session.move_cursor((0.5, -0.25))
    image = opened.decode().image
    window.actions_table["bookmark_point"].trigger()
    opened.draw_path()
    opened.answer_strip()
    window.actions_table["bookmark_path"].trigger()
    point, path = session.bookmarks.all
    assert (point.name, path.name) == ("Point 1", "Path 1")
    assert point.z == (0.5, -0.25)
    np.testing.assert_array_equal(point.picture, image)
    assert path.path.stops == session.path.stops
    assert [panel.list.item(i).text() for i in range(2)] == ["Point 1", "Path 1"]
    assert not panel.list.item(0).icon().isNull()
    assert not panel.isHidden()


def test_going_to_a_bookmark_brings_it_back_and_can_be_undone(opened: Any, window: Any) -> None:
    session = opened.session
    session.set_z([0.5, -0.25])
    session.bookmarks.add_point()
    opened.draw_path()
    session.bookmarks.add_path()
    session.clear_path()
    session.set_z([2.0, 2.0])
    window.actions_table["next_bookmark"].trigger()
    assert session.z.tolist() == [0.5, -0.25]
    window.actions_table["next_bookmark"].trigger()
    assert session.path is not None
    assert session.path.a == (-1.0, 0.0)
    session.undo()
    assert session.path is None


def test_a_bookmark_is_renamed_in_place_and_removed_with_delete(
    opened: Any, window: Any, qtbot: Any
) -> None:
    session, panel = opened.session, window.taking.panel
    session.bookmarks.add_point()
    session.bookmarks.add_point()
    panel.list.item(0).setText("  Ankle <b>boot</b> ")
    assert session.bookmarks.all[0].name == "Ankle <b>boot</b>"
    panel.list.setCurrentRow(1)
    QTest.keyClick(panel.list, Qt.Key.Key_Delete)
    assert [mark.name for mark in session.bookmarks.all] == ["Ankle <b>boot</b>"]
    session.undo()
    assert len(session.bookmarks.all) == 2
    QTest.keyClick(panel.list, Qt.Key.Key_Return)
    assert session.z.tolist() == list(session.bookmarks.all[1].z)


def test_a_bookmark_of_another_model_waits_for_it(opened: Any, window: Any) -> None:
    session, panel = opened.session, window.taking.panel
    session.bookmarks.add_point()
    opened.open_model(latent_dim=5)
    assert session.bookmarks.why_not(0) == "It has 2 latents, the model 5."
    assert "5" in panel.list.item(0).toolTip()
    before = session.z.tolist()
    session.bookmarks.go(0)
    assert session.z.tolist() == before
    assert session.bookmarks.points() == []


# Two points


def test_two_points_are_compared(opened: Any, window: Any, tmp_path: Path) -> None:
    session = opened.session
    session.set_z([0.5, -0.25])
    session.bookmarks.add_point("One")
    session.set_z([1.5, 2.0])
    session.bookmarks.add_point("Other")
    panel = window.taking.panel
    panel.list.selectAll()
    panel.list.compared.emit()
    dialog = window.taking.dialogs[-1]
    assert isinstance(dialog, CompareDialog)
    assert (dialog.a.currentText(), dialog.b.currentText()) == ("One", "Other")
    asked = opened.last(m.DrawFigure)
    assert (asked.wanted.a, asked.wanted.b) == ((0.5, -0.25), (1.5, 2.0))
    drawn = answer_page(opened)
    assert all(view.image is not None for view in (*dialog.pictures, dialog.way))
    assert dialog.said.text().startswith("2.46 apart in z")
    assert drawn.board.images.shape[1] == 3
    window.taking.set_theme(LIGHT)
    dialog.close()


def test_a_comparison_begins_with_the_ends_of_the_path(opened: Any, window: Any) -> None:
    opened.draw_path()
    dialog = trigger(window, "compare", CompareDialog)
    assert dialog.a.currentText() == "Start of the path"
    assert dialog.b.currentText() == "End of the path"
    dialog.close()
    assert window.taking.dialogs == []


# Projects


def test_a_project_is_saved_from_the_menu_with_its_ending(
    opened: Any, window: Any, tmp_path: Path
) -> None:
    window.actions_table["save_project"].trigger()
    dialog = window.findChildren(SaveProjectDialog)[-1]
    dialog.path.setText(str(tmp_path / "talk"))
    dialog.copy.setChecked(False)
    dialog.accept()
    asked = opened.last(m.SaveProject)
    assert asked.path == tmp_path / "talk.latentlab"
    assert not asked.copy
    assert asked.project.look.geometry  # the window's own
    opened.session.apply(m.Saved(asked.ticket, asked.path, "the project"))
    assert window.windowTitle().startswith("talk - ")
    window.actions_table["save_project"].trigger()  # now it has a place
    assert opened.last(m.SaveProject).ticket > asked.ticket
    assert opened.session.settings.recent_files[0] == str(asked.path)


def test_a_model_that_is_in_no_file_goes_into_the_project(opened: Any, tmp_path: Path) -> None:
    opened.open_model(path=None)
    opened.session.project.save(tmp_path / "a.latentlab", copy=False)
    assert opened.last(m.SaveProject).copy


def test_the_film_dialog_says_how_far_its_file_is_and_stops_it(
    opened: Any, window: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened.draw_path()
    dialog = trigger(window, "export_film", FilmDialog)
    assert dialog.written.isHidden()
    path = tmp_path / "a.gif"
    monkeypatch.setattr(choose, "new_file", lambda *a: path)
    dialog.save.click()
    ticket = opened.last(m.Export).ticket
    opened.session.apply(m.Busy(ticket, "Writing a.gif", 0.43, 2.0))
    assert dialog.written.said.text() == "Writing a.gif, 43\N{NO-BREAK SPACE}%"
    dialog.written.stop.click()
    assert opened.engine.calls[-1] == ("cancel", ticket)
    opened.session.apply(m.Cancelled(ticket))
    assert dialog.written.said.text() == "a.gif was not written: it was called off."
    dialog.save.click()
    ticket = opened.last(m.Export).ticket
    opened.session.apply(m.Failed(ticket, "Export", "The disk is full.", do="Free some space."))
    assert dialog.written.said.property("role") == "bad"
    assert dialog.written.said.text() == "a.gif was not written. The disk is full. Free some space."
    dialog.save.click()
    opened.session.apply(m.Saved(opened.last(m.Export).ticket, path, "the path"))
    assert dialog.written.said.text() == f"Saved to {path}."
    assert dialog.written.stop.isHidden()
    dialog.look()  # something was changed: the file is no longer what is shown
    assert dialog.written.isHidden()
    dialog.close()
