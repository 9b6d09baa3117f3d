import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from latentlab.data import archive as archive_module
from latentlab.data.archive import open_archive
from latentlab.data.dataset import Dataset
from latentlab.data.guard import Reading
from latentlab.data.npy import read_npy
from latentlab.errors import RefusedError

Open = Callable[..., Dataset]
NUMBERS = ("?", "u1", "<u2", ">u4", "<i8", "i1", ">i2", "<f4", ">f8", "<f2")


def npy_bytes(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=array.dtype.hasobject)
    return stream.getvalue()


def with_header(text: str, data: bytes = b"") -> bytes:
    raw = text.encode("latin-1")
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(raw)) + raw + data


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    array=st.sampled_from(NUMBERS).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(max_dims=4, max_side=6))
    ),
    fortran=st.booleans(),
)
def test_any_array_of_numbers_comes_back(
    tmp_path: Path, reading: Reading, array: np.ndarray, fortran: bool
) -> None:
    path = tmp_path / "any.npy"
    path.write_bytes(npy_bytes(np.asfortranarray(array) if fortran else array))
    found = read_npy(path, reading)
    assert found.dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (npy_bytes(np.array([{}, 1], dtype=object)), "object array"),
        (npy_bytes(np.array(["a"])), "type U1 are not read"),
        (npy_bytes(np.zeros(3, complex)), "type c16 are not read"),
        (npy_bytes(np.zeros(3, [("a", "u1")])), "one number for each place"),
        (npy_bytes(np.zeros((2, 2)))[:-1], "instead of"),
        (npy_bytes(np.zeros((2, 2))) + b"x", "instead of"),
        (npy_bytes(np.zeros((2, 0))), "dimensions of at least 1"),
        (npy_bytes(np.zeros((1, 1, 1, 1, 1))), "1 to 4 dimensions"),
        (b"\x93NUMPY\x02\x00" + struct.pack("<I", 10**9), "longer than 64 KiB"),
        (b"PK\x03\x04 no array", "first bytes are wrong"),
        (with_header("{'descr': '|u1', 'fortran_order': False, 'shape': (9, 9), }"), "instead of"),
        (with_header("{'descr': '|u1', 'shape': (__import__('os'),), }"), "cannot be understood"),
        (
            with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (" + "9" * 400 + ",)}"),
            "cannot",
        ),
    ],
)
def test_a_bad_array_file_is_told_in_a_sentence(
    tmp_path: Path, open_at: Open, content: bytes, sentence: str
) -> None:
    path = tmp_path / "bad.npy"
    path.write_bytes(content)
    with pytest.raises(RefusedError, match=sentence):
        open_at(path)


@pytest.mark.parametrize("key", ["x", "X", "images", "imgs", "data"])
@pytest.mark.parametrize("label", ["y", "labels"])
def test_the_usual_keys_are_found(tmp_path: Path, open_at: Open, key: str, label: str) -> None:
    x = np.arange(3 * 4 * 4, dtype=np.uint8).reshape(3, 4, 4) * 5
    np.savez(tmp_path / "a.npz", **{key: x, label: np.array([2, 0, 2]), "other": np.zeros(7)})
    dataset = open_at(tmp_path / "a.npz")
    np.testing.assert_array_equal(dataset.x[:, 0], x)
    assert dataset.labels.tolist() == [1, 0, 1]
    assert dataset.label_names == ("0", "2")


