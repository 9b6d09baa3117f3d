"""q(z|x), p(z|x) and the gap, against models whose posterior is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentlab.analysis.estimators import elbo
from latentlab.analysis.posterior_shapes import gap, p_shape, q_shape
from latentlab.analysis.told import Told
from latentlab.errors import UsageError
from latentlab.latent.charts import Plane, axes_plane
from latentlab.models.build import build
from latentlab.specs import (
    Conditional,
    Deterministic,
    Diagonal,
    Flow,
    FullCovariance,
    Mlp,
    ModelSpec,
)

SHAPE = (1, 3, 4)


def inside(points: np.ndarray, pieces: tuple[np.ndarray, ...]) -> np.ndarray:
    """Whether points lie inside an odd number of closed lines."""
    from matplotlib.path import Path

    return np.sum([Path(piece).contains_points(points) for piece in pieces], axis=0) % 2 == 1


def extent(shape) -> np.ndarray:
    """Width and height of the inner line."""
    return np.ptp(np.concatenate(shape.lines[0].pieces), axis=0)


def draws(vae, x: np.ndarray, count: int = 4000) -> np.ndarray:
    with torch.inference_mode():
        q = vae.q(torch.from_numpy(x[None]))
        eps = torch.randn(q.eps_shape(count), generator=torch.Generator().manual_seed(3))
        return q.rsample(eps)[0][:, 0].numpy()


@pytest.mark.parametrize("posterior", [Diagonal(), FullCovariance(), Flow(layers=2)])
def test_q_s_lines_hold_the_share_of_draws_that_they_say(posterior) -> None:
    vae = build(ModelSpec(shape=SHAPE, network=Mlp(hidden=(8,)), posterior=posterior), seed=2)
    x = np.random.default_rng(1).random(SHAPE, np.float32)
    shape = q_shape(vae.eval(), x, axes_plane(2))
    points = draws(vae, x)
    for line in shape.lines:
        assert inside(points, line.pieces).mean() == pytest.approx(line.share, abs=0.03)
    assert np.allclose(shape.middle, points.mean(0), atol=0.1)


def test_the_true_posterior_of_a_linear_model_is_found_where_it_is(linear) -> None:
    model = linear(2)
    x = model.draw(1)[0]
    q, p = q_shape(model.vae, x, axes_plane(2)), p_shape(model.vae, x, axes_plane(2))
    assert np.allclose(q.middle, p.middle, atol=0.01)  # q is the true posterior there
    assert np.allclose(extent(q), extent(p), rtol=0.08)
    for line in p.lines:
        assert inside(draws(model.vae, x), line.pieces).mean() == pytest.approx(
            line.share, abs=0.03
        )


def test_a_narrow_posterior_far_outside_the_prior_is_found(linear) -> None:
    model = linear(2, scale=0.02)
    x = model.draw(1)[0] + 30.0 * model.vae.decoder.linear.weight.detach().numpy()[:, 0]
    x = x.astype(np.float32)
    q, p = q_shape(model.vae, x, axes_plane(2)), p_shape(model.vae, x, axes_plane(2))
    assert np.hypot(*q.middle) > 10.0
    assert np.allclose(q.middle, p.middle, atol=0.02)
    assert np.allclose(extent(q), extent(p), rtol=0.15)


def test_where_q_is_the_true_posterior_there_is_no_gap(linear) -> None:
    for dims in (1, 2):
        model = linear(dims)
        x = model.draw(1)[0]
        found = gap(model.vae, x)
        assert found.log_px == pytest.approx(float(model.log_p(x[None])[0]), abs=0.02)
        assert found.nats == pytest.approx(0.0, abs=0.02)


def divergence(one, other) -> float:
    """KL of two Gaussians, from its formula."""
    root, wide = (q.scale_tril[0].detach().double().numpy() for q in (one, other))
    inner = np.linalg.solve(wide, root)
    away = np.linalg.solve(wide, (other.mean - one.mean)[0].detach().double().numpy())
    logs = np.log(np.diag(wide)).sum() - np.log(np.diag(root)).sum()
    return 0.5 * ((inner**2).sum() + (away**2).sum() - len(root)) + logs


@pytest.mark.parametrize("dims", [1, 2])
def test_the_gap_is_the_divergence_of_q_from_the_true_posterior(linear, dims) -> None:
    model = linear(dims)
    x = model.draw(1)[0]
    true = model.vae.q(torch.from_numpy(x[None]))
    with torch.no_grad():
        model.vae.posterior.linear.bias[:dims] += 0.1
        model.vae.posterior.linear.bias[dims : 2 * dims] += 0.5
    expected = divergence(model.vae.q(torch.from_numpy(x[None])), true)
    assert expected > 0.3
    assert gap(model.vae, x).nats == pytest.approx(expected, abs=0.03)


def test_the_bound_by_a_grid_of_noise_is_the_mean_of_many_draws() -> None:
    spec = ModelSpec(shape=SHAPE, network=Mlp(hidden=(8,)), posterior=Flow(layers=2))
    vae = build(spec, seed=2).eval()
    x = np.random.default_rng(1).random((1, *SHAPE), np.float32)
    drawn = elbo(vae, x, samples=20_000, generator=torch.Generator().manual_seed(0))
    found = gap(vae, x[0])
    assert found.kind == "quadrature"
    assert found.bound == pytest.approx(float(drawn.bound[0]), abs=0.03)
    assert found.nats >= 0.0


def test_with_more_latents_both_are_slices_of_the_plane(linear) -> None:
    model = linear(3)
    x = model.draw(1)[0]
    basis = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 2)))[0]
    plane = Plane(np.array([0.2, -0.1, 0.3]), basis, ("PC1", "PC2"))
    q, p = q_shape(model.vae, x, plane), p_shape(model.vae, x, plane)
    assert np.allclose(q.middle, p.middle, atol=0.02)
    assert np.allclose(extent(q), extent(p), rtol=0.08)
    projected = plane.project(model.vae.q(torch.from_numpy(x[None])).mean[0].detach().numpy())
    assert not np.allclose(q.middle, projected, atol=0.02)  # a slice is no projection
    found = gap(model.vae, x)
    assert found.kind == "importance"
    assert found.log_px == pytest.approx(float(model.log_p(x[None])[0]), abs=0.1)


def test_of_one_latent_the_lines_are_the_ends_of_intervals(linear) -> None:
    model = linear(1)
    x = model.draw(1)[0]
    z = draws(model.vae, x)[:, 0]
    for shape in (q_shape(model.vae, x, axes_plane(1)), p_shape(model.vae, x, axes_plane(1))):
        assert shape.middle[0] == pytest.approx(z.mean(), abs=0.02)
        for line in shape.lines:
            low, high = line.pieces[0][:, 0].min(), line.pieces[0][:, 0].max()
            share = ((z > low) & (z < high)).mean()
            assert share == pytest.approx(line.share, abs=0.03)


def test_a_told_class_changes_q_and_an_encoder_of_codes_has_none() -> None:
    x = np.random.default_rng(1).random(SHAPE, np.float32)
    told = build(ModelSpec(shape=SHAPE, labels=Conditional(classes=3)), seed=2).eval()
    one, other = (q_shape(Told(told, y), x, axes_plane(2)).middle for y in (0, 1))
    assert one != other
    plain = build(ModelSpec(shape=SHAPE, posterior=Deterministic()), seed=2).eval()
    with pytest.raises(UsageError, match="no density"):
        q_shape(plain, x, axes_plane(2))
