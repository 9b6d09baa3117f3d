"""The ten slips that texts on VAEs make: each check passes on ours and fails on the slip.

A slip is written out here as it is printed elsewhere; the check is an independent computation.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch import distributions as td
from torch.nn.functional import binary_cross_entropy, softplus

from latentlab.models import divergence
from latentlab.models.build import build
from latentlab.models.gaussian import Diagonal, DiagonalGaussian, FullGaussian, log_normal
from latentlab.models.prior import StandardNormal
from latentlab.models.vae import VAE
from latentlab.specs import Diagonal as DiagonalSpec
from latentlab.specs import Elbo, Flow, FullCovariance, Mlp, ModelSpec
from latentlab.specs import StandardNormal as StandardNormalSpec
from latentlab.training.objectives import Batch
from latentlab.training.recipes import recipe

B, D = 4, 3
LOG_2PI = math.log(2 * math.pi)
Drawn = tuple[Tensor, Tensor]  # z and log q(z|x)


def holds(check: Callable[..., None], *given: object) -> bool:
    """Whether a check passes."""
    try:
        check(*given)
    except AssertionError:
        return False
    return True


@pytest.fixture
def full(generator) -> FullGaussian:
    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    return FullGaussian(draw(B, D), 0.5 * draw(B, D) - 0.3, draw(B, D, D).tril(-1))


@pytest.fixture
def diagonal(full) -> DiagonalGaussian:
    return DiagonalGaussian(full.mean, full.log_sigma)


@pytest.fixture
def eps(generator) -> Tensor:
    return torch.randn(50, B, D, generator=generator, dtype=torch.float64)


@pytest.fixture
def binary(generator) -> Tensor:
    return (torch.rand(B, 1, 4, 4, generator=generator) > 0.5).float()


def prior(d: int = D) -> StandardNormal:
    return StandardNormal(StandardNormalSpec(), ModelSpec(shape=(1, 2, 2), latent_dim=d))


def must_be_torchs_density(q: DiagonalGaussian | FullGaussian, z: Tensor, log_q: Tensor) -> None:
    tril = q.scale_tril if isinstance(q, FullGaussian) else q.log_sigma.exp().diag_embed()
    own = td.MultivariateNormal(q.mean, scale_tril=tril, validate_args=True)
    torch.testing.assert_close(log_q, own.log_prob(z))


def test_slip_1_log_sigma_outside_the_half_and_a_minus_in_front(diagonal, eps):
    z, log_q = diagonal.rsample(eps)
    log_sigma = diagonal.log_sigma
    halved = -0.5 * (eps.square() + LOG_2PI + log_sigma).sum(-1)
    positive = 0.5 * (eps.square() + LOG_2PI + 2 * log_sigma).sum(-1)
    written_inside = -0.5 * (eps.square() + LOG_2PI + 2 * log_sigma).sum(-1)
    assert holds(must_be_torchs_density, diagonal, z, log_q)
    assert holds(must_be_torchs_density, diagonal, z, written_inside)  # the same, and no slip
    assert not holds(must_be_torchs_density, diagonal, z, halved)
    assert not holds(must_be_torchs_density, diagonal, z, positive)


@pytest.mark.parametrize("posterior", [DiagonalSpec(), FullCovariance(), Flow()])
def test_slip_2_the_log_determinant_is_subtracted(posterior, eps, generator):
    spec = ModelSpec(shape=(1, 4, 4), latent_dim=D, network=Mlp(hidden=(8,)), posterior=posterior)
    vae = build(spec).double()
    with torch.no_grad():
        vae.posterior.linear.bias.add_(0.7)
        q = vae.q(torch.rand(B, 1, 4, 4, generator=generator).double())

    def check(log_q: Tensor) -> None:
        """By autograd's Jacobian, as the change of variables has it."""
        jacobian = torch.autograd.functional.jacobian(lambda e: q.rsample(e)[0], eps[0])
        blocks = torch.stack([jacobian[b, :, b] for b in range(B)])  # (B, D, D)
        volume = torch.linalg.det(blocks).abs()
        density = torch.exp(log_normal(eps[0])) / volume
        torch.testing.assert_close(log_q.exp(), density)

    log_q = q.rsample(eps[0])[1]
    added = 2 * log_normal(eps[0]) - log_q  # log p(eps) + log |det dz/deps|
    assert holds(check, log_q)
    assert not holds(check, added)


