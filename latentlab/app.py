"""The composition root: builds engine, session and window, and hands each what it uses."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from latentlab.specs import DataSpec, Device

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from latentlab.engine.engine import Engine
    from latentlab.models.model import Model
    from latentlab.session.bridge import Bridge
    from latentlab.session.session import Session
    from latentlab.views.window import MainWindow

TRY_DISPLAY = "from PySide6.QtGui import QGuiApplication as A; A(['try']); print('works')"
HEADLESS = ("offscreen", "minimal", "vnc")
# Python's threads hand over after a millisecond and not after five: a drag beside a training shows
# its slowest pictures sooner, and the training keeps more of its speed (measured on 2 cores).
SWITCH_S = 0.001


def display_works(timeout_s: float = 30.0) -> bool:
    """Whether a window can be shown here; tried in a child process, for Qt's abort ends one."""
    if os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0] in HEADLESS:
        return True
    no_name = not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if sys.platform.startswith("linux") and no_name:
        return False
    try:
        child = subprocess.run(
            [sys.executable, "-c", TRY_DISPLAY],
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return child.returncode == 0 and b"works" in child.stdout


# A prompt may not keep what `explore` returned; the window lives until it is closed.
OPEN: list[Program] = []
LEFT: list[Bridge] = []  # doors that a thread may still use, which did not end in time


class Program:
    """Everything that runs, made in order and taken down in the reverse order.

    Args:
        device: Where models compute.
        settings_path: The settings' file; None keeps them in memory.
        runs_folder: Where trainings are kept; None keeps none.
        log_folder: Where the log and freeze reports go; None writes none.
    """

    def __init__(
        self,
        *,
        device: Device = "auto",
        settings_path: Path | None = None,
        runs_folder: Path | None = None,
        log_folder: Path | None = None,
    ) -> None:
        from latentlab.engine.engine import Engine
        from latentlab.session.bridge import Bridge
        from latentlab.session.session import Session
        from latentlab.views.window import MainWindow

        self.bridge = Bridge()
        self.engine: Engine = Engine(self.bridge.post, device=device)
        self.session: Session = Session(self.engine, settings_path, runs_folder=runs_folder)
        self.bridge.arrived.connect(self.session.apply)
        self.window: MainWindow = MainWindow(self.session)
        self._guards = Guards(self, log_folder)
        OPEN.append(self)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._closed = False

    def start(self) -> None:
        """Start the lanes; torch is loaded in one of them."""
        self.engine.start()
        self.session.start()

    def open(self, *sources: str) -> None:
        """Open names, files and folders; the sample model where there are none."""
        from latentlab.resources import sample_path
        from latentlab.session.opening import data_first

        sample = sample_path()
        for source in data_first(sources):
            path = Path(source)
            if path.exists():
                self.session.open_path(path)
            else:
                self.session.open_data(DataSpec(source=source))
        if not sources and sample is not None:
            self.session.open_model(sample)

    def open_object(self, model: Model) -> None:
        """Open a model that lives in this process, by way of a file."""
        from latentlab.models.files import write_model_file

        self._folder = tempfile.TemporaryDirectory(prefix="latentlab-")
        path = Path(self._folder.name) / f"{model.header.name or 'model'}.safetensors"
        write_model_file(path, model.to_file(model.stored_map, model.stored_lattice))
        self.session.open_model(path)

    def close_soon(self) -> None:
        """Close when the event at hand is over."""
        from PySide6.QtCore import QTimer

        QTimer.singleShot(0, self.close)

    def close(self) -> bool:
        """Window, session, engine, bridge: in this order. Returns whether all threads ended."""
        from PySide6.QtCore import QCoreApplication, QEvent

        if self._closed:
            return True
        self._closed = True
        OPEN.remove(self)
        self.window.close()
        self.session.close()
        ended = self.engine.close()
        self.bridge.arrived.disconnect(self.session.apply)
        self._guards.remove()
        if self._folder is not None:
            self._folder.cleanup()
        if not ended:
            LEFT.append(self.bridge)
        for part in (self.window, self.session, *([self.bridge] if ended else [])):
            part.deleteLater()
            QCoreApplication.sendPostedEvents(part, QEvent.Type.DeferredDelete)
        return ended


class Guards:
    """Garbage collection in the GUI thread, quick turns, freeze reports, fault hooks, one log.

    Args:
        program: Whose session tells what went wrong.
        folder: Where the log goes; None installs what must be there, and no more.
    """

    def __init__(self, program: Program, folder: Path | None) -> None:
        from latentlab import guards

        self._session = program.session
        self._interval_s = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_S)
        self._collector = guards.Collector(program.session)
        self._collector.wait()
        # What torch brings in is for ever: it need not be looked through again.
        program.session.engine_changed.connect(self._settle)
        program.session.training_changed.connect(self._settle_training)
        self._logged: Logged | None = None
        if folder is not None:
            self._logged = Logged(program, folder)

    def _settle(self) -> None:
        if self._session.engine.ready:
            self._session.engine_changed.disconnect(self._settle)
            self._collector.settle()
            self._settle_training(first=False)

    def _settle_training(self, *, first: bool = True) -> None:
        # The first training imports the optimisers, which bring as much as torch did.
        if self._session.training.status == "starting":
            self._collector.wait()
        elif first:
            self._session.training_changed.disconnect(self._settle_training)
            self._collector.settle()

    def remove(self) -> None:
        """Take all of it down."""
        self._collector.stop()
        sys.setswitchinterval(self._interval_s)
        if self._logged is not None:
            self._logged.remove()


