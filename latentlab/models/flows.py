"""Flow posteriors: a diagonal Gaussian bent by invertible layers that see x."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from latentlab import specs
from latentlab.models.bijections import AutoregressiveLayer, Bijection, PlanarLayer, pull, push
from latentlab.models.gaussian import LOG_SIGMA, DiagonalGaussian, log_normal
from latentlab.models.networks import full_precision


@dataclass(frozen=True, slots=True, eq=False)
class FlowLatents:
    """eps_0 ~ N(mu, diag(sigma^2)), eps_t = f_t(eps_t-1, x), z the last of them.

    log q(z|x) = log q_0(eps_0) - sum_t log |det d eps_t / d eps_t-1| (Rezende and Mohamed, 2015).
    The layers work in units of the base, f_t(v) = mu + sigma T_t((v - mu) / sigma): what their
    networks see is of order one however narrow q is. mu and sigma are so applied once, at the end.

    Args:
        base: q_0.
        maps: T_1, T_2, ...
    """

    base: DiagonalGaussian
    maps: tuple[Bijection, ...]

    @property
    def mean(self) -> Tensor:
        """The image of the base's mean: (B, D), one pass.

        A stand-in for E_q[z], which has no closed form: it is the same at every call, costs no
        samples, and is a point where q has mass, while the mean of a bent q can lie beside it.
        """
        start = self.base.mean.new_zeros(self.base.mean.shape)
        return self.base.mean + self.base.log_sigma.exp() * push(self.maps, start)[0]

    def eps_shape(self, samples: int) -> tuple[int, ...]:
        """(L, B, D)."""
        return self.base.eps_shape(samples)

    def rsample(self, eps: Tensor) -> tuple[Tensor, Tensor]:
        """Noise (..., B, D) -> z (..., B, D) and log q(z|x) (..., B)."""
        bent, log_det = push(self.maps, eps)
        z = self.base.mean + self.base.log_sigma.exp() * bent
        return z, log_normal(eps) - log_det - self.base.log_sigma.sum(-1)

    def log_prob(self, z: Tensor) -> Tensor:
        """log q(z|x) in nats: (..., B, D) -> (..., B); D passes a layer for iaf and spline."""
        bent = (z - self.base.mean) * (-self.base.log_sigma).exp()
        eps, log_det = pull(self.maps, bent)
        return log_normal(eps) - log_det - self.base.log_sigma.sum(-1)


class Flow(nn.Module):
    """Features to `FlowLatents`; the layers begin near the identity, q near its base."""

    def __init__(self, spec: specs.Flow, features: int, latent_dim: int) -> None:
        super().__init__()
        self.spec = spec
        self.linear = nn.Linear(features, 2 * latent_dim)
        self.layers = nn.ModuleList(
            _layer(spec, features, latent_dim, reverse=bool(place % 2))
            for place in range(spec.layers)
        )

    def forward(self, h: Tensor) -> FlowLatents:
        """(B, F) -> q."""
        mean, log_sigma = full_precision(self.linear, h).chunk(2, dim=-1)  # (B, D) each
        base = DiagonalGaussian(mean, log_sigma.clamp(*LOG_SIGMA))
        return FlowLatents(base, tuple(layer(h) for layer in self.layers))


def _layer(spec: specs.Flow, features: int, latent_dim: int, *, reverse: bool) -> nn.Module:
    """One layer; each takes the values in the other order than the one before it."""
    if spec.transform == "planar":
        return PlanarLayer(latent_dim, features)
    return AutoregressiveLayer(
        latent_dim,
        spec.hidden,
        spline=spec.transform == "spline",
        order="score" if spec.transform == "maf" else "draw",
        context=features,
        reverse=reverse,
    )
