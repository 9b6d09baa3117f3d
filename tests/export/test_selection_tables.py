"""Selected rows of a map, written and read back."""

import csv

import numpy as np
import pyarrow.parquet as pq
import pytest

from latentlab.errors import UsageError
from latentlab.export.tables import write_selection

ROWS = np.array([1, 4, 5], np.int32)
Z = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)
LABELS = np.array([0, 1, 1, 0, -1, 2, 0])
SPLIT = np.array([0, 0, 1, 1, 0, 1, 0], np.int8)
NAMES = ("=one", "two")  # label 2 has no name


@pytest.fixture
def write(tmp_path):
    def to(ending):
        path = tmp_path / f"chosen{ending}"
        write_selection(path, ROWS, z=Z, labels=LABELS, split=SPLIT, label_names=NAMES)
        return path

    return to


def test_an_npz_holds_rows_codes_and_labels(write):
    with np.load(write(".npz"), allow_pickle=False) as found:
        assert np.array_equal(found["rows"], ROWS)
        assert np.array_equal(found["z"], Z[[1, 4, 5]])
        assert found["labels"].tolist() == [1, -1, 2]
        assert found["split"].tolist() == [0, 0, 1]
        assert found["label_names"].tolist() == list(NAMES)


def test_a_csv_has_a_line_for_each_row(write):
    lines = list(csv.DictReader(write(".csv").read_text().splitlines()))
    assert [line["row"] for line in lines] == ["1", "4", "5"]
    assert [np.float32(line["z2"]) for line in lines] == Z[[1, 4, 5], 1].tolist()
    assert [line["label_name"] for line in lines] == ["two", "", ""]
    assert [line["split"] for line in lines] == ["train", "train", "test"]


def test_a_parquet_file_has_the_same_columns_as_the_csv(write):
    table = pq.read_table(write(".parquet"))
    assert table.column_names == ["row", "z1", "z2", "z3", "label", "label_name", "split"]
    assert table["row"].to_pylist() == [1, 4, 5]
    assert table["z3"].to_pylist() == Z[[1, 4, 5], 2].tolist()


def test_another_ending_is_refused(write):
    with pytest.raises(UsageError, match="docx"):
        write(".docx")
