"""The prior's lines on the map against what is known of where a prior lies."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentlab.analysis.contours import prior_contours, region
from latentlab.latent.charts import Plane, axes_plane
from latentlab.models.build import build
from latentlab.specs import FlowPrior, Mixture, ModelSpec, StandardNormal, Vamp


def inside(points: np.ndarray, pieces: tuple[np.ndarray, ...]) -> np.ndarray:
    """Whether points lie inside an odd number of closed lines (ray casting)."""
    x, y = points.T
    odd = np.zeros(len(points), bool)
    for piece in pieces:
        x0, y0 = piece[:-1].T
        x1, y1 = piece[1:].T
        crosses = (y0[None] > y[:, None]) != (y1[None] > y[:, None])
        with np.errstate(divide="ignore", invalid="ignore"):
            at = x0 + (y[:, None] - y0) / (y1 - y0) * (x1 - x0)
        odd ^= (crosses & (x[:, None] < at)).sum(1) % 2 == 1
    return odd


@pytest.mark.parametrize("prior", [StandardNormal(), Mixture(components=3), Vamp(), FlowPrior()])
def test_the_share_of_draws_inside_is_what_the_line_says(prior) -> None:
    vae = build(ModelSpec(shape=(1, 8, 8), prior=prior), seed=3)
    lines = prior_contours(vae, axes_plane(2))
    eps = torch.randn(vae.prior.eps_shape(4000), generator=torch.Generator().manual_seed(9))
    with torch.inference_mode():
        draws = vae.prior.sample(eps).numpy()
    for line in lines:
        assert inside(draws, line.pieces).mean() == pytest.approx(line.share, abs=0.03)


def test_on_a_turned_plane_of_many_latents_the_normal_s_rings_stay_rings() -> None:
    turned, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(6, 2)))
    vae = build(ModelSpec(shape=(1, 8, 8), latent_dim=6))
    lines = prior_contours(vae, Plane(np.zeros(6), turned, ("PC1", "PC2")))
    for sigma, line in zip((1.0, 2.0, 3.0), lines, strict=True):
        (ring,) = line.pieces
        assert np.linalg.norm(ring, axis=1) == pytest.approx(sigma, abs=0.03 * sigma)


def test_the_region_holds_nearly_all_draws() -> None:
    vae = build(ModelSpec(shape=(1, 8, 8), prior=Mixture(components=5)), seed=1)
    x0, y0, x1, y1 = region(vae, axes_plane(2))
    with torch.inference_mode():
        eps = torch.randn(vae.prior.eps_shape(2000), generator=torch.Generator().manual_seed(2))
        x, y = vae.prior.sample(eps).numpy().T
    assert ((x > x0) & (x < x1) & (y > y0) & (y < y1)).mean() > 0.98
