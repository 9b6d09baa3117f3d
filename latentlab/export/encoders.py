"""Frames into files: GIF and WebP in memory, MP4 through ffmpeg's pipe, a folder of PNG files."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from latentlab.errors import LatentlabError, RefusedError
from latentlab.export import pictures
from latentlab.export.cinema import Cinema
from latentlab.export.pictures import Picture
from latentlab.files import DISK, disk_error

Report = Callable[[float], None]
QUALITY = "18"  # of H.264: hardly to be told from the frames themselves


def animation(cinema: Cinema, frames_per_s: float, ending: str, report: Report) -> bytes:
    """The bytes of a .gif or a .webp that loops."""
    from PIL import Image

    images = (Image.fromarray(np.ascontiguousarray(f)) for f in _told(cinema, report))
    milliseconds = max(round(1000.0 / frames_per_s), 1)
    first = next(images)
    options: dict[str, Any] = {"save_all": True, "append_images": images, "loop": 0}
    buffer = io.BytesIO()
    if ending == ".gif":
        # Browsers play a GIF frame of less than 20 ms at 100 ms.
        first.save(buffer, "GIF", duration=max(milliseconds, 20), disposal=1, **options)
    else:
        first.save(buffer, "WEBP", duration=milliseconds, lossless=True, **options)
    return buffer.getvalue()


def write_folder(path: Path, cinema: Cinema, report: Report) -> None:
    """Write frame-0001.png and so on into a new folder, which appears when it is whole.

    Raises:
        RefusedError: Something has this name already.
        LatentlabError: The folder can't be written.
    """
    if path.exists():
        raise RefusedError(
            "This folder exists already.", where=str(path), do="Choose another name."
        )
    temporary = path.parent / f".{secrets.token_hex(8)}.tmp"
    digits = max(4, len(str(len(cinema))))
    try:
        DISK.mkdir(temporary)
        try:
            for number, frame in enumerate(_told(cinema, report), 1):
                name = temporary / f"frame-{number:0{digits}d}.png"
                DISK.write_bytes(name, pictures.encode(frame), fsync=False)
            temporary.rename(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        DISK.fsync_dir(path.parent)
    except OSError as error:
        raise disk_error(error, path) from error


def write_mp4(path: Path, cinema: Cinema, frames_per_s: float, report: Report) -> None:
    """Write an MP4 beside its place, and put it there when it is whole.

    Raises:
        LatentlabError: The folder can't be written, or the encoder failed.
    """
    target = Path(os.path.realpath(path))
    temporary = target.parent / f".{secrets.token_hex(8)}.mp4"
    try:
        try:
            _encode_mp4(temporary, cinema, frames_per_s, report)
            temporary.replace(target)
        finally:
            with contextlib.suppress(FileNotFoundError):
                temporary.unlink()
    except OSError as error:  # a broken pipe, too: ffmpeg could not write
        raise disk_error(error, path) from error


def _encode_mp4(path: Path, cinema: Cinema, frames_per_s: float, report: Report) -> None:
    import imageio_ffmpeg

    frames = (even_colour(frame) for frame in _told(cinema, report))
    first = next(frames)
    write_frames: Callable[..., Any] = imageio_ffmpeg.write_frames
    writer = write_frames(
        str(path),
        (first.shape[1], first.shape[0]),
        fps=frames_per_s,
        codec="libx264",
        quality=None,
        pix_fmt_out="yuv420p",
        macro_block_size=1,
        ffmpeg_log_level="error",
        output_params=["-crf", QUALITY, "-preset", "fast", "-movflags", "+faststart"],
    )
    writer.send(None)
    try:
        writer.send(first)
        for frame in frames:
            writer.send(frame)
    finally:
        writer.close()
    if not path.exists() or path.stat().st_size == 0:
        raise LatentlabError("The film could not be encoded.", where=str(path), do="Try .gif.")


def even_colour(frame: Picture) -> Picture:
    """(H, W[, 3]) -> (H', W', 3) with even sides, as yuv420p needs them."""
    colour = frame if frame.ndim == 3 else np.repeat(frame[..., None], 3, axis=2)
    odd_rows, odd_columns = colour.shape[0] % 2, colour.shape[1] % 2
    padded = np.pad(colour, ((0, odd_rows), (0, odd_columns), (0, 0)), mode="edge")
    return np.ascontiguousarray(padded)


def _told(cinema: Cinema, report: Report) -> Iterator[Picture]:
    """The frames, with a word of how far it is before each."""
    for number, frame in enumerate(cinema):
        report(number / len(cinema))
        yield frame
