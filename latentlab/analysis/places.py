"""What the layers' numbers are at single places, exactly; and the model as they ask it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentlab.analysis.entropy import decoder_entropy
from latentlab.analysis.estimators import importance, numbers
from latentlab.analysis.quadrature import log_likelihood
from latentlab.analysis.told import Scored, Told
from latentlab.errors import UsageError
from latentlab.latent.charts import Plane
from latentlab.latent.field import FieldKind
from latentlab.latent.magnification import magnification_at
from latentlab.models.labels import Stacked
from latentlab.models.vae import VAE

Floats = NDArray[np.float64]
Tick = Callable[[], None]  # asked often; whatever it raises ends the work

VALUES_AT_ONCE = 2**20
DRAWS = 256  # of an importance-sampled log p(x) at one place


def here(
    kinds: tuple[FieldKind, ...], vae: VAE, plane: Plane, z: Floats, label: int | None = None
) -> dict[FieldKind, tuple[float, str]]:
    """Exact values at one latent (d,), and how each was found: magnification, entropy, log p(x).

    Magnification is by Jacobian-vector products; log p(x) of the decode by quadrature, with more
    than two latents by importance sampling.
    """
    found: dict[FieldKind, tuple[float, str]] = {}
    w = plane.project(z)
    through = Plane(z - plane.axes @ w, plane.axes, plane.names)  # the one through z itself
    if "magnification" in kinds:
        decode = decoder_of(vae, label)
        value = magnification_at(decode, through, w[None], device=device_of(vae))[0]
        found["magnification"] = float(value), ""
    if "entropy" in kinds:
        found["entropy"] = float(entropy_at(vae, z[None], label)[0]), ""
    if "log_px" in kinds:
        x, scored = decoded(vae, z[None], label, lambda: None), told(vae, label)
        if plane.latent_dim <= 2:
            found["log_px"] = float(log_likelihood(scored, x).log_likelihood[0]), "quadrature"
        else:
            generator = torch.Generator().manual_seed(0)
            drawn = importance(scored, x, samples=DRAWS, generator=generator)
            found["log_px"] = float(drawn.log_likelihood[0]), f"at least; {DRAWS} draws"
    return found


@torch.inference_mode()
def entropy_at(vae: VAE, z: Floats, label: int | None = None) -> NDArray[np.float32]:
    """The decoder's entropy at latents (n, d), in nats: (n,)."""
    if vae.told and label is None:
        raise UsageError("The entropy of this model's decoder is of a class.", do="Say --label.")
    parameters = told(vae, label).likelihood_parameters(tensor(vae, z))
    return numbers(decoder_entropy(vae.likelihood, parameters)).astype(np.float32)


def told(vae: VAE, label: int | None) -> Scored:
    """The model as estimators take it, of one class where it is told of classes."""
    return Told(vae, label) if vae.told and label is not None else vae


def decoder_of(vae: VAE, label: int | None) -> Callable[[Tensor], Tensor]:
    """E[x|z] of latents (B, d), as one class where that is wanted and known."""
    if label is None or not (vae.told or isinstance(vae.knowing, Stacked)):
        return vae.decode

    def decode(z: Tensor) -> Tensor:
        return vae.decode(z, torch.full((len(z),), label, dtype=torch.int64, device=z.device))

    return decode


class Watched:
    """A model as estimators take it, that can be called off between two of its decodes."""

    def __init__(self, model: Scored, tick: Tick) -> None:
        self._model, self._tick = model, tick

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def likelihood_parameters(self, z: Tensor) -> Tensor:
        """(..., D) -> (..., channels_out, H, W)."""
        self._tick()
        return self._model.likelihood_parameters(z)


def decoded(vae: VAE, z: Floats, label: int | None, tick: Tick) -> NDArray[np.float32]:
    """E[x|z] of latents (n, d): (n, C, H, W)."""
    decode, parts = decoder_of(vae, label), []
    at_once = max(1, VALUES_AT_ONCE // int(np.prod(vae.spec.shape)))
    with torch.inference_mode():
        for few in torch.split(tensor(vae, z), at_once):
            tick()
            parts.append(decode(few).float().cpu().numpy())
    return np.concatenate(parts)


def device_of(vae: VAE) -> torch.device:
    """Where a model computes."""
    return next(vae.parameters()).device


def tensor(vae: VAE, z: Floats) -> Tensor:
    """Latents on the model's device, as it takes them."""
    return torch.from_numpy(np.array(z, dtype=np.float32)).to(device_of(vae))