def test_slip_3_sigma_not_its_logarithm_is_on_the_diagonal_of_l(full, generator):
    noise = torch.randn(100_000, B, D, generator=generator, dtype=torch.float64)

    def check(l_diagonal: Tensor) -> None:
        """Samples spread as L L^T says, of the L whose log-determinant log q uses."""
        lower = full.lower + l_diagonal.diag_embed()
        z = full.mean + torch.einsum("bij,lbj->lbi", lower, noise)
        centred = z - z.mean(0)
        found = torch.einsum("lbi,lbj->bij", centred, centred) / len(z)
        expected = torch.linalg.slogdet(found).logabsdet / 2
        torch.testing.assert_close(full.log_sigma.sum(-1), expected, atol=0.02, rtol=0)

    assert torch.equal(full.scale_tril.diagonal(dim1=-2, dim2=-1), full.log_sigma.exp())
    assert holds(check, full.scale_tril.diagonal(dim1=-2, dim2=-1))
    assert not holds(check, full.log_sigma)


def bernoulli_model() -> VAE:
    return build(ModelSpec(shape=(1, 4, 4), latent_dim=D, network=Mlp(hidden=(8,))))


def terms_of_a_step(vae: VAE, x: Tensor, loss: Callable[[Tensor, Tensor], Tensor] | None) -> Drawn:
    """The loss of one step, ours or from (cross-entropies, KLs), and minus torch's mean bound."""
    batch = Batch(x, torch.full((len(x),), -1), 0.0, 1.0, torch.Generator().manual_seed(4))
    record = recipe(Elbo(), vae, source=None)[0].objective.record(batch)
    q = vae.q(x)
    z, _ = q.rsample(torch.randn(1, B, D, generator=torch.Generator().manual_seed(4))[0])
    cross = binary_cross_entropy(vae.decode(z), x, reduction="none").flatten(1)  # (B, pixels)
    own = td.Independent(td.Normal(q.mean, q.log_sigma.exp(), validate_args=True), 1)
    unit = td.Independent(td.Normal(torch.zeros(B, D), torch.ones(B, D), validate_args=True), 1)
    kl = td.kl_divergence(own, unit)
    expected = (cross.sum(1) + kl).mean()
    return (record.loss if loss is None else loss(cross, kl)), expected


def test_slip_4_the_loss_is_summed_cross_entropy_plus_kl(binary):
    vae = bernoulli_model()
    with torch.no_grad():
        vae.posterior.linear.bias.add_(0.5)

    def check(loss: Callable[[Tensor, Tensor], Tensor] | None) -> None:
        torch.testing.assert_close(*terms_of_a_step(vae, binary, loss))

    assert holds(check, None)
    assert not holds(check, lambda cross, kl: (cross.sum(1) - kl).mean())
    assert not holds(check, lambda cross, kl: cross.mean() + kl.mean())  # averaged over pixels
    assert not holds(check, lambda cross, kl: (cross.sum(1) + kl).sum())


def test_slip_4_the_kl_has_a_minus_before_its_half(diagonal):
    mu, log_variance = diagonal.mean, 2 * diagonal.log_sigma

    def check(kl: Tensor) -> None:
        own = td.Normal(mu, diagonal.log_sigma.exp(), validate_args=True)
        unit = td.Normal(torch.zeros_like(mu), torch.ones_like(mu), validate_args=True)
        torch.testing.assert_close(kl, td.kl_divergence(own, unit).sum(-1))

    assert holds(check, divergence.kl(diagonal, prior())[0])
    terms = 1 + log_variance - mu.square() - log_variance.exp()
    assert not holds(check, 0.5 * terms.sum(-1))
    assert not holds(check, -0.5 * (1 + log_variance - mu.square() - log_variance).sum(-1))


def test_slip_5_the_bound_rises_where_the_loss_is_descended(binary):
    def check(sign: float) -> None:
        """A few steps down the loss must raise the bound, as torch's own parts add it up."""
        vae = bernoulli_model()
        optimiser = torch.optim.SGD(vae.parameters(), lr=0.02)
        before = -terms_of_a_step(vae, binary, None)[1]
        for _ in range(20):
            optimiser.zero_grad()
            (sign * terms_of_a_step(vae, binary, None)[0]).backward()
            optimiser.step()
        assert -terms_of_a_step(vae, binary, None)[1] > before + 0.1

    batch = Batch(binary, torch.full((B,), -1), 0.0, 1.0, torch.Generator().manual_seed(1))
    record = recipe(Elbo(), bernoulli_model(), source=None)[0].objective.record(batch)
    torch.testing.assert_close(record.bound, record.reconstruction - record.kl)
    torch.testing.assert_close(record.loss, -record.bound)
    assert holds(check, 1.0)
    assert not holds(check, -1.0)  # "KL - E log p" maximised


