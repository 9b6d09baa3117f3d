"""Tables of counts: seen where that is beyond doubt, asked for otherwise, never bent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from latentlab.data.counts import like_counts
from latentlab.data.dataset import Dataset
from latentlab.errors import RefusedError

Open = Callable[..., Dataset]


@pytest.fixture
def x() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.poisson(rng.gamma(0.7, 4.0, (200, 5)))


def save(x: np.ndarray, path: Path) -> Path:
    names = [f"word {index}" for index in range(x.shape[1])]
    if path.suffix == ".npz":
        np.savez(path, x=x)
    elif path.suffix == ".parquet":
        pq.write_table(pa.table(dict(zip(names, x.T, strict=True))), path)
    else:
        np.savetxt(path, x, fmt="%g", delimiter=",", header=",".join(names), comments="")
    return path


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".npz"])
@pytest.mark.parametrize("factor", [1, 50])
def test_counts_are_seen_and_kept_as_they_are(
    tmp_path: Path, open_at: Open, x: np.ndarray, ending: str, factor: int
) -> None:
    x = x * factor
    dataset = open_at(save(x, tmp_path / f"a{ending}"))
    assert dataset.kind == "counts"
    assert dataset.x.dtype == (np.uint8 if x.max() <= 255 else np.uint16)
    np.testing.assert_array_equal(dataset.x, x)
    assert dataset.levels == x.max() + 1
    assert dataset.value_range == (0, x.max())
    assert dataset.shape == (1, 1, 5)
    # what a likelihood of counts reads is the count itself, of every row
    counts = dataset.inputs(slice(None)).reshape(x.shape) * (dataset.levels - 1)
    np.testing.assert_allclose(counts, x, rtol=1e-6)
    assert any(f"read as counts, 0 .. {x.max():,}" in note for note in dataset.notes)


def test_a_table_of_counts_can_be_read_as_numbers_and_the_other_way_round(
    tmp_path: Path, open_at: Open, x: np.ndarray
) -> None:
    path = save(x, tmp_path / "a.csv")
    numbers = open_at(path, table="numbers")
    assert (numbers.kind, numbers.levels, numbers.x.dtype) == ("vector", None, np.float32)
    whole = save(x.astype(float) + 1, tmp_path / "b.npz")  # never 0, and no integers by type
    assert open_at(whole).kind == "vector"
    assert open_at(whole, table="counts").kind == "counts"


@pytest.mark.parametrize(
    "table",
    [
        np.array([[0.0, 1.0], [2.0, 3.0]]),  # real numbers, even if they are whole
        np.array([[0, 1], [1, 0]]),  # yes and no
        np.array([[0, 7], [7, 0]]),  # two values only
        np.array([[-1, 0], [0, 3]]),
        np.array([[34, 180], [51, 171], [0, 165]]) + 1,  # ages and heights
        np.array([[0, 0], [1, 70_000]]),
    ],
)
def test_what_may_be_something_else_stays_a_table_of_numbers(table: np.ndarray) -> None:
    assert not like_counts(table)


@pytest.mark.parametrize("wrong", [-1.0, 2.5, 70_000.0])
def test_what_is_no_count_is_refused_by_its_place(
    tmp_path: Path, open_at: Open, x: np.ndarray, wrong: float
) -> None:
    bent = x.astype(float)
    bent[3, 2] = wrong
    with pytest.raises(RefusedError, match=r"in row 4, column 3 is no count"):
        open_at(save(bent, tmp_path / "a.csv"), table="counts")


def test_pictures_are_no_table_unless_their_columns_are_asked_for_as_one(
    tmp_path: Path, open_at: Open
) -> None:
    rng = np.random.default_rng(0)
    square = rng.integers(0, 17, (30, 64))
    assert open_at(save(square, tmp_path / "a.npz")).kind == "image"
    assert open_at(tmp_path / "a.npz", table="counts").kind == "counts"
    np.savez(tmp_path / "b.npz", x=square.reshape(30, 8, 8))
    with pytest.raises(RefusedError, match="pictures, not a table"):
        open_at(tmp_path / "b.npz", table="counts")


def test_a_column_of_zeros_alone_does_not_divide_by_zero(tmp_path: Path, open_at: Open) -> None:
    dataset = open_at(save(np.zeros((20, 3), int), tmp_path / "a.csv"), table="counts")
    assert dataset.levels == 2
    assert dataset.inputs(slice(None)).max() == 0


def test_a_count_of_the_test_rows_above_those_of_training_is_not_cut(
    tmp_path: Path, open_at: Open, x: np.ndarray
) -> None:
    table = {f"word {index}": column for index, column in enumerate(x.T)}
    table["split"] = np.where(np.arange(len(x)) < 150, "train", "test")
    x[160, 1] = 3 * x.max()
    pq.write_table(pa.table(table | {"word 1": x[:, 1]}), tmp_path / "a.parquet")
    dataset = open_at(tmp_path / "a.parquet")
    counts = dataset.inputs(dataset.rows("test")).reshape(-1, 5) * (dataset.levels - 1)
    assert counts.max() == pytest.approx(x[160, 1])
    fewer = dataset.with_levels(11)  # as a model that was trained on counts 0 .. 10 reads it
    assert fewer.inputs(slice(None)).max() == pytest.approx(x[160, 1] / 10)
    assert (fewer.levels, fewer.value_range) == (11, (0, 10))
