"""Vector-quantised models of one and of two levels, their codebooks and priors."""

from __future__ import annotations

import copy
import math
from itertools import product

import pytest
import torch

from latentlab.errors import UsageError
from latentlab.models import divergence
from latentlab.models.build import build, clone
from latentlab.models.code_priors import AutoregressiveCodes
from latentlab.models.codebook import Codebook, perplexity
from latentlab.models.files import from_bytes, to_bytes
from latentlab.models.model import Model
from latentlab.models.two_level import fine_sides
from latentlab.models.vq import Quantised
from latentlab.specs import (
    Autoregressive,
    Bernoulli,
    Conditional,
    Conv,
    Diagonal,
    Gaussian,
    Linear,
    Mlp,
    ModelSpec,
    StandardNormal,
    TwoLevel,
    UniformCategorical,
    VectorQuantised,
    replace,
)

NETWORKS = {
    "mlp": Mlp(hidden=(24,)),
    "conv": Conv(channels=(6, 8)),
    "two": TwoLevel(channels=8, residual=1),
}
PRIORS = {"uniform": UniformCategorical(), "learned": Autoregressive(channels=8, layers=1)}
SPECS = {
    f"{n}-{p}-{c}": ModelSpec(
        shape=(1, 9, 12) if n == "conv" else (3, 8, 8),
        latent_dim=3,
        network=NETWORKS[n],
        posterior=VectorQuantised(codes=11, tokens=5, codebook=c),
        prior=PRIORS[p],
        likelihood=Gaussian() if n == "two" else Bernoulli(),
    )
    for n, p, c in product(NETWORKS, PRIORS, ("ema", "gradient"))
}


@pytest.fixture(params=SPECS.values(), ids=SPECS.keys())
def spec(request: pytest.FixtureRequest) -> ModelSpec:
    return request.param


def grown(spec: ModelSpec, seed: int = 3) -> Quantised:
    """A model with codes all over the place, and a prior that is far from uniform."""
    vae = build(spec, seed=seed)
    assert isinstance(vae, Quantised)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in vae.prior.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
        x = torch.rand(200, *spec.shape, generator=generator)
        q = vae.q(x)
        for book, encoded in zip(vae.books(), q.encoded, strict=True):
            rows = torch.randint(encoded.shape[0] * encoded.shape[1], (11,), generator=generator)
            book.vectors.copy_(encoded.flatten(0, 1)[rows])
            book.vectors.add_(0.01 * torch.randn(book.vectors.shape, generator=generator))
    return vae


@pytest.fixture
def vae(spec: ModelSpec) -> Quantised:
    return grown(spec)


@pytest.fixture
def x(spec: ModelSpec) -> torch.Tensor:
    return torch.rand(6, *spec.shape, generator=torch.Generator().manual_seed(5))


def test_every_part_has_the_shape_that_it_promises(vae, spec, x):
    q = vae.q(x)
    tokens = sum(vae.counts)
    z, log_q = q.rsample(torch.zeros(q.eps_shape(4)))
    assert vae.z_dim == tokens * spec.latent_dim
    assert q.tokens.shape == (6, tokens)
    assert z.shape == (4, 6, vae.z_dim)
    assert log_q.shape == q.log_prob(z).shape == (4, 6)
    assert vae.decode(z).shape == (4, 6, *spec.shape)
    assert vae.log_likelihood(x, z).shape == (4, 6)
    assert vae.pooled(q.mean).shape == (6, spec.latent_dim)
    assert vae.prior.log_prob(z).shape == (4, 6)
    assert (log_q == 0).all()
    assert (q.log_prob(z) == 0).all()
    assert (q.log_prob(z + 1) == -torch.inf).all()


def test_a_datum_is_coded_by_the_nearest_vectors(vae, x):
    q = vae.q(x)
    for book, encoded, part in zip(
        vae.books(), q.encoded, q.tokens.split(vae.counts, 1), strict=True
    ):
        assert torch.equal(torch.cdist(encoded, book.vectors[None]).argmin(-1), part)
    z = vae.vectors(q.tokens)
    torch.testing.assert_close(z, q.mean)
    assert torch.equal(vae.tokens_of(z), q.tokens)
    assert q.tokens.unique().numel() > 2


def test_pooled_codes_are_the_mean_of_the_levels_mean_vectors(vae, x):
    q = vae.q(x)
    expected = sum(v.sum(1) / v.shape[1] for v in q.vectors) / len(q.vectors)
    torch.testing.assert_close(vae.pooled(q.mean), expected)


def test_the_kl_is_minus_the_log_chance_of_the_grid(vae, spec, x):
    q = vae.q(x)
    kl, kind = divergence.kl(q, vae.prior)
    assert kind == "closed"
    assert (kl >= 0).all()
    if isinstance(spec.prior, UniformCategorical):
        torch.testing.assert_close(kl, torch.full((6,), sum(vae.counts) * math.log(11)))
    torch.testing.assert_close(kl, -vae.prior.log_prob(q.mean))


