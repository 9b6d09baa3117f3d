"""Training speed of each family beside the pythae class of the same name. Prints one JSON object.

    pip install pythae==0.1.2          # or: pip install "latentlab[bench]"
    python tests/benchmarks/bench_families_pythae.py --data MNIST_FOLDER [--batches 100 500]

Both train 784-512-d-512-784 on the same float32 pictures with Adam at 1e-3, constant, as in
`bench_train_pythae.py`: epochs of the two take turns, so that other load falls on both, and speed
is the rows over the median time of an epoch. `value` is what each class minimises, taken on the
test pictures after training, in nats per datum with the sign of a bound (IWAE: its own bound with
K samples; BetaTCVAE: the plain ELBO; VQVAE: E log N(x; mean, 1/2) without its constant), by each
side's own code on its own model.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import log, pi
from pathlib import Path
from typing import Any

import torch
from bench_train_pythae import RATE, as_floats, as_latentlab, quiet, take_turns

from latentlab.data.dataset import Dataset
from latentlab.data.open import open_dataset
from latentlab.models.vae import VAE
from latentlab.specs import (
    BetaTc,
    DataSpec,
    Elbo,
    Flow,
    Gaussian,
    Iwae,
    Mlp,
    ModelSpec,
    ObjectiveSpec,
    TrainSpec,
    UniformCategorical,
    Vamp,
    VectorQuantised,
    VqVae,
)
from latentlab.training.judge import Judge
from latentlab.training.recipes import recipe
from latentlab.training.records import Terms
from latentlab.training.rows import Batches
from latentlab.training.trainer import Trainer

LATENTS, SAMPLES, BETA, COMPONENTS, CODES = 10, 5, 2.0, 50, 512
PLAIN = ModelSpec(shape=(1, 28, 28), latent_dim=LATENTS, network=Mlp(hidden=(512,)))


@dataclass(frozen=True)
class Family:
    """A pythae class, and what it is in latentlab.

    Args:
        theirs: Name of the class; its config's name and values.
        model: latentlab's model.
        objective: And objective.
        value: Of latentlab's held-out terms, what is compared.
        shared: The layers are the same, so that both start from the same weights.
    """

    theirs: tuple[str, str, dict[str, Any]]
    model: ModelSpec
    objective: ObjectiveSpec
    value: Callable[[Terms], float] = lambda terms: terms.bound_nats
    shared: bool = False


def variant(**parts: Any) -> ModelSpec:
    return ModelSpec(
        **({"shape": PLAIN.shape, "latent_dim": LATENTS, "network": PLAIN.network} | parts)
    )


FAMILIES = {
    "VAE": Family(("VAE", "VAEConfig", {}), PLAIN, Elbo(), shared=True),
    "IWAE": Family(
        ("IWAE", "IWAEConfig", {"number_samples": SAMPLES}),
        PLAIN,
        Iwae(samples=SAMPLES),
        lambda terms: terms.extras["importance_bound"],
        shared=True,
    ),
    "BetaTCVAE": Family(
        ("BetaTCVAE", "BetaTCVAEConfig", {"beta": BETA}), PLAIN, BetaTc(beta=BETA), shared=True
    ),
    "VAE_IAF": Family(
        ("VAE_IAF", "VAE_IAF_Config", {"n_made_blocks": 2, "n_hidden_in_made": 2}),
        variant(posterior=Flow(transform="iaf", layers=2, hidden=128)),
        Elbo(),
    ),
    "VAMP": Family(
        ("VAMP", "VAMPConfig", {"number_components": COMPONENTS}),
        variant(prior=Vamp(components=COMPONENTS)),
        Elbo(),
    ),
    # Pythae makes one token of each value of the encoder's: LATENTS tokens of one number.
    "VQVAE": Family(
        ("VQVAE", "VQVAEConfig", {"num_embeddings": CODES}),
        variant(
            latent_dim=1,
            posterior=VectorQuantised(codes=CODES, tokens=LATENTS, codebook="gradient"),
            prior=UniformCategorical(),
            likelihood=Gaussian(scale=0.5**0.5),
        ),
        VqVae(),
        lambda terms: terms.reconstruction_nats + 784 * 0.5 * log(pi),
    ),
}


class OurSide:
    """latentlab's trainer, an epoch at a time."""

    def __init__(
        self, data: Dataset, family: Family, batch_size: int, epochs: int, initial: VAE | None
    ) -> None:
        train = TrainSpec(
            objective=family.objective,
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=RATE,
            learning_rate_schedule="constant",
            device="cpu",
        )
        self.trainer = Trainer(data, family.model, train, initial=initial)
        self._steps = iter(self.trainer)
        self.epochs_s: list[float] = []
        self.cpu_s: list[float] = []
        self.between_s: list[float] = []  # processor time of what came before each epoch
        self._left_s = time.process_time()

    def epoch(self) -> None:
        torch.set_num_threads(self.trainer.plan.threads)
        begin, begin_cpu = time.perf_counter(), time.process_time()
        self.between_s.append(begin_cpu - self._left_s)
        while next(self._steps) is None:
            pass
        self.epochs_s.append(time.perf_counter() - begin)
        self._left_s = time.process_time()
        self.cpu_s.append(self._left_s - begin_cpu)


