"""Vector-quantised models: a datum is a grid of codes (van den Oord et al., 2017).

z is the vectors of a grid's codes, one after the other. q(z|x) puts all its mass on one grid k*, so
that KL(q || p) = -log p(k*), and log p(x|z_k*) + log p(k*) <= log p(x).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor, nn

from latentlab import specs
from latentlab.errors import UsageError
from latentlab.models import divergence
from latentlab.models.causal import Size
from latentlab.models.code_priors import AutoregressiveCodes, CodePrior, UniformCodes, code_prior
from latentlab.models.codebook import Codebook
from latentlab.models.grid_networks import ConvFromGrid, ConvToGrid, MlpFromGrid, MlpToGrid
from latentlab.models.likelihoods import LIKELIHOODS
from latentlab.models.vae import VAE


@dataclass(frozen=True, slots=True, eq=False)
class CodeGrids:
    """q(z|x), all on one grid of codes for each datum.

    Args:
        encoded: (B, T, D) of each level, what the encoder said.
        vectors: (B, T, D) of each level, the nearest codes' vectors.
        tokens: (B, T) int64, the codes of all levels, the top first.
    """

    encoded: tuple[Tensor, ...]
    vectors: tuple[Tensor, ...]
    tokens: Tensor

    @property
    def mean(self) -> Tensor:
        """z (B, all T * D), with the gradient of what the encoder said (straight through)."""
        pairs = zip(self.encoded, self.vectors, strict=True)
        return torch.cat([(e + (v - e).detach()).flatten(1) for e, v in pairs], 1)

    def eps_shape(self, samples: int) -> tuple[int, ...]:
        """(L, B, 0): nothing is drawn."""
        return (samples, len(self.tokens), 0)

    def rsample(self, eps: Tensor) -> tuple[Tensor, Tensor]:
        """The mean for each sample (..., B, D), and log q = log 1 (..., B)."""
        z = self.mean.expand(*eps.shape[:-1], -1)
        return z, z.new_zeros(z.shape[:-1])

    def log_prob(self, z: Tensor) -> Tensor:
        """log of the mass on z: 0 at the grid, else minus infinity: (..., B, D) -> (..., B)."""
        at = torch.isclose(z, self.mean).all(-1)
        return torch.where(at, 0.0, -torch.inf)

    def commitment(self) -> Tensor:
        """Sum of |encoded - sg(vector)|^2: (B,)."""
        pairs = zip(self.encoded, self.vectors, strict=True)
        return sum_of([(e - v.detach()).square().sum((1, 2)) for e, v in pairs])

    def distance(self) -> Tensor:
        """Sum of |sg(encoded) - vector|^2, which moves the codebook: (B,)."""
        pairs = zip(self.encoded, self.vectors, strict=True)
        return sum_of([(e.detach() - v).square().sum((1, 2)) for e, v in pairs])


class Quantised(VAE):
    """What one grid and two have in common.

    Args:
        spec: The model.
        sizes: (height, width) of each level's grid, the top first.

    Raises:
        UsageError: The posterior is another one, or the model is to know of labels.
    """

    prior: CodePrior

    def __init__(self, spec: specs.ModelSpec, sizes: tuple[Size, ...]) -> None:
        nn.Module.__init__(self)  # none of a VAE's parts
        posterior = spec.posterior
        if not isinstance(posterior, specs.VectorQuantised):
            raise UsageError("Grids of codes need the posterior vq.", do="Choose the posterior vq.")
        if spec.labels is not None:
            raise UsageError(
                "A vector-quantised model learns nothing of labels.", do="Leave the labels out."
            )
        self.spec, self.told, self.teller, self.knowing = spec, 0, None, None
        self.sizes, self.codes = sizes, posterior.codes
        self.counts = [prod(size) for size in sizes]  # tokens of each level
        self.z_dim = sum(self.counts) * spec.latent_dim
        self.likelihood = LIKELIHOODS[type(spec.likelihood)](spec.likelihood, spec.shape)
        self.codebooks = nn.ModuleList(Codebook(posterior, spec.latent_dim) for _ in sizes)
        self.prior = code_prior(spec.prior, sizes, posterior.codes, self.z_dim)
        self.prior.attach(self)

    def books(self) -> list[Codebook]:
        """The codebook of each level."""
        return [book for book in self.codebooks if isinstance(book, Codebook)]

    def q(self, x: Tensor, y: Tensor | None = None) -> CodeGrids:
        """The codes of pictures (B, C, H, W), the top level first."""
        raise NotImplementedError

    def tokens(self, x: Tensor) -> Tensor:
        """Codes of pictures: (B, C, H, W) -> (B, T) int64, the top level first."""
        return self.q(x).tokens

    def vectors(self, tokens: Tensor) -> Tensor:
        """The vectors of codes, one after the other: (B, T) int64 -> z (B, T * D)."""
        levels = zip(self.books(), torch.split(tokens, self.counts, 1), strict=True)
        return torch.cat([book.look_up(part).flatten(1) for book, part in levels], 1)

    def tokens_of(self, z: Tensor) -> Tensor:
        """The codes nearest to vectors: (B, T * D) -> (B, T)."""
        levels = zip(self.books(), self.split(z), strict=True)
        return torch.cat([book.find(part) for book, part in levels], 1)

    def split(self, z: Tensor) -> list[Tensor]:
        """The vectors of each level: (B, T * D) -> (B, T_l, D) each."""
        d = self.spec.latent_dim
        parts = torch.split(z, [count * d for count in self.counts], 1)
        return [part.reshape(len(z), -1, d) for part in parts]

    def pooled(self, z: Tensor) -> Tensor:
        """The mean over a level's vectors, and over levels: (B, T * D) -> (B, D)."""
        return torch.stack([part.mean(1) for part in self.split(z)]).mean(0)

    def grids(self, z: Tensor) -> list[Tensor]:
        """Vectors at their places: (B, T * D) -> (B, D, h, w) of each level."""
        levels = zip(self.split(z), self.sizes, strict=True)
        return [part.transpose(1, 2).reshape(len(z), -1, *size) for part, size in levels]


