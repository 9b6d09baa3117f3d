import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from latentlab.data.dataset import Dataset
from latentlab.data.guard import Reading, available_memory, human_size, regular_file
from latentlab.errors import CancelledError, RefusedError

Open = Callable[..., Dataset]


def test_digits_open_with_their_17_levels(open_at: Open) -> None:
    dataset = open_at("digits")
    assert dataset.x.shape == (1797, 1, 8, 8)
    assert (dataset.x.dtype, dataset.levels, dataset.value_range) == (np.uint8, 17, (0.0, 16.0))
    assert dataset.inputs(slice(None)).max() == 1
    assert dataset.label_names == tuple("0123456789")
    assert dataset.split.sum() == 179
    assert dataset.notes == ("No published split: 179 of 1,797 rows are held out (seed 0).",)
    assert dataset.source.source == "digits"
    np.testing.assert_array_equal(open_at("Digits").x, dataset.x)


def test_arrays_cannot_be_changed(open_at: Open) -> None:
    dataset = open_at("digits")
    with pytest.raises(ValueError, match="read-only"):
        dataset.x[0] = 0


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("fashon-mnist", "Do you mean fashion-mnist?"),
        ("/no/such/file.npz", "no file, folder or data set of that name"),
        ("a\0b", "no file, folder or data set of that name"),
        ("x" * 5000, "no file, folder or data set of that name"),
        ("", "holds|no file, folder or data set"),
    ],
)
def test_what_is_not_there_is_told_with_what_there_is(
    open_at: Open, source: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RefusedError, match=sentence):
        open_at(source)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize(
    "name", ["a.npz", "a.npy", "a.csv", "a.parquet", "images-idx3-ubyte.gz", "a"]
)
def test_a_pipe_is_refused_and_never_waited_for(tmp_path: Path, open_at: Open, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(RefusedError, match="not a regular file"):
        open_at(tmp_path / name)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
def test_a_device_is_refused(open_at: Open) -> None:
    with pytest.raises(RefusedError, match="not a regular file"):
        open_at("/dev/zero")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.npz", b"", "empty"),
        ("a.txt", b"hello", "no file of a known kind"),
        ("a.png", b"hello", "one picture"),
        ("a.pkl", b"\x80\x04K\x01.", "no file of a known kind"),
        ("a.pt", b"PK\x03\x04", "no file of a known kind"),
    ],
)
def test_files_of_no_known_kind_are_refused(
    tmp_path: Path, open_at: Open, name: str, content: bytes, sentence: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RefusedError, match=sentence):
        open_at(tmp_path / name)


def test_a_folder_with_one_file_is_that_file_and_several_are_named(
    tmp_path: Path, open_at: Open
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    with pytest.raises(RefusedError, match="holds no data"):
        open_at(folder)
    np.save(folder / "one.npy", np.eye(5, dtype=np.uint8)[None])
    dataset = open_at(folder)
    assert dataset.name == "one"
    assert dataset.source.source == str(folder / "one.npy")
    np.save(folder / "two.npy", np.eye(5, dtype=np.uint8)[None])
    with pytest.raises(RefusedError, match=r"several data files \(one.npy, two.npy\)"):
        open_at(folder)


def test_the_source_is_absolute_and_opens_the_same_again(
    tmp_path: Path, open_at: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez(
        tmp_path / "a.npz", foo=np.random.default_rng(0).random((30, 9, 9)), bar=np.arange(30) % 3
    )
    monkeypatch.chdir(tmp_path)
    first = open_at("a.npz", x_key="foo", y_key="bar", split_seed=3)
    assert first.source.source == str(tmp_path / "a.npz")
    monkeypatch.chdir("/")
    again = open_at(
        **{name: getattr(first.source, name) for name in first.source.__struct_fields__}
    )
    np.testing.assert_array_equal(first.x, again.x)
    assert first.split.tolist() == again.split.tolist()
    assert first.checksums == again.checksums
    assert len(first.checksums["a.npz"]) == 64


@pytest.mark.parametrize("kind", ["npz", "npy", "csv", "parquet"])
def test_reading_can_be_cancelled(tmp_path: Path, open_at: Open, kind: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    x = np.random.default_rng(0).random((50, 8))
    path = tmp_path / f"a.{kind}"
    if kind == "npz":
        np.savez(path, x=x)
    elif kind == "npy":
        np.save(path, x)
    elif kind == "csv":
        np.savetxt(path, x, delimiter=",")
    else:
        pq.write_table(pa.table({str(n): x[:, n] for n in range(8)}), path)
    reports: list[str] = []
    with pytest.raises(CancelledError):
        open_at(
            path,
            report=lambda text, _fraction: reports.append(text),
            cancelled=lambda: bool(reports),
        )


def test_a_file_without_rights_is_told(tmp_path: Path, open_at: Open) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((3, 3)))
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read every file")
    with pytest.raises(RefusedError, match="cannot be read"):
        open_at(path)


def test_memory_is_known_and_sizes_are_said_plainly(tmp_path: Path) -> None:
    assert available_memory() > 2**20
    assert human_size(47_040_000) == "47 MB"
    assert human_size(3_020_000_000) == "3.0 GB"
    (tmp_path / "a").write_bytes(bytes(100))
    assert regular_file(tmp_path / "a") == 100
    with pytest.raises(RefusedError, match="100 bytes; at most 50 bytes"):
        regular_file(tmp_path / "a", limit=50)
    with pytest.raises(RefusedError, match="needs 2 kB of memory and 1 kB"):
        Reading(budget=1000).afford(1000, where="a", copies=2)


def test_opening_digits_loads_neither_torch_nor_qt_nor_pyarrow() -> None:
    program = (
        "import sys; from latentlab.data.open import open_dataset;"
        "from latentlab.specs import DataSpec;"
        "assert 'sklearn' not in sys.modules; open_dataset(DataSpec(source='digits'));"
        "print([name for name in ('torch', 'PySide6', 'pyarrow') if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.strip() == "[]"
