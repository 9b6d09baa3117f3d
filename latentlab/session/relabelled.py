"""Open data before and after they took recovered labels."""

from __future__ import annotations

from dataclasses import dataclass

from latentlab.data.dataset import Dataset


@dataclass(frozen=True, slots=True, eq=False)
class Relabelled:
    """The same data twice; neither repeats what was said when they were opened."""

    before: Dataset
    after: Dataset
