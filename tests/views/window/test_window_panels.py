"""Each panel shows what the session says, and calls the right command."""

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
from latentlab.views.panels.latents import parse_z
from latentlab.views.pictures import fitted, to_qimage
from latentlab.views.topbar import model_facts
from latentlab.views.words import bound_name, duration, number

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def lively(window: Any, world: Any) -> Any:
    """The window with data, a model, and a cursor whose picture came."""
    world.ready()
    world.open_data()
    world.open_model()
    world.session.move_cursor((0.42, -1.17))
    world.decode()
    return window


# Decoded


def test_the_picture_is_that_of_the_decode(lively: Any, world: Any) -> None:
    image = world.session.decoded.image
    shown = lively.decoded.picture.image
    assert shown == to_qimage(image)


def test_the_milliseconds_are_measured_at_the_paint(lively: Any, world: Any, qtbot: Any) -> None:
    world.session.move_cursor((0.1, 0.1))
    with qtbot.waitSignal(lively.decoded.shown) as told:
        decoded = world.decode()
    assert told.args[0] is decoded
    assert told.args[1] > 0.0
    assert lively.decoded.milliseconds.text() == f"{told.args[1]:.1f} ms"


def test_a_picture_is_measured_once(lively: Any, world: Any, qtbot: Any) -> None:
    qtbot.waitUntil(lambda: bool(lively.decoded.milliseconds.text()))
    told: list[Any] = []
    lively.decoded.shown.connect(lambda *args: told.append(args))
    lively.decoded.picture.repaint()
    world.session.engine_changed.emit()
    lively.decoded.picture.repaint()
    assert not told


def test_a_guess_and_a_stored_picture_are_marked(lively: Any, world: Any) -> None:
    assert lively.decoded.mark.text() == ""
    world.session.move_cursor((9.0, 9.0))
    world.decode(far=True, source="stored lattice")
    assert lively.decoded.mark.text() == "outside data"
    assert lively.decoded.mark.isVisible()
    assert lively.decoded.source.text() == "stored lattice"


def test_crisp_pictures_stand_at_whole_multiples() -> None:
    from PySide6.QtCore import QRectF, QSize

    room = QRectF(0, 0, 100, 90)
    assert fitted(QSize(28, 28), room, 1.0, smooth=False).width() == 84
    assert fitted(QSize(28, 28), room, 1.0, smooth=True).width() == 90
    assert fitted(QSize(28, 28), room, 2.0, smooth=False).width() == 84  # 6 device pixels each
    assert fitted(QSize(200, 100), room, 1.0, smooth=False).width() == 100


def test_every_pixel_of_a_crisp_picture_is_a_square_of_one_colour(
    lively: Any, world: Any, qtbot: Any
) -> None:
    world.session.move_cursor((0.0, 0.0))
    image = np.zeros((8, 8), dtype=np.uint8)
    image[::2, 1::2] = image[1::2, ::2] = 255
    world.decode(image=image)
    grabbed = lively.decoded.picture.grab().toImage()
    colours = {
        grabbed.pixelColor(x, y).red()
        for x in range(20, grabbed.width() - 20)
        for y in range(20, grabbed.height() - 20)
    }
    assert colours <= {0, 255}
    lively.decoded.smooth.click()
    assert world.session.settings.smooth
    grabbed = lively.decoded.picture.grab().toImage()
    middle = grabbed.height() // 2
    smooth = {grabbed.pixelColor(x, middle).red() for x in range(20, grabbed.width() - 20)}
    assert len(smooth) > 2


@pytest.mark.parametrize("dtype_shape", [(8, 6), (6, 8, 3)])
def test_pictures_become_images_of_their_own_memory(dtype_shape: tuple[int, ...]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, dtype_shape, dtype=np.uint8)
    image = to_qimage(picture[:, ::-1])  # not contiguous
    kept = picture.copy()
    picture[:] = 0
    for y, x in ((0, 0), (2, 3), (5, 5)):
        colour = image.pixelColor(x, y)
        expected = kept[:, ::-1][y, x]
        assert (colour.red(), colour.green(), colour.blue()) == tuple(
            np.broadcast_to(expected, 3).tolist()
        )


# z


