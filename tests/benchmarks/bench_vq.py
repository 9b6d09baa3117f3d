"""VQ-VAE and VQ-VAE-2 on Fashion-MNIST: use of the codebooks, bound, samples. Prints JSON.

    python tests/benchmarks/bench_vq.py --data DATA_FOLDER [--models vq two-level]
        [--time-limit 900] [--out build/bench/vq]

Wanted of VQ-VAE-2: a perplexity of at least 30 % of the codes on both levels, over all codes of the
10,000 test pictures, and samples (`MODEL-samples.png`: top codes, then bottom ones given those, by
the learned prior). Each run folder is resumed where it stopped. DATA_FOLDER holds `fashion-mnist`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from pathlib import Path

import numpy as np
import torch
from resumable import curve, trained

from latentlab.data.dataset import to_picture
from latentlab.data.open import open_dataset
from latentlab.export import pictures
from latentlab.models.codebook import perplexity
from latentlab.models.model import Model
from latentlab.specs import (
    Autoregressive,
    Conv,
    DataSpec,
    ModelSpec,
    TrainSpec,
    TwoLevel,
    VectorQuantised,
    VqVae,
)

NETWORKS = {"vq": Conv(), "two-level": TwoLevel()}
WANTED = 0.3


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default=os.environ.get("LATENTLAB_DATA", ""))
    parser.add_argument("--models", nargs="+", choices=sorted(NETWORKS), default=sorted(NETWORKS))
    parser.add_argument("--time-limit", type=float, default=900.0, help="seconds for each")
    parser.add_argument("--steps", type=int, help="instead of the time limit")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("build/bench/vq"))
    arguments = parser.parse_args()
    folder = Path(arguments.data) / "fashion-mnist"
    source = str(folder) if folder.is_dir() else "fashion-mnist"
    data = open_dataset(DataSpec(source=source))
    train = TrainSpec(
        objective=VqVae(),
        batch_size=128,
        time_limit_s=None if arguments.steps else arguments.time_limit,
        steps=arguments.steps,
        seed=arguments.seed,
    )
    for name in arguments.models:
        print(json.dumps(_bench(name, data, train, arguments.out), indent=2))


def _bench(name: str, data: object, train: TrainSpec, out: Path) -> dict:
    spec = ModelSpec(
        shape=data.shape,
        latent_dim=16,
        network=NETWORKS[name],
        posterior=VectorQuantised(),
        prior=Autoregressive(),
    )
    trainer = trained(out / f"{name}-{train.seed}", data, spec, train)
    model = Model(trainer.vae, trainer.header())
    tokens = torch.from_numpy(model.tokens(data.inputs(data.rows("test"))).astype(np.int64))
    codes = spec.posterior.codes
    used = [float(perplexity(part, codes)) for part in tokens.split(trainer.vae.counts, 1)]
    shown = to_picture(model.sample(64, seed=train.seed))
    sheet = pictures.sheet(pictures.enlarge(shown, 2))
    pictures.write_picture(out / f"{name}-samples.png", sheet)
    held_out, plan, last = trainer.held_out, trainer.plan, trainer.history[-1]
    return {
        "model": name,
        "levels": [f"{h} x {w}" for h, w in trainer.vae.sizes],
        "perplexity": [round(value, 1) for value in used],
        "share_of_codes": [round(value / codes, 3) for value in used],
        "wanted": WANTED,
        "reached": all(value >= WANTED * codes for value in used),
        "bound_nats": round(held_out.bound_nats, 2),
        "reconstruction_nats": round(held_out.reconstruction_nats, 2),
        "codes_nats": round(held_out.kl_nats, 2),
        "likelihood": "Bernoulli on grey values",
        "seconds": round(last.elapsed_s),
        "epochs": round(last.step * plan.batch_size / plan.rows, 2),
        "outcome": trainer.outcome,
        "samples": str(out / f"{name}-samples.png"),
        "curve": curve(trainer),
        "precision": plan.precision,
        "seed": train.seed,
        "torch": str(torch.__version__),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
    }


if __name__ == "__main__":
    main()
