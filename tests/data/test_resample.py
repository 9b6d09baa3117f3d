"""Pictures at other sizes: means of what a pixel covers, nothing lost and nothing made up."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlab.data.resample import resampled, shrunk


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 20), st.integers(1, 20), st.integers(1, 50), st.integers(1, 50), st.booleans()
)  # fmt: skip
def test_a_flat_picture_stays_flat_at_every_size(height, width, tall, wide, colour):
    shape = (2, height, width, 3) if colour else (2, height, width)
    images = np.broadcast_to(
        np.array([77, 140], np.uint8).reshape(2, *[1] * (len(shape) - 1)), shape
    )
    out = resampled(images, tall, wide)
    assert out.shape == (2, tall, wide, *shape[3:])
    assert (out[0] == 77).all()
    assert (out[1] == 140).all()


def test_whole_multiples_keep_every_pixel():
    images = np.random.default_rng(0).integers(0, 256, (3, 5, 6), np.uint8)
    assert (resampled(images, 15, 24) == images.repeat(3, axis=1).repeat(4, axis=2)).all()
    assert (resampled(images.repeat(2, axis=1).repeat(2, axis=2), 5, 6) == images).all()


def test_light_is_neither_lost_nor_made():
    images = np.random.default_rng(1).integers(0, 256, (4, 28, 28, 3), np.uint8)
    for side in (9, 31, 45):
        mean = resampled(images, side, side).mean(axis=(1, 2))
        assert np.abs(mean - images.mean(axis=(1, 2))).max() < 1.0


def test_large_pictures_become_small_and_small_ones_stay():
    images = np.random.default_rng(2).integers(0, 256, (2, 300, 256, 3), np.uint8)
    small = shrunk(images)
    assert small.shape == (2, 100, 128, 3)
    block = images[1, 3:6, 8:10].reshape(-1, 3).mean(axis=0)
    assert np.abs(small[1, 1, 4] - block).max() <= 0.5
    assert shrunk(small) is small
