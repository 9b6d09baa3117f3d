"""Figures of each datum, and the data that an expression chooses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latentlab.data.attributes import (
    TITLES,
    Attribute,
    attribute_of,
    columns_of,
    free_names,
    plain_attribute,
)
from latentlab.data.dataset import Dataset
from latentlab.data.matching import bind, bind_known, needed
from latentlab.data.measures import CLUSTERS, MEASURED, NEIGHBOURS, OF_CODES, OF_DATA
from latentlab.data.where import Clause, parse
from latentlab.specs import Device
from latentlab.verbs.looking import embed
from latentlab.verbs.opening import Data, Floats, ModelLike, Report, data_for, load_model

if TYPE_CHECKING:
    from latentlab.models.model import Model


def measure(
    model: ModelLike,
    data: Data,
    names: Sequence[str] = ("recon", "kl", "bound"),
    *,
    clusters: int = CLUSTERS,
    neighbours: int = NEIGHBOURS,
    samples: int | None = None,
    z: Floats | None = None,
    device: Device = "auto",
    seed: int = 0,
    report: Report | None = None,
) -> dict[str, Attribute]:
    """Figures of every datum: what it costs to reconstruct, its bound, its place in z.

    Args:
        model: The model.
        data: Data.
        names: Of recon (-E_q[log p(x|z)]), kl, bound, logp (log p(x), by quadrature up to two
            latents, else by importance sampling), all in nats; distance (mean, in z, to the nearest
            others) and cluster (k-means in z).
        clusters: k of k-means.
        neighbours: k of the distance.
        samples: K of importance sampling; None is 64.
        z: (N, d) codes, where they are known.
        device: Where it computes.
        seed: Of all noise.
        report: Called with what is being done and the fraction of it.

    Returns:
        A column for each name: `values` (N,), and `how` it was found.

    Raises:
        RefusedError: The data do not fit the model.
        UsageError: There is no such figure, or not of this model.

    Example:
        >>> from latentlab import train
        >>> found = measure(train("digits", steps=2), "digits", ["recon"])["recon"]
        >>> found.values.shape, found.unit
        ((1797,), 'nats')
    """
    from latentlab.analysis import per_datum

    model = load_model(model, device=device)
    dataset = data_for(model, data, report=report)
    if z is None and any(name in OF_CODES for name in names):
        z = embed(model, dataset, report=report)
    found = per_datum.measure(
        model,
        tuple(names),
        z=z,
        dataset=dataset,
        clusters=clusters,
        neighbours=neighbours,
        samples=per_datum.IMPORTANCE_SAMPLES if samples is None else samples,
        seed=seed,
        report=report or (lambda _text, _fraction: None),
    )
    return {name: found[name] for name in names}


def where(
    data: Data,
    expression: str,
    *,
    model: ModelLike | None = None,
    z: Floats | None = None,
    measured: Mapping[str, Attribute] | None = None,
    device: Device = "auto",
    report: Report | None = None,
) -> NDArray[np.int64]:
    """The rows that an expression chooses, such as "class is 3 or 5 and recon > 120".

    It names class, split, row, columns of the data, and with a model z1, z2, ... and what
    `measure` finds; what it needs of these is measured.

    Args:
        data: Data.
        expression: See `latentlab.data.where`.
        model: The model, for z and what is measured.
        z: (N, d) codes, where they are known.
        measured: What is measured already.
        device: Where it computes.
        report: Called with what is being done and the fraction of it.

    Returns:
        (n,) row numbers, ascending.

    Raises:
        WhereError: The expression can't be understood (a UsageError; it says where).

    Example:
        >>> len(where("digits", "class is 3 and split is test"))
        15
    """
    from latentlab.verbs.opening import open_dataset

    loaded = None if model is None else load_model(model, device=device)
    dataset = open_dataset(data) if loaded is None else data_for(loaded, data, report=report)
    clause = parse(expression)
    if clause is None:
        return np.arange(len(dataset))
    known, lacking = _told(clause, dataset, loaded)
    known |= {name: found for name, found in (measured or {}).items() if name in lacking}
    if loaded is not None and z is None and any(name not in OF_DATA for name in lacking):
        z = embed(loaded, dataset, report=report)
    missing = [name for name in lacking if name in MEASURED and name not in known]
    if loaded is not None and missing:
        known |= measure(loaded, dataset, missing, z=z, report=report)
    for name in lacking:
        if name not in known:
            known[name] = _plain(name, dataset, z)
    return np.flatnonzero(bind(clause, known)(slice(None)))


def check_where(data: Data, expression: str, *, model: ModelLike | None = None) -> None:
    """Refuse an expression that `where` would refuse, before anything is computed.

    Args:
        data: Data.
        expression: See `latentlab.data.where`.
        model: The model, for z and what is measured.

    Raises:
        WhereError: A column or a value is none of those that there are, or it can't be understood.

    Example:
        >>> check_where("digits", "class is 3")
    """
    from latentlab.verbs.opening import open_dataset

    clause = parse(expression)
    if clause is not None:
        loaded = None if model is None else load_model(model)
        dataset = open_dataset(data) if loaded is None else data_for(loaded, data)
        bind_known(clause, _told(clause, dataset, loaded)[0])


def _told(
    clause: Clause, dataset: Dataset, model: Model | None
) -> tuple[dict[str, Attribute], tuple[str, ...]]:
    """The columns of a clause that need no computing, and the names of its others.

    Raises:
        WhereError: There is no such column.
    """
    columns = columns_of(dataset)
    codes = () if model is None else tuple(f"z{i + 1}" for i in range(model.code_dim))
    figures = () if model is None else MEASURED
    called = free_names(iter(columns), frozenset({*TITLES, *MEASURED, *codes}))
    own = {called[name]: name for name in columns}
    known: dict[str, Attribute] = {}
    lacking = []
    for name in needed(clause, (*TITLES, *figures, *codes, *own)):
        if name in own:
            known[name] = attribute_of(name, columns[own[name]])
        elif name in TITLES:
            known[name] = _plain(name, dataset, None)
        else:
            lacking.append(name)
    return known, tuple(lacking)


def _plain(name: str, dataset: Dataset, z: Floats | None) -> Attribute:
    found = plain_attribute(name, dataset.labels, dataset.split, dataset.label_names, z)
    assert found is not None  # noqa: S101 - it is one of the names that there are
    return found


def check_figures(names: Sequence[str]) -> None:
    """Refuse a figure that there is not, before the work.

    Raises:
        UsageError: There is none of that name.

    Example:
        >>> check_figures(["recon", "cluster"])
    """
    from latentlab.errors import UsageError

    for name in names:
        if name not in (*OF_DATA, *OF_CODES):
            do = f"There are {', '.join(MEASURED)}."
            raise UsageError(f'No figure is called "{name}".', where="--with", do=do)