def test_the_bound_stays_under_the_exact_log_likelihood():
    """Over all 3^2 grids of a tiny model, log sum_k p(x|z_k) p(k) is at hand."""
    spec = ModelSpec(
        shape=(1, 4, 4), latent_dim=2, network=Mlp(hidden=(8,)),
        posterior=VectorQuantised(codes=3, tokens=2), prior=Autoregressive(channels=4, layers=1),
    )  # fmt: skip
    vae = build(spec, seed=1)
    assert isinstance(vae, Quantised)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for tensor in (*vae.parameters(), *vae.books()[0].buffers()):
            tensor.add_(0.5 * torch.randn(tensor.shape, generator=generator))
        x = torch.rand(20, 1, 4, 4, generator=generator).round()
        grids = torch.tensor(list(product(range(3), repeat=2)))  # (9, 2)
        prior = vae.prior.log_prob_tokens(grids)
        torch.testing.assert_close(prior.exp().sum(), torch.tensor(1.0))
        assert prior.std() > 0.1
        joint = vae.log_likelihood(x, vae.vectors(grids)[:, None].expand(-1, 20, -1))  # (9, 20)
        exact = (joint + prior[:, None]).logsumexp(0)
        q = vae.q(x)
        bound = vae.log_likelihood(x, q.mean) - divergence.kl(q, vae.prior)[0]
    assert (bound <= exact + 1e-5).all()
    assert (bound > exact - 20).all()


def test_gradients_pass_straight_through_and_reach_what_they_should(vae, spec, x):
    q = vae.q(x)
    z = q.mean
    z.retain_grad()
    vae.log_likelihood(x, z).mean().backward()
    grad_of_encoded = z.grad.clone()
    for name, parameter in vae.named_parameters():
        if name.startswith("prior."):
            continue
        if name.startswith("codebooks."):
            assert parameter.grad is None  # a codebook moves by its own loss
        else:
            assert parameter.grad is not None, name
            assert parameter.grad.abs().sum() > 0, name
    vae.zero_grad()
    q = vae.q(x)
    for e in q.encoded:
        e.retain_grad()
    vae.log_likelihood(x, q.mean).mean().backward(retain_graph=True)
    parts = vae.split(grad_of_encoded)  # the last level's codes are seen by the decoder alone
    torch.testing.assert_close(q.encoded[-1].grad, parts[-1])
    (q.distance() + q.commitment()).mean().backward()
    if spec.posterior.codebook == "gradient":
        assert all(book.vectors.grad.abs().sum() > 0 for book in vae.books())


