"""Figures of each datum, against densities that are known and against brute force."""

import numpy as np
import pytest

from latentlab.analysis.clusters import cluster
from latentlab.analysis.evaluate import evaluate
from latentlab.analysis.neighbours import distances_to_nearest
from latentlab.analysis.per_datum import measure
from latentlab.data.dataset import Dataset
from latentlab.errors import CancelledError, UsageError
from latentlab.models.build import build
from latentlab.models.model import Model
from latentlab.specs import DataSpec, Deterministic, Mlp, ModelSpec


def data_of(x, labels=None):
    count = len(x)
    marks = np.full(count, -1) if labels is None else labels
    return Dataset(
        "drawn",
        x.reshape(count, -1),
        "vector",
        None,
        np.asarray(marks, np.int64),
        (),
        np.zeros(count, np.int8),
        DataSpec(source="drawn"),
    )


@pytest.mark.parametrize(("latent_dim", "how"), [(2, "quadrature"), (3, "importance sampling")])
def test_log_p_of_each_datum_is_its_density(linear, latent_dim, how):
    known = linear(latent_dim)
    x = known.draw(60)
    found = measure(Model(known.vae), ["logp"], dataset=data_of(x))
    # q is the true posterior: every importance weight is p(x) itself
    assert np.allclose(found["logp"].numbers, known.log_p(x), atol=0.02)
    assert found["logp"].how.startswith(how)
    assert {"recon", "kl", "bound"} <= set(found)  # they come with it
    gap = found["logp"].numbers - found["bound"].numbers
    assert abs(gap.mean()) < 0.5  # none but the noise of 8 draws
    assert np.allclose(-found["recon"].numbers - found["kl"].numbers, found["bound"].numbers)


def test_their_means_are_the_figures_of_an_evaluation(linear):
    known = linear(2)
    dataset = data_of(known.draw(80))
    whole = evaluate(Model(known.vae), dataset, split="all", sections=("likelihood",))
    found = measure(Model(known.vae), ["recon", "kl", "bound", "logp"], dataset=dataset)
    assert found["bound"].numbers.mean() == pytest.approx(whole.bound_nats, abs=1e-3)
    assert -found["recon"].numbers.mean() == pytest.approx(whole.reconstruction_nats, abs=1e-3)
    assert found["kl"].numbers.mean() == pytest.approx(whole.kl_nats, abs=1e-3)
    assert found["logp"].numbers.mean() == pytest.approx(whole.log_likelihood_nats, abs=1e-3)


def test_a_model_without_a_density_has_a_reconstruction_error_alone():
    model = Model(
        build(ModelSpec(shape=(1, 1, 6), network=Mlp(hidden=(8,)), posterior=Deterministic()))
    )
    x = np.random.default_rng(0).random((9, 1, 1, 6), np.float32)
    found = measure(model, ["recon"], dataset=data_of(x))
    assert set(found) == {"recon"}
    assert found["recon"].how == "at the code"
    with pytest.raises(UsageError, match="no density"):
        measure(model, ["bound"], dataset=data_of(x))


def test_what_is_lacking_is_said():
    model = Model(build(ModelSpec(shape=(1, 1, 6), network=Mlp(hidden=(8,)))))
    with pytest.raises(UsageError, match="not open"):
        measure(model, ["recon"], z=np.zeros((3, 2), np.float32))
    with pytest.raises(UsageError, match='No figure is called "loss"'):
        measure(model, ["loss"])


def test_clusters_part_what_lies_apart_the_largest_first():
    rng = np.random.default_rng(0)
    sizes, middles = (30, 90, 60), ((0, 0), (9, 0), (0, 9))
    parts = [rng.normal(at, 0.3, (n, 2)) for n, at in zip(sizes, middles, strict=True)]
    z = np.concatenate([*parts, [[np.nan, 0.0]]]).astype(np.float32)
    expected = [2] * 30 + [0] * 90 + [1] * 60 + [-1]
    assert cluster(z, 3).tolist() == expected
    assert np.array_equal(cluster(z, 3), cluster(z, 3))
    assert cluster(np.zeros((4, 2)), 3).tolist() == [0, 0, 0, 0]  # one code
    assert cluster(np.full((2, 2), np.nan), 3).tolist() == [-1, -1]


def test_beyond_many_codes_a_draw_finds_the_middles(monkeypatch):
    monkeypatch.setattr("latentlab.analysis.clusters.MOST_FITTED", 50)
    rng = np.random.default_rng(0)
    z = np.concatenate([rng.normal(at, 0.1, (400, 2)) for at in (0.0, 5.0)]).astype(np.float32)
    found = cluster(z, 2)
    assert len(set(found[:400])) == len(set(found[400:])) == 1
    assert found[0] != found[-1]


@pytest.mark.parametrize("dims", [1, 2, 20])
@pytest.mark.parametrize("k", [1, 5])
def test_distances_are_those_of_brute_force(dims, k):
    rng = np.random.default_rng(dims)
    z = rng.normal(size=(90, dims)).astype(np.float32)
    z[1] = z[0]  # two on one place
    away = np.linalg.norm(z[:, None].astype(float) - z[None], axis=-1)
    np.fill_diagonal(away, np.inf)
    expected = np.sort(away, axis=1)[:, :k].mean(axis=1)
    assert np.allclose(distances_to_nearest(z, k), expected, atol=1e-4)


def test_few_codes_and_no_codes_have_distances_too():
    z = np.array([[0.0], [2.0], [np.nan]], np.float32)
    assert np.array_equal(distances_to_nearest(z, 10), [2.0, 2.0, np.nan], equal_nan=True)
    assert np.isnan(distances_to_nearest(z[:1], 3)).all()


@pytest.mark.parametrize("name", ["recon", "cluster", "distance"])
def test_it_is_called_off_by_what_the_report_raises(linear, name):
    known = linear(2)

    def stop(_text, _fraction):
        raise CancelledError("Called off.")

    z = np.zeros((40, 2), np.float32)
    with pytest.raises(CancelledError):
        measure(Model(known.vae), [name], z=z, dataset=data_of(known.draw(40)), report=stop)
