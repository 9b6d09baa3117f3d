"""What every part of the vocabulary is made of: a frozen, strict struct and bounded numbers."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

MAX_SIDE = 1024

Width = Annotated[int, Meta(ge=1, le=16384)]
Side = Annotated[int, Meta(ge=1, le=MAX_SIDE)]
Depth = Annotated[int, Meta(ge=1, le=32)]
Samples = Annotated[int, Meta(ge=1, le=1000)]
Levels = Annotated[int, Meta(ge=2, le=65_536)]
Classes = Annotated[int, Meta(ge=2, le=10_000)]
Positive = Annotated[float, Meta(gt=0)]
NonNegative = Annotated[float, Meta(ge=0)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
Hidden = Annotated[tuple[Width, ...], Meta(min_length=1, max_length=16)]


class Spec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """The base of every spec: frozen, keyword-only, and strict about unknown fields."""


def tag_of(part: Spec | type[Spec]) -> str:
    """The tag of a part: what it is called in files, on the command line and in dialogs."""
    return str(part.__struct_config__.tag)
