"""The hover card: where it is, and what it says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from latentlab.data.dataset import Dataset
from latentlab.engine import messages as m
from latentlab.specs import DataSpec
from latentlab.views.map.hover import GAP, picture_size, place_card


@st.composite
def scenes(draw):
    bounds = QRect(0, 0, draw(st.integers(260, 2000)), draw(st.integers(400, 1500)))
    at = QPoint(draw(st.integers(0, bounds.width() - 1)), draw(st.integers(0, bounds.height() - 1)))
    size = QSize(draw(st.integers(20, 240)), draw(st.integers(20, 180)))
    return at, size, bounds


@given(scenes())
def test_the_card_is_inside_and_never_over_the_point(scene):
    at, size, bounds = scene
    rect = place_card(at, size, bounds)
    assert rect is not None
    assert bounds.contains(rect)
    assert rect.size() == size
    clear = QRect(at - QPoint(GAP - 1, GAP - 1), at + QPoint(GAP - 1, GAP - 1))
    assert not rect.intersects(clear)


@given(scenes())
def test_the_card_is_above_wherever_there_is_room(scene):
    at, size, bounds = scene
    if at.y() - GAP - size.height() >= bounds.top():
        assert place_card(at, size, bounds).bottom() < at.y() - GAP + 1


def test_without_room_there_is_no_card():
    assert place_card(QPoint(50, 50), QSize(90, 90), QRect(0, 0, 100, 100)) is None


@given(st.integers(1, 400), st.integers(1, 400))
def test_pictures_are_shown_at_whole_multiples_near_96_pixels(height, width):
    size = picture_size(height, width)
    side = max(size.height(), size.width())
    assert min(size.height(), size.width()) >= 1
    assert 64 <= side <= 128
    if max(height, width) <= 128:
        assert size.width() % width == 0
        assert size.height() * width == size.width() * height


def hover(stage, at):
    QTest.mouseMove(stage.view.canvas.viewport(), at)


XY = np.array([[-2.0, -2.0], [2.0, 2.0], [0.5, 0.5], [-1.0, 1.0]])


def test_hovering_a_point_shows_its_row_its_class_and_a_ring(make_stage):
    stage = make_stage(XY, [0, 1, 2, -1])
    hover(stage, stage.px(0.5, 0.5) + QPoint(3, 2))
    card = stage.view.card
    assert (card.row, card.label) == (2, "two")
    assert stage.view.canvas.hover_ring.at == (0.5, 0.5)
    hover(stage, stage.px(-1.0, 1.0))
    assert (stage.view.card.row, stage.view.card.label) == (3, "Unlabelled")
    hover(stage, stage.px(1.2, -1.2))
    assert stage.view.card is None
    assert not stage.view.canvas.hover_ring.isVisible()


def test_a_picture_that_is_not_open_comes_as_a_marked_reconstruction(make_stage):
    stage = make_stage(XY, [0, 1, 2, 3])
    hover(stage, stage.px(2.0, 2.0))
    assert stage.view.card.picture is None
    peek = stage.engine.live_of(m.Peek)[-1]
    image = np.full((8, 8), 200, np.uint8)
    stage.session.apply(m.Peeked(peek.ticket, 1, image))
    assert stage.view.card.is_reconstruction
    assert np.array_equal(stage.view.card.picture, image)


def dataset_of(labels, **columns):
    count = len(labels)
    return Dataset(
        name="four",
        x=np.arange(count * 64, dtype=np.uint8).reshape(count, 1, 8, 8),
        kind="image",
        levels=256,
        labels=np.asarray(labels),
        label_names=("<b>nought</b>", "one", "two", "three"),
        split=np.zeros(count, np.int8),
        source=DataSpec(source="four"),
        value_range=(0.0, 255.0),
        columns=columns,
    )


def test_open_data_show_their_own_picture_and_file_name_as_plain_text(make_stage, make_codes):
    stage = make_stage()
    data = dataset_of(
        [0, 1, 2, 3], path=np.array([f"/some/where/<i>{k}</i>.png" for k in range(4)])
    )
    stage.session.apply(m.DataOpened(1, data))
    codes = make_codes(XY)
    codes = m.Codes(codes.z, codes.xy, data.labels, data.split, codes.plane, codes.index, 0.05)
    stage.open_model(codes)
    hover(stage, stage.px(-2.0, -2.0))
    card = stage.view.card
    assert card.label == "<b>nought</b>"  # shown as it stands, never as markup
    assert card.file_name == "i>.png" or card.file_name.startswith("<i>0")
    assert not card.is_reconstruction
    assert np.array_equal(card.picture, data.picture(0))
    stage.view.grab()


@pytest.mark.parametrize("seed", range(3))
def test_on_the_real_widget_the_card_never_covers_its_point(make_stage, seed):
    rng = np.random.default_rng(seed)
    stage = make_stage(rng.uniform(-3, 3, (60, 2)), rng.integers(0, 4, 60))
    shown = 0
    for row, (x, y) in enumerate(stage.session.codes.xy):
        at = stage.px(float(x), float(y))
        if not stage.view.canvas.plot_area.contains(at):
            continue
        hover(stage, at)
        card = stage.view.card
        if card is None:
            continue
        shown += 1
        geometry = stage.view._hovering.card.geometry()
        point = stage.px(*(float(v) for v in stage.session.codes.xy[card.row]))
        assert stage.view.canvas.rect().contains(geometry), row
        assert not geometry.adjusted(-6, -6, 6, 6).contains(point), row
    assert shown > 40


def test_hidden_points_are_not_found(make_stage):
    stage = make_stage(XY, [0, 1, 2, 3])
    stage.session.toggle_class(2)
    hover(stage, stage.px(0.5, 0.5))
    assert stage.view.card is None


def test_hiding_a_class_takes_its_card_away(make_stage):
    stage = make_stage(XY, [0, 1, 2, 3])
    hover(stage, stage.px(0.5, 0.5))
    stage.session.toggle_class(2)
    assert stage.view.card is None


def test_the_card_goes_when_a_drag_begins_and_when_the_pointer_leaves(make_stage):
    stage = make_stage(XY)
    viewport = stage.view.canvas.viewport()
    hover(stage, stage.px(0.5, 0.5))
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=stage.px(0.5, 0.5))
    assert stage.view.card is None
    hover(stage, stage.px(2.0, 2.0))
    assert stage.view.card is None
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=stage.px(2.0, 2.0))
    stage.session.clear_path()
    hover(stage, stage.px(-1.0, 1.0))
    assert stage.view.card.row == 3
    QApplication.sendEvent(viewport, QEvent(QEvent.Type.Leave))
    assert stage.view.card is None


def test_colour_pictures_and_tables_have_cards_too(make_stage):
    stage = make_stage(XY)
    for shape in ((8, 8, 3), (1, 30), (200, 150, 3)):
        hover(stage, stage.px(1.2, -1.2))
        stage.session._contents._peeked[0] = np.zeros(shape, np.uint8)
        hover(stage, stage.px(-2.0, -2.0))
        assert stage.view.card.picture.shape == shape
        stage.view.grab()


def test_the_card_lies_above_what_else_is_on_the_map(make_stage):
    stage = make_stage(XY)
    notice = QLabel(stage.view)
    notice.setStyleSheet("background: #FF0000;")
    at = stage.px(0.5, 0.5)
    notice.setGeometry(0, 0, stage.view.width(), at.y() - GAP)
    notice.show()
    hover(stage, at)
    card = stage.view._hovering.card.geometry()
    image = stage.view.grab().toImage()
    assert image.pixelColor(card.center()).name() != "#ff0000"
    assert image.pixelColor(card.topLeft() - QPoint(2, 0)).name() == "#ff0000"
