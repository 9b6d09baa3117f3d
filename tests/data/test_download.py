"""Downloads, from a server of our own on this machine; the real addresses are never asked."""

import hashlib
import http.server
import io
import threading
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from latentlab.data import catalogue, download
from latentlab.data.catalogue import CATALOGUE, MNIST_PARTS, Named, Remote
from latentlab.data.dataset import Dataset
from latentlab.data.download import fetch, open_https
from latentlab.data.guard import Reading
from latentlab.errors import CancelledError, LatentlabError, RefusedError

Open = Callable[..., Dataset]
CONTENT = np.random.default_rng(0).bytes(700_000)


class Server(http.server.ThreadingHTTPServer):
    """Serves `files`, with ranges; ends each answer after `cut` bytes where that is set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.cut: int | None = None
        self.ranges: list[str | None] = []
        self.honour_ranges = True


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.ranges.append(wanted)
        data = self.server.files.get(self.path.lstrip("/"))
        if data is None:
            self.send_error(404)
            return
        start = 0
        if wanted and self.server.honour_ranges:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(data):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        end = len(data) if self.server.cut is None else start + self.server.cut
        self.wfile.write(data[start:end])

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        running.files["a.bin"] = CONTENT
        yield running
        running.shutdown()
        thread.join()


def local(url: str, headers: dict[str, str]) -> AbstractContextManager[Any]:
    assert url.startswith("http://127.0.0.1:")
    request = urllib.request.Request(url, headers=headers)  # noqa: S310  a server of our own
    return urllib.request.urlopen(request, timeout=10)  # noqa: S310


def remote_of(server: Server, name: str = "a.bin", **changes: Any) -> Remote:
    data = server.files[name]
    url = f"http://127.0.0.1:{server.server_port}/{name}"
    given = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()} | changes
    return Remote(name, (url,), **given)


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return Reading(cache=tmp_path)


def test_a_file_arrives_whole_with_progress(tmp_path: Path, server: Server) -> None:
    told: list[float | None] = []
    reading = Reading(report=lambda _text, fraction: told.append(fraction), cache=tmp_path)
    fetch(remote_of(server), tmp_path / "new" / "a.bin", reading, local)
    assert (tmp_path / "new" / "a.bin").read_bytes() == CONTENT
    assert told[-1] == 1
    assert told == sorted(told)  # type: ignore[type-var]
    assert not list(tmp_path.rglob("*.part"))


def test_a_broken_download_goes_on_where_it_stopped(
    tmp_path: Path, server: Server, reading: Reading
) -> None:
    server.cut = 300_000
    with pytest.raises(RefusedError, match=r"connection ended after 300 kB|cannot be reached"):
        fetch(remote_of(server), tmp_path / "a.bin", reading, local)
    assert not (tmp_path / "a.bin").exists()
    assert (tmp_path / "a.bin.part").stat().st_size == 300_000
    server.cut = None
    fetch(remote_of(server), tmp_path / "a.bin", reading, local)
    assert server.ranges == [None, "bytes=300000-"]
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_server_without_ranges_sends_all_of_it_again(
    tmp_path: Path, server: Server, reading: Reading
) -> None:
    server.honour_ranges = False
    (tmp_path / "a.bin.part").write_bytes(CONTENT[:1000])
    fetch(remote_of(server), tmp_path / "a.bin", reading, local)
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("left", [b"x" * 1000, b"x" * 700_000, b"x" * 800_000])
def test_a_foreign_rest_is_thrown_away_and_the_file_fetched_anew(
    tmp_path: Path, server: Server, reading: Reading, left: bytes
) -> None:
    (tmp_path / "a.bin.part").write_bytes(left)
    fetch(remote_of(server), tmp_path / "a.bin", reading, local)
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("known", [{"sha256": "0" * 64}, {"sha256": "", "md5": "0" * 32}])
def test_what_is_not_the_published_file_is_refused(
    tmp_path: Path, server: Server, reading: Reading, known: dict[str, str]
) -> None:
    with pytest.raises(RefusedError, match=r"not the published a.bin"):
        fetch(remote_of(server, **known), tmp_path / "a.bin", reading, local)
    assert not (tmp_path / "a.bin").exists()


def test_a_server_that_sends_more_than_published_is_stopped(
    tmp_path: Path, server: Server, reading: Reading
) -> None:
    with pytest.raises(RefusedError, match="more than the published"):
        fetch(remote_of(server, size=1000), tmp_path / "a.bin", reading, local)
    assert not list(tmp_path.glob("*.part"))


def test_the_second_address_is_asked_when_the_first_does_not_answer(
    tmp_path: Path, server: Server, reading: Reading
) -> None:
    good = remote_of(server)
    urls = (good.urls[0].replace("a.bin", "gone.bin"), *good.urls)
    fetch(Remote(good.name, urls, good.size, good.sha256), tmp_path / "a.bin", reading, local)
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    with pytest.raises(RefusedError, match="answers 404"):
        fetch(Remote("b", urls[:1], 10, "00"), tmp_path / "b.bin", reading, local)


def test_cancelling_keeps_what_came(tmp_path: Path, server: Server) -> None:
    told: list[float | None] = []
    reading = Reading(
        report=lambda _text, fraction: told.append(fraction),
        cancelled=lambda: len(told) > 0,
        cache=tmp_path,
    )
    with pytest.raises(CancelledError):
        fetch(remote_of(server), tmp_path / "a.bin", reading, local)
    assert 0 < (tmp_path / "a.bin.part").stat().st_size < len(CONTENT)


def test_a_full_disk_is_told(
    tmp_path: Path, server: Server, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = SimpleNamespace(total=100, used=90, free=10)
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(LatentlabError, match="700 kB are needed on the disk and 10 bytes are free"):
        fetch(remote_of(server), tmp_path / "a.bin", reading, local)


@pytest.mark.parametrize(
    "url", ["http://example.org/a", "file:///etc/passwd", "ftp://example.org/a"]
)
def test_only_https_is_opened(url: str) -> None:
    with pytest.raises(RefusedError, match="Only https"):
        open_https(url, {})
    with pytest.raises(RefusedError, match="Only https"):
        download._OnlyHttps().redirect_request(None, None, 302, "", {}, url)


def test_every_published_address_is_https_and_every_file_has_a_checksum() -> None:
    for named in CATALOGUE.values():
        for remote in named.remotes:
            assert all(url.startswith("https://") for url in remote.urls)
            assert len(remote.sha256) == 64 or len(remote.md5) == 32


def idx_parts() -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    parts = {}
    for name, count in zip(MNIST_PARTS, (20, 20, 5, 5), strict=True):
        shape = (count, 4, 4) if "images" in name else (count,)
        array = rng.integers(0, 10, shape, dtype=np.uint8)
        head = bytes((0, 0, 8, array.ndim)) + b"".join(n.to_bytes(4, "big") for n in shape)
        parts[name] = head + array.tobytes()  # read by its first bytes, packed or not
    return parts


def test_a_named_set_is_downloaded_once_and_then_read_from_the_cache(
    tmp_path: Path, server: Server, open_at: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.files |= idx_parts()
    remotes = tuple(remote_of(server, name) for name in MNIST_PARTS)
    named = Named("Tiny", MNIST_PARTS, remotes, tuple("0123456789"))
    monkeypatch.setitem(catalogue.CATALOGUE, "kmnist", named)
    monkeypatch.delenv("LATENTLAB_DATA", raising=False)
    first = open_at("kmnist", opener=local)
    asked = len(server.ranges)
    again = open_at("KMNIST", opener=local)
    assert asked == len(server.ranges) == 4
    assert first.name == again.name == "Tiny"
    np.testing.assert_array_equal(first.x, again.x)
    assert first.split.tolist() == [0] * 20 + [1] * 5
    path = Path(first.source.source) / MNIST_PARTS[0]
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    with pytest.raises(RefusedError, match="has changed since"):
        open_at("kmnist", opener=local)


def test_the_parts_of_an_archive_are_unpacked_and_the_archive_removed(
    tmp_path: Path, server: Server, open_at: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = CATALOGUE["emnist"]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as zipped:
        for (member, _), data in zip(original.members, idx_parts().values(), strict=True):
            zipped.writestr(member, data)
        zipped.writestr("gzip/other.gz", b"not wanted")
    server.files["gzip.zip"] = stream.getvalue()
    remote = remote_of(server, "gzip.zip")
    named = Named(
        original.title,
        original.files,
        (remote,),
        original.label_names,
        prefix=original.prefix,
        members=original.members,
    )
    monkeypatch.setitem(catalogue.CATALOGUE, "emnist", named)
    monkeypatch.delenv("LATENTLAB_DATA", raising=False)
    dataset = open_at("emnist", opener=local)
    assert dataset.name == "EMNIST balanced"
    assert dataset.class_count == 47
    assert len(dataset) == 25
    names = {path.name for path in (tmp_path / "cache" / "datasets" / "emnist").iterdir()}
    assert names >= set(original.files)
    assert "gzip.zip" not in names
