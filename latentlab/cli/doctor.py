"""The command `doctor`: is everything here that latentlab needs, and how fast is it?"""

from __future__ import annotations

import ctypes
import importlib.metadata
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from latentlab import __version__
from latentlab.cli.common import Common, UnfinishedError
from latentlab.cli.progress import Progress
from latentlab.errors import LatentlabError

PACKAGES = (
    *("torch", "numpy", "PySide6-Essentials", "pyqtgraph", "msgspec", "safetensors", "pillow"),
    *("platformdirs", "filelock", "scikit-learn", "pyarrow", "matplotlib", "typer", "rich"),
)
# Shared library -> Debian package, as found out in bare systems.
OFFSCREEN_LIBRARIES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
}
WINDOW_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
_TRY_OFFSCREEN = "from PySide6.QtWidgets import QApplication as A; A(['try']); print('works')"


def doctor(common: Common) -> None:
    """Check versions, devices, Qt, system libraries and folders, and measure the speed."""
    problems: list[dict[str, str]] = []
    with Progress(common) as progress:
        progress.report("Looking at versions")
        fields: dict[str, Any] = {"latentlab": __version__, "system": platform.platform()}
        fields["versions"] = versions(problems)
        progress.report("Looking at libraries")
        fields["missing_libraries"] = missing_libraries(problems)
        progress.report("Trying Qt")
        fields["qt"] = _qt(problems)
        fields["folders"] = _folders(problems)
        progress.report("Measuring the speed")
        fields |= _torch(problems)
    result = {"ok": not problems, "problems": problems, **fields}
    if not problems:
        common.result(result)
        return
    if not common.json:
        common.result(result)
    first = problems[0]
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    raise UnfinishedError(
        LatentlabError(first["what"] + more, where="doctor", do=first["do"]), result
    )


def versions(problems: list[dict[str, str]]) -> dict[str, str | None]:
    """Versions by package; adds what is missing or known not to work to `problems`."""
    found: dict[str, str | None] = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
            _add(problems, f"The package {name} is not installed.", f"pip install {name}")
    qt = found["PySide6-Essentials"] or ""
    if qt.startswith("6.12.") and sys.version_info < (3, 12):
        _add(
            problems,
            f"PySide6 {qt} ends the program on Python 3.11 after some hundred signals.",
            'pip install "PySide6-Essentials>=6.11.2,<6.12"',
        )
    return found


def missing_libraries(problems: list[dict[str, str]]) -> list[str]:
    """Names of shared libraries that Qt needs and this Linux does not have."""
    if not sys.platform.startswith("linux"):
        return []
    libraries = {**OFFSCREEN_LIBRARIES, **WINDOW_LIBRARIES}
    missing = [name for name in libraries if not _loads(name)]
    if missing:
        packages = " ".join(libraries[name] for name in missing)
        _add(
            problems,
            f"Libraries that Qt needs are missing: {', '.join(missing)}.",
            f"On Debian or Ubuntu: apt-get install -y {packages}",
        )
    return missing


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _qt(problems: list[dict[str, str]]) -> dict[str, Any]:
    from latentlab import app

    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    child = subprocess.run(
        [sys.executable, "-c", _TRY_OFFSCREEN],
        capture_output=True,
        env=environment,
        timeout=120,
        check=False,
        text=True,
    )
    works = child.returncode == 0 and "works" in child.stdout
    if not works:
        last = (child.stderr.strip().splitlines() or ["no message"])[-1]
        _add(problems, f"Qt does not start: {last}", "Install what is missing, and try again.")
    # Without a display the program works all the same, offscreen: told, but not a problem.
    return {
        "platform": os.environ.get("QT_QPA_PLATFORM") or "default",
        "offscreen_works": works,
        "display_works": app.display_works(),
    }


def _folders(problems: list[dict[str, str]]) -> dict[str, Any]:
    from platformdirs import user_cache_path, user_config_path, user_data_path

    from latentlab.resources import sample_path

    folders: dict[str, Any] = {
        "settings": user_config_path("latentlab"),
        "runs": user_data_path("latentlab"),
        "downloads": user_cache_path("latentlab"),
    }
    for what, folder in folders.items():
        if not _writable(folder):
            _add(
                problems,
                f"The folder for {what} can't be written: {folder}.",
                "Change its permissions, or set HOME to a folder of yours.",
            )
    data = os.environ.get("LATENTLAB_DATA")
    folders["data"] = data
    if data and not Path(data).is_dir():
        _add(problems, f"LATENTLAB_DATA is no folder: {data}.", "Correct or unset it.")
    folders["sample"] = sample_path()
    if folders["sample"] is None:
        _add(problems, "The sample model is missing.", "Install latentlab again.")
    return folders


def _writable(folder: Path) -> bool:
    """Whether the folder, or the nearest one above it that exists, can be written."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK)


def _torch(problems: list[dict[str, str]]) -> dict[str, Any]:
    try:
        from latentlab.models.devices import available_devices, choose_device
    except (ImportError, OSError) as error:
        _add(problems, f"torch can't be loaded: {error}.", "Install it again.")
        return {"devices": [], "device": None, "speed": None}
    return {
        "devices": list(available_devices()),
        "device": str(choose_device()),
        "speed": _speed(),
    }


def _speed() -> dict[str, float]:
    """A first idea of this machine: a decode of a default model, and matrix products."""
    import torch

    from latentlab.models.build import build
    from latentlab.models.model import Model
    from latentlab.specs import ModelSpec

    model = Model(build(ModelSpec(shape=(1, 28, 28))))
    decode_ms = 1e3 * _fastest_s(lambda: model.decode([[0.0, 0.0]]))
    a = torch.ones(1024, 1024)
    product_s = _fastest_s(lambda: a @ a)
    return {
        "decode_ms": decode_ms,
        "gflops": 2 * 1024**3 / product_s / 1e9,
        "threads": torch.get_num_threads(),
    }


def _fastest_s(work: Any, times: int = 20) -> float:
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return min(taken)


def _add(problems: list[dict[str, str]], what: str, do: str) -> None:
    problems.append({"what": what, "do": do})
