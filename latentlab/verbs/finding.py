"""Finding data that stand apart, and data that are nearly the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from latentlab.data.duplicates import Pairs, groups, near_pairs
from latentlab.errors import UsageError
from latentlab.specs import Device
from latentlab.verbs.opening import Data, ModelLike, Report, data_for, load_model, open_dataset

By = Literal["bound", "reconstruction", "kl", "distance"]
BYS: dict[str, str] = {
    "bound": "lowest bound, or exact log-likelihood where the model has one",
    "reconstruction": "lowest E[log p(x|z)]",
    "kl": "highest KL(q(z|x) || p(z))",
    "distance": "largest mean distance in z to the nearest neighbours",
}
NEIGHBOURS = 10
THRESHOLD = 0.02
MOST_THRESHOLD = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Outliers:
    """The data that stand apart most, the oddest first.

    Args:
        rows: (n,) of the data.
        values: (n,) the measure.
        by: Which one.
        unit: Of the values: "nats", or that of z.
        total: Data that were measured.
    """

    rows: NDArray[np.int64]
    values: NDArray[np.float64]
    by: By
    unit: str
    total: int


@dataclass(frozen=True, slots=True, eq=False)
class Duplicates:
    """Data that are nearly the same.

    Args:
        groups: Rows that hang together by pairs up to the threshold, the largest group first.
        pairs: The pairs, the nearest first.
        threshold: Largest root mean square difference of the values in [0, 1].
    """

    groups: list[NDArray[np.int64]]
    pairs: Pairs
    threshold: float


def outliers(
    model: ModelLike,
    data: Data,
    *,
    by: By = "bound",
    count: int = 50,
    neighbours: int = NEIGHBOURS,
    samples: int = 8,
    device: Device = "auto",
    seed: int = 0,
    report: Report | None = None,
) -> Outliers:
    """The data that the model gives least, or whose codes lie farthest from others.

    Args:
        model: What measures.
        data: What is looked through, all rows of it.
        by: The measure: "bound" (the exact log-likelihood where a model has that),
            "reconstruction", "kl" or "distance".
        count: How many are wanted.
        neighbours: To how many nearest codes the distance is the mean of.
        samples: Draws from q(z|x) for each datum.
        device: Where it computes.
        seed: Seed of what is drawn.
        report: Called with what is being done and the fraction of it.

    Raises:
        RefusedError: The data do not fit the model.
        UsageError: There is no such measure, or the model does not have it.

    Example:
        >>> from latentlab import train
        >>> found = outliers(train("digits", steps=5), "digits", by="distance", count=3)
        >>> len(found.rows), bool(found.values[0] >= found.values[1])
        (3, True)
    """
    from latentlab.analysis.outliers import bound_terms, neighbour_distances, ranked
    from latentlab.engine.embedding import encode_all

    if by not in BYS:
        raise UsageError(f'There is no measure "{by}".', where="by", do=f"Take {', '.join(BYS)}.")
    if min(count, neighbours, samples) < 1:
        raise UsageError("Nothing would be found.", do="Ask for at least one.")

    def tell(fraction: float) -> None:
        if report is not None:
            report("Measuring", fraction)

    def embedded(fraction: float) -> bool:
        tell(fraction / 2)
        return True

    opened = load_model(model, device=device)
    dataset = data_for(opened, data, report=report)
    if by == "distance":
        z = encode_all(opened, dataset, embedded)
        if z is None:
            raise AssertionError("nobody called it off")
        values = neighbour_distances(z, neighbours, go_on=lambda done: tell(0.5 + done / 2))
        rows = ranked(values, by)[:count]
        return Outliers(rows, values[rows].astype(np.float64), by, "z", len(dataset))
    terms = bound_terms(
        opened,
        dataset,
        np.arange(len(dataset)),
        samples=samples,
        seed=seed,
        go_on=tell,
    )
    found = terms.of(by)
    if found is None:
        raise UsageError(
            f"This model has no {by}.", where="by", do="Take reconstruction, or distance."
        )
    rows = ranked(found, by)[:count]
    return Outliers(rows, found[rows], by, "nats", len(dataset))


def duplicates(
    data: Data, *, threshold: float = THRESHOLD, report: Report | None = None
) -> Duplicates:
    """Data that are the same or nearly, pixel by pixel; no pair is missed.

    Shifted or turned copies are not found: they differ in most pixels.

    Args:
        data: What is looked through.
        threshold: Largest root mean square difference of values in [0, 1]; 0 finds equal rows.
        report: Called with what is being done and the fraction of it.

    Raises:
        RefusedError: The data are missing or not accepted.
        UsageError: The threshold is out of range.

    Example:
        >>> found = duplicates("digits", threshold=0.06)
        >>> [group.tolist() for group in found.groups]
        [[1247, 1250], [1585, 1648]]
    """
    if not 0.0 <= threshold <= MOST_THRESHOLD:
        raise UsageError(
            f"{threshold:g} is no threshold.",
            where="threshold",
            do=f"Give a number from 0 to {MOST_THRESHOLD:g}.",
        )

    def tell(fraction: float) -> None:
        if report is not None:
            report("Comparing", fraction)

    pairs = near_pairs(open_dataset(data, report=report), threshold, go_on=tell)
    return Duplicates(groups(pairs, pairs.limit), pairs, threshold)
