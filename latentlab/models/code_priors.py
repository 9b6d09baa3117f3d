"""Priors over grids of codes: every code as likely as any other, or a PixelCNN over them.

They count codes, and also answer for latents, the vectors of a grid's codes one after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log, prod
from typing import Never

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy, embedding, interpolate

from latentlab import specs
from latentlab.errors import UsageError
from latentlab.models.causal import CausalNetwork, Size, draw
from latentlab.models.prior import Prior

KERNEL = 5
AT_ONCE = 1024  # grids that are scored at once


class CodePrior(Prior):
    """What priors over grids share.

    Args:
        sizes: (height, width) of each level's grid, the top first.
        codes: Of each codebook, K.
        latent_dim: Values of all vectors of a datum.
    """

    def __init__(self, sizes: tuple[Size, ...], codes: int, latent_dim: int) -> None:
        super().__init__(latent_dim)
        self.sizes, self.codes = sizes, codes
        self.counts = [prod(size) for size in sizes]  # tokens of each level
        self._tokens_of: Callable[[Tensor], Tensor] | None = None
        self._vectors: Callable[[Tensor], Tensor] | None = None

    def attach(self, vae: nn.Module) -> None:
        """Learn which vectors the codes are: bound methods, for a module would be a part."""
        self._tokens_of, self._vectors = vae.tokens_of, vae.vectors  # type: ignore[assignment]

    def eps_shape(self, count: int) -> tuple[int, ...]:
        """(count, tokens)."""
        return (count, sum(self.counts))

    def log_prob(self, z: Tensor) -> Tensor:
        """log p of the codes nearest to the vectors in z, in nats: (..., D) -> (...)."""
        assert self._tokens_of is not None  # noqa: S101 - a model attaches its prior
        flat = self._tokens_of(z.reshape(-1, z.shape[-1]))
        return self.log_prob_tokens(flat).view(z.shape[:-1])

    def sample(self, eps: Tensor) -> Tensor:
        """Standard normal noise -> the vectors of drawn codes (count, D)."""
        assert self._vectors is not None  # noqa: S101 - a model attaches its prior
        return self._vectors(self.sample_tokens(eps))

    def log_prob_tokens(self, tokens: Tensor) -> Tensor:
        """log p in nats: (B, T) int64 -> (B,)."""
        raise NotImplementedError

    def sample_tokens(self, eps: Tensor) -> Tensor:
        """Standard normal noise (count, T) -> codes (count, T) int64."""
        raise NotImplementedError


class UniformCodes(CodePrior):
    """log p = -T log K."""

    def log_prob_tokens(self, tokens: Tensor) -> Tensor:
        """log p in nats, the same for all: (B, T) -> (B,)."""
        return torch.full((len(tokens),), -tokens.shape[1] * log(self.codes), device=tokens.device)

    def sample_tokens(self, eps: Tensor) -> Tensor:
        """Standard normal noise (count, T) -> codes (count, T) int64."""
        uniform: Tensor = torch.special.ndtr(eps)
        return (uniform * self.codes).long().clamp_max(self.codes - 1)


class AutoregressiveCodes(CodePrior):
    """A PixelCNN over the top grid, then one over each grid below, which is told of that above.

    It begins as the uniform one (van den Oord et al., 2017; Razavi et al., 2019).
    """

    def __init__(
        self, spec: specs.Autoregressive, sizes: tuple[Size, ...], codes: int, latent_dim: int
    ) -> None:
        super().__init__(sizes, codes, latent_dim)
        self.levels = nn.ModuleList(
            Level(spec, size, codes, told=number > 0) for number, size in enumerate(sizes)
        )

    def log_prob_tokens(self, tokens: Tensor) -> Tensor:
        """log p in nats: (B, T) -> (B,)."""
        return torch.cat([self._score(part) for part in torch.split(tokens, AT_ONCE)])

    def _score(self, tokens: Tensor) -> Tensor:
        total = torch.zeros(len(tokens), device=tokens.device)
        above = None
        for level, size, part in zip(
            self.levels, self.sizes, torch.split(tokens, self.counts, 1), strict=True
        ):
            grid = part.reshape(-1, *size)
            total = total + level(grid, above)
            above = grid
        return total

    def sample_tokens(self, eps: Tensor) -> Tensor:
        """Standard normal noise (count, T) -> codes (count, T) int64, the top first."""
        uniform = torch.split(torch.special.ndtr(eps), self.counts, 1)
        drawn: list[Tensor] = []
        for level, size, part in zip(self.levels, self.sizes, uniform, strict=True):
            assert isinstance(level, Level)  # noqa: S101 - a ModuleList has forgotten it
            drawn.append(level.draw(part.reshape(-1, *size), drawn[-1] if drawn else None))
        return torch.cat([grid.flatten(1) for grid in drawn], 1)


class Level(nn.Module):
    """One grid, told of the codes of the grid above or of none."""

    def __init__(self, spec: specs.Autoregressive, size: Size, codes: int, *, told: bool) -> None:
        super().__init__()
        channels = spec.channels
        self.size = size
        self.own = nn.Parameter(torch.empty(codes, channels))
        self.above = nn.Parameter(torch.empty(codes, channels)) if told else None
        self.spread = nn.Conv2d(channels, channels, 3, padding=1) if told else None
        self.network = CausalNetwork(
            channels,
            codes,
            size,
            channels=channels,
            layers=spec.layers,
            kernel=KERNEL,
            told=channels if told else 0,
        )

    def reset_parameters(self, generator: Generator) -> None:
        """Standard normal vectors for codes."""
        for parameter in self.parameters(recurse=False):
            nn.init.normal_(parameter, generator=generator)

    def forward(self, grid: Tensor, above: Tensor | None) -> Tensor:
        """log p of grids (B, h, w), given those above (B, h', w'), in nats: (B,)."""
        x = embedding(grid, self.own).permute(0, 3, 1, 2)  # (B, C, h, w)
        logits = self.network(x, self.told(above)).float()  # (B, K, h, w)
        return -cross_entropy(logits, grid, reduction="none").sum((1, 2))

    def told(self, above: Tensor | None) -> Tensor | None:
        """What the codes above say to each place: (B, C, h, w)."""
        if above is None or self.above is None or self.spread is None:
            return None
        h = embedding(above, self.above).permute(0, 3, 1, 2)
        return torch.relu(self.spread(interpolate(h, self.size)))

    def draw(self, uniform: Tensor, above: Tensor | None) -> Tensor:
        """Noise (n, h, w) in [0, 1] -> codes (n, h, w) int64."""
        drawn = draw(self.network, uniform[:, None], self._choose, self.told(above))
        return drawn[:, 0].long()

    def _choose(self, logits: Tensor, uniform: Tensor) -> tuple[Tensor, Tensor]:
        passed = (logits.softmax(-1).cumsum(-1) <= uniform).sum(-1)  # (n,)
        tokens = passed.clamp_max(logits.shape[-1] - 1)
        return tokens[:, None].to(uniform.dtype), embedding(tokens, self.own)


def code_prior(
    spec: specs.PriorSpec, sizes: tuple[Size, ...], codes: int, latent_dim: int
) -> CodePrior:
    """The prior of `spec` over grids of codes.

    Raises:
        UsageError: It is not one over codes.
    """
    if isinstance(spec, specs.UniformCategorical):
        return UniformCodes(sizes, codes, latent_dim)
    if isinstance(spec, specs.Autoregressive):
        return AutoregressiveCodes(spec, sizes, codes, latent_dim)
    raise UsageError(
        f'Codes are counted, and the prior "{specs.tag_of(spec)}" is a density.',
        do="Choose the prior categorical or autoregressive.",
    )


def only_for_codes(_spec: specs.PriorSpec, model: specs.ModelSpec) -> Never:
    """Refuse a prior over codes for latents that are none.

    Raises:
        UsageError: Always.
    """
    raise UsageError(
        "An autoregressive prior is one over codes, and a"
        f" {specs.tag_of(model.posterior)} posterior has none.",
        do="Choose the posterior vq, or another prior.",
    )
