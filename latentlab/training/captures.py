"""The whole state of a training at one instant: taken, put back, and as the bytes of a run."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Generator, Tensor

from latentlab.errors import RefusedError
from latentlab.specs import Spec, decode_json, encode_json
from latentlab.training.runs import Generation
from latentlab.training.stepper import Stepper

NOISE, BEST, OWN, COUNT = "generator.noise", "best.", "own/", "count/"
MOMENTS = ("exp_avg", "exp_avg_sq")


class Counters(Spec, frozen=True, kw_only=True):
    """Where a training is: what `state.json` says.

    Args:
        step: Steps done.
        seen: Images seen, which fixes the place in the order of batches.
        batch_size: Of the next step.
        elapsed_s: Time spent training, pauses left out.
        sums: Loss, reconstruction and KL summed over the steps of the unfinished epoch.
        sum_steps: How many steps that is.
        best_bound: The best bound on validation rows so far (early stopping).
        stale_epochs: Epochs since then.
    """

    step: int = 0
    seen: int = 0
    batch_size: int
    elapsed_s: float = 0.0
    sums: tuple[float, float, float] = (0.0, 0.0, 0.0)
    sum_steps: int = 0
    best_bound: float | None = None
    stale_epochs: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Capture:
    """Weights, optimiser and generator by name, on the CPU, and the counters."""

    weights: dict[str, Tensor]
    optimiser: dict[str, Tensor]
    counters: Counters

    def finite(self) -> bool:
        """Whether every weight is a number: only such a state is worth keeping."""
        return all(bool(w.isfinite().all()) for w in self.weights.values())


def take(
    stepper: Stepper, noise: Generator, best: dict[str, Tensor], counters: Counters
) -> Capture:
    """Copy the state of a training to the CPU."""
    kept: dict[str, Tensor] = {NOISE: noise.get_state().clone()}
    for descent in stepper.descents:
        for name, parameter in descent.parameters.items():
            moments = descent.optimiser.state.get(parameter, {})
            named = f"{descent.name}{name}"
            if moments:
                kept |= {f"{key}.{named}": _copy(moments[key]) for key in MOMENTS}
                kept[COUNT + named] = _copy(torch.as_tensor(moments["step"]))
    for module, own in stepper.own_modules().items():
        kept.update({f"{OWN}{module}/{n}": _copy(t) for n, t in own.state_dict().items()})
    kept.update({BEST + name: _copy(tensor) for name, tensor in best.items()})
    weights = {name: _copy(tensor) for name, tensor in stepper.vae.state_dict().items()}
    return Capture(weights, kept, counters)


def put_back(capture: Capture, stepper: Stepper, noise: Generator) -> dict[str, Tensor]:
    """Restore what `take` copied; returns the best weights of early stopping."""
    stepper.vae.load_state_dict(capture.weights)
    kept = capture.optimiser
    for descent in stepper.descents:
        descent.optimiser.state.clear()
        for name, parameter in descent.parameters.items():
            named = f"{descent.name}{name}"
            if f"{MOMENTS[0]}.{named}" not in kept:
                continue
            moments = {
                key: kept[f"{key}.{named}"].to(parameter.device, copy=True) for key in MOMENTS
            }
            # Fused Adam keeps its count of steps as a tensor beside the moments. Runs of the first
            # version have none of their own: it was that of the steps.
            count = kept.get(COUNT + named, torch.tensor(float(capture.counters.step)))
            step = count.to(parameter.device, copy=True)
            descent.optimiser.state[parameter] = {"step": step, **moments}
    for module, own in stepper.own_modules().items():
        prefix = f"{OWN}{module}/"
        own.load_state_dict(
            {n.removeprefix(prefix): t for n, t in kept.items() if n.startswith(prefix)}
        )
    noise.set_state(kept[NOISE].clone())
    return {n.removeprefix(BEST): t.clone() for n, t in kept.items() if n.startswith(BEST)}


def to_bytes(capture: Capture) -> tuple[bytes, bytes, bytes]:
    """Return the contents of the three files of a generation."""
    return save(capture.weights), save(capture.optimiser), encode_json(capture.counters)


def from_generation(generation: Generation, stepper: Stepper) -> Capture:
    """Read what `to_bytes` wrote, for the model in `stepper`.

    Raises:
        RefusedError: The tensors are not those of this model.
    """
    where = str(generation.path)
    counters = decode_json(generation.state, Counters, where=where)
    try:
        weights, optimiser = load(generation.weights), load(generation.optimiser)
    except (SafetensorError, ValueError, KeyError) as error:
        raise RefusedError("The checkpoint is not readable.", where=where) from error
    expected = {name: tensor.shape for name, tensor in stepper.vae.state_dict().items()}
    if {name: tensor.shape for name, tensor in weights.items()} != expected:
        raise RefusedError("The checkpoint belongs to another model.", where=where)
    known = {BEST + name: shape for name, shape in expected.items()}
    for descent in stepper.descents:
        for name, parameter in descent.parameters.items():
            known |= {f"{key}.{descent.name}{name}": parameter.shape for key in MOMENTS}
            known[f"{COUNT}{descent.name}{name}"] = torch.Size()
    own = {
        f"{OWN}{module}/{name}": tensor.shape
        for module, part in stepper.own_modules().items()
        for name, tensor in part.state_dict().items()
    }
    for name, tensor in optimiser.items():
        if name != NOISE and tensor.shape != (known | own).get(name):
            raise RefusedError("The optimiser's state belongs to another model.", where=where)
    if not _complete(optimiser, own, counters.step, stepper):
        raise RefusedError("The optimiser's state is not complete.", where=where)
    return Capture(weights, optimiser, counters)


def _complete(
    optimiser: dict[str, Tensor], own: dict[str, torch.Size], step: int, stepper: Stepper
) -> bool:
    """Whether nothing is missing: both moments or none, and those of the first stage once begun."""
    if NOISE not in optimiser or not own.keys() <= optimiser.keys():
        return False
    first, second = (
        {name.removeprefix(f"{key}.") for name in optimiser if name.startswith(f"{key}.")}
        for key in MOMENTS
    )
    begun = {f"{d.name}{name}" for d in stepper.descents[:1] for name in d.parameters}
    return first == second and (not step or not begun or bool(first & begun))


def _copy(tensor: Tensor) -> Tensor:
    return tensor.detach().to("cpu", copy=True).contiguous()