def test_z_is_shown_and_can_be_typed(lively: Any, world: Any, qtbot: Any) -> None:
    edit = lively.decoded.latents.edit
    assert edit.text() == "0.420, -1.170"
    edit.selectAll()
    qtbot.keyClicks(edit, "1.5, -0.25")
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert world.session.z.tolist() == [1.5, -0.25]
    assert world.last(m.Decode).z.tolist() == [1.5, -0.25]


@pytest.mark.parametrize("typed", ["1.5", "1, 2, 3", "a, b", "inf, 0", "nan 1", "1,,"])
def test_what_is_no_z_is_refused_with_a_sentence(
    lively: Any, world: Any, qtbot: Any, typed: str
) -> None:
    edit, before = lively.decoded.latents.edit, world.session.z.tolist()
    edit.selectAll()
    qtbot.keyClicks(edit, typed)
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert world.session.z.tolist() == before
    assert lively.decoded.latents.complaint.isVisible()
    assert lively.decoded.latents.complaint.text().endswith(".")
    qtbot.keyClick(edit, Qt.Key.Key_Escape)
    assert edit.text() == "0.420, -1.170"
    assert not lively.decoded.latents.complaint.isVisible()


def test_typing_is_not_overwritten_by_the_map(lively: Any, world: Any, qtbot: Any) -> None:
    edit = lively.decoded.latents.edit
    edit.setFocus()
    edit.selectAll()
    qtbot.keyClicks(edit, "3, ")
    world.session.move_cursor((0.0, 0.0))
    assert edit.text() == "3, "


def test_z_is_read_however_it_is_written() -> None:
    for text in ("(0.5, -1)", "0.5 -1", "0.5;-1", "0.5, \N{MINUS SIGN}1", "5e-1, -1.0"):
        z = parse_z(text, 2)
        assert not isinstance(z, str)
        assert z.tolist() == [0.5, -1.0]


def test_beyond_two_dimensions_sliders_move_the_others(window: Any, world: Any) -> None:
    world.open_data()
    world.open_model(latent_dim=4)
    world.session.move_cursor((0.5, 0.25))
    sliders = window.decoded.latents.sliders
    assert sliders.isVisible()
    assert [slider.axis for slider in sliders.findChildren(type(sliders._rows[0]))] == [2, 3]
    sliders._rows[1].slider.setValue(150)
    assert world.session.z.tolist() == pytest.approx([0.5, 0.25, 0.0, 1.5])
    assert world.session.cursor == pytest.approx((0.5, 0.25))


def test_two_dimensions_need_no_sliders(lively: Any) -> None:
    assert not lively.decoded.latents.sliders.isVisible()
    assert not lively.chart.isVisible()


# Nearest


def test_the_nearest_datum_has_picture_class_and_distance(lively: Any, world: Any) -> None:
    row = world.session.decoded.nearest_row
    panel = lively.nearest
    assert panel.thumb.image == to_qimage(world.session.dataset.picture(row))
    assert panel.name.whole == world.session.label_names[world.session.codes.labels[row]]
    assert "0.25 away" in panel.where.text()
    assert f"datum {row}" in panel.where.text()
    assert panel.mark.text() == ""


def test_its_story_is_one_click_away(lively: Any, world: Any, qtbot: Any) -> None:
    qtbot.mouseClick(lively.nearest.story, LEFT)
    assert world.last(m.Reconstruct).rows == (17,)
    assert world.last(m.Reconstruct).samples > 0
    world.engine.work.clear()
    qtbot.mouseClick(lively.nearest.thumb, LEFT)
    assert world.last(m.Reconstruct).rows == (17,)


def test_without_the_data_a_reconstruction_is_shown_and_marked(window: Any, world: Any) -> None:
    world.ready()
    world.open_model()
    world.session.move_cursor((0.0, 0.0))
    world.decode()
    asked = world.last(m.Peek)
    assert asked.row == 17
    image = np.full((8, 8), 9, dtype=np.uint8)
    world.session.apply(m.Peeked(asked.ticket, 17, image))
    assert window.nearest.thumb.image == to_qimage(image)
    assert window.nearest.mark.text() == "reconstruction"
    window.nearest.story.click()
    assert window.notices.banners[-1].notice.action in ("open_data", "open_its_data")
    assert "not open" in window.top.data.whole


