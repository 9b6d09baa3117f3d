"""How many data stand for all where a path needs the data, and the words for it. Nothing else."""

from __future__ import annotations

MOST_DATA = 20_000  # rows of a data graph
LANDMARKS = 1024  # rows whose density keeps a geodesic near data


def standing_words(kind: str, density: float, count: int) -> str:
    """What is said of a path that only some of the data decide; nothing where all of them do.

    Args:
        kind: Of the path.
        density: Weight of the term that keeps a geodesic near data.
        count: Data that there are.

    Example:
        >>> standing_words("graph", 0.0, 70_000)
        '20,000 of 70,000 data, evenly chosen, stand for all'
        >>> standing_words("graph", 0.0, 5_000), standing_words("geodesic", 0.0, 70_000)
        ('', '')
    """
    most = MOST_DATA if kind == "graph" else LANDMARKS
    asked = kind == "graph" or (kind == "geodesic" and density > 0.0)
    if not asked or count <= most:
        return ""
    return f"{most:,} of {count:,} data, evenly chosen, stand for all"
