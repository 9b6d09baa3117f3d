"""Pictures of chosen data in a folder or on a sheet."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from latentlab.errors import CancelledError, RefusedError, UsageError
from latentlab.export.selected import write_selected

LABELS = np.array([0, 1, -1, 5] * 30)
NAMES = ("T-shirt/top", "../etc")
PICTURES = np.random.default_rng(0).integers(0, 256, (120, 7, 9), dtype=np.uint8)


def parts(rows: np.ndarray, size: int = 3):
    for start in range(0, len(rows), size):
        some = rows[start : start + size]
        yield some, PICTURES[some]


def test_a_folder_has_a_file_for_each_named_by_row_and_class(tmp_path):
    rows = np.array([0, 1, 2, 3, 8])
    said = write_selected(tmp_path / "out", parts(rows), count=5, labels=LABELS, label_names=NAMES)
    assert said == "5 pictures"
    names = ["000_T-shirt-top.png", "001_etc.png", "002.png", "003_class-5.png"]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [*names, "008_T-shirt-top.png"]
    with Image.open(tmp_path / "out" / "001_etc.png") as image:
        assert np.array_equal(np.asarray(image), PICTURES[1])
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_reconstructions_are_marked_in_their_names(tmp_path):
    rows = np.array([1])
    said = write_selected(tmp_path / "out", parts(rows), count=1, labels=LABELS, reconstructed=True)
    assert said == "1 reconstruction"
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["001_class-1_reconstruction.png"]


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(RefusedError):
        write_selected(tmp_path / "out", parts(np.arange(4)), count=4, labels=LABELS)
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["mine.txt"]
    (tmp_path / "empty").mkdir()
    write_selected(tmp_path / "empty", parts(np.arange(4)), count=4, labels=LABELS)
    assert len(list((tmp_path / "empty").iterdir())) == 4


@pytest.mark.parametrize("name", ["out", "out.png"])
def test_what_is_called_off_leaves_nothing_behind(tmp_path, name):
    def go_on(fraction: float) -> None:
        if fraction > 0.5:
            raise CancelledError("Called off.")

    with pytest.raises(CancelledError):
        write_selected(
            tmp_path / name, parts(np.arange(120)), count=120, labels=LABELS, go_on=go_on
        )
    assert not list(tmp_path.iterdir())


def test_a_sheet_has_the_pictures_in_their_order(tmp_path):
    rows = np.array([5, 3, 4])
    said = write_selected(tmp_path / "a.png", parts(rows, 2), count=3, labels=LABELS)
    assert said == "a sheet of 3 pictures"
    with Image.open(tmp_path / "a.png") as image:
        page = np.asarray(image)
    times = 6  # 9 pixels enlarged to about 56
    first = PICTURES[5].repeat(times, axis=0).repeat(times, axis=1)
    assert np.array_equal(page[: 7 * times, : 9 * times], first)


def test_what_can_not_be_written_is_a_sentence(tmp_path):
    with pytest.raises(UsageError, match="too many for one sheet"):
        write_selected(
            tmp_path / "a.png",
            [(np.arange(1), np.zeros((1, 3000, 3000), np.uint8))],
            count=50,
            labels=LABELS,
        )
    with pytest.raises(UsageError, match="jpeg"):
        write_selected(tmp_path / "a.jpeg", parts(np.arange(2)), count=2, labels=LABELS)
    with pytest.raises(UsageError, match="no pictures"):
        write_selected(tmp_path / "a.png", [], count=0, labels=LABELS)
    assert not list(tmp_path.iterdir())
