"""Defaults fit every data set, and a training starts with them."""

from __future__ import annotations

import subprocess
import sys
from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlab import rules
from latentlab.data.dataset import Dataset
from latentlab.models.build import build, outline
from latentlab.specs import (
    M2,
    Bernoulli,
    Categorical,
    Conv,
    DataSpec,
    Deterministic,
    Diagonal,
    Elbo,
    Flow,
    FullCovariance,
    Gaussian,
    Iwae,
    Linear,
    Made,
    Mlp,
    ModelSpec,
    ObjectiveSpec,
    PixelCnn,
    Poisson,
    PosteriorSpec,
    SemiSupervised,
    StandardNormal,
    TrainSpec,
    TwoLevel,
    UniformCategorical,
    Vamp,
    decode_json,
    encode_json,
    replace,
    tag_of,
)
from latentlab.training.defaults import estimate_s, forward_flops, suggest
from latentlab.training.flops import decoder_flops, step_flops
from latentlab.training.trainer import Trainer


def data_of(shape: tuple[int, ...], rows: int, kind: str = "image") -> Dataset:
    """Rows of zeros that take no memory."""
    split = np.zeros(rows, dtype=np.int8)
    split[::10] = rows > 9
    return Dataset(
        name="zeros",
        x=np.broadcast_to(np.zeros((), dtype=np.uint8), (rows, *shape)),
        kind=kind,
        levels=256,
        labels=np.full(rows, -1),
        label_names=(),
        split=split,
        source=DataSpec(source="zeros"),
        value_range=(0.0, 255.0),
    )


pictures = st.tuples(st.sampled_from([1, 2, 3, 4]), st.integers(1, 160), st.integers(1, 160))


@given(shape=pictures, rows=st.sampled_from([1, 2, 40, 1618, 10_000, 60_000, 737_280]))
@settings(max_examples=60, deadline=None)
def test_every_picture_shape_gets_a_model_that_can_be_built(shape, rows):
    model, train = suggest(data_of(shape, rows))
    assert outline(model).spec.shape == shape
    assert decode_json(encode_json(train), TrainSpec) == train
    assert decode_json(encode_json(model), ModelSpec) == model
    assert estimate_s(model, train, rows, flops_per_s=2e11) > 0


@given(columns=st.integers(1, 5000), kind=st.sampled_from(["vector", "counts"]))
@settings(max_examples=20, deadline=None)
def test_every_table_gets_an_mlp_and_a_gaussian_or_a_poisson_of_its_counts(columns, kind):
    model, _ = suggest(data_of((columns,), 500, kind))
    assert isinstance(model.network, Mlp)
    expected = Poisson(levels=256) if kind == "counts" else Gaussian(scale=0.1, learned=True)
    assert model.likelihood == expected
    assert outline(model).spec.shape == (1, 1, columns)


def test_known_data_get_what_suits_them():
    mnist, how = suggest(data_of((1, 28, 28), 66_667))
    assert mnist == ModelSpec(shape=(1, 28, 28), network=Mlp(hidden=(512, 512)))
    assert (how.batch_size, how.epochs, how.learning_rate_schedule) == (256, 40, "cosine")
    assert isinstance(mnist.likelihood, Bernoulli)
    photos, _ = suggest(data_of((3, 64, 64), 10_000))
    assert isinstance(photos.network, Conv)
    assert isinstance(photos.likelihood, Gaussian)
    sprites, _ = suggest(data_of((1, 64, 64), 46_080))
    assert isinstance(sprites.network, Mlp)


@pytest.mark.parametrize(
    ("shape", "kind"), [((1, 5, 9), "image"), ((3, 9, 8), "image"), ((4,), "vector")]
)
def test_a_training_starts_with_the_defaults(shape, kind):
    data = data_of(shape, 40, kind)
    model, train = suggest(data)
    trainer = Trainer(data, model, replace(train, steps=2, threads=1))
    for _ in trainer:
        pass
    assert trainer.outcome == "finished"


def test_the_estimate_follows_the_work():
    model = ModelSpec(shape=(1, 28, 28))
    once = estimate_s(model, TrainSpec(epochs=1), 60_000, flops_per_s=2e11)
    assert estimate_s(model, TrainSpec(epochs=10), 60_000, flops_per_s=2e11) == pytest.approx(
        10 * once, rel=0.01
    )
    assert estimate_s(model, TrainSpec(time_limit_s=30.0), 60_000) == 30.0
    assert estimate_s(model, TrainSpec(steps=1, time_limit_s=30.0), 60_000) < 5
    wide = ModelSpec(shape=(1, 28, 28), network=Mlp(hidden=(1024, 1024)))
    assert forward_flops(wide) > 2 * forward_flops(model)


