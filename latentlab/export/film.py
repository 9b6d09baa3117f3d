"""Films: the frames of a path as GIF, animated WebP, MP4, PNG strip, PNG frames or npz."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.errors import UsageError
from latentlab.export import pictures
from latentlab.export.cinema import Cinema
from latentlab.export.encoders import animation, write_folder, write_mp4
from latentlab.export.pictures import Pictures
from latentlab.export.smallmap import MapPoints
from latentlab.files import write_atomic
from latentlab.parts.films import FilmLook

Report = Callable[[float], None]

FOLDER = ".frames"
ENDINGS = (".gif", ".webp", ".mp4", ".png", ".npz", FOLDER)
_STRIP_SIDE_PX = 56
_WIDEST_STRIP_PX = 8192


def check_ending(path: Path) -> None:
    """Refuse an ending that no film has, and MP4 where its encoder is missing, before the work.

    Raises:
        UsageError: The ending is unknown, or `imageio-ffmpeg` is not installed.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise UsageError(
            f'Films are not written as "{ending or path.name}".',
            where=str(path),
            do=f"End the name with {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}.",
        )
    if ending == ".mp4" and find_spec("imageio_ffmpeg") is None:
        raise UsageError(
            "MP4 needs a package that is not installed.",
            where=str(path),
            do="Run: pip install 'latentlab[mp4]', or end the name with .gif or .webp.",
        )


def write_film(
    path: Path,
    frames: Pictures,
    *,
    frames_per_s: float = 20.0,
    z: NDArray[np.floating] | None = None,
    scale: int | None = None,
    look: FilmLook | None = None,
    places: NDArray[np.floating] | None = None,
    points: MapPoints | None = None,
    report: Report = lambda _: None,
) -> None:
    """Write frames by the ending of `path`, whole or not at all.

    .gif and .webp loop; .png is a strip, left to right; .frames is a folder of PNG files; .npz
    holds `frames` and `z` as they are. Caption and map are in films and folders, not in strips.

    Args:
        path: Where to.
        frames: (F, H, W) or (F, H, W, 3) uint8.
        frames_per_s: Playing speed; a GIF knows hundredths of a second alone.
        z: (F, d) latents of the frames; stored in .npz, told by captions.
        scale: Whole multiple that pictures are enlarged by; None chooses.
        look: Size, speed, caption and map, in place of `frames_per_s` and `scale`.
        places: (F, 2) where the frames lie on the map, for the small map.
        points: The data on the small map.
        report: Called with the fraction done; what it raises ends the work, and nothing is left.

    Raises:
        UsageError: The ending is unknown, or its encoder is not installed.
        LatentlabError: The folder can't be written, or the encoder failed.
    """
    check_ending(path)
    if len(frames) == 0:
        raise UsageError("A film needs at least one frame.", where=str(path), do="Add frames.")
    if look is None:
        side = None if scale is None else scale * max(frames.shape[1:3])
        look = FilmLook(frames_per_s=frames_per_s, side_px=side)
    ending = path.suffix.lower()
    if ending == ".npz":
        write_atomic(path, _npz(frames, z))
        return
    if ending == ".png":
        write_atomic(path, pictures.encode(strip(frames, scale)))
        return
    cinema = Cinema(frames, look, z=z, path=places, points=points)
    if ending == ".mp4":
        write_mp4(path, cinema, look.frames_per_s, report)
    elif ending == FOLDER:
        write_folder(path, cinema, report)
    else:
        write_atomic(path, animation(cinema, look.frames_per_s, ending, report))


def strip(frames: Pictures, scale: int | None = None) -> pictures.Picture:
    """The frames side by side; in several rows where one would be wider than 8,192 pixels.

    Example:
        >>> strip(np.zeros((5, 28, 28), np.uint8)).shape
        (56, 284)
    """
    large = pictures.enlarge(frames, scale or pictures.enlargement(frames, _STRIP_SIDE_PX))
    rows = math.ceil(len(frames) * (large.shape[2] + 1) / _WIDEST_STRIP_PX)
    return pictures.sheet(large, columns=math.ceil(len(frames) / rows))


def _npz(frames: Pictures, z: NDArray[np.floating] | None) -> bytes:
    arrays: dict[str, Any] = {"frames": frames}
    if z is not None:
        arrays["z"] = np.asarray(z)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()
