"""Data sets by name: in a folder that holds them, in the user's cache, or downloaded."""

from __future__ import annotations

import os
from pathlib import Path

from latentlab.data.arrays import open_npz
from latentlab.data.builtin import open_digits
from latentlab.data.catalogue import CATALOGUE, Named, recognise
from latentlab.data.download import Opener, fetch_all, open_https
from latentlab.data.guard import Reading, sha256_file
from latentlab.data.idx import open_idx_folder
from latentlab.data.raw import Raw
from latentlab.errors import LatentlabError, RefusedError
from latentlab.files import write_atomic
from latentlab.specs import DataSpec

VARIABLE = "LATENTLAB_DATA"
SUMS = "SHA256SUMS"


def open_named(name: str, spec: DataSpec, reading: Reading, opener: Opener = open_https) -> Raw:
    """Open a data set of the catalogue.

    Looked for in `$LATENTLAB_DATA/NAME`, in `$LATENTLAB_DATA` itself, and in the cache; downloaded
    into the cache where it is nowhere.

    Raises:
        RefusedError: Its files are damaged, or it cannot be downloaded.
        CancelledError: A person stopped it.
    """
    if name == "digits":
        return open_digits()
    named = CATALOGUE[name]
    own = os.environ.get(VARIABLE, "")
    if own:
        if paths := files_in(Path(own) / name, named):
            return _read(named, paths, spec, reading)
        if (paths := files_in(Path(own), named)) and _is_published(named, paths, reading):
            return _read(named, paths, spec, reading)
    folder = reading.cache / "datasets" / name
    paths = files_in(folder, named, downloaded=True)
    if paths is None:
        fetch_all(named, folder, reading, opener)
        paths = files_in(folder, named, downloaded=True)
        if paths is None:
            raise LatentlabError(
                "The download is not complete.", where=str(folder), do="Try again."
            )
        _record(paths, reading)
    raw = _read(named, paths, spec, reading)
    _compare(folder, raw)
    return raw


def files_in(folder: Path, named: Named, *, downloaded: bool = False) -> list[Path] | None:
    """The files of a named data set in a folder, packed or not; None where one is missing.

    Args:
        folder: Where to look.
        named: The data set.
        downloaded: Accept the published files alone, not a sample of them.
    """
    names = named.files[:1] if downloaded and named.any_of else named.files
    found = []
    for name in names:
        for path in (folder / name, folder / name.removesuffix(".gz")):
            if path.is_file():
                found.append(path)
                break
    if named.any_of:
        return found[:1] or None
    return found if len(found) == len(names) else None


def _is_published(named: Named, paths: list[Path], reading: Reading) -> bool:
    # MNIST, Fashion-MNIST and KMNIST have the same file names: the small labels file tells which.
    if named.any_of or named.prefix:
        return True
    return recognise({paths[1].name: sha256_file(paths[1], reading)}) is named


def _read(named: Named, paths: list[Path], spec: DataSpec, reading: Reading) -> Raw:
    if named.any_of:
        return open_npz(paths[0], spec, reading)
    raw = open_idx_folder(paths[0].parent, paths, reading, prefix=named.prefix)
    give_name(raw, named)
    published = {remote.name: remote.sha256 for remote in named.remotes}
    differ = [name for name, found in raw.checksums.items() if published.get(name, found) != found]
    if differ:
        raw.notes.append(f"{', '.join(differ)} is not the published file (its sha256 differs).")
    return raw


def give_name(raw: Raw, named: Named) -> None:
    """Give data that was recognised its name and the names of its classes."""
    raw.name = named.title
    if raw.y is not None and raw.y.max() < len(named.label_names):
        raw.label_names = named.label_names


def _record(paths: list[Path], reading: Reading) -> None:
    """Write down what came, so that a later change is seen even where no sha256 is published."""
    lines = [f"{sha256_file(path, reading)}  {path.name}\n" for path in paths]
    write_atomic(paths[0].parent / SUMS, "".join(lines).encode("utf-8"))


def _compare(folder: Path, raw: Raw) -> None:
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    recorded = {line[66:]: line[:64] for line in lines if line[64:66] == "  "}
    for name, found in raw.checksums.items():
        if recorded.get(name, found) != found:
            raise RefusedError(
                "The file is not what was downloaded: it has changed since.",
                where=str(folder / name),
                do="Delete it, and it is downloaded again.",
            )
