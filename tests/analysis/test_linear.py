"""The linear VAE beside PCA: on data of a known covariance it finds PCA's plane and its nats."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from latentlab.analysis.linear import linear_report, span_angles
from latentlab.data.dataset import Dataset
from latentlab.errors import UsageError
from latentlab.models import divergence
from latentlab.models.build import build
from latentlab.models.model import Model
from latentlab.specs import DataSpec, Diagonal, FullCovariance, Gaussian, Linear, ModelSpec

COLUMNS, LATENTS, ROWS = 8, 2, 4000
STEPS, BATCH = 1500, 500


def ellipsoid(seed: int = 0) -> Dataset:
    """Rows of N(mean, covariance): two long axes, six of one small variance, none along x."""
    rng = np.random.default_rng(seed)
    axes, _ = np.linalg.qr(rng.normal(size=(COLUMNS, COLUMNS)))
    deviations = np.array([0.5, 0.25] + 6 * [0.05])
    x = 0.5 + (rng.normal(size=(ROWS, COLUMNS)) * deviations) @ axes.T
    return Dataset(
        name="ellipsoid",
        x=x.astype(np.float32),
        kind="vector",
        levels=None,
        labels=np.full(ROWS, -1),
        label_names=(),
        split=(np.arange(ROWS) % 8 == 0).astype(np.int8),
        source=DataSpec(source="ellipsoid"),
        value_range=(0.0, 1.0),
    )


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return ellipsoid()


def spec_of(posterior=None, latent_dim: int = LATENTS) -> ModelSpec:
    return ModelSpec(
        shape=(1, 1, COLUMNS),
        latent_dim=latent_dim,
        network=Linear(),
        posterior=posterior or Diagonal(),
        likelihood=Gaussian(scale=0.3, learned=True),  # from too wide: a narrow one kills latents
    )


def learn(dataset: Dataset, posterior) -> Model:
    """Adam with a falling rate: nothing of the trainer is tested here."""
    vae = build(spec_of(posterior), seed=1)
    x = torch.from_numpy(dataset.inputs(dataset.rows("train")).copy())
    generator = torch.Generator().manual_seed(0)
    adam = torch.optim.Adam(vae.parameters(), 0.02, fused=True)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(adam, STEPS)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # for rows of six values others only wait
    for step in range(STEPS):
        adam.zero_grad()
        loss = -bound(vae, x[step * BATCH % len(x) :][:BATCH], generator).mean()
        loss.backward()
        adam.step()
        falling.step()
    torch.set_num_threads(threads)
    return Model(vae)


def bound(vae, x: torch.Tensor, generator: torch.Generator, samples: int = 1) -> torch.Tensor:
    q = vae.q(x)
    z, _ = q.rsample(torch.randn(q.eps_shape(samples), generator=generator))
    return vae.log_likelihood(x, z).mean(0) - divergence.kl(q, vae.prior)[0]


@pytest.fixture(scope="module")
def diagonal(dataset) -> Model:
    return learn(dataset, Diagonal())


@pytest.fixture(scope="module", params=["diagonal", "full"])
def learned(request, dataset) -> Model:
    if request.param == "full":
        return learn(dataset, FullCovariance())
    return request.getfixturevalue("diagonal")


def test_a_trained_linear_vae_finds_the_plane_and_the_nats_of_ppca(dataset, learned):
    report = linear_report(learned, dataset, split="train")
    rows = dataset.inputs(dataset.rows("train")).reshape(-1, COLUMNS)
    pca = PCA(LATENTS).fit(rows.astype(np.float64))  # another implementation, its own nats
    exact = pca.score(rows.astype(np.float64))
    assert report.ppca_nats == pytest.approx(exact, abs=2e-3)  # it divides by N - 1
    assert max(report.span_angles_deg) < 1.0
    assert report.ppca_nats - 0.02 < report.log_likelihood_nats <= report.ppca_nats + 1e-6
    with torch.no_grad():
        x = torch.from_numpy(rows.copy()).view(-1, 1, 1, COLUMNS)
        reached = float(bound(learned.vae, x, torch.Generator().manual_seed(5), 50).mean())
    assert exact - 0.05 < reached < exact + 0.02
    assert report.scale == pytest.approx(report.ppca_scale, rel=0.03)


def test_a_diagonal_q_turns_the_columns_onto_the_axes_themselves(dataset, diagonal):
    report = linear_report(diagonal, dataset)
    assert sorted(report.nearest_axes) == [0, 1]
    assert max(report.axis_angles_deg) < 3.0
    assert report.pca_mse <= report.reconstruction_mse < 2 * report.pca_mse
    assert report.span_mse == pytest.approx(report.pca_mse, rel=1e-3)
    assert (report.count, report.split) == (500, "test")


def test_errors_and_nats_are_those_of_their_definitions(dataset):
    """An untrained model, far from PCA: nothing agrees by chance."""
    model = Model(build(spec_of(), seed=4))
    report = linear_report(model, dataset)
    x = dataset.inputs(dataset.rows("test")).reshape(-1, COLUMNS).astype(np.float64)
    layer = model.vae.decoder.layer
    weights, bias = layer.weight.detach().double(), layer.bias.detach().double()
    scale = model.vae.likelihood.scale.item()
    normal = torch.distributions.MultivariateNormal(
        bias, weights @ weights.T + scale**2 * torch.eye(COLUMNS), validate_args=True
    )
    expected = normal.log_prob(torch.from_numpy(x)).mean()
    assert report.log_likelihood_nats == pytest.approx(float(expected), rel=1e-6)
    mean = dataset.inputs(dataset.rows("train")).reshape(-1, COLUMNS).mean(0, dtype=np.float64)
    w = weights.numpy()
    projected = mean + (x - mean) @ w @ np.linalg.pinv(w)
    assert report.span_mse == pytest.approx(np.square(projected - x).mean(), rel=1e-6)
    again = model.decode(model.encode(x.astype(np.float32).reshape(-1, 1, 1, COLUMNS)))
    assert report.reconstruction_mse == pytest.approx(
        np.square(again.reshape(-1, COLUMNS) - x).mean(), rel=1e-5
    )
    pca = PCA(LATENTS).fit(dataset.inputs(dataset.rows("train")).reshape(-1, COLUMNS))
    error = np.square(pca.inverse_transform(pca.transform(x)) - x).mean()
    assert report.pca_mse == pytest.approx(error, rel=1e-4)


def test_angles_between_spans_ignore_a_rotation_and_see_a_tilt():
    rng = np.random.default_rng(0)
    plane = np.linalg.qr(rng.normal(size=(7, 2)))[0]
    mixed = plane @ rng.normal(size=(2, 2))
    np.testing.assert_allclose(span_angles(mixed, plane), 0, atol=1e-7)
    for tilt in (1e-6, 0.3, np.pi / 2):
        other = np.eye(3)[:, :2] @ np.diag([1.0, np.cos(tilt)])
        other[2, 1] = np.sin(tilt)
        found = span_angles(np.eye(3)[:, :2], other)
        np.testing.assert_allclose(found, [0, tilt], atol=1e-9)


def test_what_is_not_linear_or_leaves_nothing_over_is_refused(dataset):
    deep = ModelSpec(shape=(1, 1, COLUMNS), likelihood=Gaussian())
    with pytest.raises(UsageError, match="not a linear VAE"):
        linear_report(Model(build(deep)), dataset)
    with pytest.raises(UsageError, match="as many latents"):
        linear_report(Model(build(spec_of(latent_dim=COLUMNS))), dataset)


def test_encoder_and_decoder_are_affine():
    vae = build(spec_of(), seed=2)
    a, b = torch.rand(2, 3, 1, 1, COLUMNS, generator=torch.Generator().manual_seed(0))
    mean = lambda x: vae.q(x).mean  # noqa: E731
    torch.testing.assert_close(mean(0.3 * a + 0.7 * b), 0.3 * mean(a) + 0.7 * mean(b))
    z, w = a[:, 0, 0, :2], b[:, 0, 0, :2]
    torch.testing.assert_close(
        vae.decode(0.3 * z + 0.7 * w), 0.3 * vae.decode(z) + 0.7 * vae.decode(w)
    )
