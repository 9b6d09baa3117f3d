"""Training speed beside pythae 0.1.2, at the same held-out bound. Prints one JSON object.

    pip install pythae==0.1.2          # or: pip install "latentlab[bench]"
    python tests/benchmarks/bench_train_pythae.py --data MNIST_FOLDER [--epochs 5] [--rounds 3]

Both train 784-512-2-512-784 on the same float32 pictures, Adam, learning rate 1e-3, constant, as
pythae's own defaults have it: `TrainingPipeline` with its MLP networks, no evaluation set. Rounds
alternate between the two, so that other load falls on both. Speed is the training rows seen over
the time from "go" to the trained model; the bound is measured by latentlab on the 10,000 test
pictures for both, pythae's weights copied into a latentlab model.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import logging
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from latentlab.data.dataset import Dataset
from latentlab.data.open import open_dataset
from latentlab.models.vae import VAE, build
from latentlab.specs import DataSpec, Elbo, Mlp, ModelSpec, TrainSpec
from latentlab.training.judge import Judge
from latentlab.training.objectives import objective
from latentlab.training.rows import Batches
from latentlab.training.trainer import Trainer

RATE = 1e-3
SPEC = ModelSpec(shape=(1, 28, 28), network=Mlp(hidden=(512,)))


def as_floats(dataset: Dataset) -> Dataset:
    """The same rows with float32 pictures, loaded."""
    return Dataset(
        name=dataset.name,
        x=dataset.inputs(np.arange(len(dataset))).copy(),
        kind="image",
        levels=None,
        labels=dataset.labels,
        label_names=dataset.label_names,
        split=dataset.split,
        source=dataset.source,
    )


def latentlab_round(data: Dataset, batch_size: int, epochs: int, seed: int) -> tuple[float, VAE]:
    train = TrainSpec(
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=RATE,
        learning_rate_schedule="constant",
        seed=seed,
        device="cpu",
    )
    begin = time.perf_counter()
    trainer = Trainer(data, SPEC, train)
    for _ in trainer:
        pass
    return time.perf_counter() - begin, trainer.vae


def pythae_round(x: torch.Tensor, batch_size: int, epochs: int, seed: int) -> tuple[float, VAE]:
    from pythae.models import VAE as PythaeVAE
    from pythae.models import VAEConfig
    from pythae.pipelines import TrainingPipeline
    from pythae.trainers import BaseTrainerConfig

    torch.manual_seed(seed)
    with tempfile.TemporaryDirectory() as folder, quiet():
        config = BaseTrainerConfig(
            output_dir=folder,
            num_epochs=epochs,
            learning_rate=RATE,
            per_device_train_batch_size=batch_size,
            optimizer_cls="Adam",
            seed=seed,
            no_cuda=True,
        )
        model = PythaeVAE(
            VAEConfig(input_dim=(1, 28, 28), latent_dim=2, reconstruction_loss="bce")
        )
        pipeline = TrainingPipeline(training_config=config, model=model)
        begin = time.perf_counter()
        pipeline(train_data=x)
        seconds = time.perf_counter() - begin
    return seconds, as_latentlab(model)


def as_latentlab(model: Any) -> VAE:
    """Pythae's weights in a latentlab model of the same layers."""
    vae = build(SPEC)
    encoder, decoder = model.encoder, model.decoder
    heads = [encoder.embedding, encoder.log_var]
    state = {
        "encoder.layers.0": encoder.layers[0][0],
        "decoder.first": decoder.layers[0][0],
        "decoder.rest.1": decoder.layers[1][0],
    }
    weights = {f"{n}.{k}": v for n, layer in state.items() for k, v in layer.state_dict().items()}
    for key, scale in (("weight", 0.5), ("bias", 0.5)):
        mean, log_variance = (head.state_dict()[key] for head in heads)
        weights[f"posterior.linear.{key}"] = torch.cat([mean, scale * log_variance])
    vae.load_state_dict(weights)
    return vae


@contextlib.contextmanager
def quiet():  # noqa: ANN201
    logging.disable(logging.CRITICAL)
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        yield
    logging.disable(logging.NOTSET)


def compare(data: Dataset, batch_size: int, epochs: int, rounds: int) -> dict[str, Any]:
    rows = data.rows("train")
    x = torch.from_numpy(data.inputs(rows).copy())
    test = Batches(data, data.rows("test"), torch.device("cpu"))
    judge = Judge(test, objective(Elbo()), torch.device("cpu"), seed=0)
    sides: dict[str, Any] = {
        "latentlab": lambda seed: latentlab_round(data, batch_size, epochs, seed),
        "pythae": lambda seed: pythae_round(x, batch_size, epochs, seed),
    }
    rates: dict[str, list[float]] = {name: [] for name in sides}
    bounds: dict[str, list[float]] = {name: [] for name in sides}
    for seed in range(rounds):
        for name, side in sides.items():
            seconds, vae = side(seed)
            rates[name].append(len(rows) * epochs / seconds)
            bounds[name].append(judge.score(vae).bound_nats)
    ratios = [a / b for a, b in zip(rates["latentlab"], rates["pythae"], strict=True)]
    return {
        "batch_size": batch_size,
        "images_per_s": {name: round(statistics.median(r)) for name, r in rates.items()},
        "ratio": round(statistics.median(ratios), 2),
        "ratios": [round(ratio, 2) for ratio in ratios],
        "bound_nats": {name: round(statistics.mean(b), 2) for name, b in bounds.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default=os.environ.get("LATENTLAB_DATA", "mnist"))
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batches", type=int, nargs="+", default=[100, 500])
    arguments = parser.parse_args()
    folder = Path(arguments.data)
    source = str(folder / "mnist") if (folder / "mnist").is_dir() else arguments.data
    data = as_floats(open_dataset(DataSpec(source=source)))
    answer = {
        "network": "784-512-2-512-784",
        "epochs": arguments.epochs,
        "machine": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "torch": str(torch.__version__),
        "load": os.getloadavg()[0],
        "runs": [compare(data, b, arguments.epochs, arguments.rounds) for b in arguments.batches],
    }
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