def test_a_learned_prior_reaches_every_parameter_of_its_own(vae, x):
    if list(vae.prior.parameters()):
        vae.prior.log_prob_tokens(vae.tokens(x)).mean().backward()
    for name, parameter in vae.prior.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_a_saved_model_a_clone_and_a_copy_have_the_same_bits(vae, x):
    again = Model.from_file(from_bytes(to_bytes(Model(vae).to_file()), "a file")).vae
    eps = torch.randn(vae.prior.eps_shape(3), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        for other in (again, clone(vae), copy.deepcopy(vae)):
            assert torch.equal(vae.q(x).tokens, other.q(x).tokens)
            assert torch.equal(vae.decode(vae.q(x).mean), other.decode(other.q(x).mean))
            assert torch.equal(vae.prior.sample(eps), other.prior.sample(eps))
    other = copy.deepcopy(vae)
    with torch.no_grad():
        for book in other.books():
            book.vectors.add_(1.0)
    assert not torch.equal(vae.prior.sample(eps), other.prior.sample(eps))  # its own codebook


def test_a_fresh_learned_prior_is_the_uniform_one(spec):
    vae = build(spec)
    tokens = torch.randint(11, (4, sum(vae.counts)), generator=torch.Generator().manual_seed(0))
    expected = torch.full((4,), -sum(vae.counts) * math.log(11))
    torch.testing.assert_close(vae.prior.log_prob_tokens(tokens), expected)


def test_drawn_grids_are_as_frequent_as_the_prior_says():
    for sizes in (((1, 3),), ((1, 1), (1, 2))):
        prior = AutoregressiveCodes(Autoregressive(channels=4, layers=1), sizes, 3, 9)
        generator = torch.Generator().manual_seed(7)
        with torch.no_grad():
            for parameter in prior.parameters():
                parameter.copy_(0.7 * torch.randn(parameter.shape, generator=generator))
            grids = torch.tensor(list(product(range(3), repeat=3)))
            chances = prior.log_prob_tokens(grids).double().exp()
            drawn = prior.sample_tokens(torch.randn(prior.eps_shape(20_000), generator=generator))
        assert abs(float(chances.sum()) - 1) < 1e-5
        index = (drawn * torch.tensor([9, 3, 1])).sum(1)
        seen = torch.bincount(index, minlength=27).double() / len(drawn)
        error = (chances * (1 - chances) / len(drawn)).sqrt() + 1e-5
        assert ((seen - chances).abs() / error).max() < 5
        assert chances.std() > 0.01


def test_the_bottom_grid_is_told_of_the_top_one():
    spec = SPECS["two-learned-ema"]
    prior = grown(spec).prior
    top, bottom = (math.prod(size) for size in prior.sizes)
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(11, (2, top + bottom), generator=generator)
    other = tokens.clone()
    other[:, :top] = (other[:, :top] + 1) % 11
    levels = list(prior.levels)
    grid = tokens[:, top:].view(-1, *prior.sizes[1])
    above = [t[:, :top].view(-1, *prior.sizes[0]) for t in (tokens, other)]
    with torch.no_grad():
        assert not torch.allclose(levels[1](grid, above[0]), levels[1](grid, above[1]))
        whole = levels[0](above[0], None) + levels[1](grid, above[0])
        torch.testing.assert_close(prior.log_prob_tokens(tokens), whole)


def test_a_moving_codebook_becomes_the_mean_of_what_its_codes_stand_for():
    book = Codebook(VectorQuantised(codes=3, decay=0.9, revive=False), 2)
    book.reset_parameters(torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(1)
    centres = torch.tensor([[0.0, 5.0], [5.0, 0.0], [-5.0, -5.0]])
    book.vectors.copy_(centres + 1)
    for _ in range(200):
        tokens = torch.randint(3, (60,), generator=generator)
        encoded = centres[tokens] + 0.1 * torch.randn(60, 2, generator=generator)
        book.learn(encoded, book.find(encoded), generator, revive=True)
    torch.testing.assert_close(book.vectors, centres, atol=0.05, rtol=0)
    assert ((book.usage - 20).abs() < 6).all()


@pytest.mark.parametrize("kind", ["ema", "gradient"])
def test_codes_that_nothing_uses_begin_again_at_data(kind):
    book = Codebook(VectorQuantised(codes=16, codebook=kind), 2)
    book.reset_parameters(torch.Generator().manual_seed(0))
    with torch.no_grad():
        book.vectors.add_(100.0)
    generator = torch.Generator().manual_seed(1)
    encoded = torch.rand(400, 2, generator=generator)
    before = perplexity(book.find(encoded), 16)
    for _ in range(30):
        book.learn(encoded, book.find(encoded), generator, revive=True)
    assert before < 2
    assert perplexity(book.find(encoded), 16) > 10
    still = book.vectors.clone()
    unused = Codebook(VectorQuantised(codes=16, codebook=kind, revive=False), 2)
    unused.load_state_dict(book.state_dict())
    unused.learn(encoded[:1], torch.zeros(1, dtype=torch.int64), generator, revive=True)
    torch.testing.assert_close(unused.vectors[1:], still[1:])  # means of what they were


def test_perplexity_counts_the_codes_that_are_used():
    assert perplexity(torch.zeros(50, dtype=torch.int64), 8) == 1
    torch.testing.assert_close(perplexity(torch.arange(8).repeat(3), 8), torch.tensor(8.0))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prior": StandardNormal()}, "Codes are counted"),
        ({"labels": Conditional()}, "labels"),
        ({"network": Linear()}, "no grid"),
        ({"network": TwoLevel(), "posterior": Diagonal()}, "need the posterior vq"),
        ({"posterior": Diagonal(), "prior": Autoregressive()}, "over codes"),
        ({"network": TwoLevel(), "shape": (1, 1, 64)}, "at least 4 x 4"),
    ],
)
def test_what_does_not_go_together_is_refused(changes, said):
    with pytest.raises(UsageError, match=said):
        build(replace(SPECS["mlp-uniform-ema"], **changes))


def test_the_fine_grid_is_at_most_ten_places_wide():
    assert fine_sides((3, 64, 64))[-1] == (8, 8)
    assert fine_sides((1, 8, 8)) == [(8, 8), (4, 4)]
    assert fine_sides((1, 27, 15))[-1] == (7, 4)


def test_extreme_inputs_stay_finite_in_bfloat16(vae, spec):
    x = torch.stack([torch.zeros(spec.shape), torch.ones(spec.shape)])
    with torch.autocast("cpu", torch.bfloat16):
        q = vae.q(x)
        loss = -vae.log_likelihood(x, q.mean) + q.commitment()
        chance = vae.prior.log_prob_tokens(q.tokens)
    assert loss.dtype == chance.dtype == torch.float32
    assert loss.isfinite().all()
    assert chance.isfinite().all()
