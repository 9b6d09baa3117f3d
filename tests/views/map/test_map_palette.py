"""Class colours under normal and colour-blind sight, by an independent CIEDE2000."""

import itertools

import numpy as np
import pytest

from latentlab.views.palette import class_colors, number_colors, unlabelled_color
from latentlab.views.theme import DARK, LIGHT, contrast

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
SIGHTS = {
    "normal": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
# One step that is just seen on large patches is about 1 CIEDE2000 (2.3 in the older CIE76). Points
# are a few pixels across, and are told apart at a glance only well above that: ten times.
TOLD_APART = 10.0
# The points' ground must not swallow them (WCAG 1.4.11 asks 3 : 1 of graphics that carry meaning).
# Okabe-Ito's light orange, sky blue and reddish purple reach less on white, wherever it is used.
CONTRAST = {"dark": 3.0, "light": 2.0}


def linear(hexa):
    value = np.array([int(hexa[k : k + 2], 16) for k in (1, 3, 5)]) / 255.0
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    to_xyz = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
         [0.0193339, 0.1191920, 0.9503041]]
    )  # fmt: skip
    t = to_xyz @ np.clip(rgb, 0.0, 1.0) / [0.95047, 1.0, 1.08883]
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def ciede2000(one, two):
    """Sharma, Wu and Dalal (2005)."""
    (l1, a1, b1), (l2, a2, b2) = one, two
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(mean**7 / (mean**7 + 25.0**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)
    lm, cm = (l1 + l2) / 2, (c1 + c2) / 2
    hm = (h1 + turn / 2) % 360 if c1 * c2 else h1 + h2
    t = 1 - 0.17 * np.cos(np.radians(hm - 30)) + 0.24 * np.cos(np.radians(2 * hm))
    t += 0.32 * np.cos(np.radians(3 * hm + 6)) - 0.20 * np.cos(np.radians(4 * hm - 63))
    sl = 1 + 0.015 * (lm - 50) ** 2 / np.sqrt(20 + (lm - 50) ** 2)
    sc, sh = 1 + 0.045 * cm, 1 + 0.015 * cm * t
    rt = -2 * np.sqrt(cm**7 / (cm**7 + 25.0**7))
    rt *= np.sin(np.radians(60 * np.exp(-(((hm - 275) / 25) ** 2))))
    dl, dc = (l2 - l1) / sl, (c2 - c1) / sc
    return float(np.sqrt(dl**2 + dc**2 + (dh / sh) ** 2 + rt * dc * dh / sh))


def smallest_difference(colours, sight):
    seen = [lab(np.asarray(SIGHTS[sight]) @ linear(colour)) for colour in colours]
    return min(ciede2000(one, two) for one, two in itertools.combinations(seen, 2))


@pytest.mark.parametrize(
    ("one", "two", "wanted"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((50.0, 2.5, 0.0), (61.0, -5.0, 29.0), 22.8977),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_difference_is_the_published_one(one, two, wanted):
    assert ciede2000(one, two) == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("count", [2, 8, 10])
def test_classes_are_told_apart_by_everyone(count, theme, sight):
    assert smallest_difference(class_colors(count, theme), sight) > TOLD_APART


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_two_dozen_classes_differ_for_everyone(theme, sight):
    assert smallest_difference(class_colors(24, theme), sight) > 7.0


@pytest.mark.parametrize("theme", [DARK, LIGHT])
@pytest.mark.parametrize("count", [8, 10, 24])
def test_classes_stand_out_from_the_ground(count, theme):
    def luminance(hexa):
        return float(linear(hexa) @ [0.2126, 0.7152, 0.0722])

    ground = luminance(theme.ground)
    for colour in (*class_colors(count, theme.name), unlabelled_color(theme.name)):
        light, dark = max(luminance(colour), ground), min(luminance(colour), ground)
        assert (light + 0.05) / (dark + 0.05) >= CONTRAST[theme.name], colour


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_unlabelled_points_are_grey(theme):
    value = linear(unlabelled_color(theme))
    assert value.max() - value.min() < 0.1


def test_there_is_a_colour_for_every_class():
    for count in (0, 1, 8, 9, 26, 47, 200):
        assert len(class_colors(count, "dark")) == count


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_numbers_have_even_steps_that_no_ground_swallows(theme):
    colours = number_colors(theme.name)
    labs = [lab(linear(colour)) for colour in colours[:: len(colours) // 16]]
    steps = [ciede2000(one, two) for one, two in itertools.pairwise(labs)]
    assert max(steps) < 2.2 * min(steps)  # viridis itself, by this measure
    lightness = [each[0] for each in labs]
    rising = theme.name == "dark"  # what is large stands out
    assert lightness == sorted(lightness, reverse=not rising)
    for colour in (colours[0], colours[-1]):
        assert contrast(colour, theme.ground) >= CONTRAST[theme.name]
    assert contrast(colours[-1], theme.ground) > contrast(colours[0], theme.ground)


def test_numbers_are_told_apart_under_every_sight():
    for theme in ("dark", "light"):
        few = number_colors(theme)[::128]  # low, middle, high
        for sight in SIGHTS:
            assert smallest_difference(few, sight) > TOLD_APART
