"""Training speed beside pythae 0.1.2, at the same held-out bound. Prints one JSON object.

    pip install pythae==0.1.2          # or: pip install "latentlab[bench]"
    python tests/benchmarks/bench_train_pythae.py --data MNIST_FOLDER [--epochs 6] [--seeds 4]

Both train 784-512-2-512-784 on the same float32 pictures, Adam, learning rate 1e-3, constant, as
pythae's own defaults have it: its `TrainingPipeline` with its MLP networks, no evaluation set
(latentlab's epochs do score the test rows). Both start from the same weights; the bound of either
still differs by a nat or so from seed to seed, so it is a mean over seeds, taken by latentlab on
the 10,000 test pictures, pythae's weights copied into a latentlab model. Epochs of the two take
turns, so that other load falls on both; speed is the rows over the median time of an epoch, `best`
over the shortest. `start_s` is what latentlab's set-up took (data, measuring the precision).
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
from latentlab.models.build import build
from latentlab.models.vae import VAE
from latentlab.specs import DataSpec, Elbo, Mlp, ModelSpec, TrainSpec
from latentlab.training.judge import Judge
from latentlab.training.recipes import recipe
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


class OurSide:
    """latentlab's trainer, an epoch at a time."""

    def __init__(
        self, data: Dataset, batch_size: int, epochs: int, threads: int | None, initial: VAE
    ) -> None:
        train = TrainSpec(
            threads=threads,
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=RATE,
            learning_rate_schedule="constant",
            device="cpu",
        )
        begin = time.perf_counter()
        self.trainer = Trainer(data, SPEC, train, initial=initial)
        self.start_s = time.perf_counter() - begin
        self._steps = iter(self.trainer)
        self.epochs_s: list[float] = []

    def epoch(self) -> None:
        torch.set_num_threads(self.trainer.plan.threads)
        begin = time.perf_counter()
        while next(self._steps) is None:
            pass
        self.epochs_s.append(time.perf_counter() - begin)


def pythae_model(seed: int) -> Any:
    from pythae.models import VAE as PythaeVAE  # noqa: N811
    from pythae.models import VAEConfig

    torch.manual_seed(seed)
    return PythaeVAE(VAEConfig(input_dim=(1, 28, 28), latent_dim=2, reconstruction_loss="bce"))


def take_turns(
    model: Any, ours: OurSide, x: torch.Tensor, batch_size: int, epochs: int
) -> list[float]:
    """Train pythae's model, with an epoch of `ours` after each of its; its epochs' seconds."""
    from pythae.pipelines import TrainingPipeline
    from pythae.trainers import BaseTrainerConfig
    from pythae.trainers.training_callbacks import TrainingCallback

    threads, times, began = torch.get_num_threads(), [], [0.0]

    class Turns(TrainingCallback):
        def on_epoch_begin(self, *args: Any, **kwargs: Any) -> None:
            torch.set_num_threads(threads)
            began[0] = time.perf_counter()

        def on_epoch_end(self, *args: Any, **kwargs: Any) -> None:
            times.append(time.perf_counter() - began[0])
            ours.epoch()

    with tempfile.TemporaryDirectory() as folder, quiet():
        config = BaseTrainerConfig(
            output_dir=folder,
            num_epochs=epochs,
            learning_rate=RATE,
            per_device_train_batch_size=batch_size,
            optimizer_cls="Adam",
            no_cuda=True,
        )
        TrainingPipeline(training_config=config, model=model)(train_data=x, callbacks=[Turns()])
    return times


def as_latentlab(model: Any, spec: ModelSpec = SPEC) -> VAE:
    """Pythae's weights in a latentlab model of the same layers."""
    vae = build(spec)
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
def quiet():
    logging.disable(logging.CRITICAL)
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        yield
    logging.disable(logging.NOTSET)


def compare(
    data: Dataset, batch_size: int, epochs: int, seeds: int, ours_threads: int | None
) -> dict[str, Any]:
    rows, threads = data.rows("train"), torch.get_num_threads()
    x = torch.from_numpy(data.inputs(rows).copy())
    test = Batches(data, data.rows("test"), torch.device("cpu"))
    judge = Judge(test, torch.device("cpu"), seed=0)

    def bound(vae: VAE) -> float:
        terms = judge.score(recipe(Elbo(), vae, test)[0].objective)
        assert terms is not None
        return round(terms.bound_nats, 2)

    seconds: dict[str, list[float]] = {"latentlab": [], "pythae": []}
    bounds: dict[str, list[float]] = {"latentlab": [], "pythae": []}
    for seed in range(seeds):
        with quiet():
            theirs = pythae_model(seed)
        ours = OurSide(data, batch_size, epochs, ours_threads, as_latentlab(theirs))
        torch.set_num_threads(threads)
        seconds["pythae"] += take_turns(theirs, ours, x, batch_size, epochs)
        seconds["latentlab"] += ours.epochs_s
        torch.set_num_threads(threads)
        bounds["latentlab"].append(bound(ours.trainer.vae))
        bounds["pythae"].append(bound(as_latentlab(theirs)))
    median = {name: round(len(rows) / statistics.median(t)) for name, t in seconds.items()}
    best = {name: round(len(rows) / min(t)) for name, t in seconds.items()}
    return {
        "batch_size": batch_size,
        "precision": ours.trainer.plan.precision,
        "threads": ours.trainer.plan.threads,
        "start_s": round(ours.start_s, 2),
        "images_per_s": median,
        "ratio": round(median["latentlab"] / median["pythae"], 2),
        "best_images_per_s": best,
        "best_ratio": round(best["latentlab"] / best["pythae"], 2),
        "bound_nats": {name: round(statistics.mean(b), 2) for name, b in bounds.items()},
        "bounds_nats": bounds,
        "epochs_s": {name: [round(t, 2) for t in times] for name, times in seconds.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default=os.environ.get("LATENTLAB_DATA", "mnist"))
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--threads", type=int, help="latentlab's; measured if not given")
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
        "runs": [
            compare(data, batch, arguments.epochs, arguments.seeds, arguments.threads)
            for batch in arguments.batches
        ],
    }
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