def pythae_model(family: Family, seed: int) -> Any:
    from pythae import models

    name, config, values = family.theirs
    loss = {} if name == "VQVAE" else {"reconstruction_loss": "bce"}
    torch.manual_seed(seed)
    shape = {"input_dim": PLAIN.shape, "latent_dim": LATENTS}
    return getattr(models, name)(getattr(models, config)(**shape, **loss, **values))


@torch.no_grad()
def their_value(model: Any, x: torch.Tensor) -> float:
    """By pythae's own loss, in eval mode, without its weights."""
    model.eval()
    total = 0.0
    for part in x.split(500):
        out = model({"data": part})
        kl = out.reg_loss if "reg_loss" in out else torch.zeros(())
        total -= float(out.recon_loss + kl) * len(part)
    return total / len(x)


def compare(data: Dataset, name: str, batch_size: int, epochs: int, seed: int) -> dict[str, Any]:
    family, rows, threads = FAMILIES[name], data.rows("train"), torch.get_num_threads()
    x = torch.from_numpy(data.inputs(rows).copy())
    device = torch.device("cpu")
    judge = Judge(Batches(data, data.rows("test"), device), device, seed=0)

    def judged(vae: VAE) -> float:
        terms = judge.score(recipe(family.objective, vae, Batches(data, rows, device))[0].objective)
        assert terms is not None
        return family.value(terms)

    with quiet():
        theirs = pythae_model(family, seed)
    initial = as_latentlab(theirs, family.model) if family.shared else None
    ours = OurSide(data, family, batch_size, epochs, initial)
    torch.set_num_threads(threads)
    seconds = {"pythae": take_turns(theirs, ours, x, batch_size, epochs)}  # type: ignore[arg-type]
    seconds["latentlab"] = ours.epochs_s
    torch.set_num_threads(threads)
    test = torch.from_numpy(data.inputs(data.rows("test")).copy())
    if family.shared:
        value = judged(as_latentlab(theirs, family.model))
    else:
        value = their_value(theirs, test)
    speed = {side: round(len(rows) / statistics.median(t)) for side, t in seconds.items()}
    return {
        "family": name,
        "batch_size": batch_size,
        "precision": ours.trainer.plan.precision,
        "threads": ours.trainer.plan.threads,
        "images_per_s": speed,
        "ratio": round(speed["latentlab"] / speed["pythae"], 2),
        "best_ratio": round(min(seconds["pythae"]) / min(seconds["latentlab"]), 2),
        # Of processor time, which other load hardly touches; the first turn holds the set-up.
        "processor_ratio": round(min(ours.between_s[1:]) / min(ours.cpu_s[1:]), 2),
        "value_nats": {"latentlab": round(judged(ours.trainer.vae), 2), "pythae": round(value, 2)},
        "epochs_s": {side: [round(t, 2) for t in times] for side, times in seconds.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default=os.environ.get("LATENTLAB_DATA", "mnist"))
    parser.add_argument("--families", nargs="+", default=list(FAMILIES), choices=list(FAMILIES))
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batches", type=int, nargs="+", default=[100, 500])
    arguments = parser.parse_args()
    folder = Path(arguments.data)
    source = str(folder / "mnist") if (folder / "mnist").is_dir() else arguments.data
    data = as_floats(open_dataset(DataSpec(source=source)))
    runs = [
        compare(data, name, batch, arguments.epochs, arguments.seed)
        for name in arguments.families
        for batch in arguments.batches
    ]
    answer = {
        "network": f"784-512-{LATENTS}-512-784",
        "machine": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "torch": str(torch.__version__),
        "load": os.getloadavg()[0],
        "runs": runs,
    }
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
