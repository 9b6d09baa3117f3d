"""Uses the real window as a person would: events to its widgets, Qt's loop turned while waiting.

The tour and the benchmarks are made of it. Where there is no display the window is offscreen.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import (
    QEvent,
    QEventLoop,
    QMessageLogContext,
    QPoint,
    QPointF,
    QSize,
    Qt,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from latentlab.cli.common import Common
from latentlab.errors import LatentlabError
from latentlab.specs import DataSpec

if TYPE_CHECKING:
    from latentlab.app import Program
    from latentlab.session.session import Session
    from latentlab.views.window import MainWindow

Point = tuple[float, float]

WINDOW = QSize(1400, 900)
SCREEN = {"width": 1920, "height": 1080, "logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1.0}
CHECK_MS = 5


class Screen:
    """A screen for an offscreen window: Qt's own has 800x800 pixels, too few for the window."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def is_wanted(self) -> bool:
        """Whether the person asked for an offscreen window."""
        return os.environ.get("QT_QPA_PLATFORM", "") == "offscreen"

    def use(self) -> None:
        """Let the QApplication that is made next have it."""
        if QApplication.instance() is not None:
            return
        self._folder = tempfile.TemporaryDirectory(prefix="latentlab-")
        path = Path(self._folder.name) / "screen.json"
        path.write_text(json.dumps({"screens": [{"name": "screen", "x": 0, "y": 0, **SCREEN}]}))
        os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={path}"

    def close(self) -> None:
        """Leave nothing behind."""
        if self._folder is not None:
            self._folder.cleanup()
            os.environ["QT_QPA_PLATFORM"] = "offscreen"


