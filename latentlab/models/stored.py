"""The embedded data set inside a model file: what of it is kept, and what is checked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, NoReturn, Protocol

import numpy as np
from numpy.typing import NDArray

from latentlab.errors import RefusedError
from latentlab.models.dims import code_dim
from latentlab.specs import ModelSpec, VectorQuantised

DO = "Open a model file that latentlab saved."


class MapHeader(Protocol):
    """What a file's header says of its map."""

    @property
    def model(self) -> ModelSpec:
        """Whose codes they are."""

    @property
    def label_names(self) -> tuple[str, ...]:
        """Name of each label."""

    @property
    def axis_names(self) -> tuple[str, str] | None:
        """What the plane's axes are called."""

    @property
    def layout(self) -> Literal["", "tsne", "umap"]:
        """Which layout it is; empty of a plane."""

    @property
    def laid_out(self) -> int:
        """How many data the layout was fitted to."""


@dataclass(frozen=True, slots=True, eq=False)
class StoredMap:
    """The embedded data set, without its pictures.

    Args:
        codes: (N, d) float32 or float16 posterior means.
        labels: (N,) int64, -1 where unlabelled.
        split: (N,) int8, 0 train or 1 test.
        origin: (d,) float64, the plane's latent at map point (0, 0).
        axes: (d, 2) float64, the plane's orthonormal columns.
        axis_names: What the two axes are called.
        tokens: (N, T) int16, where a datum is a grid of codes.
        places: (N, 2) float32, where a layout has each datum.
        layout: Which layout it is; empty of a plane.
        laid_out: How many data it was fitted to.
    """

    codes: NDArray[np.floating]
    labels: NDArray[np.int64]
    split: NDArray[np.int8]
    origin: NDArray[np.float64]
    axes: NDArray[np.float64]
    axis_names: tuple[str, str]
    tokens: NDArray[np.int16] | None = None
    places: NDArray[np.float32] | None = None
    layout: Literal["", "tsne", "umap"] = ""
    laid_out: int = 0


def map_arrays(stored: StoredMap) -> dict[str, NDArray[Any]]:
    """A map as a model file's arrays."""
    arrays: dict[str, NDArray[Any]] = {
        "map/codes": stored.codes,
        "map/labels": _compact(stored.labels),
        "map/split": stored.split.astype(np.int8),
        "map/origin": stored.origin.astype(np.float64),
        "map/axes": stored.axes.astype(np.float64),
    }
    if stored.tokens is not None:
        arrays["map/tokens"] = stored.tokens
    if stored.places is not None:
        arrays["map/places"] = stored.places
    return arrays


def read_map(header: MapHeader, arrays: dict[str, NDArray[Any]], where: str) -> StoredMap | None:
    """Take the map out of a model file's arrays, if it has one.

    Raises:
        RefusedError: It is not whole, or does not fit the model.
    """
    parts = [arrays.pop(f"map/{k}", None) for k in ("codes", "labels", "split", "origin", "axes")]
    if all(part is None for part in parts):
        return None
    codes, labels, split, origin, axes = parts
    d = code_dim(header.model)
    if codes is None or labels is None or split is None or origin is None or axes is None:
        _refuse("The stored map is not whole.", where)
    n = len(codes) if codes.ndim else 0
    fits = (
        [part.shape for part in (codes, labels, split, origin, axes)]
        == [(n, d), (n,), (n,), (d,), (d, 2)]
        and codes.dtype in (np.float32, np.float16)
        and labels.dtype.kind == "i"
        and split.dtype == np.int8
        and origin.dtype == axes.dtype == np.float64
        and header.axis_names is not None
    )
    if not fits:
        _refuse("The stored map does not fit the model.", where)
    if n and not (labels.min() >= -1 and labels.max() < max(1, len(header.label_names))):
        _refuse("The stored map has a label without a name.", where)
    if n and not (split.min() >= 0 and split.max() <= 1):
        _refuse("The stored map has a split that is neither train nor test.", where)
    names = header.axis_names or ("", "")
    tokens = _read_tokens(header, arrays, n, where)
    places = _read_places(header, arrays, n, where)
    stored = StoredMap(codes, labels.astype(np.int64), split, origin, axes, names, tokens)
    if places is None:
        return stored
    laid_out = min(header.laid_out, n)
    return replace(stored, places=places, layout=header.layout, laid_out=laid_out)


def _read_tokens(
    header: MapHeader, arrays: dict[str, NDArray[Any]], count: int, where: str
) -> NDArray[np.int16] | None:
    """The grids of codes of a stored map, if it has any; their length is seen by `Model`."""
    tokens = arrays.pop("map/tokens", None)
    if tokens is None:
        return None
    posterior = header.model.posterior
    codes = posterior.codes if isinstance(posterior, VectorQuantised) else 0
    fits = tokens.dtype == np.int16 and tokens.ndim == 2 and len(tokens) == count
    if not fits or not 0 <= tokens.min(initial=0) <= tokens.max(initial=0) < codes:
        _refuse("The stored map's code grids do not fit the model.", where)
    return tokens


def _read_places(
    header: MapHeader, arrays: dict[str, NDArray[Any]], count: int, where: str
) -> NDArray[np.float32] | None:
    """Where a layout has the data, if the map is one."""
    places = arrays.pop("map/places", None)
    if places is None:
        return None
    if places.dtype != np.float32 or places.shape != (count, 2) or not header.layout:
        _refuse("The stored layout does not fit the map.", where)
    return places


def _compact(labels: NDArray[np.int64]) -> NDArray[np.signedinteger[Any]]:
    """Labels in as few bytes as hold them: classes are few, data are many."""
    top = int(np.abs(labels).max(initial=0))
    kinds = (np.int8, np.int16, np.int32, np.int64)
    return labels.astype(next(kind for kind in kinds if top <= np.iinfo(kind).max))


def _refuse(what: str, where: str) -> NoReturn:
    raise RefusedError(what, where=where, do=DO)
