import gzip
import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from latentlab.data.dataset import Dataset
from latentlab.data.guard import Reading
from latentlab.data.idx import TYPES, find_pairs, read_idx
from latentlab.errors import RefusedError

Open = Callable[..., Dataset]
CODES = {np.dtype(text).newbyteorder("="): code for code, text in TYPES.items()}


def idx_bytes(array: np.ndarray) -> bytes:
    head = bytes((0, 0, CODES[array.dtype], array.ndim)) + struct.pack(
        f">{array.ndim}I", *array.shape
    )
    return head + array.astype(array.dtype.newbyteorder(">")).tobytes()


def write_pair(
    folder: Path, part: str, count: int, *, prefix: str = "", packed: bool = True
) -> None:
    rng = np.random.default_rng(count)
    folder.mkdir(parents=True, exist_ok=True)
    pictures = rng.integers(0, 256, (count, 5, 4), dtype=np.uint8)
    labels = rng.integers(0, 10, count).astype(np.uint8)
    for name, array in (("images-idx3", pictures), ("labels-idx1", labels)):
        data = idx_bytes(array)
        path = folder / f"{prefix}{part}-{name}-ubyte{'.gz' if packed else ''}"
        path.write_bytes(gzip.compress(data) if packed else data)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    array=st.sampled_from(sorted(CODES, key=str)).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(max_dims=4, max_side=6))
    ),
    packed=st.booleans(),
)
def test_any_array_comes_back_from_its_file(
    tmp_path: Path, reading: Reading, array: np.ndarray, packed: bool
) -> None:
    path = tmp_path / "any-idx"
    path.write_bytes(gzip.compress(idx_bytes(array)) if packed else idx_bytes(array))
    found = read_idx(path, reading)
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("packed", [True, False])
def test_train_and_t10k_are_the_published_split(
    tmp_path: Path, open_at: Open, packed: bool
) -> None:
    write_pair(tmp_path / "set", "train", 30, packed=packed)
    write_pair(tmp_path / "set", "t10k", 10, packed=packed)
    dataset = open_at(tmp_path / "set")
    assert dataset.x.shape == (40, 1, 5, 4)
    assert dataset.x.dtype == np.uint8
    assert dataset.split.tolist() == [0] * 30 + [1] * 10
    assert len(dataset.checksums) == 4
    assert not any("split" in note for note in dataset.notes)


def test_one_images_file_finds_its_labels_and_is_split_by_seed(
    tmp_path: Path, open_at: Open
) -> None:
    write_pair(tmp_path, "train", 30)
    dataset = open_at(tmp_path / "train-images-idx3-ubyte.gz")
    assert dataset.class_count > 1
    assert dataset.split.sum() == 3
    assert any("seed 0" in note for note in dataset.notes)
    assert open_at(dataset.source.source).split.tolist() == dataset.split.tolist()
    other = open_at(tmp_path / "train-images-idx3-ubyte.gz", split_seed=1)
    assert other.split.tolist() != dataset.split.tolist()


def test_an_images_file_without_labels_is_unlabelled(tmp_path: Path, open_at: Open) -> None:
    write_pair(tmp_path, "train", 12)
    (tmp_path / "train-labels-idx1-ubyte.gz").unlink()
    dataset = open_at(tmp_path / "train-images-idx3-ubyte.gz")
    assert set(dataset.labels.tolist()) == {-1}
    assert dataset.class_count == 0


def test_emnist_is_turned_upright_and_its_balanced_part_is_read(
    tmp_path: Path, open_at: Open
) -> None:
    for part in ("train", "test"):
        write_pair(tmp_path / "emnist", part, 20, prefix="emnist-balanced-")
        write_pair(tmp_path / "emnist", part, 21, prefix="emnist-letters-")
    dataset = open_at(tmp_path / "emnist")
    assert dataset.x.shape == (40, 1, 4, 5)
    assert dataset.label_names[10] == "A"
    assert dataset.class_count == 47
    stored = read_idx(tmp_path / "emnist/emnist-balanced-train-images-idx3-ubyte.gz", Reading())
    np.testing.assert_array_equal(dataset.x[0, 0], stored[0].T)


def test_a_folder_with_two_data_sets_is_refused_by_their_names(
    tmp_path: Path, open_at: Open
) -> None:
    write_pair(tmp_path / "both", "train", 5, prefix="one-")
    write_pair(tmp_path / "both", "train", 5, prefix="two-")
    with pytest.raises(RefusedError, match="no single IDX data set"):
        open_at(tmp_path / "both")


