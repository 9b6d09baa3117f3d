"""Menus, shortcuts and the command palette."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu, QScrollArea

from latentlab.engine import messages as m
from latentlab.engine.messages import ChartSpec
from latentlab.session.state import Notice
from latentlab.specs import DataSpec
from latentlab.views import choose
from latentlab.views.actions import ACTIONS, TITLES
from latentlab.views.command_palette import plain, score
from latentlab.views.dialogs.help import AboutDialog, ShortcutsDialog
from latentlab.views.dialogs.open_data import OpenDataDialog
from latentlab.views.dialogs.preferences import PreferencesDialog
from latentlab.views.dialogs.save_model import SaveModelDialog


def menu_actions(menu: QMenu) -> list[Any]:
    found = []
    for action in menu.actions():
        if action.menu() is not None:
            found += menu_actions(action.menu())
        elif not action.isSeparator():
            found.append(action)
    return found


def all_menu_actions(window: Any) -> list[Any]:
    recent = window.actions_table.recent
    found = []
    for top in window.top.menus.actions():
        found += menu_actions(top.menu())
    return [action for action in found if action not in recent.actions()]


def dialog(window: Any, kind: type[Any]) -> Any:
    found = window.findChildren(kind)
    assert found, f"no {kind.__name__} is open"
    return found[-1]


def drop_on(window: Any, data: QMimeData) -> bool:
    """Drag `data` over the map, as Qt tells it: enter, then drop where that was welcome."""
    spot, copy = window.map.geometry().center(), Qt.DropAction.CopyAction
    keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(spot, copy, data, *keys)
    enter.ignore()
    QApplication.sendEvent(window.map.canvas.viewport(), enter)
    if not enter.isAccepted():
        return False
    drop = QDropEvent(QPointF(spot), copy, data, *keys)
    drop.ignore()
    QApplication.sendEvent(window, drop)
    return drop.isAccepted()


def test_every_menu_action_is_in_the_palette(window: Any) -> None:
    palette = window.palette_dialog()
    palette.ask()
    assert set(palette.actions_listed) == set(all_menu_actions(window))
    palette.reject()


def test_every_action_has_a_shortcut_and_no_two_the_same(window: Any) -> None:
    shortcuts = [action.shortcut().toString() for action in all_menu_actions(window)]
    assert len(shortcuts) == len(ACTIONS)
    assert all(shortcuts)
    assert len(set(shortcuts)) == len(shortcuts)


def test_no_two_entries_of_a_menu_share_their_letter(window: Any) -> None:
    by_menu: dict[str, list[str]] = {}
    for spec in ACTIONS:
        letter = spec.text.partition("&")[2][:1].lower()
        assert letter, spec.text
        by_menu.setdefault(spec.menu, []).append(letter)
    for name, title in TITLES.items():
        by_menu.setdefault(name.rpartition("/")[0], []).append(title.partition("&")[2][0].lower())
    for menu, letters in by_menu.items():
        assert len(set(letters)) == len(letters), menu


def test_the_palette_finds_what_is_typed_and_enter_runs_it(
    window: Any, world: Any, qtbot: Any
) -> None:
    world.open_data()
    world.open_model()
    palette = window.palette_dialog()
    palette.ask()
    qtbot.keyClicks(palette.field, "gene samp")
    assert [action.objectName() for action in palette.actions_listed] == ["sample"]
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert world.last(m.Sample).count == 64
    assert not palette.isVisible()


def test_the_palette_does_not_run_what_is_not_possible(window: Any, world: Any, qtbot: Any) -> None:
    palette = window.palette_dialog()
    palette.ask()
    qtbot.keyClicks(palette.field, "generate")
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert not world.engine.work
    qtbot.keyClicks(palette.field, " nothing like it")
    assert not palette.actions_listed
    assert palette.nothing.isVisible()
    palette.reject()


def test_words_may_be_typed_in_any_order() -> None:
    assert score("Model: Train...", "tr mod") is not None
    assert score("Model: Train...", "fit") is None
    better, worse = score("View: Fit", "fi"), score("File: Open a profile", "fi e")
    assert better is not None
    assert worse is not None


def test_nothing_is_enabled_that_can_do_nothing(window: Any, world: Any) -> None:
    table = window.actions_table
    for key in ("save_model", "sample", "export_film", "undo", "copy_z", "datum", "stop", "play"):
        assert not table[key].isEnabled(), key
    world.open_data()
    world.open_model()
    world.session.begin_drag((0.0, 0.0))
    world.session.drag_to((1.0, 1.0))
    world.session.end_drag()
    world.decode()
    for key in ("save_model", "sample", "export_film", "undo", "copy_z", "datum", "play"):
        assert table[key].isEnabled(), key
    assert not table["next_axes"].isEnabled()


def test_undo_and_redo_go_to_the_session(window: Any, world: Any) -> None:
    world.open_data()
    world.open_model()
    world.session.toggle_class(2)
    window.actions_table["undo"].trigger()
    assert world.session.hidden == frozenset()
    window.actions_table["redo"].trigger()
    assert world.session.hidden == {2}


def test_layers_are_one_thing_in_menu_box_and_map(window: Any, world: Any) -> None:
    world.open_data()
    world.open_model()
    points, _thumbnails, lattice, rings, _gaps = window.layers.boxes
    assert points.isChecked()
    assert not lattice.isChecked()
    lattice.click()
    assert window.actions_table["lattice"].isChecked()
    assert world.session.lattice_shown
    window.actions_table["rings"].trigger()
    assert not rings.isChecked()
    assert not window.map.layer_shown("rings")
    assert set(world.session.settings.layers) == {"points", "lattice", "gaps"}


def test_the_plane_is_chosen_by_menu_and_by_boxes(window: Any, world: Any) -> None:
    world.open_data()
    world.open_model(latent_dim=5)
    assert window.chart.isVisible()
    window.actions_table["next_axes"].trigger()
    assert world.last(m.Rechart).chart == ChartSpec("axes", 1, 2)
    window.actions_table["principal"].trigger()
    assert world.last(m.Rechart).chart == ChartSpec("principal")
    window.chart.axes.first.setCurrentIndex(3)
    window.chart.kind.setCurrentIndex(0)
    window.chart.axes.first.activated.emit(3)
    assert world.last(m.Rechart).chart.first == 3


def test_reconstruct_takes_points_that_are_in_view_and_not_hidden(window: Any, world: Any) -> None:
    world.open_data()
    world.open_model()
    session = world.session
    session.set_view((-0.5, -0.5, 0.5, 0.5))
    session.toggle_class(0)
    window.actions_table["reconstruct_view"].trigger()
    rows = list(world.last(m.Reconstruct).rows)
    assert 0 < len(rows) <= 32
    assert (abs(session.codes.xy[rows]) <= 0.5).all()
    assert not (session.codes.labels[rows] == 0).any()
    session.set_view((90.0, 90.0, 91.0, 91.0))
    asked = len(world.engine.work)
    window.actions_table["reconstruct_view"].trigger()
    assert len(world.engine.work) == asked
    assert "No point is in view." in [b.notice.text for b in window.notices.banners]


def test_files_are_asked_for_and_given_to_the_session(
    window: Any, world: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world.open_data()
    world.open_model()
    world.draw_path()
    model, film, run = tmp_path / "a.safetensors", tmp_path / "film.gif", tmp_path / "run"
    monkeypatch.setattr(choose, "existing_file", lambda *a: model)
    monkeypatch.setattr(choose, "new_file", lambda *a: film)
    monkeypatch.setattr(choose, "folder", lambda *a: run)
    window.actions_table["export_film"].trigger()
    window.taking.dialogs[-1].save.click()
    assert world.last(m.Export).path == film
    window.actions_table["open_model"].trigger()
    assert world.last(m.OpenModel).path == model
    window.actions_table["open_run"].trigger()
    assert world.last(m.OpenModel).path == run
    monkeypatch.setattr(choose, "existing_file", lambda *a: None)
    asked = len(world.engine.work)
    window.actions_table["open_model"].trigger()
    assert len(world.engine.work) == asked


def test_dialogs_open_from_the_menu(window: Any, world: Any) -> None:
    world.open_data()
    world.open_model()
    for key, kind in (
        ("open_data", OpenDataDialog),
        ("save_model", SaveModelDialog),
        ("preferences", PreferencesDialog),
        ("shortcuts", ShortcutsDialog),
        ("about", AboutDialog),
    ):
        window.actions_table[key].trigger()
        opened = dialog(window, kind)
        assert opened.isVisible()
        opened.reject()


@pytest.mark.parametrize("text_scale", [1.0, 2.0])
def test_the_keys_are_read_without_scrolling_sideways(
    window: Any, world: Any, text_scale: float
) -> None:
    world.session.update_settings(text_scale=text_scale)
    window.actions_table["shortcuts"].trigger()
    opened = dialog(window, ShortcutsDialog)
    QApplication.processEvents()
    (area,) = opened.findChildren(QScrollArea)
    needed = area.widget().minimumSizeHint().width()
    assert area.viewport().width() >= min(needed, opened.screen().availableGeometry().width() - 160)
    assert opened.width() <= opened.screen().availableGeometry().width()
    opened.reject()


def test_an_offer_to_embed_goes_when_the_map_shows_the_open_data(window: Any, world: Any) -> None:
    world.open_model(data_name="Other", data=DataSpec(source="other"))
    data = world.open_data()
    offers = [banner.notice.action for banner in window.notices.banners]
    assert "embed" in offers
    codes = replace(world.codes(len(data)), labels=data.labels)
    world.session.embed()
    world.session.apply(m.Embedded(world.last(m.Embed).ticket, codes))
    assert "embed" not in [banner.notice.action for banner in window.notices.banners]


def test_training_without_data_asks_for_data_until_there_are_some(window: Any, world: Any) -> None:
    window.actions_table["train"].trigger()
    opened = dialog(window, OpenDataDialog)
    assert opened.isVisible()
    assert [banner.notice.text for banner in window.notices.banners] == ["Training needs data."]
    opened.reject()
    world.open_data()
    assert "Training needs data." not in [b.notice.text for b in window.notices.banners]


def test_save_model_adds_the_ending(window: Any, world: Any, tmp_path: Path) -> None:
    world.open_data()
    world.open_model()
    window.actions_table["save_model"].trigger()
    opened = dialog(window, SaveModelDialog)
    opened.path.setText(str(tmp_path / "mine"))
    opened.with_map.setChecked(False)
    opened.accept()
    asked = world.last(m.SaveModel)
    assert asked.path == tmp_path / "mine.safetensors"
    assert asked.codes is None


def test_recent_files_open_again(window: Any, world: Any) -> None:
    world.session.update_settings(recent_files=("/data/a&b.npz", "/models/c.safetensors"))
    entries = window.actions_table.recent.actions()
    assert [entry.text().replace("&&", "&") for entry in entries] == [
        "/data/a&b.npz",
        "/models/c.safetensors",
    ]
    entries[1].trigger()
    assert world.last(m.OpenModel).path == Path("/models/c.safetensors")
    entries = window.actions_table.recent.actions()
    entries[0].trigger()
    assert world.last(m.OpenData).spec.source == "/data/a&b.npz"


@pytest.mark.parametrize("name", ["some.npz", "model.safetensors"])
def test_a_file_dropped_on_the_window_is_opened(
    window: Any, world: Any, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(b"x")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    assert drop_on(window, data)
    if name.endswith("npz"):
        assert world.last(m.OpenData).spec.source == str(path)
    else:
        assert world.last(m.OpenModel).path == path


def test_text_dropped_on_the_window_is_not_taken(window: Any, world: Any) -> None:
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/a.npz")])
    assert not drop_on(window, data)
    assert not world.engine.work


def test_nothing_inside_takes_a_drop_before_the_window(window: Any) -> None:
    assert window.acceptDrops()
    assert not window.map.canvas.viewport().acceptDrops()
    assert not window.decoded.latents.edit.acceptDrops()


def test_notices_stay_few_steal_no_focus_and_do_what_they_offer(
    window: Any, world: Any, qtbot: Any
) -> None:
    window.map.setFocus()
    before = QApplication.focusWidget()
    for number in range(5):
        world.session.notice.emit(Notice("bad", f"Trouble {number}.", "Do this."))
    assert [b.notice.text for b in window.notices.banners] == [
        "Trouble 2.",
        "Trouble 3.",
        "Trouble 4.",
    ]
    assert QApplication.focusWidget() is before
    world.session.notice.emit(Notice("info", "Open data.", "", "open_data", "Open data..."))
    banner = window.notices.banners[-1]
    qtbot.mouseClick(banner.action_button, Qt.MouseButton.LeftButton)
    assert banner not in window.notices.banners
    dialog(window, OpenDataDialog).reject()


def test_notices_show_what_comes_from_outside_as_plain_text(window: Any, world: Any) -> None:
    world.session.notice.emit(Notice("bad", "<b>evil.npz</b> & co can't be read."))
    banner = window.notices.banners[-1]
    labels = [label for label in banner.findChildren(type(window.status.points)) if label.text()]
    assert labels[0].text() == "<b>evil.npz</b> & co can't be read."
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in labels)


def test_copy_puts_z_and_the_picture_on_the_clipboard(window: Any, world: Any) -> None:
    world.open_data()
    world.open_model()
    world.session.move_cursor((0.5, -1.25))
    world.decode()
    window.actions_table["copy_z"].trigger()
    assert QGuiApplication.clipboard().text() == "0.500000, -1.250000"
    window.actions_table["copy_image"].trigger()
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (512, 512)


def test_text_and_theme_change_at_once(window: Any, world: Any) -> None:
    window.actions_table["theme_light"].trigger()
    assert window.theme.name == "light"
    window.actions_table["theme_dark"].trigger()
    assert window.theme.name == "dark"
    assert world.session.settings.theme == "dark"
    before = window.status.points.font().pixelSize()
    window.actions_table["larger"].trigger()
    window.actions_table["larger"].trigger()
    assert world.session.settings.text_scale > 1.2
    window.status.points.ensurePolished()
    assert window.status.points.font().pixelSize() > before
    window.actions_table["smaller"].trigger()
    window.actions_table["smaller"].trigger()
    assert world.session.settings.text_scale == 1.0


def test_a_menu_entry_says_where_it_is_in_the_palette(window: Any) -> None:
    assert plain(window.actions_table["train"]) == "Model: Train..."
    assert plain(window.actions_table["theme_dark"]) == "View: Theme: Dark"


def test_shortcuts_work_from_the_keyboard(window: Any, world: Any, qtbot: Any) -> None:
    world.open_data()
    world.open_model()
    window.activateWindow()
    window.map.setFocus()
    qtbot.keyClick(window.map.canvas, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: any(isinstance(r, m.Sample) for r in world.engine.work))
