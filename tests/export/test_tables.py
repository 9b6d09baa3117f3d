"""Tables of codes, and the guard against formulas."""

from __future__ import annotations

import csv

import numpy as np
import pyarrow.parquet as pq
import pytest

from latentlab.errors import UsageError
from latentlab.export import tables


@pytest.fixture
def z():
    return np.array([[-1.5, 0.1], [0.25, -3.0], [1e-8, 2.0], [0.0, -0.1]], dtype=np.float32)


def test_a_csv_guards_text_that_a_spreadsheet_would_run(tmp_path, z, dataset):
    path = tmp_path / "a.csv"
    tables.write_codes(path, z, dataset)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["label_name"] == "'=cmd|' /C calc'!A0"
    assert rows[1]["path"] == "'-b.png"
    assert rows[2]["path"] == "'@c.png"
    assert rows[3]["path"] == "d, e.png"
    assert rows[2]["label_name"] == ""
    assert [row["split"] for row in rows] == ["train", "train", "test", "test"]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1"])
def test_every_dangerous_start_is_guarded(text):
    assert tables.guard(text) == "'" + text


def test_numbers_in_a_csv_are_never_guarded_and_read_back_to_the_bit(tmp_path, z, dataset):
    path = tmp_path / "a.csv"
    tables.write_codes(path, z, dataset)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    read = np.array([[float(row["z1"]), float(row["z2"])] for row in rows], dtype=np.float32)
    np.testing.assert_array_equal(read, z)
    assert [int(row["label"]) for row in rows] == [0, 1, -1, 1]


def test_parquet_keeps_types_and_values(tmp_path, z, dataset):
    path = tmp_path / "a.parquet"
    tables.write_codes(path, z, dataset)
    table = pq.read_table(path)
    assert table.column_names == ["row", "z1", "z2", "label", "label_name", "split", "path"]
    np.testing.assert_array_equal(table["z2"].to_numpy(), z[:, 1])
    assert table["path"].to_pylist()[1] == "-b.png"


def test_an_npz_loads_without_pickle(tmp_path, z, dataset):
    path = tmp_path / "a.npz"
    tables.write_codes(path, z, dataset)
    with np.load(path, allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["z"], z)
        np.testing.assert_array_equal(arrays["labels"], dataset.labels)
        assert arrays["label_names"].tolist()[1] == "plain"


def test_another_ending_is_refused(tmp_path, z, dataset):
    with pytest.raises(UsageError, match="not written as"):
        tables.write_codes(tmp_path / "a.xlsx", z, dataset)
