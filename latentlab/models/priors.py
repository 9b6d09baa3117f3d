"""Priors p(z) by their specs. A new prior is one tagged spec, one module and its line here."""

from __future__ import annotations

from collections.abc import Callable

from latentlab import specs
from latentlab.models.code_priors import only_for_codes
from latentlab.models.flow_prior import FlowPrior
from latentlab.models.mixtures import Mixture, Vamp
from latentlab.models.prior import Prior, StandardNormal, UniformCategorical

__all__ = [
    "PRIORS",
    "FlowPrior",
    "Mixture",
    "Prior",
    "StandardNormal",
    "UniformCategorical",
    "Vamp",
]

PRIORS: dict[type[specs.PriorSpec], Callable[..., Prior]] = {
    specs.StandardNormal: StandardNormal,
    specs.Mixture: Mixture,
    specs.Vamp: Vamp,
    specs.FlowPrior: FlowPrior,
    specs.UniformCategorical: UniformCategorical,
    specs.Autoregressive: only_for_codes,
}
