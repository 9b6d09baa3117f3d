"""What does not go together in a training, each with the reason."""

from __future__ import annotations

from latentlab.engine.messages import ModelInfo
from latentlab.specs import ModelSpec
from latentlab.views.words import choice_word

SMALLEST_CONV_SIDE = 8
PARTED = ("cuda", "mps", "xpu")


def impossible_networks(shape: tuple[int, int, int]) -> dict[str, str]:
    """Networks that do not fit the data."""
    _, height, width = shape
    if height == 1:
        return {"conv": "Convolutions need pictures; these data are a table."}
    if min(height, width) < SMALLEST_CONV_SIDE:
        return {"conv": f"Convolutions need at least {SMALLEST_CONV_SIDE} pixels a side."}
    return {}


def impossible_devices(devices: tuple[str, ...]) -> dict[str, str]:
    """Devices that are not here; nothing is known before torch is loaded."""
    if not devices:
        return {}
    here = {device.partition(":")[0] for device in devices}
    return {
        device: f"This machine has no {choice_word(device)} device."
        for device in PARTED
        if device not in here
    }


def impossible_binarisations(likelihood: str) -> dict[str, str]:
    """Binarising goes with the Bernoulli likelihood alone."""
    if likelihood == "bernoulli":
        return {}
    reason = f"Black and white pixels have no {choice_word(likelihood)} density."
    return {"static": reason, "dynamic": reason}


def no_warm_start(model: ModelInfo | None, wanted: ModelSpec) -> str:
    """Return why training can't begin from the open model; empty where it can."""
    if model is None:
        return "There is no open model."
    if model.spec != wanted:
        return "The open model is built otherwise."
    return ""
