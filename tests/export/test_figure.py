"""The manifold as a figure."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from latentlab.errors import UsageError
from latentlab.export import figure

RECT = (-3.0, -2.0, 3.0, 2.0)


@pytest.fixture
def images():
    return np.arange(4 * 4 * 6 * 6, dtype=np.uint32).reshape(4, 4, 6, 6).astype(np.uint8)


def test_grid_points_are_cell_centres_with_the_largest_y_first():
    points = figure.grid_points(RECT, 4)
    assert points.shape == (4, 4, 2)
    assert points[0, 0].tolist() == [-2.25, 1.5]
    assert points[-1, -1].tolist() == [2.25, -1.5]


def test_the_png_is_the_pictures_without_gaps(tmp_path, images):
    path = tmp_path / "a.png"
    figure.write_manifold(path, images, RECT)
    page = np.asarray(Image.open(path))
    assert page.shape == (24, 24)
    np.testing.assert_array_equal(page[6:12, 12:18], images[1, 2])


@pytest.mark.parametrize(("ending", "magic"), [(".svg", b"<?xml"), (".pdf", b"%PDF")])
def test_vector_figures_are_written_the_same_each_time(tmp_path, images, ending, magic):
    first, second = tmp_path / f"a{ending}", tmp_path / f"b{ending}"
    figure.write_manifold(first, images, RECT)
    figure.write_manifold(second, images, RECT)
    assert first.read_bytes().startswith(magic)
    assert first.read_bytes() == second.read_bytes()


def test_another_ending_is_refused(tmp_path, images):
    with pytest.raises(UsageError):
        figure.write_manifold(tmp_path / "a.txt", images, RECT)


def test_importing_it_loads_neither_torch_nor_matplotlib():
    code = "import latentlab.export.figure, sys; print({'torch', 'matplotlib'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.stdout.strip() == "set()"
