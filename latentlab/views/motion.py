"""Whether things may move: as a person wants it, else as the system does."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading

from latentlab.session.settings import Settings

LOOK_S = 2.0  # at most, for a word of the system

_still: list[bool] = []  # what the system said
_looking = threading.Lock()


def may_move(settings: Settings) -> bool:
    """Whether an animation is wanted.

    The system is asked once, in a thread: until its word is there, nothing moves.
    """
    if settings.motion != "system":
        return settings.motion == "full"
    ask_system()
    return bool(_still) and not _still[0]


def ask_system() -> None:
    """Begin to ask the system, unless it was asked."""
    if not _still and _looking.acquire(blocking=False):
        threading.Thread(target=_look, name="latentlab-motion", daemon=True).start()


def _look() -> None:
    _still.append(system_is_still())


def system_is_still() -> bool:
    """Whether the system is set to less motion: Windows, macOS and the GNOME family are asked."""
    if sys.platform == "win32":
        return not _windows_animates()
    if sys.platform == "darwin":
        return _said("defaults", "read", "com.apple.universalaccess", "reduceMotion") == "1"
    return _said("gsettings", "get", "org.gnome.desktop.interface", "enable-animations") == "false"


def _windows_animates() -> bool:
    import ctypes

    on = ctypes.c_int(1)
    user32 = getattr(ctypes, "windll").user32  # noqa: B009 - it is there on Windows alone
    user32.SystemParametersInfoW(0x1042, 0, ctypes.byref(on), 0)  # SPI_GETCLIENTAREAANIMATION
    return bool(on.value)


def _said(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return ""
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=LOOK_S, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return found.stdout.strip()
