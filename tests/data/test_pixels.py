from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latentlab.data.dataset import Dataset
from latentlab.data.guard import Reading
from latentlab.data.labels import draw_split, read_labels
from latentlab.data.pixels import to_values
from latentlab.errors import RefusedError

Open = Callable[..., Dataset]


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    def saved(x: Any, **arrays: Any) -> Path:
        np.savez(tmp_path / "a.npz", x=x, **arrays)
        return tmp_path / "a.npz"

    return saved


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((7, 12, 10), (7, 1, 12, 10)),
        ((7, 12, 10, 1), (7, 1, 12, 10)),
        ((7, 12, 10, 3), (7, 3, 12, 10)),
        ((7, 3, 12, 10), (7, 3, 12, 10)),
        ((7, 1, 12, 10), (7, 1, 12, 10)),
        ((7, 12, 10, 4), (7, 3, 12, 10)),
        ((7, 64), (7, 1, 8, 8)),
        ((7, 63), (7, 63)),
    ],
)
def test_every_layout_becomes_channels_first(
    shape: tuple[int, ...], expected: tuple[int, ...], reading: Reading
) -> None:
    x = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    values = to_values(x, None, reading, where="x")
    assert values.x.shape == expected
    assert values.x.flags.c_contiguous
    if expected[1] == 3 and shape[-1] == 3:
        np.testing.assert_array_equal(values.x.transpose(0, 2, 3, 1), x)


@pytest.mark.parametrize("shape", [(5,), (5, 6, 7, 8), (2, 2, 2, 2, 2)])
def test_other_shapes_are_refused(shape: tuple[int, ...], reading: Reading) -> None:
    with pytest.raises(RefusedError, match=r"shape|channels"):
        to_values(np.zeros(shape, np.uint8), None, reading, where="x")


@pytest.mark.parametrize(
    ("x", "dtype", "levels", "value_range"),
    [
        (np.array([0, 255], np.uint8), np.uint8, 256, (0, 255)),
        (np.array([0, 255], np.int64), np.uint8, 256, (0, 255)),
        (np.array([0.0, 255.0]), np.uint8, 256, (0, 255)),
        (np.array([0, 1], np.uint8), np.uint8, 2, (0, 1)),
        (np.array([False, True]), np.uint8, 2, (0, 1)),
        (np.array([0.0, 1.0]), np.uint8, 2, (0, 1)),
        (np.array([0, 16], np.uint8), np.uint8, 17, (0, 16)),
        (np.array([0.0, 0.25]), np.float32, None, (0, 1)),
        (np.array([-1.0, 1.0]), np.float32, None, (0, 1)),
        (np.array([0, 65535], np.uint16), np.float32, None, (0, 1)),
    ],
)
def test_bytes_stay_bytes_and_the_rest_lies_between_0_and_1(
    save: Callable[..., Path],
    open_at: Open,
    x: np.ndarray,
    dtype: type,
    levels: int | None,
    value_range: tuple[float, float],
) -> None:
    pictures = np.tile(x, (4, 6, 3))  # (4, 6, 6)
    dataset = open_at(save(pictures))
    assert dataset.x.dtype == dtype
    assert dataset.levels == levels
    assert dataset.value_range == value_range
    inputs = dataset.inputs(slice(None))
    assert inputs.dtype == np.float32
    assert inputs.min() == 0
    assert inputs.max() == min(x.max(), 1)


def test_a_square_table_of_other_numbers_stays_a_table(
    save: Callable[..., Path], open_at: Open
) -> None:
    x = np.random.default_rng(0).normal(size=(20, 16))
    dataset = open_at(save(x))
    assert dataset.kind == "vector"
    assert dataset.shape == (1, 1, 16)
    np.testing.assert_allclose(dataset.x, x, rtol=1e-6)
    assert dataset.inputs(slice(None)).min() == 0


def test_what_is_not_finite_is_counted_and_placed(save: Callable[..., Path], open_at: Open) -> None:
    x = np.full((9, 6, 6), 0.5)
    x[3, 2, 1], x[5] = np.nan, np.inf
    with pytest.raises(
        RefusedError, match=r"37 values are NaN or infinite, the first in row 4, pixel \(2, 1\)"
    ):
        open_at(save(x))
    dataset = open_at(save(x), nonfinite="zero")
    assert dataset.x[3, 0, 2, 1] == 0
    assert dataset.x[5].max() == 0
    assert any("read as zero" in note for note in dataset.notes)


def test_numbers_beyond_single_precision_are_refused(
    save: Callable[..., Path], open_at: Open
) -> None:
    with pytest.raises(RefusedError, match="too large"):
        open_at(save(np.full((3, 5), 1e300)))


@pytest.mark.parametrize(
    ("y", "labels", "names"),
    [
        ([5, 7, 5], [0, 1, 0], ("5", "7")),
        ([[1], [0], [1]], [1, 0, 1], ("0", "1")),
        (np.eye(3)[[2, 0, 1]], [2, 0, 1], ("0", "1", "2")),
        ([0.0, 2.0, np.nan], [0, 1, -1], ("0", "2")),
        (["b", "", "a"], [1, -1, 0], ("a", "b")),
        ([-1, -1, -1], [-1, -1, -1], ()),
        ([True, False, True], [1, 0, 1], ("0", "1")),
    ],
)
def test_labels_become_numbers_with_names(
    y: Any, labels: list[int], names: tuple[str, ...]
) -> None:
    found = read_labels(np.array(y), 3, (), where="y")
    assert found is not None
    assert found[0].tolist() == labels
    assert found[1] == names


def test_fractions_are_kept_as_a_column_and_no_label(
    save: Callable[..., Path], open_at: Open
) -> None:
    x = np.zeros((4, 5, 5), np.uint8)
    dataset = open_at(save(x, y=np.array([0.5, 1.5, 2, 3])))
    assert dataset.class_count == 0
    assert dataset.columns["label"].tolist() == [0.5, 1.5, 2, 3]


def test_one_label_for_each_row_is_asked_for(save: Callable[..., Path], open_at: Open) -> None:
    path = save(np.zeros((4, 5, 5), np.uint8), y=np.arange(3))
    assert any("left out" in note for note in open_at(path).notes)
    with pytest.raises(RefusedError, match="4 rows of data, and labels of shape"):
        open_at(path, y_key="y")


def test_one_row_in_ten_is_held_out_by_seed() -> None:
    first, again, other = draw_split(1000, 0), draw_split(1000, 0), draw_split(1000, 1)
    assert first.sum() == other.sum() == 100
    assert first.tolist() == again.tolist() != other.tolist()
    assert draw_split(1, 0).tolist() == [0]


def test_a_size_and_colour_that_are_asked_for_are_given(
    save: Callable[..., Path], open_at: Open
) -> None:
    x = np.zeros((5, 20, 10), np.uint8)
    x[:, 5:15] = 1
    dataset = open_at(save(x), image_size=(16, 16), channels=3)
    assert dataset.x.shape == (5, 3, 16, 16)
    assert dataset.levels == 256  # a resized binary picture has grey edges
    assert dataset.x.max() == 255
    assert {"Grey was made colour.", "Pictures of 10x20 were brought to 16x16."} <= set(
        dataset.notes
    )
    colour = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)
    assert open_at(save(colour), channels=1).x.shape == (5, 1, 8, 8)


def test_pictures_that_are_too_large_are_refused(save: Callable[..., Path], open_at: Open) -> None:
    with pytest.raises(RefusedError, match="1100x4 pixels; at most 1024"):
        open_at(save(np.full((2, 4, 1100), 9, np.uint8)))
