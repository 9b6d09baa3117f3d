"""The frames of a film as they are seen: enlarged, with a caption and a small map."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentlab.errors import UsageError
from latentlab.export import pictures
from latentlab.export.pictures import Picture, Pictures
from latentlab.export.smallmap import MapPoints, SmallMap
from latentlab.parts.films import Easing, FilmLook

ABOUT_PX = 224
INSET = 0.32  # of the picture's shorter side
GROUND = np.array((16, 18, 22), np.uint8)
INK = (230, 232, 236)
MOST_VALUES = 4  # of z in a caption


def eased(z: NDArray[np.floating], easing: Easing) -> NDArray[np.float64]:
    """Latents (F, d) of a path, at the times of a film that is slow at its ends.

    t goes evenly from 0 to 1; "ease" is t^2 (3 - 2t), "ease-in" t^2, "ease-out" 1 - (1 - t)^2.
    Between two frames of the path z goes straight.

    Example:
        >>> eased(np.array([[0.0], [1.0], [2.0], [3.0], [4.0]]), "ease").ravel().tolist()
        [0.0, 0.625, 2.0, 3.375, 4.0]
    """
    path = np.asarray(z, dtype=np.float64)
    if easing == "linear" or len(path) < 3:
        return path
    last = len(path) - 1
    place = times(len(path), easing) * last
    before = np.minimum(place.astype(np.int64), last - 1)
    share = (place - before)[:, None]
    return np.asarray((1.0 - share) * path[before] + share * path[before + 1])


def times(count: int, easing: Easing) -> NDArray[np.float64]:
    """Where on the path each of `count` frames lies, 0 to 1."""
    t = np.linspace(0.0, 1.0, count)
    if easing == "ease":
        return np.asarray(t * t * (3.0 - 2.0 * t))
    if easing == "ease-in":
        return np.asarray(t * t)
    return 1.0 - (1.0 - t) ** 2 if easing == "ease-out" else t


def order(count: int, *, back: bool) -> list[int]:
    """Which frame comes when.

    Example:
        >>> order(4, back=True)
        [0, 1, 2, 3, 2, 1]
    """
    there = list(range(count))
    return there + there[-2:0:-1] if back else there


class Cinema:
    """Puts frames together, one at a time: a film of any length needs the memory of one.

    Args:
        frames: (F, H, W) or (F, H, W, 3) uint8.
        look: Size, caption and map.
        z: (F, d) latents of the frames, for the caption.
        path: (F, 2) where the frames lie on the map; needed for the map.
        points: The data on the map.

    Raises:
        UsageError: A map is wanted, and nobody said where the frames lie.
    """

    def __init__(
        self,
        frames: Pictures,
        look: FilmLook,
        *,
        z: NDArray[np.floating] | None = None,
        path: NDArray[np.floating] | None = None,
        points: MapPoints | None = None,
    ) -> None:
        if look.map != "none" and path is None:
            raise UsageError(
                "This film has no map: its frames have no places on one.",
                where="map",
                do="Choose a film without a map.",
            )
        self._frames = frames
        self._look = look
        self._z = z
        self.order = order(len(frames), back=look.back)
        self._size = _size(frames, look)
        self._map: SmallMap | None = None
        width, height = self._size
        if path is not None and look.map != "none":
            side = height if look.map == "beside" else round(INSET * min(width, height))
            self._map = SmallMap(points, path, max(side, 24))
        self._caption = _Caption(look.caption, width) if look.caption else None

    def __len__(self) -> int:
        return len(self.order)

    def __iter__(self) -> Iterator[Picture]:
        return (self.frame(i) for i in range(len(self.order)))

    def frame(self, place: int) -> Picture:
        """One frame of the film: (H, W), or (H, W, 3) where anything is in colour."""
        number = self.order[place]
        made = self._enlarged(self._frames[number])
        if self._map is None and self._caption is None:
            return made
        made = made if made.ndim == 3 else np.repeat(made[..., None], 3, axis=2)
        if self._map is not None:
            made = self._with_map(made, self._map.at(number))
        if self._caption is not None:
            words = self._caption.words(number, len(self._frames), self._z)
            made = np.concatenate([made, self._caption.strip(words, made.shape[1])])
        return np.ascontiguousarray(made)

    def _enlarged(self, picture: Picture) -> Picture:
        width, height = self._size
        high, wide = picture.shape[:2]
        if (wide, high) == (width, height):
            return picture
        times = width // wide
        if not self._look.smooth and (wide * times, high * times) == (width, height):
            return np.asarray(picture.repeat(times, axis=0).repeat(times, axis=1))
        from PIL import Image

        how = Image.Resampling.BICUBIC if self._look.smooth else Image.Resampling.NEAREST
        if width < wide:
            how = Image.Resampling.BOX
        return np.asarray(Image.fromarray(picture).resize((width, height), how))

    def _with_map(self, made: Picture, small: Picture) -> Picture:
        if self._look.map == "beside":
            gap = np.broadcast_to(GROUND, (made.shape[0], max(2, made.shape[0] // 64), 3))
            return np.concatenate([made, gap, small], axis=1)
        side, edge = len(small), max(2, made.shape[0] // 64)
        made = made.copy()
        made[edge : edge + side, made.shape[1] - edge - side : made.shape[1] - edge] = small
        return made


def _size(frames: Pictures, look: FilmLook) -> tuple[int, int]:
    height, width = frames.shape[1:3]
    if look.side_px is None:
        times = pictures.enlargement(frames, ABOUT_PX)
        return width * times, height * times
    scale = look.side_px / max(height, width)
    return max(1, round(width * scale)), max(1, round(height * scale))


class _Caption:
    """One line of plain text below a picture."""

    def __init__(self, text: str, width: int) -> None:
        import matplotlib as mpl
        from PIL import ImageFont

        self._text = " ".join(text.split())
        self._size = max(10, round(width / 22))
        file = Path(mpl.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"
        self._font = ImageFont.truetype(str(file), self._size)

    def words(self, number: int, count: int, z: NDArray[np.floating] | None) -> str:
        """The text with its places filled in."""
        here = [] if z is None else [_number(value) for value in z[number][:MOST_VALUES]]
        more = ", ..." if z is not None and z.shape[1] > MOST_VALUES else ""
        fields = {
            "{frames}": str(count),
            "{frame}": str(number + 1),
            "{t}": f"{number / max(count - 1, 1):.2f}",
            "{z}": ", ".join(here) + more,
        }
        text = self._text
        for name, value in fields.items():
            text = text.replace(name, value)
        return text

    def strip(self, words: str, width: int) -> Picture:
        """The line of words, (h, width, 3), cut where it is too long."""
        from PIL import Image, ImageDraw

        while len(words) > 1 and self._font.getlength(words) > width - self._size:
            words = words[:-2].rstrip() + "…"
        page = Image.new("RGB", (width, 2 * self._size), tuple(GROUND.tolist()))
        middle = (width / 2, self._size)
        ImageDraw.Draw(page).text(middle, words, fill=INK, font=self._font, anchor="mm")
        return np.asarray(page)


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
