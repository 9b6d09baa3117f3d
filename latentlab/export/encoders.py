"""Frames into files: GIF and WebP in memory, MP4 through ffmpeg's pipe, a folder of PNG files."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import secrets
import shutil
import subprocess
import tempfile
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
            DISK.replace(temporary, target)
            DISK.fsync_dir(target.parent)
        finally:
            with contextlib.suppress(FileNotFoundError):
                temporary.unlink()
    except OSError as error:
        raise disk_error(error, path) from error


def _encode_mp4(path: Path, cinema: Cinema, frames_per_s: float, report: Report) -> None:
    frames = (even_colour(frame) for frame in _told(cinema, report))
    first = next(frames)
    command = _mp4_command(path, first.shape[1], first.shape[0], frames_per_s)
    hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    with tempfile.TemporaryFile() as said:
        # A group of its own: Ctrl+C ends the work here, which then ends the encoder.
        encoder = subprocess.Popen(
            command, stdin=subprocess.PIPE, stderr=said, creationflags=hidden, process_group=0
        )
        try:
            _feed(encoder, first, frames)
            failed = encoder.wait() != 0
        finally:
            encoder.kill()
            encoder.wait()
        said.seek(0)
        words = said.read(1 << 16).decode(errors="replace")
    if os.strerror(errno.ENOSPC) in words:  # it may end well all the same, with half a film
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if failed or not path.exists() or path.stat().st_size == 0:
        raise LatentlabError("The film could not be encoded.", where=str(path), do="Try .gif.")


def _mp4_command(path: Path, width: int, height: int, frames_per_s: float) -> list[str]:
    import imageio_ffmpeg

    size, pace = f"{width}x{height}", f"{frames_per_s:.6g}"
    raw = ["-f", "rawvideo", "-vcodec", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", pace]
    coded = ["-an", "-vcodec", "libx264", "-pix_fmt", "yuv420p", "-crf", QUALITY]
    how = ["-preset", "fast", "-movflags", "+faststart", "-v", "error"]
    return [imageio_ffmpeg.get_ffmpeg_exe(), "-y", *raw, "-i", "-", *coded, *how, str(path)]


def _feed(encoder: subprocess.Popen[bytes], first: Picture, frames: Iterator[Picture]) -> None:
    """Hand over all frames; an encoder that died takes no more, and its words say why."""
    pipe = encoder.stdin
    if pipe is None:
        return
    try:
        pipe.write(first.data)
        for frame in frames:
            pipe.write(frame.data)
    except BrokenPipeError:
        return
    finally:
        with contextlib.suppress(OSError):
            pipe.close()


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
