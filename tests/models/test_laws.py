"""What must hold whatever a VAE is composed of."""

from __future__ import annotations

import copy
from itertools import combinations

import pytest
import torch
from family import CHOSEN, EVERY, PAIRS, STRANGERS, UNSCORED, P, Q, data_like, goes

from latentlab import specs
from latentlab.errors import UsageError
from latentlab.models import divergence
from latentlab.models.build import build, clone
from latentlab.models.files import from_bytes, to_bytes
from latentlab.models.model import Model, weights_of
from latentlab.models.vae import VAE
from latentlab.rules import reasons


def draw(vae: VAE, x: torch.Tensor, samples: int, generator: torch.Generator):
    """q, latents (L, B, D) and log q (L, B)."""
    q = vae.q(x)
    return q, *q.rsample(torch.randn(q.eps_shape(samples), generator=generator))


def divergence_of(vae: VAE, q, z: torch.Tensor, log_q: torch.Tensor) -> torch.Tensor:
    """The KL as a training computes it: closed where it can be, else from the samples."""
    exact = divergence.has_closed_form(q, vae.prior)
    return (divergence.kl(q, vae.prior) if exact else divergence.kl(q, vae.prior, z, log_q))[0]


def test_the_chosen_combinations_hold_every_two_parts_that_can_meet():
    every = {pair for choice in EVERY for pair in combinations(choice.parts, 2)}
    chosen = {pair for choice in CHOSEN for pair in combinations(choice.parts, 2)}
    assert chosen == every
    assert len(CHOSEN) < len(EVERY) / 10


@pytest.mark.parametrize(("posterior", "prior"), STRANGERS)
def test_what_does_not_go_together_is_refused_in_a_sentence(posterior, prior):
    assert not goes(Q[posterior], P[prior])
    with pytest.raises(UsageError, match=r"^(The|A) .*\. Choose .*\."):
        build(specs.ModelSpec(shape=(1, 8, 8), posterior=Q[posterior], prior=P[prior]))


@pytest.mark.parametrize(("posterior", "prior"), [*PAIRS, *STRANGERS])
def test_the_rules_refuse_the_pairs_that_can_not_be_built_and_no_others(posterior, prior):
    model = specs.ModelSpec(shape=(1, 8, 8), posterior=Q[posterior], prior=P[prior])
    said = reasons(model, specs.TrainSpec())
    assert ("prior" in said) == (not goes(Q[posterior], P[prior]))


@pytest.mark.parametrize(("posterior", "prior"), PAIRS)
def test_every_combination_has_a_finite_bound_with_gradients(posterior, prior, generator):
    for choice in EVERY:
        if (choice.posterior, choice.prior) != (posterior, prior):
            continue
        spec = choice.spec
        vae = build(spec)
        x = data_like(spec, torch.rand(2, *spec.shape, generator=generator))
        q, z, log_q = draw(vae, x, 1, generator)
        kl = divergence_of(vae, q, z, log_q)
        bound = vae.log_likelihood(x, z).mean() - kl.mean()
        bound.backward()
        assert bound.isfinite(), choice.name
        assert vae.decode(z).isfinite().all(), choice.name
        assert all(p.grad.isfinite().all() for p in vae.parameters() if p.grad is not None)


def test_every_part_has_the_shape_that_it_promises(vae, spec, x, generator):
    q, z, log_q = draw(vae, x, 4, generator)
    assert q.mean.shape == (6, vae.z_dim)
    assert z.shape == (4, 6, vae.z_dim)
    assert log_q.shape == (4, 6)
    assert vae.decode(z).shape == (4, 6, *spec.shape)
    assert vae.decode(z[0]).shape == (6, *spec.shape)
    assert vae.log_likelihood(x, z).shape == (4, 6)
    assert vae.prior.log_prob(z).shape == (4, 6)
    eps = torch.randn(vae.prior.eps_shape(7), generator=generator)
    assert vae.prior.sample(eps).shape == (7, vae.z_dim)
    if isinstance(spec.posterior, UNSCORED):
        assert log_q.isnan().all()
        with pytest.raises(UsageError, match="no density"):
            q.log_prob(z)
    else:
        torch.testing.assert_close(q.log_prob(z), log_q, rtol=1e-4, atol=1e-4)


def test_samples_of_one_call_equal_samples_one_by_one(vae, x, generator):
    q = vae.q(x)
    eps = torch.randn(q.eps_shape(3), generator=generator)
    z, log_q = q.rsample(eps)
    for i in range(3):
        one, log_one = q.rsample(eps[i])
        torch.testing.assert_close(z[i], one)
        torch.testing.assert_close(log_q[i], log_one, equal_nan=True)
        torch.testing.assert_close(vae.log_likelihood(x, z)[i], vae.log_likelihood(x, one))
        torch.testing.assert_close(vae.prior.log_prob(z)[i], vae.prior.log_prob(one))


def test_gradients_reach_every_parameter(vae, x, generator):
    vae.train()
    q, z, log_q = draw(vae, x, 1, generator)
    (divergence_of(vae, q, z, log_q).mean() - vae.log_likelihood(x, z).mean()).backward()
    for name, parameter in vae.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().sum() > 0, name


