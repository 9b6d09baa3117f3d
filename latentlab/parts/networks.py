"""Networks: how x becomes features and how z becomes a picture."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from latentlab.parts.base import Depth, Hidden, Spec, Width


class Mlp(Spec, frozen=True, kw_only=True, tag="mlp"):
    """Fully connected layers; the decoder mirrors the encoder."""

    hidden: Hidden = (512, 512)


class Conv(Spec, frozen=True, kw_only=True, tag="conv"):
    """Strided convolutions and one fully connected layer; the decoder mirrors the encoder."""

    channels: Annotated[tuple[Width, ...], Meta(min_length=1, max_length=6)] = (32, 64)
    hidden: Width = 256


class Linear(Spec, frozen=True, kw_only=True, tag="linear"):
    """One linear map each way, without hidden layers: the VAE beside PCA (Lucas et al., 2019)."""


class TwoLevel(Spec, frozen=True, kw_only=True, tag="two-level"):
    """Two grids of features, the bottom one decoded together with the top one (VQ-VAE-2).

    Args:
        channels: Of the feature maps.
        residual: Residual blocks of each encoder and of the decoder.
    """

    channels: Width = 64
    residual: Depth = 2


class Made(Spec, frozen=True, kw_only=True, tag="made"):
    """Masked fully connected layers, one pixel after the other; no latents (Germain et al., 2015).

    Args:
        hidden: Widths.
        orders: Orderings of the pixels whose likelihoods are averaged.
    """

    hidden: Hidden = (2000,)
    orders: Annotated[int, Meta(ge=1, le=64)] = 1


class PixelCnn(Spec, frozen=True, kw_only=True, tag="pixelcnn"):
    """Masked convolutions, row after row; no latents (van den Oord et al., 2016)."""

    channels: Width = 32
    layers: Depth = 6
    kernel: Annotated[int, Meta(ge=3, le=15)] = 3


NetworkSpec = Mlp | Conv | Linear | TwoLevel | Made | PixelCnn
