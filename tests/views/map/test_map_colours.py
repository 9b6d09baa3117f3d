"""Numbers as colours on the map, pixel by pixel; and nothing that is filtered out is found."""

import threading

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from latentlab.data.attributes import Attribute
from latentlab.data.scales import Scale
from latentlab.data.sieve import Sieve
from latentlab.engine import messages as m
from latentlab.latent.picking import PointIndex
from latentlab.views.map.camera import Camera
from latentlab.views.map.cloud import Cloud
from latentlab.views.map.colouring import paint_of
from latentlab.views.map.paint import LEVELS, Numbers, rgb_of
from latentlab.views.map.sketch import Marks, Picture, sketch
from latentlab.views.palette import number_colors, unlabelled_color

COUNT = 60_000
GREY = "#808080"
SCALE = Scale("linear", 0.0, 10.0)


def numbers(values) -> Numbers:
    return Numbers(np.asarray(values), SCALE, number_colors("dark"), GREY)


def cloud(picked=None, sieve=None) -> Cloud:
    rng = np.random.default_rng(0)
    xy = rng.normal(size=(COUNT, 2)).astype(np.float32)
    values = xy[:, 0] * 2.0 + 5.0 + rng.normal(0, 1, COUNT)
    values[::7] = np.nan
    return Cloud(PointIndex(xy), numbers(values), sieve or Sieve(COUNT), 0.01, picked)


def brute_force(points: Cloud, camera: Camera) -> tuple[np.ndarray, ...]:
    """(H, W) points, points with a number, and the mean of their places on the scale."""
    xy, scale = points.index.xy.astype(np.float64), camera.scale
    x0, _, _, y1 = camera.rect
    column, row = np.floor((xy[:, 0] - x0) * scale), np.floor((y1 - xy[:, 1]) * scale)
    ok = (column >= 0) & (column < camera.width) & (row >= 0) & (row < camera.height)
    ok &= points.sieve.mask()
    place = SCALE.places(points.paint.values)
    shape = int(camera.height), int(camera.width)
    count, known, total = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    at = row[ok].astype(int), column[ok].astype(int)
    np.add.at(count, at, 1)
    np.add.at(known, at, ~np.isnan(place[ok]))
    np.add.at(total, at, np.nan_to_num(place[ok]))
    return count, known, total / np.maximum(known, 1)


def colours(argb: np.ndarray) -> np.ndarray:
    """(3, H, W) without the opacity."""
    alpha = np.maximum((argb >> 24).astype(float), 1)
    return np.stack([((argb >> byte) & 255) / alpha * 255 for byte in (16, 8, 0)])


@pytest.mark.parametrize("kept", [None, 0.5])
def test_a_crowded_pixel_has_the_colour_of_the_mean_of_its_points(kept):
    sieve = None if kept is None else Sieve(COUNT, (), lambda rows: np.arange(COUNT)[rows] % 2 == 0)
    points, camera = cloud(sieve=sieve), Camera(0.0, 0.0, 20.0, 160.0, 120.0)
    seen = sketch(points, camera, 1.0)
    assert isinstance(seen, Picture)
    count, known, mean = brute_force(points, camera)
    assert np.array_equal(seen.argb > 0, count > 0)
    ramp = rgb_of(number_colors("dark"))
    wanted = ramp[np.rint(mean * (len(ramp) - 1)).astype(int)]  # (H, W, 3)
    away = np.abs(colours(seen.argb) - np.moveaxis(wanted, -1, 0)).max(axis=0)
    crowd = known >= 3  # quantised levels average out; alone they are half a step off
    assert away[crowd].max() < 8
    assert np.median(away[crowd]) < 3
    grey = (known == 0) & (count > 0)
    if grey.any():
        middle = np.array(QColor(GREY).getRgb()[:3])[:, None]
        assert np.abs(colours(seen.argb)[:, grey] - middle).max() < 4


def test_of_picked_points_the_mean_is_theirs_alone():
    picked = np.arange(0, COUNT, 50, dtype=np.int32)
    points, camera = cloud(picked), Camera(0.0, 0.0, 20.0, 160.0, 120.0)
    argb = sketch(points, camera, 1.0).argb
    few = Cloud(
        PointIndex(points.index.xy[picked]),
        numbers(points.paint.values[picked]),
        Sieve(len(picked)),
        0.01,
    )
    count, known, mean = brute_force(few, camera)
    ramp = rgb_of(number_colors("dark"))
    wanted = np.moveaxis(ramp[np.rint(mean * (len(ramp) - 1)).astype(int)], -1, 0)
    sure = known >= 1
    assert np.abs(colours(argb) - wanted)[:, sure].max() < 10
    channels = colours(argb)[:, (count == 0) & (argb > 0)]
    assert (channels.max(axis=0) - channels.min(axis=0)).max() < 20  # all others are grey


def test_single_marks_have_the_colour_of_their_level():
    values = np.array([0.0, 5.0, 10.0, 99.0, np.nan])
    paint = numbers(values)
    kinds = paint.kinds(slice(None))
    assert kinds.tolist() == [0, 32, LEVELS - 1, LEVELS - 1, LEVELS]
    assert paint.palette[0] == number_colors("dark")[0]
    assert paint.palette[LEVELS - 1] == number_colors("dark")[-1]
    assert paint.palette[LEVELS] == GREY
    xy = np.column_stack([np.arange(5.0), np.zeros(5)]).astype(np.float32)
    seen = sketch(
        Cloud(PointIndex(xy), paint, Sieve(5), 1.0), Camera(2.0, 0.0, 20.0, 200.0, 60.0), 1.0
    )
    assert isinstance(seen, Marks)
    assert sorted(seen.kind.tolist()) == sorted(kinds.tolist())


