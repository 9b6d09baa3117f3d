"""Where the files that are not code lie: one look-up for the wheel and for a checkout."""

from __future__ import annotations

from pathlib import Path

from latentlab.errors import LatentlabError

_PACKAGE = Path(__file__).resolve().parent
_SAMPLE = "sample.safetensors"


def resource_path(name: str) -> Path:
    """Return where the resource `name` ("icons/play.svg") lies.

    The wheel carries `resources/` as `latentlab/_resources`; a checkout has it beside the package.

    Raises:
        LatentlabError: It is in neither place: the installation is damaged.

    Example:
        >>> resource_path("icons/play.svg").name
        'play.svg'
    """
    for folder in (_PACKAGE / "_resources", _PACKAGE.parent / "resources"):
        path = folder / name
        if path.exists():
            return path
    raise LatentlabError(
        "A file that belongs to latentlab is missing.", where=name, do="Install latentlab again."
    )


def sample_path() -> Path | None:
    """Return the sample model that the window opens on, or None where it was not made."""
    for path in (_PACKAGE / "_resources" / _SAMPLE, _PACKAGE.parent / "assets" / _SAMPLE):
        if path.is_file():
            return path
    return None
