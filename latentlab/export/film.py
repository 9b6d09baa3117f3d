"""Films: the frames of a path as GIF, animated WebP, MP4, PNG strip or npz, by the ending."""

from __future__ import annotations

import contextlib
import io
import math
import os
import secrets
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.errors import LatentlabError, UsageError
from latentlab.export import pictures
from latentlab.export.pictures import Pictures
from latentlab.files import disk_error, write_atomic

ENDINGS = (".gif", ".webp", ".mp4", ".png", ".npz")
_FILM_SIDE_PX = 224
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
) -> None:
    """Write frames by the ending of `path`, whole or not at all.

    .gif and .webp loop; .png is a strip, left to right; .npz holds `frames` and `z` as they are.

    Args:
        path: Where to.
        frames: (F, H, W) or (F, H, W, 3) uint8.
        frames_per_s: Playing speed; a GIF knows hundredths of a second alone.
        z: (F, d) latents of the frames; stored in .npz.
        scale: Whole multiple that pictures are enlarged by; None chooses.

    Raises:
        UsageError: The ending is unknown, or its encoder is not installed.
        LatentlabError: The folder can't be written, or the encoder failed.
    """
    check_ending(path)
    if len(frames) == 0:
        raise UsageError("A film needs at least one frame.", where=str(path), do="Add frames.")
    ending = path.suffix.lower()
    if ending == ".npz":
        write_atomic(path, _npz(frames, z))
    elif ending == ".png":
        write_atomic(path, pictures.encode(strip(frames, scale)))
    else:
        large = pictures.enlarge(frames, scale or pictures.enlargement(frames, _FILM_SIDE_PX))
        if ending == ".mp4":
            _write_mp4(path, large, frames_per_s)
        else:
            write_atomic(path, _animation(large, frames_per_s, ending))


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


def _animation(frames: Pictures, frames_per_s: float, ending: str) -> bytes:
    from PIL import Image

    first, *rest = [Image.fromarray(np.ascontiguousarray(frame)) for frame in frames]
    milliseconds = max(round(1000.0 / frames_per_s), 1)
    options: dict[str, Any] = {"save_all": True, "append_images": rest, "loop": 0}
    buffer = io.BytesIO()
    if ending == ".gif":
        # Browsers play a GIF frame of less than 20 ms at 100 ms.
        first.save(buffer, "GIF", duration=max(milliseconds, 20), disposal=1, **options)
    else:
        first.save(buffer, "WEBP", duration=milliseconds, lossless=True, **options)
    return buffer.getvalue()


def _write_mp4(path: Path, frames: Pictures, frames_per_s: float) -> None:
    target = Path(os.path.realpath(path))
    temporary = target.parent / f".{secrets.token_hex(8)}.mp4"
    try:
        try:
            _encode_mp4(temporary, _even_colour(frames), frames_per_s)
            temporary.replace(target)
        finally:
            with contextlib.suppress(FileNotFoundError):
                temporary.unlink()
    except OSError as error:  # a broken pipe, too: ffmpeg could not write
        raise disk_error(error, path) from error


def _encode_mp4(path: Path, frames: Pictures, frames_per_s: float) -> None:
    import imageio_ffmpeg

    _, height, width, _ = frames.shape
    write_frames: Callable[..., Any] = imageio_ffmpeg.write_frames
    writer = write_frames(
        str(path),
        (width, height),
        fps=frames_per_s,
        codec="libx264",
        pix_fmt_out="yuv420p",
        macro_block_size=1,
        ffmpeg_log_level="error",
    )
    writer.send(None)
    try:
        for frame in frames:
            writer.send(np.ascontiguousarray(frame))
    finally:
        writer.close()
    if not path.exists() or path.stat().st_size == 0:
        raise LatentlabError("The film could not be encoded.", where=str(path), do="Try .gif.")


def _even_colour(frames: Pictures) -> Pictures:
    """(F, H, W[, 3]) -> (F, H', W', 3) with even sides, as yuv420p needs them."""
    colour = frames if frames.ndim == 4 else np.repeat(frames[..., None], 3, axis=3)
    odd_rows, odd_columns = colour.shape[1] % 2, colour.shape[2] % 2
    return np.pad(colour, ((0, 0), (0, odd_rows), (0, odd_columns), (0, 0)), mode="edge")
