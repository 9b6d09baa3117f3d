"""Many points in the window: exact counts at rest, pictures that move, marks when near enough."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from PySide6.QtGui import QColor

from latentlab.data.sieve import Hidden, Sieve
from latentlab.latent.picking import PointIndex
from latentlab.latent.raster import Window
from latentlab.session.background import Latest
from latentlab.views.map.camera import Camera
from latentlab.views.map.cloud import UNSEEN, Cloud
from latentlab.views.map.paint import Categories
from latentlab.views.map.points import FEW
from latentlab.views.map.sketch import MARKS_A_PIXEL, Broad, Marks, Picture, sketch
from latentlab.views.map.tone import opacity, picture, with_halo

COUNT = 60_000
COLOURS = ("#FF0000", "#00FF00", "#0000FF", "#808080")


def cloud(count: int = COUNT, hidden: frozenset[int] = frozenset(), picked=None) -> Cloud:
    rng = np.random.default_rng(count)
    labels = rng.integers(-1, 3, count)
    xy = (rng.normal(size=(count, 2)) + labels[:, None]).astype(np.float32)
    xy[: count // 20], xy[-1], xy[-2] = xy[0], 100.0, np.nan
    return Cloud(PointIndex(xy), Categories(labels, COLOURS), without(labels, hidden), 0.01, picked)


def without(labels: np.ndarray, hidden: frozenset[int] = frozenset()) -> Sieve:
    return Sieve(len(labels), (Hidden("class", labels, hidden),) if hidden else ())


def counts(points: Cloud, camera: Camera, ratio: float = 1.0) -> np.ndarray:
    """(4, H, W) by adding ones: how many points of each colour are in each device pixel."""
    xy, scale = points.index.xy.astype(np.float64), camera.scale * ratio
    width, height = round(camera.width * ratio), round(camera.height * ratio)
    x0, _, _, y1 = camera.rect
    with np.errstate(invalid="ignore"):
        column, row = np.floor((xy[:, 0] - x0) * scale), np.floor((y1 - xy[:, 1]) * scale)
    ok = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    ok &= points.sieve.mask()
    labels = points.paint.values
    kind = np.where(labels < 0, 3, labels)
    out = np.zeros((4, height, width), np.int64)
    np.add.at(out, (kind[ok], row[ok].astype(int), column[ok].astype(int)), 1)
    return out


def expected(points: Cloud, camera: Camera, ratio: float = 1.0) -> np.ndarray:
    """The picture of brute-force counts: the same tones of the same numbers."""
    rgb = np.array([QColor(name).getRgb()[:3] for name in COLOURS], float)
    each = counts(points, camera, ratio)
    sums = np.concatenate([each.sum(axis=0)[None], np.einsum("khw,kc->chw", each, rgb)])
    mean = 1.0 / (points.spacing * camera.scale * ratio) ** 2
    return picture(sums.astype(float), mean, (128, 128, 128))


@pytest.mark.parametrize("ratio", [1.0, 2.0])
@pytest.mark.parametrize("hidden", [frozenset(), frozenset({1}), frozenset({-1, 0})])
def test_the_picture_is_that_of_brute_force_counts_wherever_one_looks(hidden, ratio):
    points, rng, pictures = cloud(hidden=hidden), np.random.default_rng(1), 0
    for _ in range(8):
        x, y = rng.normal(size=2)
        camera = Camera(x, y, float(10 ** rng.uniform(1, 1.8)), 120.0, 90.0)
        seen = sketch(points, camera, ratio)
        if isinstance(seen, Picture):
            pictures += 1
            assert np.array_equal(seen.argb, expected(points, camera, ratio))
    assert pictures >= 4


def test_marks_and_counts_show_the_same_points():
    points, rng, kinds = cloud(), np.random.default_rng(2), set()
    for scale in (5.0, 30.0, 150.0, 600.0, 3000.0):
        camera = Camera(*rng.normal(size=2), scale, 200.0, 150.0)
        seen, wanted = sketch(points, camera, 1.0), counts(points, camera)
        kinds.add(type(seen))
        crowded = wanted.sum() > MARKS_A_PIXEL * 200 * 150
        assert isinstance(seen, Picture if crowded else Marks)
        if isinstance(seen, Marks):
            inside = (seen.x >= 0) & (seen.x < 200) & (seen.y >= 0) & (seen.y < 150)
            found = np.bincount(seen.kind[inside], minlength=4)
            assert np.array_equal(found, wanted.sum(axis=(1, 2)))
    assert kinds == {Picture, Marks}


def test_kinds_are_places_in_the_palette_and_hidden_ones_are_not_seen():
    points = cloud(500, hidden=frozenset({2}), picked=np.arange(100, dtype=np.int32))
    inks = points.inks()
    rows = points.index.rows
    for row, ink in zip(rows, inks, strict=True):
        label = points.paint.values[row]
        if label == 2:
            assert ink == UNSEEN
        else:
            assert ink == (3 if label < 0 else label) if row < 100 else 4
    assert points.shown_count() == np.count_nonzero(np.isin(points.paint.values[rows], [-1, 0, 1]))


def test_picked_points_keep_their_colours_among_grey_ones():
    picked = np.arange(5000, 7000, dtype=np.int32)
    points, camera = cloud(picked=picked), Camera(0.5, 0.5, 20.0, 200.0, 160.0)
    argb = sketch(points, camera, 1.0).argb
    labels = points.paint.values[5000:7000]
    place = PointIndex(points.index.xy[5000:7000])
    only = Cloud(place, Categories(labels, COLOURS), without(labels), 0.01)
    bright = counts(only, camera)[:3].sum(axis=0) > 0
    channels = np.stack([(argb >> byte) & 255 for byte in (0, 8, 16)]).astype(int)
    spread = channels.max(axis=0) - channels.min(axis=0)
    assert (spread[bright] > 15).mean() > 0.9
    assert (spread[counts(only, camera).sum(axis=0) == 0] <= 15).mean() > 0.95


def test_more_points_are_never_fainter_and_one_is_seen():
    for mean in (1e-3, 0.1, 1.0, 50.0):
        alpha = opacity(np.array([0.1, 0.5, 1, 2, 5, 100, 1e6], np.float32), mean)
        assert (np.diff(alpha) >= 0).all()
        assert alpha[2] >= 0.3
        assert alpha.max() <= 1.0


def test_the_opacity_of_counts_that_are_looked_up_is_that_of_the_formula():
    few, rare = np.arange(1.0, 400.0), np.array([1.0, 7.0, 90_000.0])  # the latter: not looked up
    for counts_ in (few, rare):
        sums = np.zeros((4, 1, len(counts_)))
        sums[0], sums[1:] = counts_, 255.0 * counts_
        for mean, area, lone_px in ((2.0, 1.0, 1.0), (50.0, 1.0, 1.0), (0.2, 9.0, 4.0)):
            alpha = picture(sums, mean, (0, 0, 0), area, lone_px)[0] >> 24
            exact = opacity((counts_ / area).astype(np.float32), mean, lone_px)
            assert alpha.tolist() == np.rint(255.0 * exact).astype(int).tolist()


def test_the_picture_of_everything_is_toned_less_often_while_a_newer_one_waits():
    points, everything = cloud(), Broad()
    points.index.build()
    far, near, nearer = (Camera(0.0, 0.0, scale, 300.0, 300.0) for scale in (50.0, 90.0, 150.0))
    assert everything.refresh(points, far, 1.0, lambda: True, haste=True) is not None
    assert everything.refresh(points, near, 1.0, lambda: True, haste=True) is None
    assert everything.refresh(points, nearer, 1.0, lambda: True, haste=True) is not None
    assert everything.refresh(points, near, 1.0, lambda: True) is not None


def test_a_halo_paints_empty_pixels_alone():
    argb = np.zeros((5, 5), np.uint32)
    argb[2, 2] = 0xFF804020
    with_it = with_halo(argb)
    assert with_it[2, 2] == argb[2, 2]
    assert np.count_nonzero(with_it) == 5
    assert with_it[1, 2] >> 24 == int(255 * 0.4)


@pytest.fixture
def many(make_stage):
    points = cloud()
    stage = make_stage(points.index.xy, points.paint.values)
    stage.bare()
    return stage


def test_the_window_shows_exact_counts_at_rest(many, qtbot):
    points, rng = many.view.canvas.points, np.random.default_rng(3)
    camera = many.view.canvas.camera
    for _ in range(4):
        moved = camera.panned(*rng.uniform(-90, 90, 2)).zoomed(rng.uniform(0.7, 2.5), 200.0, 150.0)
        many.view.canvas.set_camera(moved)
        many.view.canvas.viewport().repaint()
        qtbot.waitUntil(lambda: points.settled, timeout=20_000)
        image = points._raster.pixmap.toImage()
        seen = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width())
        wanted = sketch(points.cloud, moved, 1.0)
        sums = counts_of_window(points.cloud, moved)
        assert isinstance(wanted, Picture)
        assert np.array_equal(seen, wanted.argb)
        assert ((seen >> 24 > 104) == (sums > 0)).mean() > 0.999  # haloes are fainter


def counts_of_window(points: Cloud, camera: Camera) -> np.ndarray:
    x0, _, _, y1 = camera.rect
    window = Window(x0, y1, camera.scale, round(camera.width), round(camera.height))
    place, inside = window.places(*points.index.xy.T)
    size = window.height * window.width
    return np.bincount(place[inside], minlength=size).reshape(window.height, window.width)


def test_a_moved_map_is_filled_at_once_and_exact_a_moment_later(many, qtbot):
    canvas, points = many.view.canvas, many.view.canvas.points
    camera = canvas.camera.showing((-0.3, -0.3, 0.9, 0.9))  # amid them
    canvas.set_camera(camera)
    canvas.viewport().repaint()
    qtbot.waitUntil(lambda: points.settled and points._around is not None, timeout=20_000)
    qtbot.waitUntil(lambda: not points._worker.busy, timeout=20_000)
    canvas.set_camera(camera.panned(150.0, 60.0))
    canvas.viewport().repaint()
    moving = many.on_screen().astype(float)
    assert not points.settled
    qtbot.waitUntil(lambda: points.settled, timeout=20_000)
    canvas.viewport().repaint()
    resting = many.on_screen().astype(float)
    assert not np.array_equal(moving, resting)
    ground = np.array(QColor(canvas.theme.ground).getRgb()[:3])
    left = np.s_[60:-60, 5:140]  # uncovered by the move
    filled = np.abs(moving[left] - ground).mean() / np.abs(resting[left] - ground).mean()
    assert 0.4 < filled < 2.5


def test_hiding_a_class_of_many_points_takes_it_away(many, qtbot):
    points = many.view.canvas.points
    qtbot.waitUntil(lambda: points.settled, timeout=20_000)
    many.session.set_hidden({0, 1})
    qtbot.waitUntil(lambda: points.settled, timeout=20_000)
    labels = points.cloud.paint.values
    shown = np.isin(labels, [-1, 2]) & np.isfinite(points.cloud.index.xy).all(axis=1)
    assert many.view.visible_count == np.count_nonzero(shown)


def test_the_window_never_sorts_points_itself(make_stage, make_codes, qtbot, monkeypatch):
    threads = []
    sort = PointIndex._sort
    monkeypatch.setattr(
        PointIndex, "_sort", lambda self: (threads.append(threading.current_thread()), sort(self))
    )
    stage = make_stage(cloud(120_000).index.xy, cloud(120_000).paint.values)
    points = stage.view.canvas.points
    assert FEW < 120_000
    stage.view._hovering.row_at(stage.view.canvas.plot_area.center())  # not a reason to, either
    qtbot.waitUntil(lambda: points.settled, timeout=20_000)
    assert threads
    assert threading.main_thread() not in threads


def test_of_what_waits_only_the_newest_is_done_and_the_thread_ends(qtbot):
    worker, told, first = Latest(), [], threading.Event()
    worker.told.connect(lambda found: told.append((found, threading.current_thread())))
    worker.ask(lambda say, _: (first.wait(5.0), say("first")))
    for k in range(5):
        worker.ask(lambda say, _, k=k: say(k))
    first.set()
    qtbot.waitUntil(lambda: not worker.busy and len(told) == 2, timeout=5000)
    assert [found for found, _ in told] == ["first", 4]
    assert {thread for _, thread in told} == {threading.main_thread()}
    names = {thread.name for thread in threading.enumerate() if thread.is_alive()}
    qtbot.waitUntil(lambda: "latentlab-map" not in {t.name for t in threading.enumerate()})
    assert names


def test_what_goes_wrong_in_the_thread_is_logged_and_work_goes_on(qtbot, caplog):
    worker, told = Latest(), []
    worker.told.connect(told.append)
    worker.ask(lambda say, _: 1 / 0)
    qtbot.waitUntil(lambda: not worker.busy, timeout=5000)
    worker.ask(lambda say, _: say("fine"))
    qtbot.waitUntil(lambda: told == ["fine"], timeout=5000)
    assert "division" in caplog.text
