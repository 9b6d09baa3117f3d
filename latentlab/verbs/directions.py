"""Directions by name: made from groups of data, kept beside the model, walked, computed with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentlab.errors import RefusedError, UsageError
from latentlab.latent.arithmetic import latent_of, rows_of, vocabulary
from latentlab.latent.direction_files import (
    place_for,
    read_directions,
    with_direction,
    write_directions,
)
from latentlab.latent.directions import Direction, attribute
from latentlab.specs import Device
from latentlab.verbs.looking import class_of, embed
from latentlab.verbs.opening import Data, ModelLike, data_for, load_model

if TYPE_CHECKING:
    from latentlab.models.model import Model

Floats = NDArray[np.float64]
REST = "rest"


def directions(model: Path | str) -> tuple[Direction, ...]:
    """The directions that are kept beside a model file, or in a run folder.

    Raises:
        RefusedError: The file of directions is damaged.
    """
    return read_directions(place_for(Path(model)))


def make_direction(
    model: ModelLike,
    data: Data | None,
    name: str,
    with_: str | ArrayLike,
    without: str | ArrayLike = REST,
    *,
    hold: Sequence[str] = (),
    save: bool = False,
    device: Device = "auto",
    seed: int = 0,
) -> Direction:
    """The attribute vector from one group of data to another, with its consistency.

    Args:
        model: The encoder.
        data: The data; None takes the map inside the model's file.
        name: What it is called.
        with_: A class by name or number, several with commas, or rows.
        without: The same; "rest" is all that are not in the first group.
        hold: Names of kept directions that it should leave as they are.
        save: Whether it is kept beside the model, in the place of one of its name.
        device: Where codes are computed.
        seed: Of the pairs that consistency is measured on.

    Returns:
        The direction; strength 1 is the whole way from one mean to the other.

    Raises:
        UsageError: There is no such class, a group is too small, or nothing is left of it.
        RefusedError: No data are known; or it can't be kept, for the model has no file.

    Example:
        >>> from latentlab import train
        >>> found = make_direction(train("digits", steps=2), "digits", "zero", "0", "1")
        >>> found.with_count, found.without_count, found.consistency.held_out
        (178, 182, True)
    """
    if not name.strip():
        raise UsageError("A direction needs a name.", where="name")
    place = place_for(Path(model)) if isinstance(model, str | Path) else None
    if (save or hold) and place is None:
        raise RefusedError(
            "Directions are kept beside a model's file.", do="Give the file instead of the model."
        )
    opened = load_model(model, device=device)
    z, labels, names = known_codes(opened, data)
    chosen = _rows(with_, labels, names)
    if isinstance(without, str) and without.strip().lower() == REST:
        others = np.setdiff1d(np.arange(len(z)), chosen)
    else:
        others = _rows(without, labels, names)
    found = attribute(name.strip(), z[chosen], z[others], seed=seed)
    if hold and place is not None:
        kept = {one.name: one for one in read_directions(place, opened.code_dim)}
        found = found.holding([_named(kept, one) for one in hold])
    if save and place is not None:
        write_directions(place, with_direction(read_directions(place), found))
    return found


def remove_direction(model: Path | str, name: str) -> None:
    """Take a direction out of those kept beside a model.

    Raises:
        UsageError: There is none of that name.
    """
    place = place_for(Path(model))
    kept = {one.name: one for one in read_directions(place)}
    _named(kept, name)
    write_directions(place, tuple(one for one in kept.values() if one.name != name))


def walk_direction(
    model: ModelLike,
    direction: Direction | str,
    at: ArrayLike,
    strengths: ArrayLike,
    *,
    label: int | str | None = None,
    device: Device = "auto",
) -> tuple[Floats, NDArray[np.float32]]:
    """What a direction changes: latents and pictures at strengths along it.

    Args:
        model: The decoder.
        direction: It, or the name of one kept beside the model's file.
        at: (d,) where strength 0 is.
        strengths: (F,) of them; 1 is the direction's whole length.
        label: Class or its name to decode as, for models that are told of classes.
        device: Where it computes.

    Returns:
        Latents (F, d), and pictures (F, C, H, W) in [0, 1].

    Example:
        >>> from latentlab import train
        >>> right = Direction("right", np.array([1.0, 0.0]))
        >>> z, shown = walk_direction(train("digits", steps=2), right, [0.0, 0.0], [-1.0, 0.0, 1.0])
        >>> z[:, 0].tolist(), shown.shape
        ([-1.0, 0.0, 1.0], (3, 1, 8, 8))
    """
    if isinstance(direction, str):
        if not isinstance(model, str | Path):
            raise UsageError("A name is looked up beside a model's file.", do="Give the file.")
        direction = _named({one.name: one for one in directions(model)}, direction)
    opened = load_model(model, device=device)
    if direction.latent_dim != opened.code_dim:
        raise UsageError(f"“{direction.name}” is of {direction.latent_dim} latents.")
    z = direction.walk(at, strengths)
    return z, opened.decode(z, class_of(opened, label))


def jacobian_directions(
    model: ModelLike, at: ArrayLike, *, label: int | str | None = None, device: Device = "auto"
) -> tuple[Floats, Floats]:
    """What can change at a latent: the principal directions of the decoder's Jacobian.

    Returns:
        How far the picture moves for a unit step (d,), the largest first, and the directions as
        rows (d, d).

    Example:
        >>> from latentlab import train
        >>> amounts, ways = jacobian_directions(train("digits", steps=2), [0.0, 0.0])
        >>> amounts.shape, ways.shape
        ((2,), (2, 2))
    """
    from latentlab.latent.surface import surface_of

    opened = load_model(model, device=device)
    return surface_of(opened, class_of(opened, label)).changes(at)


def arithmetic(
    model: ModelLike,
    text: str,
    data: Data | None = None,
    *,
    here: ArrayLike | None = None,
    device: Device = "auto",
) -> Floats:
    """The latent (d,) that an expression means: "mean(3) - mean(8) + data(17)".

    An analogy a : b :: c : ? is c - a + b.

    Args:
        model: The encoder; the directions kept beside its file can be named.
        text: Sums of latents, times numbers: mean(class), mean(all), data(row), [0.1, 2], names.
        data: The data; None takes the map inside the model's file.
        here: What "here" means; None is the origin.
        device: Where codes are computed.

    Raises:
        UsageError: It can't be read, or names what there is not.

    Example:
        >>> from latentlab import train
        >>> model = train("digits", steps=2)
        >>> arithmetic(model, "[1, 2] + 2 * here", "digits", here=[1, 1]).tolist()
        [3.0, 4.0]
    """
    kept = directions(model) if isinstance(model, str | Path) else ()
    opened = load_model(model, device=device)
    z, labels, names = known_codes(opened, data)
    origin = np.zeros(z.shape[1]) if here is None else np.asarray(here, dtype=np.float64)
    vectors = {one.name: one.vector for one in kept if one.latent_dim == z.shape[1]}
    words = vocabulary(z, labels, names, {"here": origin}, vectors)
    return latent_of(text, words)


def known_codes(
    model: Model, data: Data | None
) -> tuple[NDArray[np.float32], NDArray[np.int64], tuple[str, ...]]:
    """Codes (N, d), labels (N,) and their names, of data or of the map inside the model's file.

    Raises:
        RefusedError: There are neither.
    """
    if data is not None:
        dataset = data_for(model, data)
        return embed(model, dataset), dataset.labels, dataset.label_names
    stored = model.stored_map
    if stored is None:
        raise RefusedError(
            "The model's file holds no map of data.", do="Say with data (--data) which."
        )
    return (
        np.asarray(stored.codes, dtype=np.float32),
        np.asarray(stored.labels, dtype=np.int64),
        tuple(model.header.label_names),
    )


def _rows(
    group: str | ArrayLike, labels: NDArray[np.int64], names: tuple[str, ...]
) -> NDArray[np.int64]:
    if isinstance(group, str):
        parts = [rows_of(word, labels, names) for word in group.split(",")]
        return np.unique(np.concatenate(parts))
    rows = np.unique(np.asarray(group, dtype=np.int64))
    if len(rows) and (rows[0] < 0 or rows[-1] >= len(labels)):
        raise UsageError("There are no such rows.", do=f"Rows go from 0 to {len(labels) - 1:,}.")
    return rows


def _named(kept: dict[str, Direction], name: str) -> Direction:
    if name not in kept:
        known = ", ".join(kept) or "none yet"
        raise UsageError(f'There is no direction "{name}".', do=f"There are {known}.")
    return kept[name]