def test_slip_6_weights_average_to_p_of_x_and_their_logarithms_to_less(generator):
    """x = z + noise of sigma 1: p(x) = N(x; 0, 2), and q is wider than the true posterior."""
    x = torch.tensor([[1.3]], dtype=torch.float64)
    q = DiagonalGaussian(torch.zeros(1, 1).double(), torch.full((1, 1), 0.2).double())
    z, log_q = q.rsample(torch.randn(400_000, 1, 1, generator=generator).double())
    log_weights = (log_normal(x - z) + prior(1).log_prob(z) - log_q)[:, 0]
    evidence = td.Normal(0.0, 2**0.5, validate_args=True).log_prob(x)[0, 0]

    def check(log_of_the_mean: Tensor) -> None:
        torch.testing.assert_close(log_of_the_mean, evidence, atol=0.005, rtol=0)

    assert holds(check, log_weights.logsumexp(0) - math.log(len(log_weights)))
    assert not holds(check, log_weights.mean())  # "unbiased" of log p(x)
    groups = log_weights.view(-1, 5).logsumexp(1) - math.log(5)
    assert log_weights.mean() < groups.mean() < evidence  # biased low, and less with more samples


@pytest.mark.parametrize("size", [1.0, 1e4])
def test_slip_7_a_raw_variance_can_be_negative(size, generator):
    h = size * torch.randn(64, 8, generator=generator)
    head = Diagonal(DiagonalSpec(), 8, D)
    with torch.no_grad():
        raw = head.linear(h)[:, D:]

        def check(sigma: Tensor) -> None:
            assert sigma.isfinite().all()
            assert (sigma > 0).all()

        assert holds(check, head(h).log_sigma.exp())
        assert holds(check, softplus(raw).clamp_min(1e-5))  # the other way that is right
        assert not holds(check, raw.sqrt())
        if size > 1:
            assert not holds(check, torch.exp(raw))  # a logarithm, not clamped


def test_slip_8_a_gradient_passes_a_sampling_step_by_the_score_function(generator):
    """E_q[(z - 1)^2] = (mu - 1)^2 + 1 has the gradient -2 in mu at 0."""
    mu = torch.zeros(1, 1, requires_grad=True)
    q = DiagonalGaussian(mu, torch.zeros(1, 1))
    z = q.rsample(torch.randn(200_000, 1, 1, generator=generator))[0]
    fixed = z.detach()
    score, fixed_score = (z - 1).square().sum(-1), (fixed - 1).square().sum(-1)

    def check(objective: Tensor) -> None:
        (gradient,) = torch.autograd.grad(objective.mean(), mu, allow_unused=True)
        assert gradient is not None
        assert gradient.item() == pytest.approx(-2.0, abs=0.1)

    assert holds(check, score)  # reparameterised
    assert holds(check, fixed_score * q.log_prob(fixed))  # through the density alone
    assert not holds(check, fixed_score * (1 + 0 * q.log_prob(fixed)))  # "it can't pass"
    by_score = fixed_score[:, 0] * fixed[:, 0, 0]  # f(z) d log q / d mu
    pathwise = 2 * (fixed - 1)[:, 0, 0]
    assert by_score.var() > 3 * pathwise.var()


def test_slip_9_standard_normals_carry_minus_signs():
    line = torch.linspace(-8, 8, 4001, dtype=torch.float64)[:, None]

    def check(log_density: Tensor) -> None:
        """It integrates to one."""
        total = torch.trapezoid(log_density.exp(), line[:, 0])
        torch.testing.assert_close(total.item(), 1.0, atol=1e-6, rtol=0)

    squares = line.square().sum(-1)
    for ours in (log_normal(line), prior(1).log_prob(line)):
        assert holds(check, ours)
    assert not holds(check, 0.5 * (squares + LOG_2PI))
    assert not holds(check, -0.5 * squares + 0.5 * LOG_2PI)
    assert not holds(check, 0.5 * squares - 0.5 * LOG_2PI)


def test_slip_10_the_density_follows_from_the_noise_and_the_map(full, eps):
    """Correlated samples scored by a diagonal density of the same variances: a wrong bound."""
    z, log_q = full.rsample(eps)
    variance = (full.scale_tril @ full.scale_tril.mT).diagonal(dim1=-2, dim2=-1)
    chosen_apart = DiagonalGaussian(full.mean, 0.5 * variance.log())
    assert holds(must_be_torchs_density, full, z, log_q)
    assert not holds(must_be_torchs_density, full, z, chosen_apart.log_prob(z))
    sampled = (log_q - prior().log_prob(z)).mean()
    wrong = (chosen_apart.log_prob(z) - prior().log_prob(z)).mean()
    closed = divergence.kl(full, prior())[0].mean()
    assert sampled.item() == pytest.approx(closed.item(), abs=0.3)
    assert wrong < closed - 0.3  # a bound too high by this much
