"""VQ-VAE-2: a coarse grid of codes, and a fine one that is told of it (Razavi et al., 2019)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from latentlab import specs
from latentlab.errors import UsageError
from latentlab.models.causal import Size
from latentlab.models.grid_networks import Down, Residual, Up
from latentlab.models.networks import Shape
from latentlab.models.vq import CodeGrids, Quantised, quantised

FINE_SIDE = 10  # a picture is halved until the fine grid's longer side is at most this


class TwoLevel(Quantised):
    """Two grids; the top one has half the sides of the bottom one.

    The bottom grid is encoded from the picture and from what the top codes decode to, and both
    decode to the picture.

    Raises:
        UsageError: The data are no pictures.

    Example:
        >>> from latentlab.models.build import build
        >>> spec = specs.ModelSpec(
        ...     shape=(1, 28, 28), latent_dim=4, network=specs.TwoLevel(channels=8, residual=1),
        ...     posterior=specs.VectorQuantised(codes=16), prior=specs.UniformCategorical(),
        ... )
        >>> vae = build(spec)
        >>> vae.sizes, vae.q(torch.zeros(5, 1, 28, 28)).tokens.shape
        (((4, 4), (7, 7)), torch.Size([5, 65]))
    """

    def __init__(self, spec: specs.ModelSpec) -> None:
        network = spec.network
        assert isinstance(network, specs.TwoLevel)  # noqa: S101 - `build` chose this class by it
        channels, dim = network.channels, spec.latent_dim
        sides = fine_sides(spec.shape)
        fine, coarse = sides[-1], half(sides[-1])
        super().__init__(spec, (coarse, fine))
        widths = [spec.shape[0], *[channels] * (len(sides) - 1)]

        def blocks() -> list[nn.Module]:
            return [Residual(channels) for _ in range(network.residual)]

        def first(inputs: int) -> nn.Module:
            return nn.Conv2d(inputs, channels, 3, padding=1)

        self.fine_encoder = nn.Sequential(Down(widths), *blocks(), nn.ReLU())
        self.coarse_encoder = nn.Sequential(
            Down((channels, channels)), *blocks(), nn.ReLU(), nn.Conv2d(channels, dim, 1)
        )
        self.coarse_decoder = nn.Sequential(
            first(dim), *blocks(), Up((channels, channels), (coarse, fine))
        )
        self.meet = nn.Conv2d(2 * channels, dim, 1)
        out = [*[channels] * (len(sides) - 1), self.likelihood.channels_out]
        self.decoder = nn.Sequential(first(channels + dim), *blocks(), Up(out, sides[::-1]))

    def q(self, x: Tensor, y: Tensor | None = None) -> CodeGrids:  # noqa: ARG002 - as a VAE's
        """The codes of pictures (B, C, H, W), the top level first."""
        top_book, bottom_book = self.books()
        features = self.fine_encoder(x)  # (B, F, h, w)
        top = quantised([self.coarse_encoder(features)], [top_book])
        seen = torch.relu(self.coarse_decoder(self._at_places(top.mean, 0)))
        encoded = self.meet(torch.cat([features, seen], 1))  # (B, D, h, w)
        bottom = quantised([encoded], [bottom_book])
        tokens = torch.cat([top.tokens, bottom.tokens], 1)
        return CodeGrids(top.encoded + bottom.encoded, top.vectors + bottom.vectors, tokens)

    def likelihood_parameters(self, z: Tensor, y: Tensor | None = None) -> Tensor:  # noqa: ARG002
        """Vectors (..., T * D) -> the likelihood's parameters (..., channels_out, H, W)."""
        top, bottom = self.grids(z.reshape(-1, z.shape[-1]))
        seen = torch.relu(self.coarse_decoder(top))
        parameters: Tensor = self.decoder(torch.cat([seen, bottom], 1))
        return parameters.view(*z.shape[:-1], *parameters.shape[1:])

    def _at_places(self, vectors: Tensor, level: int) -> Tensor:
        """(B, T * D) of one level -> (B, D, h, w)."""
        rows = vectors.view(len(vectors), self.counts[level], -1)
        return rows.transpose(1, 2).reshape(len(rows), -1, *self.sizes[level])


def fine_sides(shape: Shape) -> list[Size]:
    """(height, width) before and after each halving, down to the fine grid.

    Raises:
        UsageError: The data are rows of a table, or too small to be halved twice.

    Example:
        >>> fine_sides((1, 28, 28))
        [(28, 28), (14, 14), (7, 7)]
    """
    if min(shape[1:]) < 4:
        raise UsageError(
            "Two levels need pictures of at least 4 x 4 pixels.", do="Choose the network mlp."
        )
    sides = [(shape[1], shape[2])]
    while len(sides) == 1 or max(sides[-1]) > FINE_SIDE:
        sides.append(half(sides[-1]))
    return sides


def half(size: Size) -> Size:
    """Half the sides, rounded up."""
    return (size[0] + 1) // 2, (size[1] + 1) // 2
