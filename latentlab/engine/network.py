"""The live lane's own copy of the decoder, fed with snapshots of the weights."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentlab.data.dataset import to_picture
from latentlab.engine.messages import DecodeSource
from latentlab.models.dims import code_dim, decoded_classes
from latentlab.models.vae import VAE

Weights = dict[str, Tensor]
ENCODING = ("encoder.", "posterior.")  # parts that no decode needs
FEW = 4  # pictures that one thread of the CPU decodes


def snapshot(vae: VAE) -> Weights:
    """Copy the weights that decode, as they are between two steps.

    On CUDA the copies are complete before this returns: the live lane reads them in another
    stream.
    """
    with torch.no_grad():
        weights = {
            name: value.detach().clone()
            for name, value in vae.state_dict().items()
            if not name.startswith(ENCODING)
        }
    device = next(iter(weights.values())).device
    if device.type == "cuda":
        torch.cuda.current_stream(device).synchronize()
    return weights


def live_device(device: torch.device) -> torch.device:
    """Where the live lane decodes: CUDA has streams of its own for it, others share one queue."""
    return device if device.type == "cuda" else torch.device("cpu")


@contextmanager
def few_threads(pictures: int) -> Iterator[None]:
    """Let this thread alone compute for a while, where there is little to do.

    To share one picture among threads costs about as much as to decode it, and beside a training,
    which has a thread on each core, they wait for each other. torch keeps a number for each
    thread: a training's stays what it is.
    """
    many = torch.get_num_threads()
    if pictures > FEW or many == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(many)


class NetworkDecoder:
    """A decoder with weights of its own, so that a training never waits for a picture.

    Args:
        vae: The model; its weights are copied.
        device: Where to decode.
    """

    source: DecodeSource = "model"

    def __init__(self, vae: VAE, device: torch.device) -> None:
        self._vae = copy.deepcopy(vae).to(device).eval().requires_grad_(False)
        self._device = device
        self._offered: deque[Weights] = deque(maxlen=1)
        self._offers = 0
        self._stream: Any = None
        if device.type == "cuda":  # before the training's own work, where the two compete
            self._stream = torch.cuda.Stream(device, priority=-1)  # type: ignore[no-untyped-call]

    @property
    def latent_dim(self) -> int:
        """d."""
        return code_dim(self._vae.spec)

    def offer(self, weights: Weights) -> None:
        """Decode from these weights from the next picture on; callable from any thread."""
        self._offered.append(weights)
        self._offers += 1

    @property
    def generation(self) -> int:
        """How often the weights were replaced."""
        return self._offers

    def twin(self) -> tuple[VAE, torch.device]:
        """A copy with weights of its own that can be differentiated; callable from any thread.

        Weights that were taken while decoding can't be: torch marks them as for inference alone.
        """
        with torch.inference_mode(mode=False):
            offered = list(self._offered)
            weights = offered[-1] if offered else self._vae.state_dict()
            own = {name: value.detach().clone() for name, value in weights.items()}
            twin = copy.deepcopy(self._vae).requires_grad_(requires_grad=False)
            own = {name: value.to(self._device) for name, value in own.items()}
            twin.load_state_dict(own, strict=False, assign=True)
        return twin.eval(), self._device

    def decode(self, z: NDArray[np.float64]) -> NDArray[np.uint8]:
        """(B, d) -> (B, H, W) or (B, H, W, 3)."""
        return self._safely(z.astype(np.float32), self._pictures)

    @property
    def classes(self) -> int:
        """Classes that z can be decoded as; 0 where z says it all."""
        return decoded_classes(self._vae.spec)

    def decode_as(self, z: NDArray[np.float64], label: int) -> NDArray[np.uint8]:
        """(B, d) as one class -> (B, H, W) or (B, H, W, 3)."""

        def pictures(points: Tensor) -> Tensor:
            y = torch.full((len(points),), label, dtype=torch.int64, device=points.device)
            return self._vae.decode(points, y)

        return self._safely(z.astype(np.float32), pictures)

    def _pictures(self, points: Tensor) -> Tensor:
        """(B, d) on the device -> (B, C, H, W)."""
        return self._vae.decode(points)

    def _safely(
        self, rows: NDArray[np.float32], function: Callable[[Tensor], Tensor]
    ) -> NDArray[np.uint8]:
        try:
            return self._run(rows, function)
        except torch.OutOfMemoryError:
            # The training has taken it all: a copy in the computer's own memory goes on.
            self._vae.to("cpu")
            self._device, self._stream = torch.device("cpu"), None
            return self._run(rows, function)

    def _run(
        self, rows: NDArray[np.float32], function: Callable[[Tensor], Tensor]
    ) -> NDArray[np.uint8]:
        with few_threads(len(rows)), torch.inference_mode(), torch.cuda.stream(self._stream):
            self._take_offer()
            pictures = function(torch.from_numpy(rows).to(self._device))  # (B, C, H, W)
            return to_picture(pictures.float().cpu().numpy())

    def _take_offer(self) -> None:
        if not self._offered:
            return
        weights = {name: value.to(self._device) for name, value in self._offered.pop().items()}
        self._vae.load_state_dict(weights, strict=False, assign=True)
