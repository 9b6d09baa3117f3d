"""Directions saved by name beside the model that they belong to: one JSON file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta

from latentlab.errors import LatentlabError, RefusedError
from latentlab.files import write_atomic
from latentlab.latent.directions import Consistency, Direction

MOST = 1000
MAX_BYTES = 64 << 20
ENDING = ".directions.json"
Name = Annotated[str, Meta(min_length=1, max_length=200)]


class _Consistency(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cosine: float
    cosine_std: float
    random: float
    random_std: float
    effect_size: float | None
    accuracy: float
    held_out: bool


class KeptDirection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A direction as a file keeps it."""

    name: Name
    vector: Annotated[list[float], Meta(min_length=1, max_length=65_536)]
    with_count: int = 0
    without_count: int = 0
    consistency: _Consistency | None = None
    about: Annotated[str, Meta(max_length=2000)] = ""


class _File(msgspec.Struct, frozen=True):
    latentlab_directions: Annotated[int, Meta(ge=1, le=1)]
    directions: Annotated[list[KeptDirection], Meta(max_length=MOST)]


def place_for(model: Path) -> Path:
    """Where the directions of a model are kept: in its run folder, or beside its file.

    Example:
        >>> place_for(Path("models/face.safetensors")).name
        'face.directions.json'
    """
    if model.is_dir():
        return model / "directions.json"
    return model.with_name(model.stem + ENDING)


def read_directions(path: Path, latent_dim: int | None = None) -> tuple[Direction, ...]:
    """Directions of a file; none where there is no file.

    Args:
        path: The file.
        latent_dim: That all must have; None takes any.

    Raises:
        RefusedError: The file is no list of directions, or of another latent space.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise RefusedError("This file of directions is too large.", where=str(path))
        found = msgspec.json.decode(path.read_bytes(), type=_File)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise RefusedError("The directions can't be read.", where=str(path)) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RefusedError(
            "This is no file of directions.", where=str(path), do="Remove it, or mend it."
        ) from error
    made = tuple(made_direction(one) for one in found.directions)
    for one in made:
        wrong = latent_dim is not None and one.latent_dim != latent_dim
        if wrong or not np.isfinite(one.vector).all():
            raise RefusedError(
                f"The direction “{one.name}” is not of this model's latents.", where=str(path)
            )
    return made


def write_directions(path: Path, directions: tuple[Direction, ...]) -> None:
    """Write them, whole or not at all.

    Raises:
        LatentlabError: The folder can't be written, or the disk is full.
    """
    if len(directions) > MOST:
        raise LatentlabError(f"At most {MOST} directions are kept.", where=str(path))
    rows = [kept_direction(one) for one in directions]
    data = msgspec.json.encode(_File(latentlab_directions=1, directions=rows))
    write_atomic(path, msgspec.json.format(data, indent=1))


def with_direction(
    directions: tuple[Direction, ...], direction: Direction
) -> tuple[Direction, ...]:
    """The same with one more, in the place of its name if that is taken."""
    if any(one.name == direction.name for one in directions):
        return tuple(direction if one.name == direction.name else one for one in directions)
    return (*directions, direction)


def kept_direction(one: Direction) -> KeptDirection:
    """A direction as a file keeps it."""
    sure = None
    if one.consistency is not None:
        fields = {name: getattr(one.consistency, name) for name in _Consistency.__struct_fields__}
        fields["effect_size"] = _finite(one.consistency.effect_size)
        sure = _Consistency(**fields)
    vector = [float(value) for value in one.vector]
    return KeptDirection(one.name, vector, one.with_count, one.without_count, sure, one.about)


def made_direction(one: KeptDirection) -> Direction:
    """A direction from how a file keeps it."""
    sure = None
    if one.consistency is not None:
        fields = {name: getattr(one.consistency, name) for name in _Consistency.__struct_fields__}
        if fields["effect_size"] is None:
            fields["effect_size"] = float("inf")
        sure = Consistency(**fields)
    vector = np.asarray(one.vector, dtype=np.float64)
    return Direction(one.name, vector, one.with_count, one.without_count, sure, one.about)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
