"""One optimisation step, without any overhead that the model does not ask for."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from latentlab.models.vae import VAE
from latentlab.specs import ObjectiveSpec, Precision
from latentlab.training.objectives import Noise, objective

BETAS = (0.9, 0.999)


class Stepper:
    """A model and the optimiser that moves it: Adam, fused where the device has it.

    Matrix products run in `precision`; weights, optimiser, sums and the KL are float32 always.
    """

    def __init__(self, vae: VAE, spec: ObjectiveSpec, precision: Precision) -> None:
        self.vae = vae
        self.precision = precision
        self.device = next(vae.parameters()).device
        self.parameters = dict(vae.named_parameters())
        self._objective = objective(spec)
        self.optimiser = torch.optim.Adam(
            self.parameters.values(), betas=BETAS, fused=self.device.type in ("cpu", "cuda", "xpu")
        )

    def losses(self, x: Tensor, noise: Noise, beta: float) -> tuple[Tensor, Tensor]:
        """Forward alone: the loss, and (loss, reconstruction, KL) detached, (3,)."""
        with self._autocast():
            record = self._objective(self.vae, x, noise, beta)
        terms = torch.stack((record.loss, record.reconstruction, record.kl)).detach()
        return record.loss, terms

    def descend(self, loss: Tensor, learning_rate: float) -> None:
        """Backward, and one step of the optimiser."""
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.param_groups[0]["lr"] = learning_rate
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)

    def _autocast(self) -> AbstractContextManager[object]:
        if self.precision != "bfloat16":
            return nullcontext()
        return torch.autocast(self.device.type, dtype=torch.bfloat16)
