"""What is said for the command line, as the window says it: it has no options, but fields."""

from __future__ import annotations

import re

# An option, and what a person chooses in the window instead.
_FIELDS = (
    (r"with --x-key", "as “Array of pictures”"),
    (r"with --y-key", "as “Labels”"),
    (r"--x-key", "“Array of pictures”"),
    (r"--y-key", "“Labels”"),
    (r"(them|some) with --labels FILE\.csv", r"\1 with File > Open data..., “Labels in a file”"),
    (r"them with --labels", "them with File > Open data..., “Labels in a file”"),
    (r"give --image-size (\S+?)\.?$", r"open these again at “Picture size” \1."),
)


def in_window(sentence: str) -> str:
    """A sentence of advice without options of the command line.

    Example:
        >>> in_window("Name it with --x-key.")
        'Name it as “Array of pictures”.'
    """
    for option, field in _FIELDS:
        sentence = re.sub(option, field, sentence)
    return sentence


def place_in_window(where: str) -> str:
    """Where something went wrong, ready to stand before what did; an option is no such place.

    Example:
        >>> place_in_window("digits.npz"), place_in_window("--labelled")
        ('digits.npz: ', '')
    """
    return "" if not where or where.startswith("--") else f"{where}: "
