"""Disentanglement scores of codes that were made to have them."""

from __future__ import annotations

import numpy as np
import pytest

from latentlab.analysis.disentanglement import (
    as_classes,
    dci_scores,
    factor_vae_score,
    mutual_information,
    mutual_information_gap,
    sap_score,
    scores,
)


@pytest.fixture
def factors() -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.column_stack([rng.integers(0, 3, 4000), rng.integers(0, 4, 4000)])


def _perfect(factors) -> np.ndarray:
    noise = 0.02 * np.random.default_rng(1).normal(size=(len(factors), 3))
    return np.column_stack([factors[:, 0], factors[:, 1] - 1.0, np.zeros(len(factors))]) + noise


def _mixed(factors) -> np.ndarray:
    """Each latent holds both factors alike."""
    noise = 0.02 * np.random.default_rng(1).normal(size=(len(factors), 2))
    a, b = (factors - factors.mean(0)).T / factors.std(0)[:, None]
    return np.column_stack([a + b, a - b]) + noise


def test_codes_that_are_the_factors_have_full_scores(factors):
    found = scores(_perfect(factors), factors.astype(float), ("shape", "scale"))
    assert found.factors == ["shape", "scale"]
    assert found.mig > 0.95
    assert found.dci_disentanglement > 0.95
    assert found.dci_completeness > 0.95
    assert found.dci_informativeness > 0.99
    assert found.factor_vae > 0.99
    # A latent of noise guesses a third and a quarter: the gap can't be more than what is left.
    assert found.sap > 0.55
    assert np.asarray(found.importance).shape == (3, 2)


def test_codes_that_mix_the_factors_have_low_scores(factors):
    found = scores(_mixed(factors), factors.astype(float))
    assert found.factors == ["factor 1", "factor 2"]
    assert found.mig < 0.1
    assert found.dci_disentanglement < 0.2
    assert found.dci_completeness < 0.2
    assert found.dci_informativeness > 0.95  # all is there, but mixed
    assert found.sap < 0.1
    assert found.factor_vae < 0.85


def test_noise_has_no_scores(factors):
    z = np.random.default_rng(5).normal(size=(len(factors), 3))
    assert mutual_information_gap(z, factors) < 0.02
    assert sap_score(z, factors) < 0.06
    assert factor_vae_score(z, factors) < 0.65  # one of two factors by chance


def test_mutual_information_is_that_of_scikit_learn(factors):
    from sklearn.metrics import mutual_info_score

    z = np.round(_mixed(factors), 1)
    found, entropies = mutual_information(z, factors)
    low, high = z[:, 0].min(), z[:, 0].max()
    binned = np.minimum((z[:, 0] - low) / (high - low) * 20, 19).astype(int)
    assert found[0, 1] == pytest.approx(mutual_info_score(binned, factors[:, 1]))
    assert entropies[0] == pytest.approx(mutual_info_score(factors[:, 0], factors[:, 0]))


def test_one_latent_for_two_factors_is_complete_but_not_disentangled(factors):
    both = factors[:, 0] + 3.0 * factors[:, 1]
    z = np.column_stack([both, np.zeros(len(both))])
    found = dci_scores(z, factors)
    assert found.completeness == pytest.approx(1)
    assert found.disentanglement < 0.05


def test_factors_that_do_not_vary_are_left_out(factors):
    still = np.column_stack([factors, np.ones(len(factors))]).astype(float)
    found = scores(_perfect(factors), still, ("a", "b", "colour"))
    assert found.factors == ["a", "b"]
    assert scores(_perfect(factors), still[:, 1:], ("b", "colour")) is None


def test_real_values_become_bins_of_equal_counts():
    classes = as_classes(np.random.default_rng(0).random(2000))
    assert classes.min() == 0
    assert classes.max() == 19
    assert np.bincount(classes).std() < 3
