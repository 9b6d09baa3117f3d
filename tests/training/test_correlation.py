"""Total correlation: the stratified estimator, beta-TCVAE and FactorVAE."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import distributions as td

from latentlab.errors import UsageError
from latentlab.models.build import build
from latentlab.models.gaussian import DiagonalGaussian, FullGaussian
from latentlab.specs import (
    BetaTc,
    Deterministic,
    Elbo,
    FactorVae,
    Flow,
    FullCovariance,
    Mlp,
    ModelSpec,
    RunConfig,
    TrainSpec,
)
from latentlab.training.correlation import (
    log_marginals,
    permuted,
    stratified_log_weights,
    total_correlation,
)
from latentlab.training.recipes import recipe
from latentlab.training.runs import Run
from latentlab.training.trainer import Trainer

SMALL = ModelSpec(shape=(1, 6, 6), latent_dim=3, network=Mlp(hidden=(8,)))


def normal(*shape, seed=0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("batch", [2, 3, 5])
def test_the_stratified_weights_sum_to_the_aggregate_over_all_batches(batch):
    """Over every way to fill a batch around a row, the mean estimate is 1/N sum_n q(z|x_n)."""
    count, row, z = 6, 2, 0.3
    own = td.Normal(normal(count), normal(count, seed=1).exp(), validate_args=True)
    densities = own.log_prob(torch.tensor(z, dtype=torch.float64)).exp()
    weights = stratified_log_weights(batch, count).double().exp()
    others = [n for n in range(count) if n != row]
    for place in range(batch):
        estimates = []
        for chosen in itertools.permutations(others, batch - 1):
            rows = [*chosen[:place], row, *chosen[place:]]
            estimates.append((weights[place] * densities[rows]).sum())
        mean = torch.stack(estimates).mean()
        torch.testing.assert_close(mean, densities.mean(), rtol=1e-6, atol=0)


def test_the_weights_of_a_whole_data_set_are_still_a_mean():
    weights = stratified_log_weights(4, 4).exp()
    torch.testing.assert_close(weights.sum(1), torch.ones(4))
    assert stratified_log_weights(1, 50).tolist() == [[0.0]]


def test_each_latents_density_is_that_of_torch():
    mean, log_sigma, z = normal(4, 3), normal(4, 3, seed=1), normal(4, 3, seed=2)
    found = log_marginals(DiagonalGaussian(mean, log_sigma), z)
    own = td.Normal(mean, log_sigma.exp(), validate_args=True)
    for i in range(4):
        torch.testing.assert_close(found[:, i], own.log_prob(z[i]).T)


def test_the_estimate_is_that_of_loops_over_rows_and_latents():
    rows, count = 5, 40
    q = FullGaussian(normal(rows, 3), 0.3 * normal(rows, 3, seed=1), normal(rows, 3, 3).tril(-1))
    z, _ = q.rsample(normal(rows, 3, seed=2))
    covariance = q.scale_tril @ q.scale_tril.mT
    others = rows - 1
    total = 0.0
    for i in range(rows):
        joint, marginals = 0.0, [0.0] * 3
        for j in range(rows):
            last = (i + 1) % rows
            weight = 1 / count if j == i else 1 / others
            weight = (count - others) / (count * others) if j == last else weight
            own = td.MultivariateNormal(q.mean[j], covariance[j], validate_args=True)
            joint += weight * own.log_prob(z[i]).exp().item()
            for d in range(3):
                one = td.Normal(q.mean[j, d], covariance[j, d, d].sqrt(), validate_args=True)
                marginals[d] += weight * one.log_prob(z[i, d]).exp().item()
        total += math.log(joint) - sum(math.log(m) for m in marginals)
    found = total_correlation(q, z, count).item()
    assert found == pytest.approx(total / rows, rel=1e-6)
    plain = FullGaussian(q.mean, q.log_sigma, torch.zeros_like(q.lower))
    diagonal = DiagonalGaussian(q.mean, q.log_sigma)
    torch.testing.assert_close(
        total_correlation(plain, z, count), total_correlation(diagonal, z, count)
    )


def test_the_gradient_of_a_diagonal_posterior_is_that_of_differences():
    leaves = [normal(6, 3), 0.5 * normal(6, 3, seed=1), normal(6, 3, seed=2)]

    def estimate(mean, log_sigma, z):
        return total_correlation(DiagonalGaussian(mean, log_sigma), z, 40)

    assert torch.autograd.gradcheck(estimate, [leaf.requires_grad_() for leaf in leaves])


@pytest.mark.parametrize("rho", [0.0, 0.9])
def test_the_estimate_finds_the_correlation_of_codes(rho):
    """Codes N(0, Sigma), rho off its diagonal: TC = -1/2 log(1 - rho^2) of the aggregate."""
    rows, sigma = 1500, 0.3
    first, noise = normal(rows), normal(rows, seed=1)
    codes = torch.stack([first, rho * first + math.sqrt(1 - rho**2) * noise], 1)
    q = DiagonalGaussian(codes, torch.full_like(codes, math.log(sigma)))
    z, _ = q.rsample(normal(rows, 2, seed=2))
    aggregate = rho / (1 + sigma**2)
    expected = -0.5 * math.log(1 - aggregate**2)
    assert total_correlation(q, z, rows).item() == pytest.approx(expected, abs=0.04)


def objective(spec, source, model=SMALL):
    return recipe(spec, build(model, seed=1), source)[0].objective


@pytest.mark.parametrize("model", ["diagonal", "full"])
def test_beta_one_is_the_elbo(model, rows, batch_of):
    posterior = {} if model == "diagonal" else {"posterior": FullCovariance()}
    spec = ModelSpec(shape=SMALL.shape, latent_dim=3, network=SMALL.network, **posterior)
    x = rows.span(0, 20)
    plain = objective(Elbo(), rows, spec).record(batch_of(x))
    one = objective(BetaTc(beta=1.0), rows, spec).record(batch_of(x))
    torch.testing.assert_close(one.loss, plain.loss)
    torch.testing.assert_close(one.bound, plain.bound)


def test_beta_weighs_the_total_correlation_and_nothing_else(rows, batch_of):
    """E log p(x|z) - I - beta TC - sum_j KL_j, the parts of a batch added up one by one."""
    beta, x = 4.0, rows.span(0, 20)
    tc = objective(BetaTc(beta=beta), rows)
    record, vae = tc.record(batch_of(x, 3)), tc.vae
    with torch.no_grad():
        q = vae.q(x)
        z, log_q = q.rsample(batch_of(x, 3).noise((20, 3)))
        weights = stratified_log_weights(20, rows.count).exp()
        own = td.Normal(q.mean, q.log_sigma.exp(), validate_args=True)
        each = own.log_prob(z[:, None]).exp()  # (i, j, d)
        log_joint = (weights * each.prod(-1)).sum(1).log()
        log_each = (weights[..., None] * each).sum(1).log()
        information = (log_q - log_joint).mean()
        correlation = (log_joint - log_each.sum(1)).mean()
        latents = (log_each.sum(1) - vae.prior.log_prob(z)).mean()
        sampled = information + beta * correlation + latents - vae.log_likelihood(x, z).mean()
        # The three parts are the sampled KL; the loss takes its closed form instead.
        expected = sampled - (log_q - vae.prior.log_prob(z)).mean() + record.kl
    assert record.loss.item() == pytest.approx(expected.item(), rel=1e-5)
    plain = objective(Elbo(), rows).record(batch_of(x, 3))
    torch.testing.assert_close(record.bound, plain.bound)


@pytest.mark.parametrize("posterior", [Deterministic(), Flow()])
def test_a_posterior_without_densities_of_its_latents_is_refused(posterior, rows):
    spec = ModelSpec(shape=SMALL.shape, posterior=posterior)
    with pytest.raises(UsageError, match="density for each latent"):
        objective(BetaTc(), rows, spec)
    if isinstance(posterior, Deterministic):
        with pytest.raises(UsageError, match="needs a density"):
            objective(FactorVae(), rows, spec)


def test_permuting_keeps_each_latents_values_and_mixes_the_rows(generator):
    z = torch.randn(50, 3, generator=generator)
    mixed = permuted(z, torch.rand(50, 3, generator=generator))
    torch.testing.assert_close(mixed.sort(0).values, z.sort(0).values, rtol=0, atol=0)
    places = torch.stack([(mixed[:, d, None] == z[None, :, d]).float().argmax(1) for d in range(3)])
    assert (places[0] != places[1]).any()
    assert (places[1] != places[2]).any()


def test_factor_adds_gamma_times_the_discriminators_logit(rows, batch_of):
    gamma, x = 7.0, rows.span(0, 20)
    factor = objective(FactorVae(gamma=gamma, hidden=(8,)), rows)
    record = factor.record(batch_of(x, 3))
    plain = objective(Elbo(), rows).record(batch_of(x, 3))
    z, _ = factor.vae.q(x).rsample(batch_of(x, 3).noise((20, 3)))
    layer, last = factor.tell.layers[0], factor.tell.last
    hidden = z @ layer.weight.T + layer.bias
    logit = torch.maximum(hidden, 0.2 * hidden) @ last.weight.T + last.bias
    torch.testing.assert_close(record.loss, plain.loss + gamma * logit.mean())
    torch.testing.assert_close(record.bound, plain.bound)


def test_the_two_turns_of_factor_move_one_network_each(rows, batch_of):
    factor = objective(FactorVae(hidden=(8,)), rows)
    groups, turns = factor.groups(), factor.turns(batch_of(rows.span(0, 20)))
    assert groups["discriminator"].learning_rate == FactorVae().learning_rate
    first = next(turns)
    assert first.group == "model"
    assert first.record is not None
    first.loss.backward()
    assert all(p.grad is not None for p in groups["model"].parameters.values())
    factor.own.zero_grad(set_to_none=True)
    factor.vae.zero_grad(set_to_none=True)
    second = next(turns)
    assert second.group == "discriminator"
    second.loss.backward()
    assert all(p.grad.abs().sum() > 0 for p in groups["discriminator"].parameters.values())
    assert all(p.grad is None for p in groups["model"].parameters.values())
    assert next(turns, None) is None


def test_the_discriminator_learns_the_total_correlation(rows):
    """On codes with rho = 0.8 its mean logit comes to -1/2 log(1 - 0.64) = 0.51 nats."""
    from latentlab.training.discriminator import discriminator, telling_apart

    tell, rho = discriminator(2, (32, 32), seed=0), 0.8
    adam = torch.optim.Adam(tell.parameters(), lr=5e-3)
    generator = torch.Generator().manual_seed(0)

    def codes(count):
        z = torch.randn(count, 2, generator=generator)
        return torch.stack([z[:, 0], rho * z[:, 0] + math.sqrt(1 - rho**2) * z[:, 1]], 1)

    for _ in range(400):
        second = permuted(codes(256), torch.rand(256, 2, generator=generator))
        adam.zero_grad()
        telling_apart(tell(codes(256)), tell(second)).backward()
        adam.step()
    with torch.no_grad():
        found = tell(codes(20_000)).mean().item()
    assert found == pytest.approx(-0.5 * math.log(1 - rho**2), abs=0.1)


@pytest.mark.parametrize("spec", [BetaTc(), FactorVae(hidden=(8,))])
def test_extreme_inputs_and_weights_stay_finite(spec, rows, batch_of):
    tc = objective(spec, rows)
    with torch.no_grad():
        for parameter in (*tc.vae.posterior.parameters(), *tc.vae.decoder.parameters()):
            parameter.mul_(300.0)
    x = torch.stack([torch.zeros(1, 6, 6), torch.ones(1, 6, 6), torch.full((1, 6, 6), 0.5)])
    with torch.autocast("cpu", torch.bfloat16):
        turns = list(tc.turns(batch_of(x)))
    for turn in turns:
        assert turn.loss.isfinite()
        assert turn.loss.dtype == torch.float32
        turn.loss.backward()
    assert all(p.grad.isfinite().all() for p in tc.vae.parameters())


def test_a_stopped_training_of_two_networks_ends_with_the_same_bytes(tmp_path, dataset):
    train = TrainSpec(
        objective=FactorVae(hidden=(8, 8)),
        steps=30,
        batch_size=32,
        device="cpu",
        precision="float32",
        threads=1,
        binarize="dynamic",
    )

    def bytes_of(trainer):
        own = trainer._stepper.own_modules()
        tensors = {**trainer.vae.state_dict()}
        tensors |= {f"{n}/{k}": t for n, m in own.items() for k, t in m.state_dict().items()}
        assert any("/" in name for name in tensors)
        return {name: tensor.numpy().tobytes() for name, tensor in tensors.items()}

    whole = Trainer(dataset, SMALL, train)
    list(whole)
    run = Run.create(tmp_path / "run", RunConfig(model=SMALL, train=train, data=dataset.source))
    for number, stop in enumerate((1, 4, 9, None)):
        piece = Trainer(dataset, SMALL, train, run=run, resume=number > 0)
        steps = (metrics for metrics in piece if metrics is None)
        for _ in itertools.islice(steps, stop):
            pass
        piece.finish("stopped" if stop else piece.outcome)
        run.close()
        run = Run.open(tmp_path / "run")
    run.close()
    assert piece.outcome == "finished"
    assert bytes_of(piece) == bytes_of(whole)
