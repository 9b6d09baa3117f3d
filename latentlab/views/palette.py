"""Colours that colour-blind people can tell apart, on both grounds: of classes, of numbers."""

from __future__ import annotations

import itertools
from functools import lru_cache

# Okabe and Ito (2008), in an order in which neighbours differ most. Black and yellow are the two
# that can't be seen on one of the grounds: there black gives way to white, and yellow to brown.
_OKABE_ITO = {
    "dark": (
        "#56B4E9",
        "#E69F00",
        "#009E73",
        "#CC79A7",
        "#F0E442",
        "#D55E00",
        "#0072B2",
        "#F2F2F2",
    ),
    "light": (
        "#0072B2",
        "#E69F00",
        "#009E73",
        "#CC79A7",
        "#D55E00",
        "#56B4E9",
        "#593D00",
        "#000000",
    ),
}
# Found by simulated annealing over hues shared by both grounds: the smallest CIEDE2000 difference
# of any two, with normal sight and under full protanopia, deuteranopia and tritanopia (Machado et
# al., 2009), made as large as it goes at a contrast of 3 : 1 with the ground. The first ten are
# found together (at least 12), each further one is the farthest from those before it (at least 7).
_LONGER = {
    "dark": (
        "#197AFC",
        "#F6DF32",
        "#DE297C",
        "#68CBB1",
        "#AEA2FB",
        "#FE7C90",
        "#419A24",
        "#FEBBE7",
        "#A874AA",
        "#D2F0AA",
        "#78754D",
        "#A8BA3F",
        "#537980",
        "#C5FCEB",
        "#AF36AB",
        "#89AFB8",
        "#829768",
        "#EBAE82",
        "#179BCC",
        "#C38399",
        "#FC320E",
        "#DCE0C1",
        "#F0F783",
        "#4AF0FB",
    ),
    "light": (
        "#448EFD",
        "#9C903E",
        "#740B3D",
        "#1E836D",
        "#6230D1",
        "#B84359",
        "#204814",
        "#D858B6",
        "#7C507E",
        "#537602",
        "#470267",
        "#B07D8E",
        "#60583E",
        "#85956F",
        "#304291",
        "#7D7492",
        "#4A65FA",
        "#4C3D5F",
        "#1C03AC",
        "#9D1426",
        "#45231E",
        "#7A4256",
        "#9F6B3F",
        "#DA3018",
    ),
}
# Viridis (Smith and van der Walt, 2015; CC0) without the end that a ground would swallow: even
# steps of value are even steps to the eye. What is large stands out: light on dark, dark on light.
_NUMBERS = {
    "dark": (
        "#31678E",
        "#2C718E",
        "#297B8E",
        "#25858E",
        "#21908D",
        "#1F9A8A",
        "#20A386",
        "#27AD81",
        "#35B779",
        "#46C06F",
        "#5CC863",
        "#75D054",
        "#90D743",
        "#AADC32",
        "#C8E020",
        "#E5E419",
        "#FDE725",
    ),
    "light": (
        "#58C765",
        "#40BD72",
        "#2EB37C",
        "#22A884",
        "#1F9E89",
        "#20928C",
        "#24878E",
        "#287C8E",
        "#2D718E",
        "#32658E",
        "#375A8C",
        "#3D4D8A",
        "#423F85",
        "#46307E",
        "#482173",
        "#471164",
        "#440154",
    ),
}
STEPS = 16  # between two of these
_UNLABELLED = {"dark": "#7C8490", "light": "#8A929D"}


def class_colors(count: int, theme_name: str) -> tuple[str, ...]:
    """One colour a class, as #RRGGBB: Okabe-Ito up to 8, a longer checked palette above.

    Beyond 24 classes the colours come again: the class is then told by its name alone.

    Args:
        count: Number of classes.
        theme_name: "dark" or "light".

    Example:
        >>> len(class_colors(10, "dark"))
        10
    """
    name = "light" if theme_name == "light" else "dark"
    colours = _OKABE_ITO[name] if count <= 8 else _LONGER[name]
    return tuple(colours[k % len(colours)] for k in range(max(count, 0)))


@lru_cache(maxsize=2)
def number_colors(theme_name: str) -> tuple[str, ...]:
    """Colours of numbers from the lower end of a scale to the upper one, as #RRGGBB.

    Perceptually uniform: neighbours differ by the same amount everywhere.

    Args:
        theme_name: "dark" or "light".

    Example:
        >>> colours = number_colors("dark")
        >>> len(colours), colours[-1]
        (257, '#FDE725')
    """
    knots = _NUMBERS["light" if theme_name == "light" else "dark"]
    mixed = [
        _mix(a, b, step / STEPS) for a, b in itertools.pairwise(knots) for step in range(STEPS)
    ]
    return (*mixed, knots[-1])


def _mix(a: str, b: str, share: float) -> str:
    pairs = ((int(a[k : k + 2], 16), int(b[k : k + 2], 16)) for k in (1, 3, 5))
    return "#" + "".join(f"{round(x + (y - x) * share):02X}" for x, y in pairs)


def unlabelled_color(theme_name: str) -> str:
    """The neutral grey of points without a class."""
    return _UNLABELLED["light" if theme_name == "light" else "dark"]