def test_texts_are_labels_and_names_but_no_data(tmp_path: Path, open_at: Open) -> None:
    x = np.zeros((4, 5), np.float32)
    path = tmp_path / "a.npz"
    np.savez(path, x=x, y=np.array(["dog", "cat", "", "dog"]))
    dataset = open_at(path)
    assert dataset.label_names == ("cat", "dog")
    assert dataset.labels.tolist() == [1, 0, -1, 1]
    np.savez(path, x=x, y=np.array([2, 0, -1, 2]), class_names=np.array(["a", "b", "c"]))
    dataset = open_at(path)
    assert (dataset.label_names, dataset.labels.tolist()) == (("a", "b", "c"), [2, 0, -1, 2])
    parts = {"x_train": x, "y_train": [2, 0, 0, 1], "x_test": x[:2], "y_test": [1, 2]}
    np.savez(path, **parts, label_names=np.array(["a", "b", "c"]))
    assert open_at(path).label_names == ("a", "b", "c")
    np.savez(path, x=x, said=np.array(["a", "b", "c", "d"]))
    assert "said" in dict(open_at(path).skipped)
    with pytest.raises(RefusedError, match="said cannot be read: it holds texts"):
        open_at(path, x_key="said")
    np.savez(path, said=np.array(["a", "b", "c", "d"]))
    with pytest.raises(RefusedError, match="not clear which array"):
        open_at(path)


def test_a_text_of_no_characters_is_refused(tmp_path: Path, open_at: Open) -> None:
    wrong = np.full(4, 0x110000, np.uint32).view("U1")
    np.savez(tmp_path / "a.npz", x=np.zeros((4, 5)), y=wrong)
    with pytest.raises(RefusedError, match="no character"):
        open_at(tmp_path / "a.npz")


def test_unknown_keys_are_asked_for_by_name(tmp_path: Path, open_at: Open) -> None:
    np.savez(tmp_path / "a.npz", faces=np.zeros((4, 8, 8)), people=np.arange(4))
    with pytest.raises(RefusedError, match=r"faces \(4, 8, 8\), people \(4,\).*--x-key"):
        open_at(tmp_path / "a.npz")
    dataset = open_at(tmp_path / "a.npz", x_key="faces", y_key="people")
    assert dataset.class_count == 4
    with pytest.raises(RefusedError, match="no such array"):
        open_at(tmp_path / "a.npz", x_key="face")


def test_an_object_array_is_left_out_while_the_others_load(tmp_path: Path, open_at: Open) -> None:
    np.savez(tmp_path / "a.npz", x=np.eye(4, dtype=np.uint8)[None], meta=np.array({}, dtype=object))
    dataset = open_at(tmp_path / "a.npz")
    assert dataset.x.shape == (1, 1, 4, 4)
    assert dataset.skipped[0][0] == "meta"
    assert "object array" in dataset.skipped[0][1]
    with pytest.raises(RefusedError, match="meta cannot be read: It is an object array"):
        open_at(tmp_path / "a.npz", x_key="meta")


def test_keras_style_parts_are_the_published_split(tmp_path: Path, open_at: Open) -> None:
    x = np.random.default_rng(0).integers(0, 256, (9, 6, 6), dtype=np.uint8)
    y = np.arange(9) % 3
    np.savez(tmp_path / "a.npz", x_train=x[:6], y_train=y[:6], x_test=x[6:], y_test=y[6:])
    dataset = open_at(tmp_path / "a.npz")
    assert dataset.split.tolist() == [0] * 6 + [1] * 3
    np.testing.assert_array_equal(dataset.x[:, 0], x)


def test_a_bomb_is_refused_by_its_directory_before_it_is_unpacked(
    tmp_path: Path, open_at: Open
) -> None:
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("x.npy", bytes(30_000_000))  # no array header: 1000 to 1 for nothing
        zipped.writestr("y.npy", npy_bytes(np.arange(3)))
    with pytest.raises(RefusedError, match="x cannot be read: it unfolds over 200 to 1"):
        open_at(path)


def test_a_regular_array_may_be_packed_tightly_if_it_is_what_it_says(
    tmp_path: Path, open_at: Open
) -> None:
    np.savez_compressed(tmp_path / "flat.npz", x=np.zeros((3000, 28, 28), np.uint8))
    assert open_at(tmp_path / "flat.npz").x.shape == (3000, 1, 28, 28)


