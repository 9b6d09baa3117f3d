"""The dialogs ask for what is chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt

from latentlab.engine import messages as m
from latentlab.specs import (
    DataSpec,
)
from latentlab.views import choose
from latentlab.views.dialogs.open_data import OpenDataDialog
from latentlab.views.dialogs.preferences import PreferencesDialog

# Open data


@pytest.fixture
def opening(window: Any) -> Any:
    window.actions_table["open_data"].trigger()
    (shown,) = window.findChildren(OpenDataDialog)
    return shown


def test_the_first_name_is_digits_and_enter_opens_it(opening: Any, world: Any, qtbot: Any) -> None:
    qtbot.keyClick(opening.names, Qt.Key.Key_Return)
    assert world.last(m.OpenData).spec == DataSpec(source="digits")


def test_a_path_takes_the_place_of_a_name(opening: Any, world: Any, tmp_path: Path) -> None:
    opening.names.setCurrentRow(1)
    assert opening.source() == "mnist"
    opening.path.setText(str(tmp_path))
    assert opening.source() == str(tmp_path)
    assert "folder" in opening.kind.text()
    opening.path.setText(str(tmp_path / "none.npz"))
    assert "no such file" in opening.kind.text()
    opening.names.setCurrentRow(2)
    assert opening.path.text() == ""
    assert opening.source() == "fashion-mnist"


def test_how_it_is_read_can_be_said(opening: Any, world: Any, tmp_path: Path) -> None:
    opening.path.setText(str(tmp_path))
    opening.options.click()
    opening.form.field("image_size").focus_widget().setText("32, 48")
    opening.form.field("channels").set_value(1)
    opening.accept()
    spec = world.last(m.OpenData).spec
    assert spec == DataSpec(source=str(tmp_path), image_size=(32, 48), channels=1)


def test_a_wrong_size_is_not_opened(opening: Any, world: Any, tmp_path: Path) -> None:
    opening.path.setText(str(tmp_path))
    opening.options.click()
    opening.form.field("image_size").focus_widget().setText("32")
    assert not opening.open_button.isEnabled()
    opening.accept()
    assert not world.engine.work


def test_labels_can_come_from_a_file_of_their_own(
    opening: Any, world: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("row,label\n0,cat\n")
    monkeypatch.setattr(choose, "existing_file", lambda *_: labels)
    opening.path.setText(str(tmp_path))
    opening.options.click()
    field = opening.form.field("labels")
    field.button.click()
    opening.accept()
    assert world.last(m.OpenData).spec == DataSpec(source=str(tmp_path), labels=str(labels))


def test_a_file_of_labels_that_is_not_there_is_no_answer(opening: Any, tmp_path: Path) -> None:
    opening.path.setText(str(tmp_path))
    opening.options.click()
    opening.form.field("labels").edit.setText(str(tmp_path / "none.csv"))
    assert not opening.open_button.isEnabled()
    assert "There is no file none.csv." in opening.trouble.text()


def test_all_of_it_can_be_reached_on_a_low_screen(opening: Any) -> None:
    opening.options.click()
    assert opening.minimumSizeHint().height() < 500
    assert opening.form.isVisibleTo(opening)


def test_data_that_were_refused_can_be_read_otherwise(window: Any, world: Any) -> None:
    spec = DataSpec(source="/data/two.npz", split_seed=7)
    world.session.open_data(spec)
    what = "It is not clear which array is the data: a (9, 8, 8), b (9, 8, 8)."
    do = "Name it with --x-key."
    failed = m.Failed(world.last(m.OpenData).ticket, "OpenData", what, "/data/two.npz", do)
    world.session.apply(failed)
    (banner,) = [b for b in window.notices.banners if b.notice.level == "bad"]
    assert "--" not in banner.notice.do
    window.commands.act(banner.notice)
    (shown,) = window.findChildren(OpenDataDialog)
    assert shown.path.text() == "/data/two.npz"
    assert shown.form.isVisibleTo(shown)
    shown.form.field("x_key").focus_widget().setText("a")
    shown.accept()
    assert world.last(m.OpenData).spec == DataSpec(source="/data/two.npz", split_seed=7, x_key="a")


def test_preferences_apply_at_once(window: Any, world: Any) -> None:
    window.actions_table["preferences"].trigger()
    (shown,) = window.findChildren(PreferencesDialog)
    shown.theme.setCurrentIndex(2)
    shown.smooth.click()
    kept = world.session.settings
    assert (kept.theme, kept.smooth) == ("light", True)
    assert window.theme.name == "light"
    shown.reject()