class Logged:
    """Fault hooks and freeze reports, written to a folder.

    Args:
        program: Whose session tells what went wrong.
        folder: Where the log goes.
    """

    def __init__(self, program: Program, folder: Path) -> None:
        from latentlab import guards
        from latentlab.engine.messages import Failed

        self._handler, self._stream = guards.open_log(folder)

        def tell(sentence: str) -> None:
            program.bridge.post(Failed(0, "Program", sentence, do="The log has the details."))

        self._hooks = guards.Hooks(tell)
        self._watch = guards.FreezeWatch(self._stream, program.session)

    def remove(self) -> None:
        """Take both down."""
        from latentlab.guards import log

        self._watch.stop()
        self._hooks.remove()
        if self._handler is not None:
            log.removeHandler(self._handler)
            self._handler.close()
            self._stream.close()


def run_window(*sources: str | None, device: Device = "auto") -> int:
    """Open the window on data and models (the sample where none is given); returns its exit code.

    The window is on screen before torch is imported: the engine starts when the event loop runs.
    """
    _torch_first_on_windows()
    from platformdirs import user_config_path, user_data_path, user_log_path
    from PySide6.QtCore import QTimer

    application = make_application()
    program = Program(
        device=device,
        settings_path=user_config_path("latentlab") / "settings.json",
        runs_folder=user_data_path("latentlab") / "runs",
        log_folder=user_log_path("latentlab"),
    )
    program.window.show()
    _close_when_told(program.window)

    def begin() -> None:
        program.start()
        program.open(*(source for source in sources if source))

    QTimer.singleShot(0, program.window, begin)
    code = application.exec()
    ended = program.close()
    return code if ended else 1


def _close_when_told(window: MainWindow) -> None:
    """Ctrl+C, `kill` and the end of a desktop session close the window as its button does.

    Python hears a signal between two of its own steps: the collector's timer has one each second.
    """
    from PySide6.QtCore import QTimer

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        if hasattr(signal, name):
            signal.signal(
                getattr(signal, name), lambda *_: QTimer.singleShot(0, window, window.close)
            )


def make_application() -> QApplication:
    """The one QApplication of this process, named and styled; an existing one is used as it is."""
    # Qt's raster engine hands parts of every line and picture to a pool of threads and waits for
    # them. While a model trains, waking those costs more than painting here (measured on 2 cores).
    os.environ.setdefault("QT_NO_GUI_THREADPOOL", "1")
    from PySide6.QtWidgets import QApplication

    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    application = QApplication(sys.argv[:1])
    application.setApplicationName("latentlab")
    application.setApplicationDisplayName("latentlab")
    application.setOrganizationName("latentlab")
    return application


def explore(model: Any = None, data: Any = None, *, device: Device = "auto") -> Program | None:
    """Open the window on a model and data, from a script or from IPython with `%gui qt`.

    Where an event loop runs already the call returns the program at once; else it returns None
    when the window is closed.

    Args:
        model: A `Model`, a model file or a run folder.
        data: A `Dataset`, a name, a file or a folder.
        device: Where models compute.
    """
    application = make_application()
    program = Program(device=device)
    program.window.show()
    program.start()
    _hand_over(program, model, data)
    if _event_loop_runs():
        program.window.closed.connect(program.close_soon)
        return program
    application.exec()
    program.close()
    return None


def _hand_over(program: Program, model: Any, data: Any) -> None:
    from latentlab.data.dataset import Dataset
    from latentlab.engine.messages import DataOpened

    if isinstance(data, Dataset):
        program.session.apply(DataOpened(0, data))
    elif data is not None:
        spec = data if isinstance(data, DataSpec) else DataSpec(source=str(data))
        program.session.open_data(spec)
    if isinstance(model, str | Path):
        program.session.open_path(Path(model))
    elif model is not None:
        program.open_object(model)
    elif data is None:
        program.open()


def _event_loop_runs() -> bool:
    """Whether IPython's `%gui qt` (or another host) turns Qt's event loop."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is not None and getattr(shell, "active_eventloop", None) in {"qt", "qt5", "qt6"}:
        return True
    from PySide6.QtCore import QThread

    return QThread.currentThread().loopLevel() > 0


def _torch_first_on_windows() -> None:
    # Loaded after Qt's libraries, torch's fail to initialise there.
    if sys.platform == "win32":
        splash = _splash()
        importlib.import_module("torch")
        if splash is not None:
            splash.destroy()


def _splash() -> Any:
    try:
        import tkinter as tk
    except ImportError:
        return None
    root = tk.Tk()
    root.overrideredirect(boolean=True)
    tk.Label(root, text="latentlab is starting...", padx=48, pady=32).pack()
    root.update()
    return root