def test_a_labels_file_is_refused(tmp_path: Path, open_at: Open) -> None:
    write_pair(tmp_path, "train", 5)
    with pytest.raises(RefusedError, match="labels, not pictures"):
        open_at(tmp_path / "train-labels-idx1-ubyte.gz")


def test_packed_and_plain_copies_of_a_file_count_once(tmp_path: Path) -> None:
    write_pair(tmp_path, "train", 5, packed=True)
    write_pair(tmp_path, "train", 5, packed=False)
    assert len(find_pairs(list(tmp_path.iterdir()))) == 1


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda data: data[:-3], "ends 3 bytes early|more than the file can hold"),
        (lambda data: data + b"x", "more bytes than its header says"),
        (lambda data: b"\0\0\x07\x03" + data[4:], "first four bytes"),
        (lambda data: data[:9], "inside its header"),
        (lambda data: data[:4] + b"\0\0\0\0" + data[8:], "nothing"),
        (lambda data: data[:4] + b"\xff" * 12 + data[16:], "more than the file can hold"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_wrong_size_is_told(
    tmp_path: Path,
    open_at: Open,
    damage: Callable[[bytes], bytes],
    sentence: str,
    pack: Callable[[bytes], bytes],
) -> None:
    path = tmp_path / "images-idx3-ubyte.gz"
    path.write_bytes(pack(damage(idx_bytes(np.ones((3, 4, 4), np.uint8)))))
    with pytest.raises(RefusedError, match=sentence):
        open_at(path)


def test_a_gzip_bomb_is_stopped_at_what_its_header_says(tmp_path: Path, reading: Reading) -> None:
    path = tmp_path / "images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(idx_bytes(np.ones((3, 4, 4), np.uint8)) + bytes(50_000_000)))
    with pytest.raises(RefusedError, match="more bytes than its header says"):
        read_idx(path, reading)


def test_more_than_the_memory_budget_is_refused_before_it_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(idx_bytes(np.zeros((3000, 40, 40), np.uint8))))
    with pytest.raises(RefusedError, match=r"needs 5 MB of memory and 1 MB"):
        read_idx(path, Reading(budget=1_000_000))


def test_labels_that_do_not_fit_the_pictures_are_refused(tmp_path: Path, open_at: Open) -> None:
    write_pair(tmp_path, "train", 5)
    path = tmp_path / "train-labels-idx1-ubyte.gz"
    path.write_bytes(gzip.compress(idx_bytes(np.zeros(4, np.uint8))))
    with pytest.raises(RefusedError, match="5 pictures, and labels of shape"):
        open_at(tmp_path / "train-images-idx3-ubyte.gz")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_as_labels_is_refused_and_never_waited_for(tmp_path: Path, open_at: Open) -> None:
    write_pair(tmp_path, "train", 5)
    (tmp_path / "train-labels-idx1-ubyte.gz").unlink()
    os.mkfifo(tmp_path / "train-labels-idx1-ubyte.gz")
    with pytest.raises(RefusedError, match="not a regular file"):
        open_at(tmp_path / "train-images-idx3-ubyte.gz")


@pytest.mark.parametrize(
    ("name", "title"), [("mnist", "MNIST"), ("fashion-mnist", "Fashion-MNIST")]
)
def test_the_published_files_are_recognised(
    shared_data: Path, open_at: Open, monkeypatch: pytest.MonkeyPatch, name: str, title: str
) -> None:
    by_path = open_at(shared_data / name)
    monkeypatch.setenv("LATENTLAB_DATA", str(shared_data))
    by_name = open_at(name)
    for dataset in (by_path, by_name):
        assert dataset.name == title
        assert dataset.x.shape == (70_000, 1, 28, 28)
        assert dataset.x.nbytes == 70_000 * 28 * 28
        assert dataset.class_count == 10
        assert np.bincount(dataset.labels[dataset.split == 0]).sum() == 60_000
        assert dataset.notes == ()
        assert Path(dataset.source.source).resolve() == (shared_data / name).resolve()
    assert by_path.label_name(0) == ("5" if name == "mnist" else "Ankle boot")


def test_the_variable_may_name_the_folder_itself_and_files_of_others_are_not_mistaken(
    shared_data: Path, open_at: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LATENTLAB_DATA", str(shared_data / "fashion-mnist"))
    assert open_at("fashion-mnist").name == "Fashion-MNIST"

    def offline(url: str, headers: dict[str, str]) -> object:
        raise OSError("no network in tests")

    with pytest.raises(RefusedError, match="cannot be reached"):
        open_at("mnist", opener=offline)  # its files are called the same
