"""The lattice: which way up, where, how crisp."""

import numpy as np
from PySide6.QtCore import QSize

from latentlab.engine import messages as m
from latentlab.views.map.lattice import enlarged, mosaic, to_qimage


def test_the_mosaic_puts_row_0_on_top():
    images = np.arange(2 * 3 * 2 * 2, dtype=np.uint8).reshape(2, 3, 2, 2)
    joined = mosaic(images)
    assert joined.shape == (4, 6)
    for row in range(2):
        for column in range(3):
            tile = joined[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            assert np.array_equal(tile, images[row, column])


def test_the_mosaic_keeps_colours():
    images = np.random.default_rng(0).integers(0, 255, (2, 2, 3, 5, 3), dtype=np.uint8)
    joined = mosaic(images)
    assert joined.shape == (6, 10, 3)
    assert np.array_equal(joined[3:, 5:], images[1, 1])


def corners(side=6):
    """2 x 2 pictures: dark at the top left, brighter in reading order."""
    levels = np.array([[30, 90], [160, 240]], dtype=np.uint8)
    return np.broadcast_to(levels[:, :, None, None], (2, 2, side, side)).copy()


def test_the_top_row_is_painted_at_the_largest_y(make_stage):
    stage = make_stage([[0.0, 0.0]])
    stage.bare()
    stage.view.set_layer("points", on=False)
    stage.session.show_lattice(True)
    rect = (-0.4, -0.3, 0.2, 0.4)
    stage.session.apply(m.LatticeDecoded(10**6, m.Lattice(rect, corners()), True))
    image = stage.pixels()
    camera = stage.view.canvas.camera
    x0, y0, x1, y1 = rect
    for x, y, level in (
        (x0 + 0.1, y1 - 0.1, 30),
        (x1 - 0.1, y1 - 0.1, 90),
        (x0 + 0.1, y0 + 0.1, 160),
        (x1 - 0.1, y0 + 0.1, 240),
    ):
        px, py = (int(v) for v in camera.to_px(x, y))
        assert np.abs(image[py, px] - level).max() <= 2
    ground = image[5, 5]
    for x, y in ((x0 - 0.02, y1), (x1 + 0.02, y1), (x0, y0 - 0.02), (x0, y1 + 0.02)):
        px, py = (int(v) for v in camera.to_px(x, y))
        assert np.array_equal(image[py, px], ground)


def test_the_lattice_stays_in_its_place_when_panned_and_zoomed_far_in(make_stage):
    stage = make_stage([[0.0, 0.0]])
    stage.bare()
    stage.view.set_layer("points", on=False)
    stage.session.show_lattice(True)
    rect = (-1.0, -1.0, 1.0, 1.0)
    stage.session.apply(m.LatticeDecoded(10**6, m.Lattice(rect, corners()), True))
    canvas = stage.view.canvas
    for camera in (canvas.camera.panned(31.0, 17.0), canvas.camera.zoomed(60.0, 234.0, 209.0)):
        canvas.set_camera(camera)
        image = stage.pixels()
        px, py = camera.to_px(0.0, 0.0)  # where the four pictures meet
        assert np.abs(image[int(py - 12), int(px - 12)] - 30).max() <= 2
        assert np.abs(image[int(py + 12), int(px + 12)] - 240).max() <= 2


def test_enlarged_pixels_are_crisp():
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 255, (7, 9), dtype=np.uint8)
    large = enlarged(to_qimage(picture), QSize(9 * 5, 7 * 5))
    for row in range(7):
        for column in range(9):
            shown = large.pixelColor(5 * column + 2, 5 * row + 2).red()
            assert abs(shown - int(picture[row, column])) <= 1


def test_a_hidden_lattice_is_not_painted(make_stage):
    stage = make_stage([[0.0, 0.0]])
    before = stage.pixels()
    stage.session.show_lattice(True)
    stage.session.apply(m.LatticeDecoded(10**6, m.Lattice((-9.0, -9.0, 9.0, 9.0), corners()), True))
    assert not np.array_equal(stage.pixels(), before)
    stage.session.show_lattice(False)
    assert np.array_equal(stage.pixels(), before)