def test_an_honest_but_too_large_array_is_refused_by_the_memory_budget(tmp_path: Path) -> None:
    path = tmp_path / "big.npz"
    np.savez_compressed(path, x=np.zeros((20, 1000, 1000), np.uint8))
    with open_archive(path, Reading(budget=1_000_000)) as archive:
        assert archive.members == {}
        assert "needs 20 MB" in archive.refused[0][1]


def test_members_that_claim_too_much_are_refused(
    tmp_path: Path, open_at: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((100, 10, 10), np.uint8), y=np.zeros(100))
    monkeypatch.setattr(archive_module, "MAX_MEMBER", 5_000)
    with pytest.raises(RefusedError, match="unfolds to 10 kB; at most 5 kB"):
        open_at(tmp_path / "a.npz", x_key="x")
    monkeypatch.setattr(archive_module, "MAX_SUM", 5_000)
    with pytest.raises(RefusedError, match="The archive unfolds to 11 kB"):
        open_at(tmp_path / "a.npz")


@pytest.mark.parametrize("zip64", [False, True])
def test_a_long_directory_is_refused_before_it_is_read(
    tmp_path: Path, open_at: Open, zip64: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "many.npz"
    with zipfile.ZipFile(path, "w") as zipped:
        for number in range(66_000 if zip64 else 1_001):
            zipped.writestr(f"{number}.npy", b"")

    def never(*_: object) -> None:
        raise AssertionError("the directory was read")

    monkeypatch.setattr(zipfile, "ZipFile", never)
    with pytest.raises(RefusedError, match="at most 1,000 are read"):
        open_at(path)


def test_other_packings_and_ciphers_are_left_out(tmp_path: Path, open_at: Open) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("x.npy", npy_bytes(np.zeros((3, 3))), zipfile.ZIP_LZMA)
        zipped.writestr("imgs.npy", npy_bytes(np.ones((3, 3))))
    dataset = open_at(path)
    assert dataset.x.max() == 1
    assert dataset.skipped == (("x", "it is packed in a way that is not read"),)
    raw = bytearray(path.read_bytes())
    entry = raw.rfind(b"PK\x01\x02")
    raw[entry + 8] |= 1  # the flag of an encrypted member, in the directory
    path.write_bytes(raw)
    with pytest.raises(RefusedError, match=r"it is encrypted|packed in a way"):
        open_at(path)


def test_a_changed_byte_is_found_by_its_checksum(tmp_path: Path, open_at: Open) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x=np.zeros((30, 8, 8), np.uint8))
    raw = bytearray(path.read_bytes())
    raw[600] = 7
    path.write_bytes(raw)
    with pytest.raises(RefusedError, match="damaged"):
        open_at(path)


def test_dsprites_open_with_their_factors_and_two_levels(shared_data: Path, open_at: Open) -> None:
    dataset = open_at(shared_data / "dsprites" / "dsprites_subset.npz")
    assert dataset.name == "dSprites"
    assert dataset.x.shape == (20_000, 1, 64, 64)
    assert dataset.x.dtype == np.uint8
    assert dataset.levels == 2
    assert dataset.inputs(slice(0, 5)).max() == 1
    assert dataset.factor_names == ("shape", "scale", "orientation", "position x", "position y")
    assert dataset.factors is not None
    assert set(dataset.factors[:, 0]) == {1.0, 2.0, 3.0}
    np.testing.assert_array_equal(dataset.labels, dataset.factors[:, 0] - 1)
    assert dataset.label_names == ("square", "ellipse", "heart")
    assert dataset.skipped[0][0] == "metadata"


def test_dsprites_are_found_by_name_and_by_their_folder(
    shared_data: Path, open_at: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LATENTLAB_DATA", str(shared_data))
    for source in ("dsprites", shared_data / "dsprites"):
        dataset = open_at(source)
        assert len(dataset) == 46_080
        assert dataset.name == "dSprites"
        assert Path(dataset.source.source).name == "dsprites_downsampled.npz"
        assert any("part of the published" in note for note in dataset.notes)
