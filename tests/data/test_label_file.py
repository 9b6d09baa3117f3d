"""Labels from a file of their own: joined by row or file name, refused where they do not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from latentlab.data.label_file import with_labels
from latentlab.data.open import open_dataset
from latentlab.errors import RefusedError
from latentlab.specs import DataSpec


@pytest.fixture(scope="module")
def digits():
    return open_dataset(DataSpec(source="digits"))


def _file(tmp_path: Path, text: str, name: str = "labels.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_labels_are_joined_by_row_and_the_others_are_unlabelled(digits, tmp_path):
    found = with_labels(digits, _file(tmp_path, "row,label\n5,7\n0,3\n2,\n"))
    assert found.labels[[0, 5]].tolist() == [3, 7]
    assert (np.delete(found.labels, [0, 5]) == -1).all()
    assert found.label_names == digits.label_names
    assert "2 of 1,797 rows have a label" in found.notes[-1]
    assert digits.labels[2] != -1  # the data themselves are as they were


def test_new_names_make_new_classes(digits, tmp_path):
    found = with_labels(digits, _file(tmp_path, "label,row\nodd,1\neven,2\nodd,3\n"))
    assert found.label_names == ("even", "odd")
    assert found.labels[[1, 2, 3]].tolist() == [1, 0, 1]


def test_one_line_for_each_row_needs_no_numbers(digits, tmp_path):
    lines = "\n".join(str(value) for value in digits.labels[::-1])
    found = with_labels(digits, _file(tmp_path, f"label\n{lines}\n"))
    assert (found.labels == digits.labels[::-1]).all()


def test_pictures_are_found_by_their_files(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(6):
        Image.fromarray(np.full((8, 8), 40 * number, np.uint8)).save(folder / f"p{number}.png")
    path = _file(tmp_path, "file,label\np4.png,bright\np0.png,dark\n")
    found = open_dataset(DataSpec(source=str(folder), labels=str(path)))
    names = [Path(str(name)).name for name in found.columns["path"]]
    assert found.label_name(names.index("p4.png")) == "bright"
    assert found.label_name(names.index("p0.png")) == "dark"
    assert found.label_name(names.index("p1.png")) == ""
    again = open_dataset(found.source)
    assert (again.labels == found.labels).all()
    assert again.checksums == found.checksums
    assert "labels.csv" in found.checksums


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("row,colour\n1,2\n", "no column label"),
        ("row,label\n1,2\n1,3\n", "names row 1 twice"),
        ("row,label\n1797,2\n", "There is no row 1797"),
        ("row,label\n-1,2\n", "There is no row -1"),
        ("row,label\n1.5,2\n", "no whole number"),
        ("row,label\none,2\n", "no whole number"),
        ("label\n1\n2\n", "1,797 rows of data, and 2 labels"),
        ("path,label\na.png,2\n", "these data have none"),
        ("row,label\n1,0.5\n2,0.25\n", "holds no classes"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(digits, tmp_path, text, what):
    with pytest.raises(RefusedError, match=what):
        with_labels(digits, _file(tmp_path, text))


def test_files_of_no_name_or_of_several_rows_are_refused(tmp_path):
    folder = tmp_path / "pictures"
    for part in ("a", "b"):
        (folder / part).mkdir(parents=True)
        for number in range(3):
            Image.fromarray(np.full((8, 8), 40 * number, np.uint8)).save(
                folder / part / f"{number}.png"
            )
    data = open_dataset(DataSpec(source=str(folder)))
    with pytest.raises(RefusedError, match="Several rows of the data are of a file"):
        with_labels(data, _file(tmp_path, "path,label\n0.png,x\n"))
    with pytest.raises(RefusedError, match="No row of the data is of the file"):
        with_labels(data, _file(tmp_path, "path,label\n9.png,x\n"))
    one = str(data.columns["path"][0])
    assert with_labels(data, _file(tmp_path, f"path,label\n{one},x\n")).label_name(0) == "x"


def test_other_files_and_missing_ones_are_refused(digits, tmp_path):
    with pytest.raises(RefusedError, match="CSV or Parquet"):
        with_labels(digits, tmp_path / "labels.json")
    with pytest.raises(RefusedError):
        with_labels(digits, tmp_path / "nowhere.csv")