def test_a_name_from_outside_is_plain_text(window: Any, world: Any) -> None:
    world.open_data()
    world.open_model()
    world.session.move_cursor((0.0, 0.0))
    world.decode(nearest_row=4)
    assert window.nearest.name.whole == "<b>Coat</b>"
    assert window.nearest.name.textFormat() == Qt.TextFormat.PlainText
    assert "&lt;b&gt;" in window.nearest.name.toolTip() or not window.nearest.name.toolTip()


# Legend


def legend_text(window: Any) -> list[tuple[str, int]]:
    rows = window.legend.list
    return [
        (rows.item(i).text(), rows.item(i).data(Qt.ItemDataRole.UserRole + 2))
        for i in range(rows.count())
    ]


def click_class(
    window: Any, qtbot: Any, index: int, keys: Any = Qt.KeyboardModifier.NoModifier
) -> None:
    rows = window.legend.list
    middle = rows.visualItemRect(rows.item(index)).center()
    qtbot.mouseClick(rows.viewport(), LEFT, keys, middle)


def test_the_legend_names_and_counts_the_classes(lively: Any) -> None:
    assert legend_text(lively)[0] == ("T-shirt/top", 100)
    assert len(legend_text(lively)) == 6


def test_a_click_hides_a_class_and_says_so(lively: Any, world: Any, qtbot: Any) -> None:
    click_class(lively, qtbot, 1)
    assert world.session.hidden == {1}
    assert lively.status.points.text() == "500 of 600 points: 1 class hidden"
    told = lively.legend.list.item(1).data(Qt.ItemDataRole.AccessibleTextRole)
    assert told == "Trouser, 100, hidden"
    qtbot.mouseClick(lively.legend.all, LEFT)
    assert world.session.hidden == frozenset()
    assert lively.status.points.text() == "All 600 points"


def test_a_double_click_shows_a_class_alone_and_again_all(
    lively: Any, world: Any, qtbot: Any
) -> None:
    rows = lively.legend.list
    for expected in ({0, 1, 3, 4, 5}, set()):
        middle = rows.visualItemRect(rows.item(2)).center()
        qtbot.mouseClick(rows.viewport(), LEFT, pos=middle)
        qtbot.mouseDClick(rows.viewport(), LEFT, pos=middle)
        assert world.session.hidden == expected


def test_alt_click_shows_a_class_alone(lively: Any, world: Any, qtbot: Any) -> None:
    click_class(lively, qtbot, 0, Qt.KeyboardModifier.AltModifier)
    assert world.session.hidden == {1, 2, 3, 4, 5}


def test_the_legend_works_by_keyboard(lively: Any, world: Any, qtbot: Any) -> None:
    rows = lively.legend.list
    rows.setFocus()
    rows.setCurrentRow(3)
    qtbot.keyClick(rows, Qt.Key.Key_Space)
    assert world.session.hidden == {3}
    qtbot.keyClick(rows, Qt.Key.Key_Space)
    qtbot.keyClick(rows, Qt.Key.Key_Space, Qt.KeyboardModifier.AltModifier)
    assert world.session.hidden == {0, 1, 2, 4, 5}


def test_unlabelled_data_have_a_row_of_their_own(window: Any, world: Any) -> None:
    world.open_data(world.dataset(names=()))
    assert legend_text(window) == [("Unlabelled", 600)]


def test_points_can_be_coloured_by_split(lively: Any, world: Any) -> None:
    lively.layers.colouring.setCurrentIndex(1)
    assert [name for name, _ in legend_text(lively)] == ["Train", "Test"]
    lively.layers.colouring.setCurrentIndex(0)
    assert len(legend_text(lively)) == 6


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
    assert lively.training.bar.maximum() == 0  # busy: no progress yet
    world.progress(ticket, 150)
    facts = lively.training.facts.text()
    for part in ("epoch 1.5 of 30", "1:04 min left", "25,300 images/s", "CPU", "bfloat16"):
        assert part in facts
    assert lively.training.bar.value() == 50
    assert lively.top.device.whole == "CPU"


def test_the_curves_grow(lively: Any, world: Any) -> None:
    ticket = world.start_training()
    for number_ in range(1, 6):
        world.progress(ticket, number_ * 100 - 50)
        world.epoch(ticket, number_)
    loss, reconstruction, kl = lively.training.curves.curves
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
    assert banner.notice.action == "train"
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
