"""Flow posteriors: determinants, inverses, passes, and where they begin."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch.func import jacrev, vmap

from latentlab.models.bijections import Planar, PlanarLayer, pull, push
from latentlab.models.build import build
from latentlab.models.conditioner import Conditioner
from latentlab.models.flows import FlowLatents
from latentlab.models.posteriors import Posterior, log_normal
from latentlab.models.vae import VAE
from latentlab.specs import Flow, FlowPrior, Mlp, ModelSpec

TRANSFORMS = ["iaf", "maf", "spline", "planar"]
B, D = 3, 4


def flow_model(transform: str, d: int = D, **parts) -> VAE:
    spec = ModelSpec(
        shape=(1, 3, 3),
        latent_dim=d,
        network=Mlp(hidden=(8,)),
        posterior=Flow(transform=transform, layers=3, hidden=12),
        **parts,
    )
    return build(spec, seed=5).double()


def bent(vae: VAE, generator: torch.Generator, amount: float = 0.4) -> VAE:
    with torch.no_grad():
        for parameter in (*vae.posterior.parameters(), *vae.prior.parameters()):
            draw = torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype)
            parameter.add_(amount * draw)
    return vae


@pytest.fixture
def x(generator) -> torch.Tensor:
    return torch.rand(B, 1, 3, 3, generator=generator).double()


@pytest.fixture
def eps(generator) -> torch.Tensor:
    return torch.randn(6, B, D, generator=generator).double()


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_log_q_is_log_p_of_eps_minus_the_log_determinant_by_autograd(transform, x, eps, generator):
    q = bent(flow_model(transform), generator).q(x)
    assert isinstance(q, Posterior)
    z, log_q = q.rsample(eps)
    blocks = jacrev(lambda e: q.rsample(e)[0].sum(0))(eps[0])  # (D, B, D): data do not meet
    log_det = torch.linalg.slogdet(blocks.transpose(0, 1)).logabsdet
    torch.testing.assert_close(log_q[0], log_normal(eps[0]) - log_det)
    assert log_det.std() > 0.01
    assert (z - q.base.rsample(eps)[0]).abs().mean() > 0.1  # it is bent


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("d", [1, 2, D])
def test_the_inverse_undoes_the_forward_map_and_agrees_on_its_determinant(
    transform, d, x, generator
):
    q = bent(flow_model(transform, d), generator).q(x)
    eps = 2 * torch.randn(5, B, d, generator=generator).double()
    image, forward = push(q.maps, eps)
    origin, backward = pull(q.maps, image)
    torch.testing.assert_close(origin, eps, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(backward, forward, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_the_gradient_of_a_foreign_density_is_that_of_differences(transform, x, generator):
    """Planar maps are inverted by search: a gradient must still find its way through."""
    q = bent(flow_model(transform), generator).q(x)
    z = q.rsample(torch.randn(B, D, generator=generator).double())[0].detach()
    z.requires_grad_(True)
    (gradient,) = torch.autograd.grad(q.log_prob(z).sum(), z, retain_graph=True)
    step = 1e-5 * torch.eye(D).double()
    for i in range(D):
        difference = (q.log_prob(z + step[i]) - q.log_prob(z - step[i])) / 2e-5
        torch.testing.assert_close(gradient[:, i], difference, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_the_gradient_in_the_parameters_is_the_same_drawn_or_scored(transform, x, generator):
    """log q of a fixed z moves with the parameters as differences say."""
    vae = bent(flow_model(transform), generator)
    z = vae.q(x).rsample(torch.randn(B, D, generator=generator).double())[0].detach()
    parameters = list(vae.posterior.parameters())
    gradients = torch.autograd.grad(vae.q(x).log_prob(z).sum(), parameters)
    direction = [torch.randn(p.shape, generator=generator).double() for p in parameters]
    expected = sum((g * v).sum() for g, v in zip(gradients, direction, strict=True))
    ends = []
    for sign in (1, -1):
        with torch.no_grad():
            for p, v in zip(parameters, direction, strict=True):
                p.add_(sign * 1e-6 * v)
            ends.append(vae.q(x).log_prob(z).sum())
            for p, v in zip(parameters, direction, strict=True):
                p.sub_(sign * 1e-6 * v)
    torch.testing.assert_close((ends[0] - ends[1]) / 2e-6, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_a_fresh_flow_is_nearly_its_diagonal_base(transform, x, eps):
    q = flow_model(transform).q(x)
    z, log_q = q.rsample(eps)
    base, log_base = q.base.rsample(eps)
    torch.testing.assert_close(z, base, atol=0.15, rtol=0)
    torch.testing.assert_close(log_q, log_base, atol=0.3, rtol=0)
    assert not torch.equal(z, base)


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_the_mean_is_the_image_of_the_bases_mean_and_is_always_the_same(transform, x, generator):
    q = bent(flow_model(transform), generator).q(x)
    expected, _ = q.rsample(torch.zeros(B, D).double())
    assert torch.equal(q.mean, expected)
    assert torch.equal(q.mean, q.mean)


class Counting(Conditioner):
    """A conditioner that counts the passes through it."""

    passes = 0

    def bind(self, context=None):
        parameters = super().bind(context)

        def counted(values):
            Counting.passes += 1
            return parameters(values)

        return counted


@pytest.mark.parametrize(
    ("transform", "to_draw", "to_score"),
    [("iaf", 1, D + 1), ("spline", 1, D + 1), ("maf", D + 1, 1)],
)
def test_iaf_draws_in_one_pass_a_layer_and_maf_scores_in_one(
    transform, to_draw, to_score, x, eps, monkeypatch
):
    monkeypatch.setattr("latentlab.models.bijections.Conditioner", Counting)
    q = flow_model(transform).q(x)
    Counting.passes = 0
    z, _ = q.rsample(eps)
    assert Counting.passes == 3 * to_draw
    Counting.passes = 0
    q.log_prob(z)
    assert Counting.passes == 3 * to_score


@pytest.mark.parametrize("context", [0, 5])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("d", [1, 2, 5])
def test_a_value_depends_on_those_before_it_and_on_all_of_them(d, reverse, context, generator):
    net = Conditioner(d, 2, 16, context=context, reverse=reverse)
    net.reset_parameters(generator)
    told = torch.randn(1, context, generator=generator) if context else None
    jacobian = jacrev(net.bind(told))(torch.randn(1, d, generator=generator))
    sees = jacobian[0, :, 0, 0].abs() > 0  # (D, D): value i on value j
    order = torch.arange(d).flip(0) if reverse else torch.arange(d)
    assert torch.equal(sees, order[:, None] > order)
    if context:
        by_told = jacrev(lambda c: net.bind(c)(torch.zeros(1, d)))(told)
        assert (by_told.abs().sum((0, 2, 3, 4)) > 0).all()  # the first value too


def test_layers_take_the_values_in_turns_from_either_end(x, generator):
    maps = bent(flow_model("iaf"), generator).q(x).maps
    for place, one in enumerate(maps):
        jacobian = vmap(jacrev(lambda v, one=one: one.forward(v.expand(B, D))[0][0]))(
            torch.randn(1, D, generator=generator).double()
        )[0]
        upper = jacobian.triu(1).abs().sum() > 0
        assert bool(upper) == bool(place % 2)


def test_a_planar_map_stays_invertible_whatever_its_network_says(generator):
    """w.u > -1 (Rezende and Mohamed, 2015, A.1), and u = 0 is the identity."""
    layer = PlanarLayer(D, 6)
    layer.reset_parameters(generator)
    for size in (1.0, 30.0, 1e4):
        planar = layer(size * torch.randn(50, 6, generator=generator))
        assert (planar.slope > -1).all()
        torch.testing.assert_close(
            (planar.w * planar.u).sum(-1), planar.slope, rtol=1e-3, atol=1e-6 * size**2
        )
        image, log_det = planar.forward(torch.randn(50, D, generator=generator))
        assert image.isfinite().all()
        assert log_det.isfinite().all()
    with torch.no_grad():
        layer.weight[:D], layer.bias[:D] = 0.0, 0.0
    planar = layer(torch.randn(50, 6, generator=generator))
    torch.testing.assert_close(planar.u, torch.zeros(50, D), atol=1e-5, rtol=0)


def test_the_formula_of_a_planar_determinant_is_that_of_the_paper(generator):
    u, w = torch.randn(2, 1, D, generator=generator).double() * 0.3
    one = Planar(u, w, torch.zeros(1).double(), (u * w).sum(-1))
    v = torch.randn(1, D, generator=generator).double()
    psi = (1 - torch.tanh((w * v).sum(-1, keepdim=True)) ** 2) * w
    expected = torch.log((1 + (u * psi).sum(-1)).abs())
    torch.testing.assert_close(one.forward(v)[1], expected)


def test_an_untouched_flow_prior_is_about_the_standard_normal(generator):
    for transform in ("spline", "maf"):
        vae = flow_model("iaf", prior=FlowPrior(transform=transform))
        z = torch.randn(50, D, generator=generator).double()
        torch.testing.assert_close(vae.prior.log_prob(z), log_normal(z), atol=0.3, rtol=0)
        sampled = vae.prior.sample(z)
        torch.testing.assert_close(sampled, z, atol=0.15, rtol=0)


def test_a_narrow_posterior_is_bent_in_its_own_units(x, generator):
    """Two bases a thousandfold apart in width are bent to the same shape."""
    q = bent(flow_model("iaf"), generator).q(x)
    eps = torch.randn(B, D, generator=generator).double()
    narrow = FlowLatents(type(q.base)(q.base.mean + 7.0, q.base.log_sigma - 6.9), q.maps).rsample(
        eps
    )[0]
    shape = (q.rsample(eps)[0] - q.base.mean) * (-q.base.log_sigma).exp()
    again = (narrow - q.base.mean - 7.0) * (6.9 - q.base.log_sigma).exp()
    torch.testing.assert_close(again, shape)


PROGRAM = """
import sys, torch
from latentlab.models.build import build
from latentlab.specs import Flow, FlowPrior, ModelSpec
checks = torch.distributions.Distribution._validate_args
build(ModelSpec(shape=(1, 2, 2))).q(torch.zeros(1, 1, 2, 2)).rsample(torch.zeros(1, 2))
assert "zuko" not in sys.modules, "imported without need"
vae = build(ModelSpec(shape=(1, 2, 2), posterior=Flow(), prior=FlowPrior()))
vae.prior.log_prob(vae.q(torch.zeros(1, 1, 2, 2)).rsample(torch.zeros(1, 2))[0])
assert "zuko" in sys.modules
assert checks is torch.distributions.Distribution._validate_args is True, "checks were left off"
try:
    torch.distributions.Normal(0.0, -1.0)
except ValueError:
    print("fine")
"""


def test_zuko_is_imported_when_it_is_needed_and_changes_nothing_global():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "fine", done.stderr
