"""Neighbours, growth, distances and terms of single data."""

from __future__ import annotations

import numpy as np
import pytest

from latentlab import open_dataset
from latentlab.analysis.evaluate import evaluate
from latentlab.analysis.nearest import NearestCodes, grown
from latentlab.analysis.outliers import bound_terms, neighbour_distances, ranked
from latentlab.errors import CancelledError
from latentlab.models.build import build
from latentlab.models.model import Model
from latentlab.specs import Deterministic, Made, Mlp, ModelSpec


def codes(dim: int) -> np.ndarray:
    rng = np.random.default_rng(dim)
    z = rng.normal(size=(400, dim)).astype(np.float32)
    z[50:60] = z[50]  # equal codes
    z[7] = np.nan
    return z


@pytest.mark.parametrize("dim", [1, 2, 8, 12])
def test_the_nearest_others_are_those_of_brute_force(dim):
    z = codes(dim)
    distances, rows = NearestCodes(z).find(np.arange(400), 5)
    apart = np.linalg.norm(z[:, None].astype(float) - z, axis=-1)
    np.fill_diagonal(apart, np.inf)
    apart[:, 7] = np.inf
    for row in range(400):
        if row == 7:
            assert (rows[row] == -1).all()
            assert np.isinf(distances[row]).all()
            continue
        assert np.allclose(distances[row], np.sort(apart[row])[:5], atol=2e-3)
        assert np.allclose(apart[row][rows[row]], distances[row], atol=2e-3)
        assert row not in rows[row]
        assert len(set(rows[row])) == 5


def test_growing_adds_the_neighbours_of_each_and_once_more_theirs():
    z = np.arange(20, dtype=np.float32)[:, None]
    look = NearestCodes(z)
    once = grown(look, np.array([10], np.int32), 2)
    assert once.tolist() == [9, 10, 11]
    assert grown(look, once, 2).tolist() == [8, 9, 10, 11, 12]


def test_fewer_codes_than_neighbours_are_all_found():
    look = NearestCodes(np.zeros((3, 2), np.float32))
    assert grown(look, np.array([0], np.int32), 50).tolist() == [0, 1, 2]
    alone = neighbour_distances(np.zeros((1, 2), np.float32), 4)
    assert np.isinf(alone).all()


def test_a_search_ends_when_it_is_called_off():
    def go_on(_fraction: float) -> None:
        raise CancelledError("Called off.")

    with pytest.raises(CancelledError):
        NearestCodes(codes(2)).find(np.arange(400), 3, go_on)


def test_the_one_alone_is_the_first_outlier():
    z = codes(2)
    z[123] = 50.0
    assert ranked(neighbour_distances(z, 4), "distance")[0] in (7, 123)
    known = np.isfinite(z).all(axis=1)
    assert ranked(neighbour_distances(z[known], 4), "distance")[0] == 122


def made(**changes: object) -> Model:
    spec = ModelSpec(shape=(1, 8, 8), network=Mlp(hidden=(16,)))
    import msgspec

    return Model(build(msgspec.structs.replace(spec, **changes)))


def test_terms_of_single_data_have_the_evaluations_mean():
    data, model = open_dataset("digits"), made()
    rows = data.rows("test")
    found = bound_terms(model, data, rows, samples=8)
    figures = evaluate(model, data, split="test", sections=())
    assert found.kind == "bound"
    assert found.bound is not None
    assert len(found.bound) == len(rows)
    assert found.bound.mean() == pytest.approx(figures.bound_nats, rel=2e-3)
    assert found.kl.mean() == pytest.approx(figures.kl_nats, rel=1e-4)
    assert np.allclose(found.bound, found.reconstruction - found.kl)
    again = bound_terms(model, data, rows, samples=8)
    assert np.array_equal(found.bound, again.bound)


def test_a_model_without_a_bound_has_a_reconstruction_alone():
    found = bound_terms(made(posterior=Deterministic()), open_dataset("digits"), np.arange(20))
    assert (found.kind, found.bound, found.kl) == ("none", None, None)
    assert found.reconstruction is not None
    assert np.isfinite(found.reconstruction).all()


def test_a_model_without_latents_has_its_exact_log_likelihood():
    found = bound_terms(made(network=Made(hidden=(16,))), open_dataset("digits"), np.arange(20))
    assert (found.kind, found.reconstruction) == ("exact", None)
    assert found.bound is not None
    assert (found.bound < 0).all()