class VqVae(Quantised):
    """One grid of codes, from an MLP (T in a row) or a convolutional network.

    Example:
        >>> from latentlab.models.build import build
        >>> spec = specs.ModelSpec(
        ...     shape=(1, 8, 8), latent_dim=4, network=specs.Conv(channels=(8,)),
        ...     posterior=specs.VectorQuantised(codes=16), prior=specs.UniformCategorical(),
        ... )
        >>> vae = build(spec)
        >>> vae.sizes, vae.q(torch.zeros(5, 1, 8, 8)).tokens.shape, vae.z_dim
        (((4, 4),), torch.Size([5, 16]), 64)
    """

    def __init__(self, spec: specs.ModelSpec) -> None:
        network, posterior, dim = spec.network, spec.posterior, spec.latent_dim
        encoder: ConvToGrid | MlpToGrid
        decoder: ConvFromGrid | MlpFromGrid
        out = LIKELIHOODS[type(spec.likelihood)](spec.likelihood, spec.shape).channels_out
        if isinstance(network, specs.Conv):
            encoder = ConvToGrid(network, spec.shape, dim)
            decoder = ConvFromGrid(network, spec.shape, dim, out)
        elif isinstance(network, specs.Mlp) and isinstance(posterior, specs.VectorQuantised):
            encoder = MlpToGrid(network, spec.shape, dim, posterior.tokens)
            decoder = MlpFromGrid(network, spec.shape, dim, posterior.tokens, out)
        else:
            raise UsageError(
                f'The network "{specs.tag_of(network)}" makes no grid of vectors.',
                do="Choose the network mlp, conv or two-level.",
            )
        super().__init__(spec, (encoder.size,))
        self.encoder, self.decoder = encoder, decoder

    def q(self, x: Tensor, y: Tensor | None = None) -> CodeGrids:  # noqa: ARG002 - as a VAE's
        """The codes of pictures (B, C, H, W)."""
        (book,) = self.books()
        return quantised([self.encoder(x)], [book])

    def likelihood_parameters(self, z: Tensor, y: Tensor | None = None) -> Tensor:  # noqa: ARG002
        """Vectors (..., T * D) -> the likelihood's parameters (..., channels_out, H, W)."""
        flat = z.reshape(-1, z.shape[-1])
        parameters: Tensor = self.decoder(self.grids(flat)[0])
        return parameters.view(*z.shape[:-1], *parameters.shape[1:])


def quantised(encoded: list[Tensor], books: list[Codebook]) -> CodeGrids:
    """The nearest codes of grids (B, D, h, w), one for each level."""
    rows = [grid.flatten(2).transpose(1, 2).float() for grid in encoded]  # (B, T, D)
    tokens = [book.find(level) for book, level in zip(books, rows, strict=True)]
    vectors = [book.look_up(t) for book, t in zip(books, tokens, strict=True)]
    return CodeGrids(tuple(rows), tuple(vectors), torch.cat(tokens, 1))


def sum_of(terms: list[Tensor]) -> Tensor:
    """The sum of tensors of one shape."""
    return torch.stack(terms).sum(0)


@divergence.register(CodeGrids, UniformCodes)
@divergence.register(CodeGrids, AutoregressiveCodes)
def code_kl(q: CodeGrids, prior: CodePrior) -> Tensor:
    """KL(q || p) = -log p(k*): q has all its mass on one grid."""
    return -prior.log_prob_tokens(q.tokens)
