"""What rows of the map have in common: classes, mean picture, codes, and what the model gives."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latentlab.data.tally import tally
from latentlab.engine.selections import Figure, Summarise, Summary

if TYPE_CHECKING:
    from latentlab.models.model import Model

BLOCK = 1 << 16
Values = Iterator[NDArray[np.float32]]
GoOn = Callable[[float], None]
TERM_NAMES = {"bound": "bound", "exact": "log-likelihood"}


def summed(request: Summarise, parts: Values | None, go_on: GoOn) -> Summary:
    """Everything but the model's terms.

    Args:
        request: Which rows of what.
        parts: The values (n, C, H, W) of the rows, some at a time; None where there are none.
        go_on: Called with the fraction done; it may raise to end the work.
    """
    rows, codes = request.rows, request.codes
    counts = tally(codes.labels[rows])
    mean_z, deviation_z = _moments_of_codes(codes.z, rows)
    pictures = None if parts is None else _moments(parts, len(rows), go_on)
    return Summary(
        len(rows),
        tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))),
        None if pictures is None else pictures[0],
        None if pictures is None else pictures[1],
        request.dataset is None and pictures is not None,
        mean_z,
        deviation_z,
        float(np.sqrt((deviation_z**2).sum())),
    )


def _moments(
    parts: Values, count: int, go_on: GoOn
) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """Mean and variance of values that come some at a time (Chan et al., 1979)."""
    mean, squares, done = np.zeros(1), np.zeros(1), 0
    for part in parts:
        own = part.mean(axis=0, dtype=np.float64)
        apart, total = own - mean, done + len(part)
        squares = squares + part.var(axis=0, dtype=np.float64) * len(part)
        squares = squares + apart**2 * (done * len(part) / total)
        mean = mean + apart * (len(part) / total)
        done = total
        go_on(done / count)
    if not done:
        return None
    return mean.astype(np.float32), (squares / done).astype(np.float32)


def _moments_of_codes(
    z: NDArray[np.float32], rows: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(d,) mean and standard deviation; rows that are not finite do not count."""
    total, squares, known = np.zeros(z.shape[1]), np.zeros(z.shape[1]), 0
    centre = np.zeros(z.shape[1])
    for start in range(0, len(rows), BLOCK):
        part = z[rows[start : start + BLOCK]].astype(np.float64)
        part = part[np.isfinite(part).all(axis=1)]
        if not known and len(part):
            centre = part[0]  # about a value of theirs: codes far from zero lose nothing
        known += len(part)
        total += (part - centre).sum(axis=0)
        squares += ((part - centre) ** 2).sum(axis=0)
    if not known:
        return np.full(z.shape[1], np.nan), np.full(z.shape[1], np.nan)
    mean = total / known
    return centre + mean, np.sqrt(np.maximum(squares / known - mean**2, 0.0))


def with_terms(summary: Summary, request: Summarise, model: Model, go_on: GoOn) -> Summary:
    """The summary with bound, reconstruction and KL, where the model has them."""
    from latentlab.analysis.outliers import bound_terms

    assert request.dataset is not None  # noqa: S101 - the caller has looked
    found = bound_terms(model, request.dataset, request.rows, go_on=go_on)
    named = {
        TERM_NAMES.get(found.kind, "bound"): found.bound,
        "reconstruction": found.reconstruction,
        "KL": found.kl,
    }
    terms = {
        name: Figure(float(values.mean()), float(values.std()))
        for name, values in named.items()
        if values is not None
    }
    return dataclasses.replace(summary, terms=terms, samples=found.samples)
