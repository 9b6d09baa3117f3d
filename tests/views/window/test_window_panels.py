"""Each panel shows what the session says, and calls the right command."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt

from latentlab.engine import messages as m
from latentlab.views.panels.latents import parse_z
from latentlab.views.pictures import fitted, to_qimage

LEFT = Qt.MouseButton.LeftButton


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


def test_a_row_of_a_table_is_drawn_high_enough_to_be_read() -> None:
    row = np.arange(30, dtype=np.uint8)[None]  # (1, 30)
    image = to_qimage(row)
    assert (image.width(), image.height()) == (30, 7)
    for y in (0, 6):
        assert [image.pixelColor(x, y).red() for x in range(30)] == row[0].tolist()


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
    assert [slider.axis for slider in sliders.findChildren(type(sliders.rows[0]))] == [2, 3]
    sliders.rows[1].slider.setValue(150)
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
    lively.colour.by.activated.emit(lively.colour.by.findData("split"))
    assert [name for name, _ in legend_text(lively)] == ["Train", "Test"]
    lively.colour.by.activated.emit(lively.colour.by.findData("class"))
    assert len(legend_text(lively)) == 6


def near(world: Any, rows: list[int]) -> None:
    """Answer the newest question for the data around the decode."""
    asked = world.last(m.FindNear)
    away = np.linspace(0.25, 0.75, len(rows))
    world.session.apply(m.NearFound(asked.ticket, asked.z, np.array(rows), away))


def test_the_data_that_come_next_stand_beside_the_nearest(
    lively: Any, world: Any, qtbot: Any
) -> None:
    near(world, [17, 3, 5, 8, 13, 21])
    others, codes = lively.nearest.others, world.session.codes
    assert others.isVisible()
    assert others.rows.tolist() == [3, 5, 8, 13, 21]  # the nearest is shown large
    name = world.session.label_names[codes.labels[3]]
    assert others.caption(0) == (name, "0.35")
    assert others.cell(4).right() <= others.width()
    qtbot.waitUntil(lambda: 21 in world.session.thumbnails.pictures([21]))
    at = others.cell(1).center().toPoint()
    qtbot.mouseClick(others, LEFT, pos=at)
    np.testing.assert_allclose(world.session.z, codes.z[5], atol=1e-6)


def test_the_nearest_datum_is_one_that_is_shown(lively: Any, world: Any, qtbot: Any) -> None:
    session, panel = world.session, lively.nearest
    near(world, [17, 3, 5])
    before, hidden = world.last(m.FindNear), int(session.codes.labels[17])
    session.toggle_class(hidden)
    qtbot.waitUntil(lambda: world.last(m.FindNear).ticket != before.ticket)
    asked = world.last(m.FindNear)
    assert asked.sieve is not None
    assert not asked.sieve.keeps(np.array([17]))[0]
    shown = np.flatnonzero(session.codes.labels != hidden)[:3]
    near(world, shown.tolist())
    assert panel.thumb.row == shown[0]
    assert panel.where.text() == f"datum {shown[0]:,}\n0.25 away in z, of those shown"
    assert panel.others.rows.tolist() == shown[1:].tolist()
    session.set_hidden(range(6))
    near(world, [])
    qtbot.waitUntil(panel.empty.isVisible)
    assert "filter leaves no datum" in panel.empty.text()
    session.show_all()
    assert panel.thumb.row == 17


def test_a_datum_nearby_is_chosen_with_control_and_by_keys(
    lively: Any, world: Any, qtbot: Any
) -> None:
    near(world, [17, 3, 5, 8])
    others, control = lively.nearest.others, Qt.KeyboardModifier.ControlModifier
    for expected in ([8], []):
        qtbot.mouseClick(others, LEFT, control, pos=others.cell(2).center().toPoint())
        assert world.session.selected.tolist() == expected
    qtbot.keyClick(others, Qt.Key.Key_Left)
    assert "row 5" in others.accessibleDescription()
    qtbot.keyClick(others, Qt.Key.Key_Return)
    np.testing.assert_allclose(world.session.z, world.session.codes.z[5], atol=1e-6)


def test_they_follow_the_film_that_plays_and_an_old_answer_is_dropped(
    lively: Any, world: Any, qtbot: Any
) -> None:
    session = world.session
    near(world, [17, 3, 5])
    old = world.last(m.FindNear)
    session.move_cursor((0.3, 0.3))
    world.decode(nearest_row=17)
    qtbot.waitUntil(lambda: world.last(m.FindNear).ticket != old.ticket)
    newest = world.last(m.FindNear)
    np.testing.assert_allclose(newest.z, session.decoded.z)
    session.apply(m.NearFound(old.ticket, old.z, np.array([1, 2]), np.array([0.1, 0.2])))
    assert lively.nearest.others.rows.tolist() == [3, 5]
    near(world, [17, 9])
    assert lively.nearest.others.rows.tolist() == [9]


def test_the_data_nearby_take_the_same_height_at_every_width(lively: Any, world: Any) -> None:
    # Else the column is scrolled, gets narrower, is not scrolled, gets wider: without an end.
    near(world, [17, 3, 5, 8, 13, 21])
    others = lively.nearest.others
    heights = set()
    for width in (120, 180, 240, 241, 300, 600):
        others.resize(width, others.height())
        heights.add(others.height())
    assert len(heights) == 1
