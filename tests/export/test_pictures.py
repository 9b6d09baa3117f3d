"""Sheets and pictures."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from latentlab.errors import UsageError
from latentlab.export import pictures


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 20), st.integers(1, 8), st.integers(0, 3), st.booleans())
def test_every_picture_stands_whole_at_its_place(count, columns, gap, is_colour):
    shape = (count, 3, 5, 3) if is_colour else (count, 3, 5)
    images = np.random.default_rng(count).integers(0, 256, shape).astype(np.uint8)
    page = pictures.sheet(images, columns=columns, gap=gap)
    across = min(columns, count)
    for i, image in enumerate(images):
        top, left = (i // across) * (3 + gap), (i % across) * (5 + gap)
        np.testing.assert_array_equal(page[top : top + 3, left : left + 5], image)


def test_pairs_put_each_reconstruction_at_the_right_of_its_original():
    originals = np.full((3, 4, 4), 10, np.uint8)
    page = pictures.pairs(originals, originals + 90, columns=3)
    assert page[0, 0] == 10
    assert page[0, 4] == 100
    assert page.shape == (4, 26)


@pytest.mark.parametrize("ending", pictures.ENDINGS)
def test_a_written_picture_reads_back_exactly(tmp_path, colour, ending):
    path = tmp_path / f"a{ending}"
    pictures.write_picture(path, colour[0])
    np.testing.assert_array_equal(np.asarray(Image.open(path).convert("RGB")), colour[0])


def test_a_grey_png_stays_grey(grey):
    with Image.open(io.BytesIO(pictures.encode(grey[0]))) as image:
        assert image.mode == "L"


def test_an_unknown_ending_is_refused(tmp_path, grey):
    with pytest.raises(UsageError):
        pictures.write_picture(tmp_path / "a.bmp", grey[0])


def test_enlarging_repeats_pixels(grey):
    large = pictures.enlarge(grey, 3)
    assert large.shape == (6, 24, 27)
    np.testing.assert_array_equal(large[:, ::3, ::3], grey)


def test_a_sheet_of_nothing_is_refused():
    with pytest.raises(UsageError):
        pictures.sheet(np.zeros((0, 8, 8), np.uint8))
