"""Strategies: specs of every kind, for hypothesis."""

from __future__ import annotations

from typing import get_args

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from latentlab.specs import (
    Bernoulli,
    BetaSchedule,
    BetaVae,
    Binarize,
    ContinuousBernoulli,
    Conv,
    DataSpec,
    Diagonal,
    Elbo,
    FullCovariance,
    Gaussian,
    LearningRateSchedule,
    Mlp,
    ModelSpec,
    Precision,
    TrainSpec,
)
from latentlab.verbs import recipe

SHAPE = (1, 28, 28)
GENTLE = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

widths = st.integers(1, 16384)
positive = st.floats(1e-300, 1e300)
networks = st.one_of(
    st.builds(Mlp, hidden=st.lists(widths, min_size=1, max_size=16).map(tuple)),
    st.builds(Conv, channels=st.lists(widths, min_size=1, max_size=6).map(tuple), hidden=widths),
)
likelihoods = st.one_of(
    st.just(Bernoulli()),
    st.just(ContinuousBernoulli()),
    st.builds(Gaussian, scale=positive, learned=st.booleans()),
)
models = st.builds(
    ModelSpec,
    shape=st.just(SHAPE),
    latent_dim=st.integers(1, 4096),
    network=networks,
    posterior=st.sampled_from([Diagonal(), FullCovariance()]),
    likelihood=likelihoods,
)
objectives = st.one_of(
    st.builds(Elbo, samples=st.integers(1, 1000)),
    st.builds(
        BetaVae,
        beta=st.floats(0, 1e300),
        schedule=st.sampled_from(get_args(BetaSchedule)),
        warmup=st.floats(0, 1),
        samples=st.integers(1, 1000),
    ),
)
# No class at all is nothing to train on: an empty field is every class.
classes = st.none() | st.lists(st.integers(-1, 99), min_size=1, max_size=8).map(tuple)
trains = st.builds(
    TrainSpec,
    objective=objectives,
    epochs=st.integers(1, 1_000_000),
    steps=st.none() | st.integers(1, 2**40),
    time_limit_s=st.none() | positive,
    batch_size=st.integers(1, 1_000_000),
    learning_rate=st.floats(0, 10, exclude_min=True),
    learning_rate_schedule=st.sampled_from(get_args(LearningRateSchedule)),
    warmup_steps=st.integers(0, 2**40),
    early_stopping=st.integers(0, 10**6),
    binarize=st.sampled_from(get_args(Binarize)),
    classes=classes,
    seed=st.integers(0, 2**63 - 1),
    device=st.sampled_from(["auto", "cpu", "cuda", "mps", "xpu"]),
    precision=st.sampled_from(get_args(Precision)),
    threads=st.none() | st.integers(1, 1024),
)
names = st.none() | st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20
)
sides = st.none() | st.tuples(st.integers(1, 1024), st.integers(1, 1024))
datas = st.builds(
    DataSpec,
    source=st.just("digits"),
    x_key=names,
    y_key=names,
    image_size=sides,
    channels=st.sampled_from([None, 1, 3]),
    split_seed=st.integers(0, 2**63 - 1),
    nonfinite=st.sampled_from(["refuse", "zero"]),
)
every = {
    name: st.sampled_from([kind() for kind in get_args(union) if kind is not type(None)])
    for name, union in recipe.PARTS.items()
}
