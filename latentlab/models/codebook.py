"""A codebook: K vectors, each standing for what is nearest to it (van den Oord et al., 2017)."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import embedding

from latentlab.specs import VectorQuantised

DEAD = 0.1  # of the mean use: codes below it are revived
ROWS = 16_384  # looked up at once


class Codebook(nn.Module):
    """Code vectors and how much they are used; a network that is saved keeps both.

    Args:
        spec: Its size, and how it learns.
        dim: Length of a vector, D.
    """

    vectors: Tensor
    usage: Tensor
    sums: Tensor

    def __init__(self, spec: VectorQuantised, dim: int) -> None:
        super().__init__()
        self.spec = spec
        vectors = torch.empty(spec.codes, dim)
        if spec.codebook == "gradient":
            self.vectors = nn.Parameter(vectors)
        else:
            self.register_buffer("vectors", vectors)
            self.register_buffer("sums", torch.empty(spec.codes, dim))
        self.register_buffer("usage", torch.empty(spec.codes))  # codes of a step, smoothed

    def reset_parameters(self, generator: Generator) -> None:
        """Vectors near zero, unused."""
        with torch.no_grad():
            self.vectors.normal_(0.0, 0.1, generator=generator)
            for buffer in self.buffers(recurse=False):
                if buffer is not self.vectors:
                    buffer.zero_()

    def find(self, encoded: Tensor) -> Tensor:
        """The nearest code of each vector: (..., D) -> (...) int64."""
        with torch.no_grad(), torch.autocast(encoded.device.type, enabled=False):
            half = 0.5 * self.vectors.square().sum(-1)  # |e - c|^2 = |e|^2 - 2 e.c + |c|^2
            flat = encoded.reshape(-1, encoded.shape[-1]).float()
            found = [(half - rows @ self.vectors.T).argmin(-1) for rows in torch.split(flat, ROWS)]
            return torch.cat(found).view(encoded.shape[:-1])

    def look_up(self, tokens: Tensor) -> Tensor:
        """The vectors of codes: (...) -> (..., D)."""
        return embedding(tokens, self.vectors)

    @torch.no_grad()
    def learn(self, encoded: Tensor, tokens: Tensor, generator: Generator, *, revive: bool) -> None:
        """Follow what the codes stand for, and let unused ones begin again.

        Args:
            encoded: (M, D), of one step.
            tokens: (M,), what they were coded as.
            generator: Chooses where a code begins again.
            revive: Whether codes do that now.
        """
        decay, count = self.spec.decay, len(tokens)
        here = torch.bincount(tokens, minlength=len(self.usage)).to(self.usage.dtype)
        self.usage.lerp_(here, 1 - decay)
        if self.spec.codebook == "ema":
            self.sums.mul_(decay).index_add_(0, tokens, encoded.float(), alpha=1 - decay)
            used = self.usage > 1e-6
            means = self.sums / self.usage.clamp_min(1e-6)[:, None]
            self.vectors.copy_(torch.where(used[:, None], means, self.vectors))
        if revive and self.spec.revive:
            self._revive(encoded.float(), count / len(self.usage), generator)

    def _revive(self, encoded: Tensor, mean_use: float, generator: Generator) -> None:
        """Put unused codes at vectors of the step, as if used like any other."""
        dead = self.usage < DEAD * mean_use  # (K,)
        chosen = torch.randint(
            len(encoded), (len(dead),), generator=generator, device=encoded.device
        )
        self.vectors.copy_(torch.where(dead[:, None], encoded[chosen], self.vectors))
        self.usage.copy_(torch.where(dead, mean_use, self.usage))
        if self.spec.codebook == "ema":
            begun = self.vectors * self.usage[:, None]
            self.sums.copy_(torch.where(dead[:, None], begun, self.sums))


def perplexity(tokens: Tensor, codes: int) -> Tensor:
    """exp of the entropy of how often each code occurs: K where all are used alike.

    Example:
        >>> float(perplexity(torch.tensor([0, 1, 2, 3]), 8))
        4.0
    """
    share = torch.bincount(tokens.flatten(), minlength=codes).double() / max(tokens.numel(), 1)
    entropy: Tensor = torch.special.entr(share).sum()
    return entropy.exp().float()
