"""From counts to a picture: alpha by count, colour by the mix of classes or by a mean."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentlab.views.map.paint import LEVELS

SMALLEST, LARGEST = 1.7, 8.5  # diameters of marks, in logical pixels
SHEER, FULL = 0.34, 0.92  # opacity of marks
FAINTEST, STRONGEST = 0.42, 1.0  # opacity of one point, and of as many as are common
CROWD = 6.0  # times the mean density: where it is strongest
GREY_SHARE = 0.35  # of the opacity, for points that are not picked
PICKED = 0.8  # least opacity of a pixel with a picked point
HALO = 0.4  # of the opacity, around lone points: one pixel alone is hardly seen
FAINTER = (np.arange(256, dtype=np.float32) * np.float32(HALO)).astype(np.uint8)


def size_and_strength(spacing_px: float) -> tuple[float, float]:
    """Diameter (logical pixels) and opacity for points so far apart on screen.

    Few points are large and solid; many are small and let each other through.
    """
    spacing_px = max(spacing_px, 1e-3)
    diameter = float(np.clip(2.25 * spacing_px**0.55, SMALLEST, LARGEST))
    strength = float(np.clip(0.50 + 0.13 * np.log2(spacing_px), SHEER, FULL))
    # In steps that nobody sees: the sprites then serve many refreshes and zooms.
    return round(8.0 * diameter) / 8.0, round(32.0 * strength) / 32.0


def footprint(spacing_px: float, ratio: float, *, as_marks: bool) -> float:
    """Device pixels at the faintest opacity that one lone point on screen amounts to."""
    if not as_marks:
        return 1.0 + 4.0 * HALO if spacing_px * ratio > 1.0 else 1.0
    diameter, strength = size_and_strength(spacing_px)
    return np.pi / 4 * (diameter * ratio) ** 2 * strength / FAINTEST


def opacity(count: NDArray[np.float32], mean: float, lone_px: float = 1.0) -> NDArray[np.float32]:
    """How opaque a pixel with so many points is, where `mean` is common.

    Logarithmic in the count from one point on; below one (a mean over a larger area) it is the
    share of pixels with a point, each as large as `lone_px`.
    """
    crowd = max(CROWD * mean, 2.0)
    lone = np.float32(FAINTEST)
    rise = np.float32((STRONGEST - FAINTEST) / np.log2(crowd))
    out = lone + rise * np.log2(np.maximum(count, 1.0))
    return np.asarray(np.minimum(out, STRONGEST) * np.minimum(lone_px * count, 1.0), np.float32)


def picture(
    sums: NDArray[np.float64],
    mean: float,
    grey: tuple[int, int, int],
    area: float = 1.0,
    lone_px: float = 1.0,
    ramp: NDArray[np.float64] | None = None,
) -> NDArray[np.uint32]:
    """The pixels of counts: premultiplied ARGB.

    Args:
        sums: (4, H, W) count, red, green, blue; with a ramp (3, H, W) count, sum of levels and how
            many have one. One more with the count of the picked, which alone add to the others.
        mean: Points that a pixel of the screen commonly has.
        grey: Of points that are not picked.
        area: Pixels of the screen that one of these covers.
        lone_px: Of the screen's, that a lone point covers there.
        ramp: (R, 3) the colours of mean levels; a pixel in which none has a level is grey.

    Returns:
        (H, W) 0xAARRGGBB.
    """
    shape = sums.shape[1:]
    flat = sums.reshape(len(sums), -1)
    at = np.flatnonzero(flat[0])
    count = flat[0][at].astype(np.float32)
    alpha = _opacities(count, mean, area, lone_px)
    some_picked = len(sums) == (5 if ramp is None else 4)
    picked = flat[-1][at].astype(np.float32) if some_picked else None
    if ramp is not None:
        rgb = _of_means(flat[1][at], flat[2][at], ramp, grey)
    else:
        parts = count if picked is None else np.maximum(picked, 1.0)
        rgb = np.empty((3, len(at)), np.float32)
        for channel, total in zip(rgb, flat[1:4], strict=True):
            np.divide(total[at], parts, out=channel, casting="same_kind")
    if picked is not None:
        bright = picked > 0
        alpha = np.where(bright, np.maximum(alpha, PICKED), GREY_SHARE * alpha)
        rgb = np.where(bright, rgb, np.array(grey, np.float32)[:, None])
    argb = np.zeros(shape[0] * shape[1], np.uint32)
    argb[at] = _packed(rgb, alpha)
    argb = argb.reshape(shape)
    return with_halo(argb) if mean < 1.0 and area == 1.0 else argb


def _opacities(
    count: NDArray[np.float32], mean: float, area: float, lone_px: float
) -> NDArray[np.float32]:
    """`opacity` of whole counts in larger pixels, looked up where all that differ are few."""
    most = int(count.max(initial=0.0))
    if most >= len(count):
        return opacity(count / np.float32(area), mean, lone_px)
    each = opacity(np.arange(most + 1, dtype=np.float32) / np.float32(area), mean, lone_px)
    return each[count.astype(np.int32)]


def _of_means(
    levels: NDArray[np.float64],
    known: NDArray[np.float64],
    ramp: NDArray[np.float64],
    grey: tuple[int, int, int],
) -> NDArray[np.float32]:
    """(3, P) the colours of pixels' mean levels."""
    place = levels / np.maximum(known, 1.0) * np.float32((len(ramp) - 1) / (LEVELS - 1))
    rgb = ramp.astype(np.float32)[np.rint(place).astype(np.intp)].T  # (3, P)
    return np.where(known > 0, rgb, np.array(grey, np.float32)[:, None])


def _packed(rgb: NDArray[np.float32], alpha: NDArray[np.float32]) -> NDArray[np.uint32]:
    argb = np.rint(np.float32(255.0) * alpha).astype(np.uint32)
    for channel in rgb:
        argb <<= np.uint32(8)
        argb |= np.rint(channel * alpha).astype(np.uint32)
    return argb


def with_halo(argb: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The same pixels, and fainter ones in the empty pixels beside them."""
    faint = FAINTER[argb.view(np.uint8)].view(np.uint32)  # each of a pixel's four bytes
    around = np.zeros_like(argb)
    for here, there in (
        (np.s_[1:, :], np.s_[:-1, :]),
        (np.s_[:-1, :], np.s_[1:, :]),
        (np.s_[:, 1:], np.s_[:, :-1]),
        (np.s_[:, :-1], np.s_[:, 1:]),
    ):
        np.maximum(around[here], faint[there], out=around[here])
    return np.where(argb == 0, around, argb)
