"""Progress on standard error: a live bar on a terminal, a few lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from latentlab.cli.common import Common

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

LINE_EVERY_S = 5.0


class Progress:
    """Shows how far long work is; use it in a `with`.

    Args:
        common: Whether to be quiet.
    """

    def __init__(self, common: Common) -> None:
        self._common = common
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._said_s = time.monotonic()

    def __enter__(self) -> Self:
        if not self._common.quiet and sys.stderr.isatty():
            self._bar = _make_bar()
            self._bar.start()
            self._task = self._bar.add_task("Working", total=None)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def report(self, text: str, fraction: float | None = None) -> None:
        """Say what is being done, and the fraction of it where it is known."""
        if self._bar is not None and self._task is not None:
            total = None if fraction is None else 1.0
            self._bar.update(self._task, description=text, total=total, completed=fraction or 0.0)
        elif time.monotonic() - self._said_s >= LINE_EVERY_S:
            share = "" if fraction is None else f" {fraction:.0%}"
            self.line(f"{text}{share}")

    def line(self, text: str) -> None:
        """Say something that stays on the screen."""
        self._said_s = time.monotonic()
        if self._common.quiet:
            return
        if self._bar is not None:
            self._bar.console.print(text, markup=False, highlight=False)
        else:
            self._common.say(text)


def _make_bar() -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
