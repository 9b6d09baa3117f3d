from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.extra import numpy as hnp

from latentlab.data import columns as columns_module
from latentlab.data import parquet as parquet_module
from latentlab.data.dataset import Dataset
from latentlab.data.guard import Reading
from latentlab.data.tables import open_table
from latentlab.errors import RefusedError
from latentlab.export.tables import write_selection
from latentlab.specs import DataSpec

Open = Callable[..., Dataset]
PIXELS = [f"pixel{number}" for number in range(64)]


def write_csv(path: Path, names: list[str] | None, rows: Any, delimiter: str = ",") -> Path:
    lines = [delimiter.join(map(str, row)) for row in ([names] if names else []) + list(rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def digits(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.integers(0, 256, (40, 64)), rng.integers(0, 3, 40)


def write(path: Path, columns: dict[str, Any]) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(pa.table(columns), path)
        return path
    return write_csv(path, list(columns), zip(*columns.values(), strict=True))


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_pixel_columns_become_pictures_and_the_label_is_found(
    tmp_path: Path, open_at: Open, digits: tuple[np.ndarray, np.ndarray], ending: str
) -> None:
    x, y = digits
    columns = {"id": range(40), "Label": y} | dict(zip(PIXELS, x.T, strict=True))
    dataset = open_at(write(tmp_path / f"a{ending}", columns))
    assert dataset.x.shape == (40, 1, 8, 8)
    assert dataset.x.dtype == np.uint8
    np.testing.assert_array_equal(dataset.x.reshape(40, 64), x)
    assert dataset.labels.tolist() == y.tolist()
    assert dataset.columns["id"].tolist() == list(range(40))


@pytest.mark.parametrize("first", [True, False])
def test_a_table_without_names_has_its_label_first_or_last(
    tmp_path: Path, open_at: Open, digits: tuple[np.ndarray, np.ndarray], first: bool
) -> None:
    x, y = digits
    rows = np.column_stack([y, x] if first else [x, y])
    dataset = open_at(write_csv(tmp_path / "a.csv", None, rows.tolist()))
    assert len(dataset) == 40
    assert dataset.labels.tolist() == y.tolist()
    np.testing.assert_array_equal(dataset.x.reshape(40, 64), x)
    assert any("taken as the label" in note for note in dataset.notes)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(x=hnp.arrays(np.float64, (5, 3), elements={"min_value": -1e6, "max_value": 1e6}))
def test_numbers_come_back_from_both_formats(tmp_path: Path, open_at: Open, x: np.ndarray) -> None:
    for ending in (".csv", ".parquet"):
        columns = {name: x[:, index] for index, name in enumerate("abc")}
        dataset = open_at(write(tmp_path / f"a{ending}", columns))
        assert dataset.kind == "vector"
        np.testing.assert_allclose(dataset.x, x, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_are_seen(tmp_path: Path, open_at: Open, delimiter: str) -> None:
    rows = [[1.5, 2, "x"], [2.5, 3, "y"]]
    dataset = open_at(write_csv(tmp_path / "a.csv", ["a", "b", "class"], rows, delimiter))
    assert dataset.x.tolist() == [[1.5, 2], [2.5, 3]]
    assert dataset.label_names == ("x", "y")


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_numbered_columns_that_make_a_square_are_the_pictures_and_another_number_is_kept(
    tmp_path: Path, open_at: Open, digits: tuple[np.ndarray, np.ndarray], ending: str
) -> None:
    x, y = digits
    columns = {"age": range(40), "y": y} | {f"p{k}": column for k, column in enumerate(x.T)}
    dataset = open_at(write(tmp_path / f"a{ending}", columns))
    np.testing.assert_array_equal(dataset.x.reshape(40, 64), x)
    assert dataset.columns["age"].tolist() == list(range(40))
    assert "64 columns are the data; kept beside them: age." in dataset.notes
    few = {f"v{k}": x[:, k] for k in range(1, 10)} | {"amount": x[:, 0]}
    assert open_at(write(tmp_path / f"b{ending}", few)).x.size == 40 * 10


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".npz"])
@pytest.mark.parametrize("names", [("three", "seven"), ("3", "7")])
def test_an_exported_selection_opens_as_its_codes(
    tmp_path: Path, open_at: Open, rng: np.random.Generator, ending: str, names: tuple[str, str]
) -> None:
    z, rows = rng.normal(size=(50, 2)).astype(np.float32), np.arange(3, 33)
    labels, split = np.arange(50) % 2, (np.arange(50) % 5 == 0).astype(np.int8)
    path = tmp_path / f"selection{ending}"
    write_selection(path, rows, z=z, labels=labels, split=split, label_names=names)
    dataset = open_at(path)
    np.testing.assert_array_equal(dataset.x.reshape(30, 2), z[rows])
    np.testing.assert_array_equal(dataset.labels, labels[rows])
    np.testing.assert_array_equal(dataset.split, split[rows])
    np.testing.assert_array_equal(dataset.columns["row"], rows)
    assert dataset.label_names == names


def test_attributes_and_a_split_column_are_kept(tmp_path: Path, open_at: Open) -> None:
    rows = [[n, n * n, f"mood {n % 2}", "train" if n < 7 else "test"] for n in range(10)]
    dataset = open_at(write_csv(tmp_path / "a.csv", ["a", "b", "mood", "split"], rows))
    assert dataset.split.tolist() == [0] * 7 + [1] * 3
    assert dataset.columns["mood"][3] == "mood 1"
    by_mood = open_at(tmp_path / "a.csv", y_key="mood")
    assert by_mood.label_names == ("mood 0", "mood 1")
    with pytest.raises(RefusedError, match="no column moody; the first are a, b, mood"):
        open_at(tmp_path / "a.csv", y_key="moody")


@pytest.mark.parametrize(
    ("row", "cell", "sentence"),
    [
        (3, "12a", r"Row 5, column pixel9: '12a' is no number"),
        (3, "nan", r"1 value is NaN or infinite, the first in row 5, column pixel9"),
        (3, "", r"1 value is NaN or infinite, the first in row 5, column pixel9"),
        (0, "1,2", r"Row 2 has 66 cells instead of 65"),
        (39, '"', r"cannot be read as CSV|is no number|cells instead"),
    ],
)
def test_the_first_bad_cell_is_named(
    tmp_path: Path,
    open_at: Open,
    digits: tuple[np.ndarray, np.ndarray],
    row: int,
    cell: str,
    sentence: str,
) -> None:
    x, y = digits
    rows = [list(map(str, values)) for values in np.column_stack([y, x])]
    rows[row][10] = cell
    path = write_csv(tmp_path / "a.csv", ["label", *PIXELS], rows)
    with pytest.raises(RefusedError, match=sentence):
        open_at(path)


def test_text_that_is_not_utf8_is_named_by_its_cell(tmp_path: Path, open_at: Open) -> None:
    (tmp_path / "a.csv").write_bytes("a,name\n1,Zoe\n2,Zoë\n".encode("latin-1"))
    with pytest.raises(RefusedError, match="Row 3, column name is not UTF-8"):
        open_at(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_bytes("a,näme\n1,2\n".encode("latin-1"))
    with pytest.raises(RefusedError, match="first row is not UTF-8"):
        open_at(tmp_path / "b.csv")
    (tmp_path / "c.csv").write_bytes("\ufeffa,b\n1,2\n3,4\n".encode())
    assert open_at(tmp_path / "c.csv").x.tolist() == [[1, 2], [3, 4]]


def test_columns_rows_and_fields_are_bounded(
    tmp_path: Path, open_at: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_csv(tmp_path / "wide.csv", [f"c{n}" for n in range(20_001)], [])
    with pytest.raises(RefusedError, match="20,001 columns"):
        open_at(path)
    path = write_csv(tmp_path / "long.csv", ["a", "text"], [[1, "x"], [2, "y" * 70_000]])
    with pytest.raises(RefusedError, match="Row 3, column text has 70,000 characters"):
        open_at(path)
    (tmp_path / "line.csv").write_bytes(b"1" * 2_000_000)
    with pytest.raises(RefusedError, match="longer than 1 MiB"):
        open_at(tmp_path / "line.csv")
    (tmp_path / "row.csv").write_bytes(b"a,b\n1," + b"x" * 9_000_000 + b"\n2,3\n")
    with pytest.raises(RefusedError, match=r"longer than 4 MiB|9,000,000 characters"):
        open_at(tmp_path / "row.csv")
    monkeypatch.setattr(columns_module, "MAX_ROWS", 3)
    for ending in (".csv", ".parquet"):
        path = write(tmp_path / f"rows{ending}", {"a": range(5), "b": range(5)})
        with pytest.raises(RefusedError, match="more than 3 rows"):
            open_at(path)
    monkeypatch.setattr(parquet_module, "MAX_ROWS", 3)
    with pytest.raises(RefusedError, match="5 rows of 2 columns; at most 3 rows"):
        list(parquet_module.read_batches(path, Reading()))


def test_a_table_larger_than_the_memory_budget_is_refused_first(tmp_path: Path) -> None:
    for ending in (".csv", ".parquet"):
        path = write(tmp_path / f"a{ending}", {name: np.arange(20_000) for name in "abcd"})
        with pytest.raises(RefusedError, match="of memory and 100 kB can be used"):
            open_table(path, DataSpec(source=str(path)), Reading(budget=100_000))


@pytest.mark.parametrize("content", [b"a,b\n", b"\n", b"a,b\n\n\n"])
def test_a_table_without_rows_is_refused(tmp_path: Path, open_at: Open, content: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(RefusedError):
        open_at(tmp_path / "a.csv")


def test_names_that_are_digits_are_no_numbers_where_the_file_says_text(
    open_at: Open, tmp_path: Path
) -> None:
    numbers = {f"z{place}": np.arange(12.0) + place for place in range(3)}
    names = [str(row % 3) for row in range(12)]
    dataset = open_at(write(tmp_path / "a.parquet", {**numbers, "label_name": names}))
    assert dataset.inputs(np.arange(12)).reshape(12, -1).shape == (12, 3)
    assert list(dataset.columns["label_name"]) == names


def test_lists_categories_and_dates_of_parquet_are_understood(
    tmp_path: Path, open_at: Open, digits: tuple[np.ndarray, np.ndarray]
) -> None:
    x, y = digits
    table = pa.table(
        {
            "image": pa.array(x.tolist(), pa.list_(pa.uint8())),
            "label": pa.array(["ab"[n % 2] for n in y]).dictionary_encode(),
            "when": pa.array(range(40), pa.timestamp("s")),
            "raw": pa.array([b"\xff"] * 40),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    dataset = open_at(tmp_path / "a.parquet")
    np.testing.assert_array_equal(dataset.x.reshape(40, 64), x)
    assert dataset.label_names == ("a", "b")
    assert dataset.columns["when"][1].startswith("1970-01-01 00:00:01")
    assert dataset.skipped == (("raw", "columns of bytes are not read"),)


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_path_column_brings_pictures_with_their_attributes(
    tmp_path: Path, open_at: Open, save_picture: Callable[..., Path], ending: str
) -> None:
    for number in range(6):
        save_picture(tmp_path / "photos" / f"{number}.png", 20 + number, 30)
    columns = {
        "file": [f"photos/{number}.png" for number in (*range(6), 99)],
        "age": range(7),
        "species": ["cat", "dog"] * 3 + ["cat"],
    }
    dataset = open_at(write(tmp_path / f"a{ending}", columns))
    assert dataset.x.shape == (6, 3, 32, 32)
    assert dataset.label_names == ("cat", "dog")
    assert dataset.columns["age"].tolist() == list(range(6))
    assert dataset.columns["path"][2] == "photos/2.png"
    assert dataset.skipped == ((str(tmp_path / "photos/99.png"), "there is no such file"),)


def test_a_large_csv_of_pixels_stays_in_bytes(tmp_path: Path, open_at: Open, rng: Any) -> None:
    x = rng.integers(0, 256, (3000, 784))
    np.savetxt(tmp_path / "a.csv", x, fmt="%d", delimiter=",")
    dataset = open_at(tmp_path / "a.csv")
    assert dataset.x.nbytes == x.size
    np.testing.assert_array_equal(dataset.x.reshape(x.shape), x)


def test_a_table_beside_pictures_leads_them_only_where_it_names_them(
    tmp_path: Path, open_at: Open, save_picture: Callable[..., Path]
) -> None:
    for number in range(3):
        save_picture(tmp_path / "in" / f"{number}.png", 32, 32)
    rows = [[f"{number}.png", f"kind {number}"] for number in range(2)]
    write_csv(tmp_path / "in" / "a.csv", ["file", "label"], rows)
    assert open_at(tmp_path / "in").label_names == ("kind 0", "kind 1")
    write_csv(tmp_path / "in" / "a.csv", ["height", "weight"], [[1, 2], [3, 4]])
    dataset = open_at(tmp_path / "in")
    assert len(dataset) == 3
    assert "a.csv was passed over: It has no column of paths." in dataset.notes


def test_one_long_text_in_many_rows_does_not_fill_the_memory(tmp_path: Path, open_at: Open) -> None:
    texts = pa.DictionaryArray.from_arrays(np.zeros(500_000, np.int32), ["x" * 60_000])  # 30 GB
    table = pa.table({"a": range(500_000), "b": range(500_000), "text": texts})
    pq.write_table(table, tmp_path / "a.parquet")
    assert (tmp_path / "a.parquet").stat().st_size < 10_000_000
    dataset = open_at(tmp_path / "a.parquet")
    assert dataset.x.shape == (500_000, 2)
    assert dataset.skipped == (("text", "its texts are too long to keep"),)


def test_empty_texts_and_texts_in_several_row_groups_come_back(
    tmp_path: Path, open_at: Open
) -> None:
    words = ["red", None, "blue", "", "green", "red"] * 20
    table = pa.table({"a": range(120), "b": range(120), "word": words})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=7)
    dataset = open_at(tmp_path / "a.parquet")
    assert dataset.columns["word"].tolist() == [word or "" for word in words]


def test_a_parquet_file_that_is_damaged_is_told_by_the_process_that_reads_it(
    tmp_path: Path, open_at: Open
) -> None:
    path = write(tmp_path / "a.parquet", {"a": range(50), "b": range(50)})
    raw = path.read_bytes()
    path.write_bytes(raw[:20] + b"\xff" * 30 + raw[50:])
    with pytest.raises(RefusedError, match="damaged or not a Parquet file"):
        open_at(path)
    path.write_bytes(raw[:-200])
    with pytest.raises(RefusedError, match="damaged or not a Parquet file"):
        open_at(path)


@pytest.mark.parametrize("program", ["import os; os.abort()", "print('no stream')", ""])
def test_a_reader_that_dies_is_a_sentence_and_not_the_end(
    tmp_path: Path, open_at: Open, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    path = write(tmp_path / "a.parquet", {"a": range(5), "b": range(5)})
    monkeypatch.setattr(parquet_module, "COMMAND", ("-c", program))
    with pytest.raises(RefusedError, match="it ended the process that read it"):
        open_at(path)


SENDS = """
import os, sys, pyarrow as pa
table = pa.table({{"a": range(5), "b": range(5)}}).replace_schema_metadata({{"rows": "{rows}"}})
with pa.ipc.new_stream(sys.stdout.buffer, table.schema) as stream:
    stream.write_table(table)
sys.stdout.buffer.flush()
os.abort()
"""


def test_a_reader_that_dies_when_all_is_sent_has_read_the_file(
    tmp_path: Path, open_at: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.parquet", {"a": range(5), "b": range(5)})
    monkeypatch.setattr(parquet_module, "COMMAND", ("-c", SENDS.format(rows=5)))
    assert open_at(path).x.shape == (5, 2)
    monkeypatch.setattr(parquet_module, "COMMAND", ("-c", SENDS.format(rows=6)))
    with pytest.raises(RefusedError, match="it ended the process that read it"):
        open_at(path)