def test_a_column_paints_its_categories_or_its_numbers():
    both = Attribute("year", "year", np.array([1.0, 2.0]), np.array([0, -1]), ("1",))
    as_categories = paint_of(both, None, "dark")
    assert as_categories.palette[as_categories.kinds(slice(None))[1]] == unlabelled_color("dark")
    as_numbers = paint_of(both, Scale("linear", 1.0, 2.0), "light")
    assert as_numbers.palette[as_numbers.kinds(slice(None))[1]] == number_colors("light")[-1]


@pytest.fixture
def stage(make_stage):
    """Two rows of points: the upper one is of class 1."""
    x = np.linspace(-1, 1, 11)
    xy = np.concatenate([np.column_stack([x, 0 * x]), np.column_stack([x, 0 * x + 1])])
    made = make_stage(xy, np.repeat([0, 1], 11))
    made.bare()
    return made


def test_what_is_filtered_out_is_not_seen_hovered_lassoed_or_selected(stage, qtbot):
    session, view = stage.session, stage.view
    everything = stage.pixels()
    session.filter.set_where("class is one and z1 > -0.1")
    assert view.visible_count == 6
    upper, lower = view.canvas.camera.to_px(0.0, 1.0), view.canvas.camera.to_px(0.0, 0.0)
    assert view._hovering.row_at(QPointF(*upper)) == 16
    assert view._hovering.row_at(QPointF(*lower)) is None
    session.select_all()
    qtbot.waitUntil(lambda: session.selected.tolist() == [16, 17, 18, 19, 20, 21])
    session.clear_selection()
    area = view.canvas.plot_area.toAlignedRect().adjusted(3, 3, -3, -3)
    begin, end = area.topLeft(), area.bottomRight()
    port, right = view.canvas.viewport(), Qt.MouseButton.RightButton  # with Shift a rectangle
    QTest.mousePress(port, right, Qt.KeyboardModifier.ShiftModifier, begin)
    for at in ((begin + end) / 2, end):
        move = QMouseEvent(
            QEvent.Type.MouseMove,
            QPointF(at),
            port.mapToGlobal(QPointF(at)),
            Qt.MouseButton.NoButton,
            right,
            Qt.KeyboardModifier.ShiftModifier,
        )
        QApplication.sendEvent(port, move)
    QTest.mouseRelease(port, right, Qt.KeyboardModifier.ShiftModifier, end)
    qtbot.waitUntil(lambda: session.selected.tolist() == [16, 17, 18, 19, 20, 21])
    session.clear_selection()
    session.filter.set_where("")
    assert view.visible_count == 22
    assert np.array_equal(stage.pixels(), everything)


def test_the_card_says_the_number_and_has_its_colour(stage):
    stage.session.colouring.set_by("z1")
    scale = stage.session.colouring.scale
    view = stage.view
    view._hovering.move(QPointF(*view.canvas.camera.to_px(1.0, 1.0)))
    assert view.card is not None
    assert view.card.value == "z1: 1"
    assert scale.places(np.array([1.0]))[0] == 1.0
    assert view.card.swatch == number_colors("dark")[-1]


def test_what_is_measured_colours_the_points_when_it_comes(stage):
    plain = stage.pixels()
    stage.session.colouring.set_by("distance")
    assert np.array_equal(stage.pixels(), plain)
    asked = [request for request in stage.engine.work if isinstance(request, m.Measure)][-1]
    values = Attribute("distance", "Distance", np.linspace(0, 1, 22))
    stage.session.apply(m.Measured(asked.ticket, asked.z, (values,)))
    assert not np.array_equal(stage.pixels(), plain)


def test_of_many_points_counts_and_masks_are_found_in_another_thread(
    make_stage, qtbot, monkeypatch
):
    threads, look = set(), Sieve._look

    def watched(self: Sieve, rows):
        if self.count > 100_000 and isinstance(rows, slice):
            threads.add(threading.current_thread())
        return look(self, rows)

    monkeypatch.setattr(Sieve, "_look", watched)
    xy = np.random.default_rng(0).normal(size=(120_000, 2))
    stage = make_stage(xy, np.arange(120_000) % 3)
    session, points = stage.session, stage.view.canvas.points
    qtbot.waitUntil(lambda: points.settled, timeout=20_000)
    session.filter.set_where("class is nought or two and z1 > 0")
    assert session.filter.shown is None  # not counted yet
    expected = np.count_nonzero((np.arange(120_000) % 3 != 1) & (xy[:, 0].astype(np.float32) > 0))
    qtbot.waitUntil(lambda: session.filter.shown == expected, timeout=20_000)
    session.colouring.set_by("z2")
    qtbot.waitUntil(lambda: session.colouring.scale is not None, timeout=20_000)
    qtbot.waitUntil(lambda: points.settled, timeout=20_000)
    assert threads
    assert threading.main_thread() not in threads
