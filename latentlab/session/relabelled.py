"""Open data before and after they took recovered labels, and what a project keeps of them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from latentlab.data.dataset import Dataset
from latentlab.engine.messages import LabelsRecovered
from latentlab.export.project import KeptLabels

CONFIDENCE, METHOD = "confidence", "method"  # columns of the data whose labels were recovered
GIVEN = "given"


@dataclass(frozen=True, slots=True, eq=False)
class Relabelled:
    """The same data twice; neither repeats what was said when they were opened.

    Args:
        before: With their own labels.
        after: With those that were recovered, and how sure each is and whence as columns.
        kept: What a project keeps of it.
    """

    before: Dataset
    after: Dataset
    kept: KeptLabels


def relabelled(dataset: Dataset, kept: KeptLabels) -> Relabelled | None:
    """Data with kept labels; None where these are of other data, or damaged."""
    count = len(dataset)
    if (len(kept.labels), len(kept.confidence)) != (4 * count, 4 * count):
        return None
    if len(kept.given) != -(-count // 8):
        return None
    labels = np.frombuffer(kept.labels, "<i4").astype(np.int64)
    sure = np.frombuffer(kept.confidence, "<f4").astype(np.float32)
    given = np.unpackbits(np.frombuffer(kept.given, np.uint8), count=count).astype(bool)
    most = max(len(dataset.label_names), int(dataset.labels.max(initial=-1)) + 1)
    if not ((labels >= -1) & (labels < most)).all() or not np.isfinite(sure).all():
        return None
    before = dataclasses.replace(dataset, notes=())
    columns = {
        **dataset.columns,
        CONFIDENCE: sure,
        METHOD: np.where(given, GIVEN, kept.chosen).astype(object),
    }
    return Relabelled(before, dataclasses.replace(before, labels=labels, columns=columns), kept)


def kept_labels(found: LabelsRecovered) -> KeptLabels:
    """Recovered labels as a project keeps them."""
    return KeptLabels(
        chosen=found.chosen,
        labels=found.labels.astype("<i4").tobytes(),
        confidence=found.confidence.astype("<f4").tobytes(),
        given=np.packbits(found.given).tobytes(),
    )