class Driver:
    """One window and the hand that uses it; use it in a `with`, so that it is closed.

    Args:
        common: Which device to compute on.
        runs_folder: Where trainings from the menu are kept; None keeps none.
    """

    def __init__(self, common: Common, runs_folder: Path | None = None) -> None:
        from latentlab import app

        self._screen = Screen()
        if not app.display_works() or self._screen.is_wanted:
            self._screen.use()
        self._messages = qInstallMessageHandler(_drop_hints)
        self.application: QApplication = app.make_application()
        self.program: Program = app.Program(device=common.device, runs_folder=runs_folder)
        self.window: MainWindow = self.program.window
        self.session: Session = self.program.session
        self.canvas: QWidget = self.window.map.canvas.viewport()
        self._button = Qt.MouseButton.NoButton

    def __enter__(self) -> Driver:
        self.window.resize(WINDOW)
        self.window.show()
        self.program.start()
        self.wait(lambda: self.session.engine.ready, "the engine to start", 120.0)
        return self

    def __exit__(self, *_: object) -> None:
        self.program.close()
        self.application.sendPostedEvents(None, 0)
        self.application.processEvents()
        self._screen.close()
        qInstallMessageHandler(self._messages)

    # Waiting

    def wait(self, condition: Callable[[], object], what: str, timeout_s: float = 60.0) -> float:
        """Turn Qt's loop until `condition` holds; returns the seconds that it took.

        Raises:
            LatentlabError: It did not come in time.
        """
        begin_s = time.perf_counter()
        loop, timer = QEventLoop(), QTimer()

        def check() -> None:
            if condition() or time.perf_counter() - begin_s > timeout_s:
                loop.quit()

        timer.setInterval(CHECK_MS)
        timer.timeout.connect(check)
        timer.start()
        if not condition():
            loop.exec()
        timer.stop()
        if not condition():
            raise LatentlabError(
                f"Waited {timeout_s:.0f} s in vain for {what}.",
                where="window",
                do="Run it again; with --debug it says where.",
            )
        return time.perf_counter() - begin_s

    def rest(self, seconds: float) -> None:
        """Turn Qt's loop for a while."""
        end_s = time.perf_counter() + seconds
        self.wait(lambda: time.perf_counter() >= end_s, "time to pass", seconds + 60.0)

    # The hand

    def pixel(self, xy: Point) -> QPointF:
        """Where a map point is, in the canvas's pixels."""
        canvas = self.window.map.canvas
        x0, y0, x1, y1 = canvas.camera.rect
        area = canvas.plot_area
        across, down = (xy[0] - x0) / (x1 - x0), (y1 - xy[1]) / (y1 - y0)
        return QPointF(area.left() + across * area.width(), area.top() + down * area.height())

    def press(self, at: QPointF) -> None:
        """Press the left button."""
        self._button = Qt.MouseButton.LeftButton
        self._mouse(QEvent.Type.MouseButtonPress, at, self._button)

    def move(self, at: QPointF) -> None:
        """Move the pointer."""
        self._mouse(QEvent.Type.MouseMove, at, Qt.MouseButton.NoButton)

    def release(self, at: QPointF) -> None:
        """Let the left button go."""
        button, self._button = self._button, Qt.MouseButton.NoButton
        self._mouse(QEvent.Type.MouseButtonRelease, at, button)

    def click(self, xy: Point) -> None:
        """Press and release at a map point."""
        at = self.pixel(xy)
        self.press(at)
        self.release(at)

    def _mouse(self, kind: QEvent.Type, at: QPointF, button: Qt.MouseButton) -> None:
        where = QPointF(self.canvas.mapToGlobal(at))
        none = Qt.KeyboardModifier.NoModifier
        event = QMouseEvent(kind, at, where, button, self._button, none)
        self.application.sendEvent(self.canvas, event)

    def key(self, widget: QWidget, key: Qt.Key) -> None:
        """Press and release a key."""
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier)
            self.application.sendEvent(widget, event)

    # Menus and dialogs

    def trigger(self, text: str) -> None:
        """Trigger the menu's action whose words are `text`.

        Raises:
            LatentlabError: There is none, or it is not enabled now.
        """
        for action in self.window.findChildren(QAction):
            if action.text().replace("&", "") == text:
                if not action.isEnabled():
                    raise LatentlabError(f'"{text}" can\'t be chosen now.', where="menu")
                action.trigger()
                return
        raise LatentlabError(f'There is no "{text}".', where="menu")

    def dialog(self) -> QDialog:
        """The dialog that is open; waits for it."""
        self.wait(lambda: self.open_dialogs(), "a dialog")
        return self.open_dialogs()[-1]

    def open_dialogs(self) -> list[QDialog]:
        """Dialogs that are on screen."""
        return [one for one in self.window.findChildren(QDialog) if one.isVisible()]

    def press_key(self, dialog: QDialog, name: Literal["enter", "escape"]) -> None:
        """Press Enter or Escape in a dialog, and see it go."""
        key = Qt.Key.Key_Return if name == "enter" else Qt.Key.Key_Escape
        count = len(self.open_dialogs())
        self.key(dialog, key)
        self.wait(lambda: len(self.open_dialogs()) < count, "the dialog to close")

    # Longer work

    def open_data(self, source: str) -> None:
        """Open data and wait for them."""
        before = self.session.dataset
        self.session.open_data(DataSpec(source=source))
        self.wait(lambda: self.session.dataset is not before, f"{source} to open", 600.0)

    def shot(self, path: Path) -> None:
        """Write the window, and what stands above it, as PNG."""
        picture = self.window.grab()
        for dialog in self.open_dialogs():
            _lay_over(picture, self.window, dialog)
        if not picture.save(str(path), "PNG"):
            raise LatentlabError("The screenshot can't be written.", where=str(path))


def _drop_hints(_kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
    """Qt's own words to standard error, but the offscreen plugin's about window managers."""
    if "propagateSizeHints" not in message:
        print(message, file=sys.stderr)  # noqa: T201


def _lay_over(picture: QPixmap, window: QWidget, dialog: QDialog) -> None:
    """Paint a dialog where it stands, or in the middle: grabbing a window leaves it out."""
    at = dialog.mapToGlobal(QPoint()) - window.mapToGlobal(QPoint())
    if not window.rect().contains(at):
        free = window.size() - dialog.size()
        at = QPoint(free.width() // 2, free.height() // 2)
    painter = QPainter(picture)
    painter.drawPixmap(at, dialog.grab())
    painter.setPen(dialog.palette().mid().color())
    painter.drawRect(at.x(), at.y(), dialog.width(), dialog.height())
    painter.end()