VAES = [
    {"network": network, "posterior": posterior}
    for network in (Mlp(hidden=(40, 30)), Conv(channels=(4, 8), hidden=16), Linear())
    for posterior in (Diagonal(), FullCovariance(), Categorical(categories=5), Deterministic())
]


@pytest.mark.parametrize("parts", VAES, ids=lambda parts: " ".join(map(tag_of, parts.values())))
def test_the_work_counted_is_about_that_of_the_layers(parts):
    """Against the layers of the model itself: two operations for each weight and place."""
    prior = (
        UniformCategorical() if isinstance(parts["posterior"], Categorical) else StandardNormal()
    )
    model = ModelSpec(shape=(1, 16, 16), latent_dim=3, prior=prior, **parts)
    done = _operations(model)
    assert 0.8 * done < forward_flops(model) < 1.25 * done


def _operations(model: ModelSpec) -> float:
    vae, total = build(model).eval(), 0.0

    def count(layer, _given, out):
        nonlocal total
        meeting = 4 if isinstance(layer, torch.nn.ConvTranspose2d) else 1  # of the kernel, a pixel
        # a convolution takes three times as long as a matrix product of as many operations
        total += 3 * 2 * layer.weight.numel() * out[0, 0].numel() / meeting

    def product(inputs, weight, bias=None):
        nonlocal total
        total += 2 * weight.numel()
        return linear(inputs, weight, bias)

    for layer in vae.modules():
        if isinstance(layer, torch.nn.Conv2d | torch.nn.ConvTranspose2d):
            layer.register_forward_hook(count)
    linear = torch.nn.functional.linear
    torch.nn.functional.linear = product
    try:
        q = vae.q(torch.zeros(1, *model.shape))
        z, _ = q.rsample(torch.zeros(q.eps_shape(1)))
        vae.decode(z)
    finally:
        torch.nn.functional.linear = linear
    return total


EVERY = [
    ModelSpec(shape=(1, 16, 16), network=network)
    for network in (Mlp(), Conv(), Linear(), Made(), PixelCnn(), TwoLevel())
] + [
    ModelSpec(shape=(1, 16, 16), posterior=posterior)
    for posterior in (kind() for kind in get_args(PosteriorSpec))
]


@pytest.mark.parametrize("model", EVERY, ids=lambda m: f"{tag_of(m.network)} {tag_of(m.posterior)}")
def test_every_network_and_posterior_has_an_estimate(model):
    assert estimate_s(model, TrainSpec(epochs=1), 1000, flops_per_s=2e11) > 0


@pytest.mark.parametrize("objective", [kind() for kind in get_args(ObjectiveSpec)], ids=tag_of)
def test_every_objective_has_an_estimate(objective):
    model = ModelSpec(shape=(1, 16, 16), labels=SemiSupervised())
    assert estimate_s(model, TrainSpec(epochs=1, objective=objective), 1000, flops_per_s=2e11) > 0


def test_more_samples_cost_more_decoding_and_no_more_encoding():
    model = ModelSpec(shape=(1, 28, 28))
    costs = [step_flops(model, Iwae(samples=k)) for k in (1, 5, 50)]
    assert costs[1] - costs[0] == pytest.approx(4 * decoder_flops(model))
    assert costs[2] - costs[0] == pytest.approx(49 * decoder_flops(model))
    told = ModelSpec(shape=(1, 28, 28), labels=SemiSupervised(classes=10))
    assert step_flops(told, M2()) > 4 * step_flops(told, Elbo())


def test_the_forms_that_use_them_need_no_torch():
    code = (
        "import latentlab.training.defaults, latentlab.training.runs, "
        "latentlab.training.schedules, sys; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_vamp_prior_over_a_flow_that_scores_slowly_is_said_and_counted():
    shape, vamp = (1, 8, 8), Vamp(components=100)
    slow = ModelSpec(shape=shape, posterior=Flow(transform="iaf"), prior=vamp)
    quick = ModelSpec(shape=shape, posterior=Flow(transform="maf"), prior=vamp)
    assert "100 flows" in rules.caution(slow)[0]
    assert "maf" in rules.caution(slow)[1]
    assert rules.caution(quick) == rules.caution(ModelSpec(shape=shape, prior=vamp)) == ("", "")
    plain = step_flops(ModelSpec(shape=shape, posterior=Flow()), Elbo())
    assert step_flops(slow, Elbo()) > 2 * step_flops(quick, Elbo()) > 4 * plain
