"""Label recovery: a label, a confidence and a method for each datum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from latentlab.data.dataset import Dataset
from latentlab.errors import CancelledError, UsageError
from latentlab.specs import Device
from latentlab.verbs.opening import Data, ModelLike, Report, load_model, open_dataset

if TYPE_CHECKING:
    from latentlab.analysis.recovery import Recovery


def recover_labels(
    data: Data,
    *,
    labelled: int | float | None = None,
    labels: Path | str | None = None,
    out: Path | str | None = None,
    methods: Sequence[str] | None = None,
    draws: int = 5,
    epochs: int | None = None,
    time_limit_s: float | None = None,
    model: ModelLike | None = None,
    seed: int = 0,
    device: Device = "auto",
    report: Report | None = None,
    stop: Callable[[], bool] | None = None,
) -> Recovery:
    """Find the labels that are missing, from those that are there; or score how well that goes.

    Args:
        data: The data; -1, empty or no label at all is a missing one.
        labelled: Show so many labels of the training split, as many of each class (a share of
            them if it is a float), hide the others and score. None shows all: nothing is scored.
        labels: A file of labels instead of the data's own, as `open_dataset` takes it.
        out: Where to write row, path, label, confidence and method of each datum: a CSV.
        methods: "clusters", "spreading", "m1", "m2", "m1m2" and "spreading+m2"; None is all.
        draws: How many times labels are drawn, where they are hidden.
        epochs: Passes of M1 over the data; the others learn in proportion. None is 20.
        time_limit_s: The most that a method learns.
        model: Whose codes to use; None trains a model on the data without their labels.
        seed: Of everything.
        device: Where it computes.
        report: Called with what is being done and the fraction of it.
        stop: Asked often; True ends the work.

    Returns:
        Scores by method, and the labels of the method that found most of a quarter of the labels
        that were shown, hidden from it once.

    Raises:
        UsageError: There are too few labels, or there is no such method.
        CancelledError: `stop` said so.

    Example:
        >>> found = recover_labels("digits", labelled=50, methods=["clusters"], draws=1, epochs=2)
        >>> len(found.labels), found.labelled, found.method_of(0) in ("given", "clusters")
        (1797, 50, True)
    """
    if draws < 1:
        raise UsageError("Nothing would be drawn.", where="draws", do="Draw at least once.")
    from latentlab.analysis.recoverers import Effort
    from latentlab.analysis.recovery import recover

    def go_on(text: str, done: float) -> None:
        if stop is not None and stop():
            raise CancelledError("Called off.")
        if report is not None:
            report(text, done)

    dataset = open_dataset(data, labels=labels, report=report)
    usual = Effort()
    effort = Effort(limit_s=time_limit_s)
    if epochs is not None:
        times = epochs / usual.epochs
        effort = Effort(
            epochs,
            max(1, round(times * usual.m2_epochs)),
            max(1, round(times * usual.inner_epochs)),
            time_limit_s,
        )
    recovery = recover(
        dataset,
        labelled=labelled,
        methods=methods,
        draws=draws,
        seed=seed,
        effort=effort,
        model=None if model is None else load_model(model, device=device),
        device=device,
        go_on=go_on,
    )
    if out is not None:
        write_labels(Path(out), recovery, dataset)
    return recovery


def write_labels(path: Path, recovery: Recovery, dataset: Dataset) -> None:
    """Write what was found as a CSV that `open_dataset(labels=...)` reads again.

    Raises:
        LatentlabError: The folder can't be written.
    """
    from latentlab.export.labels import write_recovered

    write_recovered(
        path,
        dataset,
        labels=recovery.labels,
        confidence=recovery.confidence,
        methods=[recovery.method_of(row) for row in range(len(dataset))],
    )


def labelled_count(dataset: Dataset, labelled: int | float) -> int:
    """How many labels are kept of the training split: a number, or a share of them.

    Raises:
        UsageError: There are fewer labels, or not one of each class would be kept.

    Example:
        >>> labelled_count(open_dataset("digits"), 0.1)
        162
    """
    known = int((dataset.labels[dataset.rows("train")] >= 0).sum())
    count = round(labelled * known) if isinstance(labelled, float) else labelled
    least = max(1, dataset.class_count)
    if not least <= count <= known:
        raise UsageError(
            f"{count:,} labels can't be kept: the training rows have {known:,}.",
            where="--labelled",
            do=f"Keep {least} to {known:,}, so that each class has one."
            if least <= known
            else "Take data with labels, or give them with --labels.",
        )
    return count
