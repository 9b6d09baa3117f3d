"""Every member of the family repeats to the byte, and resumes to the byte, in whatever stage."""

from __future__ import annotations

import pytest

from latentlab.specs import ModelSpec, RunConfig, TrainSpec
from latentlab.training.runs import Run
from latentlab.training.trainer import Trainer
from latentlab.verbs import recipe

TRAIN = TrainSpec(steps=14, batch_size=30, device="cpu", precision="float32", threads=1)
SMALL = {"latent_dim": 3, "hidden": (12,)}

FAMILY: dict[str, dict[str, object]] = {
    "flow posterior": {"posterior": "flow", "posterior.hidden": 8},
    "spline posterior": {"posterior": "flow", "transform": "spline", "posterior.hidden": 8},
    "categorical": {"posterior": "categorical"},
    "vector-quantised": {"posterior": "vq", "codes": 8, "posterior.tokens": 4},
    "gradient codebook": {"posterior": "vq", "posterior.codebook": "gradient", "codes": 8},
    "autoencoder": {"posterior": "none"},
    "adversarial": {"objective": "adversarial"},
    "mixture prior": {"prior": "mixture", "components": 3},
    "VampPrior": {"prior": "vamp", "components": 3},
    "flow prior": {"prior": "flow", "prior.hidden": 8},
    "factor": {"objective": "factor", "objective.hidden": (8,)},
    "total correlation": {"objective": "tc"},
    "IWAE": {"objective": "iwae", "samples": 3},
    "DReG": {"objective": "dreg", "samples": 3},
    "denoising": {"objective": "denoising"},
    "M1": {"objective": "m1", "labelled": 12},
    "M2": {"objective": "m2", "labelled": 12},
    "M1+M2": {"objective": "m1m2", "labelled": 12},
    "told the class": {"labels": "condition"},
    "negative binomial": {"likelihood": "negative-binomial"},
    "logistic": {"likelihood": "logistic"},
    "MADE": {"objective": "made", "binarize": "dynamic"},
}


def specs_of(name, dataset):
    model = ModelSpec(shape=dataset.shape)
    asked = SMALL | FAMILY[name]
    if name == "MADE":  # it has no latents, and refuses a number of them
        del asked["latent_dim"]
    return recipe.apply(model, TRAIN, asked, dataset.facts)


def finished(trainer: Trainer, stop: int | None = None) -> Trainer:
    made = 0
    for metrics in trainer:
        made += metrics is None
        if made == stop:
            break
    trainer.finish("stopped" if stop else trainer.outcome)
    return trainer


def weights(trainer: Trainer) -> dict[str, bytes]:
    return {n: t.numpy().tobytes() for n, t in trainer.vae.state_dict().items()}


@pytest.mark.parametrize("name", FAMILY)
def test_a_run_repeats_and_resumes_to_the_byte(tmp_path, dataset, name):
    model, train = specs_of(name, dataset)
    whole = finished(Trainer(dataset, model, train))
    begun = weights(Trainer(dataset, model, train))
    assert weights(whole) != begun  # it has learned something
    config = RunConfig(model=model, train=train, data=dataset.source)
    with Run.create(tmp_path / "run", config) as run:
        first = finished(Trainer(dataset, model, train, run=run), stop=5)
        recorded = run.config
    assert weights(first) != weights(whole)
    for stop in (6, None):  # in the first stage, in the last one, and to the end
        with Run.open(tmp_path / "run") as run:
            trainer = finished(Trainer(dataset, model, train, run=run, resume=True), stop)
    assert weights(trainer) == weights(whole)
    again = finished(Trainer(dataset, recorded.model, recorded.train))
    assert weights(again) == weights(whole)
