"""How a film of a path looks and plays."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from latentlab.parts.base import Spec

Easing = Literal["linear", "ease", "ease-in", "ease-out"]
MapPlace = Literal["none", "inset", "beside"]

EASINGS: tuple[Easing, ...] = ("linear", "ease", "ease-in", "ease-out")
MAP_PLACES: tuple[MapPlace, ...] = ("none", "inset", "beside")


class FilmLook(Spec, frozen=True, kw_only=True, tag="film"):
    """How a film looks and plays.

    Args:
        frames_per_s: Playing speed; a GIF knows hundredths of a second alone.
        side_px: The longer side of a picture; None enlarges it by a whole multiple, to about 224.
        smooth: Whether enlarged pictures are interpolated, else their pixels are crisp squares.
        easing: How the film goes along the path: evenly, or slowly at both ends or at one.
        back: Whether it goes back to the start, so that it loops without a jump.
        caption: Below each picture; {frame}, {frames}, {t} (0 to 1) and {z} are filled in.
        map: Whether a small map with the moving cursor is in a corner, beside it, or nowhere.
    """

    frames_per_s: Annotated[float, Meta(ge=0.1, le=100)] = 20.0
    side_px: Annotated[int, Meta(ge=16, le=4096)] | None = None
    smooth: bool = False
    easing: Easing = "linear"
    back: bool = False
    caption: Annotated[str, Meta(max_length=300)] = ""
    map: MapPlace = "none"
