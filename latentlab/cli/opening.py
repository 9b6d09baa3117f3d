"""The window, from the command line."""

from __future__ import annotations

import difflib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer

from latentlab.cli.common import Common
from latentlab.errors import LatentlabError, RefusedError, UsageError

COMMANDS = (
    *("train", "evaluate", "embed", "sample", "reconstruct", "decode", "interpolate", "render"),
    *("traverse", "directions", "outliers", "duplicates", "labels", "tour", "bench", "doctor"),
)


def open_window(
    common: Common,
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="[DATA or MODEL]...", help="What to open.")
    ] = None,
) -> None:
    """Open the window, on data and models by name, file or folder."""
    words = sources or []
    for word in words:
        _check(word)
    from latentlab import app

    with ThreadPoolExecutor(1) as pool:
        display = pool.submit(app.display_works)
        _import_window()  # while a child process tries the display
        if not display.result():
            raise LatentlabError(
                "No window can be shown here: there is no display.",
                do="Set DISPLAY, or see the main job run by: latentlab tour --out build/tour",
            )
    code = app.run_window(*words, device=common.device)
    if code:
        raise LatentlabError("The window did not close in order.", do="See the log file.")


def _import_window() -> None:
    from latentlab.views import window  # noqa: F401


def _check(word: str) -> None:
    """Refuse a word that is neither a path nor a name, with the command it comes nearest to.

    Raises:
        UsageError: It looks like a command with a slip in it.
        RefusedError: It looks like a path, and nothing is there.
    """
    from latentlab.data.catalogue import NAMES

    if word in NAMES or Path(word).expanduser().exists():
        return
    if "/" in word or "\\" in word or "." in word:
        raise RefusedError(
            "There is no such file or folder.", where=word, do="Check the path and try again."
        )
    nearest = difflib.get_close_matches(word, [*COMMANDS, *NAMES], n=1, cutoff=0.0)[0]
    raise UsageError(
        f'"{word}" is neither a command nor a file, a folder or a data set.',
        do=f"Do you mean {nearest}? See: latentlab --help",
    )
