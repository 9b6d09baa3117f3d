"""Which layers a map can have, and why it can't have the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from latentlab.engine.messages import FieldKind, ModelInfo
from latentlab.latent.cells import GridChart
from latentlab.latent.charts import Chart, Plane
from latentlab.session.natures import (
    NO_LATENTS,
    draws_z,
    has_latents,
    is_categorical,
    is_quantised,
    why_no_prior,
)
from latentlab.specs import (
    Gaussian,
    Implicit,
    LatentClassifier,
    NegativeBinomial,
    Poisson,
    Stacked,
)

ShapeKind = Literal["posterior", "true_posterior"]
LayerKind = FieldKind | ShapeKind
SHAPE_KINDS: tuple[ShapeKind, ...] = get_args(ShapeKind)

NO_MODEL = "There is no model yet: train one, or open one."
NO_DATA = "The data of this map are not open."
NO_CODES = "There are no data on the map yet."
NO_PLANE = "A layout has no plane of latents: choose two latents, or principal components."
CELLS = "The map is a grid of codes: nothing lies between its cells."
GRIDS = "This model decodes the nearest grid of codes: its pictures change in jumps."
ONE_SIGMA = "A Gaussian's entropy is the same at every place: its sigma is."
NO_ENTROPY = "The entropy of counts has no closed form."
NO_Q = "This model's encoder gives one code for a datum, not a distribution."
NO_DENSITY = "This model's q(z|x) can be drawn from, but has no density."
NO_LABELS = "There are no labels of two classes on this map."


@dataclass(frozen=True, slots=True)
class Given:
    """What is open.

    Args:
        classes: Labels that occur on the map.
        live: Whether the model itself can be asked: it is loaded.
        data_open: Whether row i of the map is row i of the open data.
    """

    model: ModelInfo | None
    plane: Chart | None
    has_codes: bool
    classes: int
    live: bool
    data_open: bool


def why_no_layer(kind: LayerKind, given: Given) -> str:
    """Why a map can't have a layer; nothing where it can.

    Example:
        >>> why_no_layer("density", Given(None, None, False, 0, True, False))
        'There is no model yet: train one, or open one.'
    """
    model = given.model
    if model is None:
        return NO_MODEL
    if not has_latents(model.spec):
        return NO_LATENTS
    if is_categorical(model.spec) or isinstance(given.plane, GridChart):
        return CELLS
    if kind == "density":
        return "" if given.has_codes else NO_CODES
    if given.plane is not None and not isinstance(given.plane, Plane):
        return NO_PLANE
    if kind in ("far", "decisions"):
        return _why_no_codes(kind, model, given)
    if kind in ("magnification", "entropy", "log_px"):
        return _why_no_decode(kind, model)
    return _why_no_posterior(kind, model, given)


def _why_no_codes(kind: LayerKind, model: ModelInfo, given: Given) -> str:
    if kind == "decisions" and isinstance(model.spec.labels, LatentClassifier | Stacked):
        return ""
    if not given.has_codes:
        return NO_CODES
    return NO_LABELS if kind == "decisions" and given.classes < 2 else ""


def _why_no_decode(kind: LayerKind, model: ModelInfo) -> str:
    spec = model.spec
    if is_quantised(spec):
        return GRIDS
    if kind == "log_px":
        return why_no_prior(model)
    if kind == "entropy" and isinstance(spec.likelihood, Gaussian):
        return ONE_SIGMA
    if kind == "entropy" and isinstance(spec.likelihood, Poisson | NegativeBinomial):
        return NO_ENTROPY
    return ""


def _why_no_posterior(kind: LayerKind, model: ModelInfo, given: Given) -> str:
    spec = model.spec
    if not draws_z(spec):
        return NO_Q
    if isinstance(spec.posterior, Implicit) and kind != "aggregate":
        return NO_DENSITY
    if not given.has_codes:
        return NO_CODES
    if not given.data_open:
        return NO_DATA
    return ""
