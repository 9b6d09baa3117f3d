"""The atomic writer."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys

import pytest

from latentlab.errors import LatentlabError
from latentlab.files import Disk, sha256, write_atomic


class Failing(Disk):
    """Raises `code` at one named operation."""

    def __init__(self, operation: str, code: int) -> None:
        def fail(*arguments):
            raise OSError(code, os.strerror(code))

        setattr(self, operation, fail)


def test_the_content_is_replaced_and_nothing_else_is_left(tmp_path):
    target = tmp_path / "a.txt"
    write_atomic(target, b"old")
    write_atomic(target, b"new")
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("operation", ["create", "write", "fsync", "replace"])
def test_a_failure_keeps_the_old_file_and_leaves_no_rubbish(tmp_path, operation):
    target = tmp_path / "a.txt"
    target.write_bytes(b"old")
    with pytest.raises(LatentlabError, match="disk is full"):
        write_atomic(target, b"new", disk=Failing(operation, errno.ENOSPC))
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EDQUOT, "disk is full"),
        (errno.EROFS, "not allowed"),
        (errno.EACCES, "not allowed"),
        (errno.ENOENT, "not there"),
        (errno.EIO, "could not be written"),
    ],
)
def test_each_error_of_the_system_becomes_a_sentence(tmp_path, code, sentence):
    with pytest.raises(LatentlabError, match=sentence) as caught:
        write_atomic(tmp_path / "a", b"", disk=Failing("create", code))
    assert caught.value.do
    assert caught.value.where == str(tmp_path / "a")


def test_the_mode_of_the_old_file_is_kept(tmp_path):
    target = tmp_path / "a"
    target.write_bytes(b"")
    target.chmod(0o640)
    write_atomic(target, b"new")
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    write_atomic(target, b"new", mode=0o600)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_new_file_gets_the_mode_of_the_umask(tmp_path):
    code = (
        "import os, sys; from pathlib import Path; from latentlab.files import write_atomic;"
        "os.umask(0o027); write_atomic(Path(sys.argv[1]), b'')"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    target = tmp_path / "a"
    subprocess.run([sys.executable, "-c", code, str(target)], env=environment, check=True)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_symbolic_link_stays_and_its_file_changes(tmp_path):
    (tmp_path / "far").mkdir()
    real, link = tmp_path / "far" / "real", tmp_path / "link"
    real.write_bytes(b"old")
    link.symlink_to(real)
    write_atomic(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_a_folder_and_a_device_are_not_replaced(tmp_path):
    with pytest.raises(LatentlabError, match="folder, not a file"):
        write_atomic(tmp_path, b"")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(LatentlabError, match="not a regular file"):
        write_atomic(tmp_path / "pipe", b"")


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(LatentlabError, match="not there"):
        write_atomic(tmp_path / "none" / "a", b"")


def test_sha256_is_the_known_one():
    assert sha256(b"abc").startswith("ba7816bf8f01cfea")