def test_a_saved_model_comes_back_with_the_same_bits(vae, x, generator):
    model = Model(vae)
    again = Model.from_file(from_bytes(to_bytes(model.to_file()), "a file"))
    before, after = weights_of(vae), weights_of(again.vae)
    assert before.keys() == after.keys()
    assert all(before[name].tobytes() == after[name].tobytes() for name in before)
    assert all(before[name].shape == after[name].shape for name in before)
    assert again.spec == vae.spec
    for one, other in zip(look(vae, x, generator), look(again.vae, x, generator), strict=True):
        assert torch.equal(one, other)


def look(vae: VAE, x: torch.Tensor, generator: torch.Generator) -> list[torch.Tensor]:
    """What a model makes of x and of noise; the same noise at every call."""
    generator = generator.clone_state()
    with torch.no_grad():
        q, z, log_q = draw(vae, x, 2, generator)
        drawn = vae.prior.sample(torch.randn(vae.prior.eps_shape(5), generator=generator))
        seen = [q.mean, z, vae.decode(z), vae.prior.log_prob(z), drawn, vae.log_likelihood(x, z)]
    return [*seen, torch.nan_to_num(log_q)]


def test_the_same_seed_gives_the_same_weights_and_the_global_generator_is_left_alone(spec):
    before = torch.get_rng_state()
    first, second, other = build(spec, seed=1), build(spec, seed=1), build(spec, seed=2)
    assert torch.equal(before, torch.get_rng_state())
    weights = weights_of(first)
    assert all((weights[n] == w).all() for n, w in weights_of(second).items())
    assert any((weights[n] != w).any() for n, w in weights_of(other).items())


@pytest.mark.parametrize("copied", [clone, copy.deepcopy])
def test_a_copy_keeps_its_weights_while_the_original_learns(vae, x, copied, generator):
    snapshot = copied(vae)
    expected = look(snapshot, x, generator)
    assert all(map(torch.equal, expected, look(vae, x, generator)))
    with torch.no_grad():
        for parameter in vae.parameters():
            parameter.add_(0.3)
    assert all(map(torch.equal, expected, look(snapshot, x, generator)))
    assert not torch.equal(expected[0], look(vae, x, generator)[0])


def test_a_model_moves_as_a_whole_to_another_type(vae, x, generator):
    """What a part keeps beside its parameters would stay behind."""
    wide = copy.deepcopy(vae).double()
    q, z, _ = draw(vae, x, 2, generator.clone_state())
    eps = torch.randn(q.eps_shape(2), generator=generator).double()
    q_wide = wide.q(x.double())
    z_wide, log_q_wide = q_wide.rsample(eps)
    assert z_wide.dtype == log_q_wide.dtype == torch.float64
    torch.testing.assert_close(z_wide.float(), z, rtol=1e-3, atol=1e-4)
    found = wide.prior.log_prob(z_wide)
    assert found.dtype == torch.float64
    torch.testing.assert_close(found.float(), vae.prior.log_prob(z), rtol=1e-3, atol=1e-3)


def test_pairs_score_every_datum_under_every_latent(vae, x, generator):
    z = vae.prior.sample(torch.randn(vae.prior.eps_shape(5), generator=generator))
    with torch.no_grad():
        parameters = vae.likelihood_parameters(z).double()
        pairs = vae.likelihood.pairs(x.double(), parameters)  # (6, 5)
        expected = torch.stack(
            [vae.likelihood.log_prob(x.double(), p.expand(6, *p.shape)) for p in parameters], 1
        )
    torch.testing.assert_close(pairs, expected)


@pytest.mark.parametrize(
    ("precision", "scale"),
    [
        (torch.float32, 300.0),
        (torch.bfloat16, 1.0),
        (torch.bfloat16, 300.0),
        (torch.float16, 1.0),
    ],
)
def test_extreme_inputs_and_weights_stay_finite(vae, spec, generator, precision, scale):
    extremes = torch.stack(
        [torch.zeros(spec.shape), torch.ones(spec.shape), torch.full(spec.shape, 0.5)]
    )
    extremes = data_like(spec, extremes)
    if isinstance(spec.prior, specs.Vamp):
        scale = min(scale, 30.0)  # it solves triangular systems, whose powers leave float32
    with torch.no_grad():
        for parameter in (*vae.posterior.parameters(), *vae.decoder.parameters()):
            parameter.mul_(scale)
    with torch.autocast("cpu", precision, enabled=precision is not torch.float32):
        q, z, log_q = draw(vae, extremes, 2, generator)
        kl = divergence_of(vae, q, z, log_q)
        likelihood, picture = vae.log_likelihood(extremes, z), vae.decode(z)
    terms = [z, kl, likelihood, picture]
    assert all(term.isfinite().all() for term in terms)
    assert kl.dtype == log_q.dtype == likelihood.dtype == torch.float32
    (kl.mean() - likelihood.mean()).backward()
    learned = [p.grad for p in vae.parameters() if p.grad is not None]
    assert all(gradient.isfinite().all() for gradient in learned)
    assert len(learned) > len(list(vae.decoder.parameters()))
