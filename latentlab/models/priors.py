"""Priors p(z) by their specs. A new prior is one tagged spec, one module and its line here."""

from __future__ import annotations

from collections.abc import Callable

from latentlab import specs
from latentlab.models.prior import Prior, StandardNormal

__all__ = ["PRIORS", "Prior", "StandardNormal"]

PRIORS: dict[type[specs.PriorSpec], Callable[..., Prior]] = {specs.StandardNormal: StandardNormal}
