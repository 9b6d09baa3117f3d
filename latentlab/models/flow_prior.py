"""A standard normal bent by learned layers whose density takes one pass."""

from __future__ import annotations

from torch import Tensor, nn

from latentlab import specs
from latentlab.models.bijections import AutoregressiveLayer, pull, push
from latentlab.models.gaussian import log_normal
from latentlab.models.prior import Prior, real_values


class FlowPrior(Prior):
    """log p(z) = log N(eps; 0, I) - sum_t log |det df_t|, z = f_T(... f_1(eps)).

    Training scores codes and never draws: the layers are those of a masked autoregressive flow
    (Papamakarios et al., 2017), one pass to score and D to draw. They begin near the identity.
    """

    def __init__(self, spec: specs.FlowPrior, model: specs.ModelSpec) -> None:
        super().__init__(real_values(model, learned=True))
        self.spec = spec
        self.layers = nn.ModuleList(
            AutoregressiveLayer(
                model.latent_dim,
                spec.hidden,
                spline=spec.transform == "spline",
                order="score",
                reverse=bool(place % 2),
            )
            for place in range(spec.layers)
        )

    def log_prob(self, z: Tensor) -> Tensor:
        """log p(z) in nats: (..., D) -> (...)."""
        eps, log_det = pull([layer() for layer in self.layers], z)
        return log_normal(eps) - log_det

    def sample(self, eps: Tensor) -> Tensor:
        """Standard normal noise (count, D) -> latents (count, D)."""
        return push([layer() for layer in self.layers], eps)[0]
