"""Priors that learn: mixtures, pseudo-inputs, flows; and the one over categories."""

from __future__ import annotations

import copy
import gc
import math
import weakref

import pytest
import torch
from torch import distributions as td

from latentlab.models.build import build, clone
from latentlab.models.mixtures import PAIRS_AT_ONCE, choose
from latentlab.models.vae import VAE
from latentlab.specs import (
    Categorical,
    Conditional,
    Conv,
    Flow,
    FullCovariance,
    Mixture,
    Mlp,
    ModelSpec,
    PosteriorSpec,
    PriorSpec,
    UniformCategorical,
    Vamp,
)

SHAPE = (1, 4, 4)


def model(prior: PriorSpec, posterior: PosteriorSpec | None = None, d: int = 3, **parts) -> VAE:
    given = {} if posterior is None else {"posterior": posterior}
    return build(
        ModelSpec(
            shape=SHAPE, latent_dim=d, network=Mlp(hidden=(9,)), prior=prior, **given, **parts
        ),
        seed=2,
    ).eval()


def test_a_mixtures_density_is_that_of_torch(generator):
    prior = model(Mixture(components=5)).prior
    with torch.no_grad():
        for parameter in prior.parameters():
            parameter.add_(0.5 * torch.randn(parameter.shape, generator=generator))
        z = torch.randn(7, 2, 3, generator=generator)
        own = td.MixtureSameFamily(
            td.Categorical(logits=prior.logits, validate_args=True),
            td.Independent(td.Normal(prior.centres, prior.log_scales.exp(), validate_args=True), 1),
            validate_args=True,
        )
        torch.testing.assert_close(prior.log_prob(z), own.log_prob(z))


def test_a_fresh_mixture_is_about_the_standard_normal(generator):
    prior = model(Mixture(components=500), d=2).prior
    z = prior.sample(torch.randn(prior.eps_shape(20_000), generator=generator))
    torch.testing.assert_close(z.mean(0), torch.zeros(2), atol=0.15, rtol=0)
    torch.testing.assert_close(z.T.cov(), torch.eye(2), atol=0.2, rtol=0)


def test_components_come_as_often_as_they_weigh(generator):
    weights = torch.tensor([0.05, 0.6, 0.0, 0.35])
    chosen = choose(weights, torch.randn(50_000, generator=generator))
    shares = torch.bincount(chosen, minlength=4) / len(chosen)
    torch.testing.assert_close(shares, weights, atol=0.01, rtol=0)
    assert choose(weights, torch.tensor([-40.0, 40.0])).tolist() == [0, 3]


@pytest.mark.parametrize("posterior", [None, FullCovariance(), Flow(), Flow(transform="planar")])
def test_a_vampprior_is_the_mean_of_its_posteriors(posterior, generator):
    vae = model(Vamp(components=4), posterior)
    z = torch.randn(5, 2, 3, generator=generator)
    with torch.no_grad():
        pseudo = torch.sigmoid(vae.prior.pseudo_logits)
        each = [vae.q(one[None]).log_prob(z).double().exp() for one in pseudo]
        expected = torch.stack(each).mean(0).log()
        torch.testing.assert_close(vae.prior.log_prob(z).double(), expected, rtol=1e-4, atol=1e-4)


def test_many_latents_are_scored_in_blocks_with_the_same_result(monkeypatch, generator):
    vae = model(Vamp(components=4))
    z = torch.randn(50, 3, generator=generator)
    whole = vae.prior.log_prob(z)
    assert z.numel() * 4 < PAIRS_AT_ONCE
    monkeypatch.setattr("latentlab.models.mixtures.PAIRS_AT_ONCE", 4 * 3 * 7)
    torch.testing.assert_close(vae.prior.log_prob(z), whole)


def test_pseudo_inputs_begin_at_data_in_their_order(generator):
    vae = model(Vamp(components=5))
    assert vae.prior.rows_wanted == 5
    x = torch.rand(3, *SHAPE, generator=generator)
    vae.prior.initialise_from(x)
    torch.testing.assert_close(
        vae.prior.pseudo_inputs, x[[0, 1, 2, 0, 1]].clamp(0.02, 0.98), atol=1e-6, rtol=0
    )
    vae.prior.initialise_from(torch.ones(5, *SHAPE))  # binary pixels can still move
    vae.prior.pseudo_inputs.sum().backward()
    assert (vae.prior.pseudo_logits.grad > 0.01).all()


def test_a_vampprior_reads_with_the_model_it_belongs_to(generator):
    vae = model(Vamp(components=4))
    z = torch.randn(6, 3, generator=generator)
    before = vae.prior.log_prob(z)
    names = dict(vae.named_parameters())
    assert not [name for name in names if name.startswith("prior.") and "pseudo" not in name]
    for copied in (clone(vae), copy.deepcopy(vae)):
        assert torch.equal(copied.prior.log_prob(z), before)
        with torch.no_grad():
            copied.posterior.linear.bias.add_(1.0)
        assert not torch.equal(copied.prior.log_prob(z), before)
        assert torch.equal(vae.prior.log_prob(z), before)
    vae.prior.log_prob(z).sum().backward()
    assert names["encoder.layers.0.weight"].grad.abs().sum() > 0


def test_a_model_with_a_vampprior_is_let_go_at_once():
    """A circle would keep its memory until someone looks for circles."""
    gc.collect()
    gc.disable()
    try:
        vae = model(Vamp(components=4))
        gone = weakref.ref(vae)
        del vae
        assert gone() is None
    finally:
        gc.enable()


def test_a_conditional_models_pseudo_inputs_have_no_class(generator):
    vae = model(Vamp(components=3), labels=Conditional(classes=4))
    z = torch.randn(6, 3, generator=generator)
    q = vae.q(vae.prior.pseudo_inputs)  # y unknown
    expected = q.log_prob(z[:, None]).logsumexp(-1) - math.log(3)
    torch.testing.assert_close(vae.prior.log_prob(z), expected)


def test_pseudo_inputs_have_the_shape_of_a_datum():
    vae = build(ModelSpec(shape=(3, 8, 6), network=Conv(channels=(3,), hidden=8), prior=Vamp()))
    assert vae.prior.pseudo_inputs.shape == (100, 3, 8, 6)
    assert ((vae.prior.pseudo_inputs > 0) & (vae.prior.pseudo_inputs < 1)).all()


def test_the_uniform_prior_gives_every_code_one_over_k_to_the_s(generator):
    prior = model(UniformCategorical(), Categorical(categories=4), d=3).prior
    z = prior.sample(torch.randn(prior.eps_shape(40_000), generator=generator))
    assert z.shape == (40_000, 12)
    assert torch.equal(z.view(-1, 3, 4).sum(-1), torch.ones(40_000, 3))
    torch.testing.assert_close(z.mean(0), torch.full((12,), 0.25), atol=0.01, rtol=0)
    expected = td.OneHotCategorical(torch.full((3, 4), 0.25), validate_args=True)
    torch.testing.assert_close(
        prior.log_prob(z[:5]), expected.log_prob(z[:5].view(-1, 3, 4)).sum(-1)
    )
