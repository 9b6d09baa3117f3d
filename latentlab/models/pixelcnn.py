"""PixelCNN: pixels one after the other, by masked convolutions (van den Oord et al., 2016)."""

from __future__ import annotations

import torch
from torch import Tensor

from latentlab import specs
from latentlab.errors import UsageError
from latentlab.models.causal import CausalNetwork, draw
from latentlab.models.density import Density, Report
from latentlab.models.likelihoods import LIKELIHOODS


class PixelCnn(Density):
    """p(x) as a product over pixels; the channels of one pixel are independent given those before.

    Raises:
        UsageError: The data are no pictures, or the pixels no levels that can be drawn.

    Example:
        >>> from latentlab.models.build import build
        >>> spec = specs.ModelSpec(shape=(1, 8, 8), network=specs.PixelCnn(channels=4, layers=1))
        >>> build(spec).log_prob(torch.zeros(5, 1, 8, 8)).shape
        torch.Size([5])
    """

    def __init__(self, spec: specs.ModelSpec) -> None:
        super().__init__(spec)
        network = spec.network
        assert isinstance(network, specs.PixelCnn)  # noqa: S101 - `build` chose this class by it
        channels, height, width = spec.shape
        if min(height, width) == 1:
            raise UsageError(
                "PixelCNN needs pictures, and these data are rows of numbers.", do="Choose MADE."
            )
        levels = isinstance(spec.likelihood, specs.Logistic) and channels == 1
        if not isinstance(spec.likelihood, specs.Bernoulli) and not levels:
            raise UsageError(
                "PixelCNN draws a pixel from the chances of its values: two (bernoulli), or the"
                " levels of a grey picture (logistic).",
                do="Choose one of these likelihoods.",
            )
        self.network = CausalNetwork(
            channels,
            self.likelihood.channels_out,
            (height, width),
            channels=network.channels,
            layers=network.layers,
            kernel=network.kernel,
        )

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats: (B, C, H, W) -> (B,)."""
        return self.likelihood.log_prob(x, self.network(x))

    def sample(self, uniform: Tensor, report: Report | None = None) -> Tensor:
        """Uniform noise (n, C, H, W) -> pictures of the same shape."""
        return draw(self.network, uniform, self._choose, report=report)

    def _choose(self, parameters: Tensor, uniform: Tensor) -> tuple[Tensor, Tensor]:
        """Parameters (n, O) of a pixel and noise (n, C) -> its values (n, C), twice."""
        likelihood = self.spec.likelihood
        if isinstance(likelihood, specs.Logistic):
            values = self._level(parameters, uniform, likelihood.levels)
        else:
            values = (uniform < torch.sigmoid(parameters)).to(uniform.dtype)
        return values, values

    def _level(self, parameters: Tensor, uniform: Tensor, levels: int) -> Tensor:
        """The level at which the sum of the chances passes the noise: (n, 1)."""
        grey = torch.linspace(0, 1, levels, device=uniform.device)
        pixel = LIKELIHOODS[type(self.spec.likelihood)](self.spec.likelihood, (1, 1, 1))
        log_p = pixel.log_prob(  # (levels, n)
            grey.view(-1, 1, 1, 1, 1).expand(-1, len(parameters), 1, 1, 1),
            parameters.view(1, len(parameters), -1, 1, 1),
        )
        passed = (log_p.exp().cumsum(0) <= uniform[:, 0]).sum(0)  # (n,)
        return grey[passed.clamp_max(levels - 1)][:, None]
