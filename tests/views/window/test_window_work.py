"""Film, training, status and sheets show what the session says, and call the right command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from latentlab.engine import messages as m
from latentlab.session.state import Notice, Sheet
from latentlab.views import choose
from latentlab.views.pictures import to_qimage
from latentlab.views.topbar import model_facts
from latentlab.views.words import bound_name, duration, number

LEFT = Qt.MouseButton.LeftButton


# Film


def test_the_film_says_what_to_do_where_there_is_none(lively: Any) -> None:
    assert "Drag on the map" in lively.film.strip._words
    assert not lively.film.play.isEnabled()
    assert not lively.film.export.isEnabled()


def test_the_film_shows_the_frames_from_a_to_b(lively: Any, world: Any) -> None:
    world.draw_path()
    strip = world.answer_strip()
    film = lively.film.strip
    cells = film.cells()
    assert 2 <= len(cells) <= len(strip.images)
    assert film._images[0] == to_qimage(strip.images[0])
    assert film._images[-1] == to_qimage(strip.images[-1])
    assert cells[-1].right() <= film.width()
    assert lively.film.count.text() == "frame 60 of 60"


def test_the_strip_is_a_scrubber(lively: Any, world: Any, qtbot: Any) -> None:
    world.draw_path()
    world.answer_strip()
    film = lively.film.strip
    middle = QPoint(round((film.cells()[0].center().x() + film.cells()[-1].center().x()) / 2), 30)
    qtbot.mouseClick(film, LEFT, pos=middle)
    assert world.session.path.position == pytest.approx(0.5, abs=0.01)
    film.setFocus()
    qtbot.keyClick(film, Qt.Key.Key_Home)
    assert world.session.path.position == 0.0
    qtbot.keyClick(film, Qt.Key.Key_Right)
    assert world.session.path.position == pytest.approx(1 / 59)
    qtbot.keyClick(film, Qt.Key.Key_End)
    assert world.session.path.position == 1.0


def test_play_loop_and_frames_are_the_sessions(lively: Any, world: Any, qtbot: Any) -> None:
    world.draw_path()
    qtbot.mouseClick(lively.film.play, LEFT)
    assert world.session.path.playing
    assert lively.film.play.accessibleName() == "Pause"
    qtbot.keyClick(lively.film.strip, Qt.Key.Key_Space)
    assert not world.session.path.playing
    qtbot.mouseClick(lively.film.loop, LEFT)
    assert not world.session.path.loop
    assert not lively.actions_table["loop"].isChecked()
    lively.film.frames.setValue(24)
    assert world.session.path.frames == 24
    assert len(world.last(m.DecodeStrip).z) == 24


# Training


def test_the_training_panel_comes_with_a_training(lively: Any, world: Any) -> None:
    assert not lively.training.isVisible()
    ticket = world.start_training()
    assert lively.training.isVisible()
    assert (lively.training.bar.value(), lively.training.bar.maximum()) == (0, 1000)
    world.progress(ticket, 150)
    facts = lively.training.facts.text()
    for part in ("epoch 1.5 of 30", "1:04 min left", "25,300 images/s", "CPU", "bfloat16"):
        assert part in facts
    assert lively.training.bar.value() == 50
    assert lively.top.device.whole == "CPU"


def test_the_curves_grow(lively: Any, world: Any, qtbot: Any) -> None:
    ticket = world.start_training()
    for number_ in range(1, 6):
        world.progress(ticket, number_ * 100 - 50)
        world.epoch(ticket, number_)
    loss, reconstruction, kl = lively.training.curves.curves
    qtbot.waitUntil(lambda: np.size(loss.train.getData()[0]) == 5)  # four times a second
    x, y = loss.train.getData()
    assert x.tolist() == [1, 2, 3, 4, 5]
    assert y[-1] < y[0]
    assert len(loss.live.getData()[0]) == 5
    assert reconstruction.held_out.getData()[1][-1] > reconstruction.held_out.getData()[1][0]
    assert loss.held_out.opts["pen"].style() == Qt.PenStyle.DashLine
    assert loss.train.opts["pen"].style() == Qt.PenStyle.SolidLine
    assert kl.value.text() == "6.0 / 6.0"
    world.session.apply(m.Trained(ticket, world.info(), "finished", ""))
    world.start_training()
    assert loss.train.getData()[0] is None or len(loss.train.getData()[0]) == 0


def test_pause_resume_and_stop_reach_the_engine(lively: Any, world: Any, qtbot: Any) -> None:
    ticket = world.start_training()
    world.progress(ticket, 10)
    qtbot.mouseClick(lively.training.pause, LEFT)
    world.progress(ticket, 10, paused=True)
    assert lively.training.pause.text() == "Resume"
    assert lively.training.status.text() == "Paused"
    qtbot.mouseClick(lively.training.pause, LEFT)
    world.progress(ticket, 11)
    qtbot.mouseClick(lively.training.stop, LEFT)
    assert world.engine.calls == [("pause", None), ("resume", None), ("stop", None)]
    assert lively.training.status.text() == "Stopping"
    assert not lively.training.stop.isEnabled()


class Hurrying:
    """A clock that goes on between two looks at it."""

    now_ms = 0

    def isValid(self) -> bool:
        return True

    def start(self) -> None:
        self.now_ms = 0

    def elapsed(self) -> int:
        self.now_ms += 200
        return self.now_ms


def test_the_next_look_at_a_training_is_never_in_the_past(lively: Any) -> None:
    panel = lively.training
    panel.refresh()
    panel._timer.stop()
    panel._clock = Hurrying()
    panel.refresh()
    assert panel._timer.isActive()
    assert panel._timer.interval() == 50


def test_a_failed_training_says_what_and_can_be_put_away(
    lively: Any, world: Any, qtbot: Any
) -> None:
    ticket = world.start_training()
    what = "The loss is not finite at step 412 (KL)."
    world.session.apply(m.Trained(ticket, world.info(), "diverged", what))
    assert lively.training.status.text() == "Diverged"
    assert lively.training.message.text() == what
    assert lively.training.message.isVisible()
    banner = lively.notices.banners[-1]
    assert banner.notice.level == "bad"
    assert (banner.notice.action, banner.notice.second) == ("train_lower", "train")
    lively.training.close_button.click()
    assert not lively.training.isVisible()
    assert not lively.actions_table["training"].isChecked()


def test_progress_does_not_bring_back_a_panel_that_was_put_away(lively: Any, world: Any) -> None:
    ticket = world.start_training()
    lively.actions_table["training"].trigger()
    assert not lively.training.isVisible()
    world.progress(ticket, 10)
    assert not lively.training.isVisible()


# Top bar and status line


def test_the_chips_say_what_is_open_and_which_bound(lively: Any) -> None:
    assert lively.top.data.whole == "Made-up"
    assert "brought to 8 x 8" in lively.top.data.toolTip()
    text = lively.top.model.whole
    assert "VAE 2-D, epoch 12" in text
    assert "\N{MINUS SIGN}231.4 nats (Bernoulli on grey values)" in text
    assert lively.top.device.whole == "CPU"


def test_without_anything_the_window_says_how_to_begin(window: Any) -> None:
    assert window.top.data.whole == "No data"
    assert window.top.model.whole == "No model"
    assert window.top.device.whole == "loading torch"
    assert "File > Open data" in window.legend.empty.text()
    assert "Open data" in window.nearest.empty.text()
    assert window.status.engine.isVisible()


def test_busy_work_shows_progress_and_can_be_cancelled(window: Any, world: Any, qtbot: Any) -> None:
    world.session.open_data(world.dataset().source)
    ticket = world.last(m.OpenData).ticket
    assert window.status.bar.maximum() == 0
    world.session.apply(m.Busy(ticket, "Downloading made-up", 0.4, 33.0))
    assert window.status.busy_text.text() == "Downloading made-up"
    assert window.status.bar.value() == 400
    assert window.status.left.text() == "33 s left"
    qtbot.mouseClick(window.status.cancel, LEFT)
    assert world.engine.calls == [("cancel", ticket)]
    world.session.apply(m.Cancelled(ticket))
    assert not window.status.cancel.isVisible()


def test_what_failed_is_said_and_done(window: Any, world: Any) -> None:
    world.session.open_data(world.dataset().source)
    ticket = world.last(m.OpenData).ticket
    world.session.apply(
        m.Failed(ticket, "OpenData", "The file ends in the middle.", "a.npz", "Choose another.")
    )
    banner = window.notices.banners[-1]
    assert "The file ends in the middle." in banner.notice.text
    assert banner.notice.do == "Choose another."


def test_an_offer_that_was_taken_up_otherwise_goes(window: Any, world: Any) -> None:
    world.open_data()
    world.session.notice.emit(Notice("info", "Train a model on it.", "", "train", "Train..."))
    world.session.notice.emit(Notice("warn", "The disk is full."))
    world.start_training()
    texts = [banner.notice.text for banner in window.notices.banners]
    assert "The disk is full." in texts
    assert "Train a model on it." not in texts


def test_a_notice_fits_its_words(window: Any, world: Any) -> None:
    world.session.apply(m.Failed(0, "Export", "The disk is full. " * 12, "", "Make room. " * 8))
    banner = window.notices.banners[-1]
    label = next(
        label
        for label in banner.findChildren(type(window.status.points))
        if label.text().startswith("The disk")
    )
    assert label.height() >= label.heightForWidth(label.width())
    assert window.map.rect().contains(window.notices.geometry())


# Sheets


def sheets(world: Any, count: int = 64) -> list[Sheet]:
    pictures = world.rng.integers(0, 256, (count, 8, 8), dtype=np.uint8)
    rows = tuple(range(count))
    samples = pictures[None, :8]
    return [
        Sheet("samples", "64 samples", (), None, pictures, None),
        Sheet("reconstructions", "Pairs", rows, pictures, pictures, None),
        Sheet("datum", "Datum 5", (5,), pictures[:1], pictures[:1], samples),
    ]


@pytest.mark.parametrize("index", [0, 1, 2])
def test_sheets_open_beside_the_window_and_close(
    lively: Any, world: Any, index: int, qtbot: Any
) -> None:
    sheet = sheets(world)[index]
    world.session.sheet_ready.emit(sheet)
    (shown,) = lively.sheets
    assert shown.isVisible()
    assert not shown.isModal()
    assert shown.windowTitle() == sheet.title
    image = shown.page.image()
    assert image.width() == shown.page.width()
    colours = {image.pixel(x, image.height() // 2) for x in range(0, image.width(), 3)}
    assert len(colours) > 10
    shown.close()
    assert not lively.sheets


def test_drawing_again_uses_the_same_sheet(lively: Any, world: Any) -> None:
    first, second = sheets(world)[0], sheets(world)[0]
    world.session.sheet_ready.emit(first)
    (shown,) = lively.sheets
    before = shown.page.image()
    shown._again()
    assert world.last(m.Sample).count == 64
    world.session.sheet_ready.emit(second)
    assert lively.sheets == [shown]
    assert shown.page.image() != before


def test_a_sheet_is_saved_as_png(
    lively: Any, world: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.session.sheet_ready.emit(sheets(world)[0])
    path = tmp_path / "sheet.png"
    monkeypatch.setattr(choose, "new_file", lambda *a: path)
    lively.sheets[0]._save()
    assert path.read_bytes().startswith(b"\x89PNG")
    monkeypatch.setattr(choose, "new_file", lambda *a: tmp_path / "no" / "such" / "a.png")
    lively.sheets[0]._save()
    assert lively.notices.banners[-1].notice.level == "bad"


def test_a_row_that_is_not_full_is_filled(lively: Any, world: Any) -> None:
    for count in (1, 3, 9):
        world.session.sheet_ready.emit(sheets(world, count)[1])
    assert len(lively.sheets) == 3
    assert all(sheet.page.height() > 0 for sheet in lively.sheets)


# Words


def test_every_control_has_a_name_for_screen_readers(lively: Any, world: Any) -> None:
    from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QListWidget, QSpinBox

    for kind in (QAbstractButton, QComboBox, QLineEdit, QListWidget, QSpinBox):
        for control in lively.findChildren(kind):
            inner = control.objectName().startswith("qt_") or isinstance(
                control.parentWidget(), QSpinBox
            )
            named = control.accessibleName() or getattr(control, "text", str)()
            assert inner or named, (kind.__name__, control.parentWidget())


def test_tab_goes_through_the_window_and_comes_back(lively: Any, qtbot: Any) -> None:
    lively.activateWindow()
    lively.map.setFocus()
    seen: list[Any] = []
    for _ in range(60):
        lively.focusNextChild()
        now = QApplication.focusWidget()
        if now in seen:
            break
        seen.append(now)
    for control in (lively.legend.list, lively.decoded.latents.edit, lively.film.play):
        assert control in seen or not control.isEnabled()
    assert lively.map.canvas in seen


def test_numbers_are_written_for_people() -> None:
    assert number(-1.0) == "\N{MINUS SIGN}1.00"
    assert number(-0.001) == "0.00"
    assert [duration(s) for s in (0.4, 59.6, 64, 3700)] == ["0 s", "1:00 min", "1:04 min", "1:01 h"]


def test_the_bound_is_named_by_likelihood_and_binarisation(world: Any) -> None:
    from latentlab.specs import ContinuousBernoulli, Gaussian, ModelSpec, TrainSpec

    shape = (1, 8, 8)
    grey = ModelSpec(shape=shape)
    assert bound_name(grey, None) == "Bernoulli on grey values"
    assert "at each step" in bound_name(grey, TrainSpec(binarize="dynamic"))
    assert "once" in bound_name(grey, TrainSpec(binarize="static"))
    assert "continuous" in bound_name(
        ModelSpec(shape=shape, likelihood=ContinuousBernoulli()), None
    )
    assert "Gaussian" in bound_name(ModelSpec(shape=shape, likelihood=Gaussian()), None)
    assert "669,000 parameters" in model_facts(world.info())
