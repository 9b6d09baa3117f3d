"""The one use of the network: a published file that a person asked for, over https.

It continues where it stopped, is checked against its published checksum, and appears under its name
only when it is whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import re
import shutil
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import filelock

from latentlab.data.catalogue import Named, Remote
from latentlab.data.guard import CHUNK, Reading, human_size
from latentlab.errors import LatentlabError, RefusedError

TIMEOUT_S = 15
PIECE = 64 * 1024  # a slow line is asked often enough whether a person wants to stop
AGAIN = (
    "Try again later; it goes on where it stopped. Or put the files into a folder and open that."
)
FAILURES = (OSError, http.client.HTTPException, ValueError)  # URLError is an OSError


class Answer(Protocol):
    """What an opener gives: an HTTP response, as urllib's."""

    status: int
    headers: Any

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; b"" at the end."""


Opener = Callable[[str, dict[str, str]], AbstractContextManager[Answer]]


class _OnlyHttps(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: str
    ) -> Any:
        _require_https(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _require_https(url: str) -> None:
    if not url.startswith("https://"):
        raise RefusedError(
            "Only https is used for downloads.", where=url, do="Download it by hand."
        )


def open_https(url: str, headers: dict[str, str]) -> AbstractContextManager[Answer]:
    """Open an https address; a redirect to anything else is refused.

    Raises:
        RefusedError: It is no https address.
        OSError: It cannot be reached.
    """
    _require_https(url)
    opener = urllib.request.build_opener(_OnlyHttps())
    request = urllib.request.Request(url, headers=headers)  # noqa: S310  https was required above
    answer: AbstractContextManager[Answer] = opener.open(request, timeout=TIMEOUT_S)
    return answer


def fetch(remote: Remote, target: Path, reading: Reading, opener: Opener = open_https) -> None:
    """Download one file to `target`, continuing `target.part` if it is there.

    Raises:
        RefusedError: No address answers, or what came is not the published file.
        LatentlabError: The disk is full or cannot be written.
        CancelledError: A person stopped it; what came so far is kept for the next time.
    """
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(part.with_suffix(".lock"), timeout=0):
            last = _try_all(remote, part, reading, opener)
            if last is not None:
                raise RefusedError(last, where=remote.urls[0], do=AGAIN)
            _sync(part)
            part.replace(target)
    except filelock.Timeout as error:
        raise RefusedError(
            f"{target.name} is being downloaded by another program.", where=str(target), do="Wait."
        ) from error
    except OSError as error:
        raise LatentlabError(
            f"The download cannot be kept ({error.strerror or error}).",
            where=str(target),
            do="Make room on the disk, or choose another cache folder.",
        ) from error


def _try_all(remote: Remote, part: Path, reading: Reading, opener: Opener) -> str | None:
    """Try each address, once more from nothing where the checksum differs; None when whole."""
    last: str | None = "there is no address"
    for url in remote.urls:
        for _attempt in range(2):
            last = _continue(remote, url, part, reading, opener)
            if last is not None:
                break
            last = _wrong(remote, part)
            if last is None:
                return None
            part.unlink()
    return last


def _continue(remote: Remote, url: str, part: Path, reading: Reading, opener: Opener) -> str | None:
    """Fetch what is missing of `part`; a sentence of what went wrong, or None."""
    have = part.stat().st_size if part.exists() else 0
    if have == remote.size and remote.sha256:
        return None
    headers = {"User-Agent": "latentlab", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        with opener(url, headers) as answer:
            start = _start(answer, have)
            _room(part, remote.size - start)
            return _write(remote, answer, part, start, reading)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # the part is as long as the file, or longer: its checksum decides
            return None
        return f"The server answers {error.code}."
    except LatentlabError:
        raise
    except FAILURES as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise  # the disk, not the network
        return f"The server cannot be reached ({getattr(error, 'reason', None) or error})."


def _start(answer: Answer, have: int) -> int:
    """Where the server begins: at `have` if it honours the range, else at 0."""
    if answer.status != 206:
        return 0
    match = re.match(r"bytes (\d{1,18})-", answer.headers.get("Content-Range", ""))
    return have if match is not None and int(match.group(1)) == have else 0


def _room(part: Path, need: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if need > free:
        raise LatentlabError(
            f"{human_size(need)} are needed on the disk and {human_size(free)} are free.",
            where=str(part.parent),
            do="Make room, or choose another cache folder.",
        )


def _write(remote: Remote, answer: Answer, part: Path, start: int, reading: Reading) -> str | None:
    if answer.status == 206 and start == 0 and part.exists():
        part.unlink()  # the server sent another piece than was asked for: begin anew next time
        return "The server sent another part of the file than was asked for."
    done = start
    length = answer.headers.get("Content-Length")
    whole = start + int(length) if length and length.isdigit() else None
    with part.open("r+b" if start else "wb") as handle:
        handle.seek(start)
        handle.truncate()
        while piece := answer.read(PIECE):
            reading.check()
            done += len(piece)
            if done > remote.size:
                break
            handle.write(piece)
            reading.report(
                f"Downloading {remote.name}: {human_size(done)}", done / (whole or remote.size)
            )
    if done > remote.size:
        part.unlink()
        return "The server sends more than the published file has."
    if whole is not None and done < whole:
        return f"The connection ended after {human_size(done)}."
    return None


def _wrong(remote: Remote, part: Path) -> str | None:
    """Why `part` is not the published file; None if it is."""
    if not part.exists():
        return "The server sent nothing."
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with part.open("rb") as handle:
        while piece := handle.read(CHUNK):
            sha256.update(piece)
            md5.update(piece)
    if remote.sha256 and sha256.hexdigest() != remote.sha256:
        return f"What came is not the published {remote.name} (its sha256 differs)."
    if remote.md5 and md5.hexdigest() != remote.md5:
        return f"What came is not the published {remote.name} (its md5 differs)."
    return None


def _sync(path: Path) -> None:
    with path.open("rb+") as handle:
        os.fsync(handle.fileno())


def fetch_all(named: Named, folder: Path, reading: Reading, opener: Opener = open_https) -> None:
    """Download what a named data set is read from into `folder`.

    Raises:
        RefusedError, LatentlabError, CancelledError: See `fetch`.
    """
    for remote in named.remotes:
        target = folder / remote.name
        fetch(remote, target, reading, opener)
        if named.members:
            _unpack(named, target, folder, reading)
            with contextlib.suppress(OSError):
                target.unlink()  # half a gigabyte that is not read again


def _unpack(named: Named, archive: Path, folder: Path, reading: Reading) -> None:
    """Take the members that are read out of a downloaded zip, each whole or not at all."""
    try:
        with zipfile.ZipFile(archive) as zipped:
            for member, name in named.members:
                reading.check()
                reading.report(f"Unpacking {name}", None)
                part = folder / f"{name}.part"
                with zipped.open(member) as source, part.open("wb") as sink:
                    shutil.copyfileobj(source, sink, CHUNK)
                _sync(part)
                part.replace(folder / name)
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, RuntimeError) as error:
        raise RefusedError(
            "The downloaded archive does not hold the published files.",
            where=str(archive),
            do="Delete it and try again.",
        ) from error
    except OSError as error:
        raise LatentlabError(
            f"The download cannot be unpacked ({error.strerror or error}).",
            where=str(folder),
            do="Make room on the disk.",
        ) from error
