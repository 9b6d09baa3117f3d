"""NumPy's .npz: the zip's directory is checked before anything is unpacked."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from numpy.typing import NDArray

from latentlab.data.guard import GIB, Reading, human_size, open_regular
from latentlab.data.npy import Header, read_header, read_values
from latentlab.errors import RefusedError

MAX_MEMBER = 4 * GIB
MAX_SUM = 8 * GIB
MAX_RATIO = 200
MAX_DIRECTORY = 1024**2
MAX_MEMBERS = 1000
AGAIN = "Save it again with numpy.savez."

DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,  # a compression or a zip version that Python does not have
    RuntimeError,  # encrypted
    struct.error,
    ValueError,
    OverflowError,
    UnicodeDecodeError,
)


class Archive:
    """The arrays of an .npz by name; made by `open_archive`.

    Args:
        path: The file.
        members: Directory entries by array name.
        refused: (member, reason) of entries that are no plain arrays.
    """

    def __init__(
        self, path: Path, zipped: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]
    ) -> None:
        self.path = path
        self.members = members
        self.refused: list[tuple[str, str]] = []
        self._zip = zipped

    def header(self, name: str) -> Header:
        """The checked header of an array.

        Raises:
            RefusedError: It is no plain array of numbers or texts, or its size is not what its
                header says.
        """
        info, where = self.members[name], self._where(name)
        with _sentences(where), self._zip.open(info) as stream:
            header = read_header(stream, where=where, texts=True)  # type: ignore[arg-type]
        if header.length + header.data_bytes != info.file_size:
            raise RefusedError(
                f"The header says {header.shape} of {header.dtype}, and the array has "
                f"{info.file_size:,} bytes.",
                where=where,
                do=AGAIN,
            )
        return header

    def read(self, name: str, reading: Reading) -> NDArray[Any]:
        """Unpack one array, after its header and its memory are checked.

        Raises:
            RefusedError: See `header`; or it does not fit into memory, or is damaged.
        """
        where = self._where(name)
        header = self.header(name)
        reading.afford(
            header.data_bytes, where=where, copies=1 if header.dtype.itemsize == 1 else 2
        )
        with _sentences(where), self._zip.open(self.members[name]) as stream:
            read_header(stream, where=where, texts=True)  # type: ignore[arg-type]
            values = read_values(stream, header, reading, f"Unpacking {name}", where=where)  # type: ignore[arg-type]
            if stream.read(1):  # at the end the checksum is compared
                raise RefusedError("The array is longer than it says.", where=where, do=AGAIN)
        return values

    def _where(self, name: str) -> str:
        return f"{self.path}, array {name}"


@contextmanager
def _sentences(where: str) -> Iterator[None]:
    try:
        yield
    except DAMAGED as error:
        raise RefusedError(
            "It is damaged or packed in a way that is not read.", where=where, do=AGAIN
        ) from error


@contextmanager
def open_archive(path: Path, reading: Reading) -> Iterator[Archive]:
    """Open an .npz after a look at its directory.

    Members over 4 GiB, packed more than 200 to 1 (unless their size is what their array header says
    and fits into memory), encrypted, or with names that are not plain `*.npy` are left out.

    Raises:
        RefusedError: It is no zip, its directory is too long, or its members are over 8 GiB in all.
    """
    where = str(path)
    with open_regular(path) as handle:
        _check_directory(handle, where)
        with _sentences(where):
            zipped = zipfile.ZipFile(handle)
        with zipped:
            archive = _look(path, zipped, where)
            _check_ratios(archive, reading)
            yield archive


def _check_directory(handle: BinaryIO, where: str) -> None:
    """Refuse a directory that is long before Python's zipfile reads all of it."""
    size = handle.seek(0, 2)
    start = max(0, size - 65536 - 22 - 76)
    handle.seek(start)
    tail = handle.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) - end < 22:
        raise RefusedError("It is not an .npz archive.", where=where, do=AGAIN)
    entries, length = struct.unpack("<HI", tail[end + 10 : end + 16])
    if end >= 20 and tail[end - 20 : end - 16] == b"PK\x06\x07":
        # zip64: the true figures stand in a record of its own. Readers differ in where they look
        # for it (where the locator points, or right before the locator), so both are looked at.
        pointed = struct.unpack("<Q", tail[end - 12 : end - 4])[0]
        for place in (min(pointed, size), max(start + end - 76, 0)):
            handle.seek(place)
            record = handle.read(56)
            if len(record) == 56 and record[:4] == b"PK\x06\x06":
                more_entries, more_length = struct.unpack("<QQ", record[32:48])
                entries = more_entries if entries == 0xFFFF else max(entries, more_entries)
                length = more_length if length == 0xFFFFFFFF else max(length, more_length)
    if length > MAX_DIRECTORY or entries > MAX_MEMBERS:
        raise RefusedError(
            f"The archive lists {entries:,} members; at most {MAX_MEMBERS:,} are read.",
            where=where,
            do=AGAIN,
        )


def _look(path: Path, zipped: zipfile.ZipFile, where: str) -> Archive:
    infos = zipped.infolist()
    total = sum(info.file_size for info in infos)
    if total > MAX_SUM or len(infos) > MAX_MEMBERS:
        raise RefusedError(
            f"The archive unfolds to {human_size(total)}; at most {human_size(MAX_SUM)} are read.",
            where=where,
            do="Make a smaller file of it.",
        )
    archive = Archive(path, zipped, {})
    for info in infos:
        name = info.filename.removesuffix(".npy")
        if reason := _why_not(info):
            archive.refused.append((name[:200], reason))
        elif name in archive.members:
            archive.refused.append((name[:200], "its name stands twice"))
        else:
            archive.members[name] = info
    return archive


def _why_not(info: zipfile.ZipInfo) -> str:
    """Why a member is left out by its directory entry alone; "" where it is not."""
    name = info.filename
    plain = name.endswith(".npy") and len(name) <= 200 and name.isprintable()
    if not plain or any(part in name for part in ("/", "\\", "..", ":")):
        return "its name is not that of a plain array"
    if info.flag_bits & 1:
        return "it is encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "it is packed in a way that is not read"
    if info.file_size > MAX_MEMBER:
        return (
            f"it unfolds to {human_size(info.file_size)}; at most {human_size(MAX_MEMBER)} are read"
        )
    return ""


def _check_ratios(archive: Archive, reading: Reading) -> None:
    for name, info in list(archive.members.items()):
        if info.file_size <= MAX_RATIO * max(info.compress_size, 1):
            continue
        try:  # dSprites packs 177 to 1: an honest array may be as regular as a bomb
            header = archive.header(name)
            reading.afford(header.data_bytes, where=str(archive.path))
        except RefusedError as error:
            del archive.members[name]
            archive.refused.append((name, f"it unfolds over {MAX_RATIO} to 1: {error.what}"))
