"""Where tensors live: what this computer has, and what "auto" means."""

from __future__ import annotations

import torch

from latentlab.errors import UsageError
from latentlab.specs import Device

NAMES: dict[str, str] = {"cuda": "CUDA", "mps": "Apple MPS", "xpu": "Intel XPU", "cpu": "CPU"}


def available_devices() -> tuple[str, ...]:
    """Devices that can be chosen here, the fastest kind first; the CPU is always among them."""
    present = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "xpu": hasattr(torch, "xpu") and torch.xpu.is_available(),
        "cpu": True,
    }
    return tuple(name for name in NAMES if present[name])


def choose_device(name: Device = "auto") -> torch.device:
    """The device called `name`; "auto" takes CUDA, MPS or XPU where there is one, else the CPU.

    Raises:
        UsageError: This computer does not have it.

    Example:
        >>> choose_device("cpu")
        device(type='cpu')
    """
    present = available_devices()
    if name == "auto":
        return torch.device(present[0])
    if name not in present:
        raise UsageError(
            f"This computer has no {NAMES.get(name, name)} device that torch can use.",
            do=f"Choose one of: auto, {', '.join(present)}.",
        )
    return torch.device(name)
