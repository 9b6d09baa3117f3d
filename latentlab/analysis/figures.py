"""What an evaluation found: plain records, nats per datum unless said, None where undefined."""

from __future__ import annotations

from typing import Literal

import msgspec

from latentlab.analysis.disentanglement import Disentanglement
from latentlab.analysis.probe import Calibration
from latentlab.parts.evaluation import Check, Section, Split
from latentlab.specs import Binarize


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The base of the records."""


class Curve(Figures, frozen=True, kw_only=True):
    """log p(x) by importance sampling over the number of samples.

    Args:
        samples: K.
        nats: Mean log 1/K sum_k w_k with that many.
    """

    samples: list[int]
    nats: list[float]


class Aggregate(Figures, frozen=True, kw_only=True):
    """The aggregate posterior q(z) = 1/N sum_n q(z|x_n) against the prior.

    Args:
        mmd_squared: Unbiased MMD^2 of draws of both; about 0 where they are equal.
        mmd_null_std: Its standard deviation by chance, under permutations.
        mmd_p_value: Share of permutations with as large a value.
        holes_prior_mass: Prior mass where q(z) is under 1 % of its maximum.
        holes_error: Its standard error.
        holes_of_equals: The same share if q(z) were the prior.
        holes_method: On a grid (up to two latents), or by draws from the prior.
        holes_posteriors: Data whose q make q(z) there.
        verdict: In a sentence.
    """

    mmd_squared: float
    mmd_null_std: float
    mmd_p_value: float
    holes_prior_mass: float | None
    holes_error: float | None
    holes_of_equals: float | None
    holes_method: Literal["grid", "draws"] | None
    holes_posteriors: int | None
    verdict: str


class Cover(Figures, frozen=True, kw_only=True):
    """Density and coverage of samples against data in one space (Naeem et al., 2020).

    Args:
        space: Pixels, or codes (posterior means of samples and of data).
        density: About 1 for samples as the data are spread.
        coverage: Share of data that have a sample near.
        density_of_data: Of as many training rows in the samples' place.
        coverage_of_data: The same: what could be had.
        count: Samples, and data.
    """

    space: Literal["pixels", "codes"]
    density: float
    coverage: float
    density_of_data: float | None
    coverage_of_data: float | None
    count: int


class GradientFigures(Figures, frozen=True, kw_only=True):
    """Score-function against reparameterised gradient of the bound in the encoder's parameters.

    Args:
        score_variance: Sum over the parameters of the variance of one-sample gradients.
        reparameterised_variance: The same.
        ratio: The first over the second.
        score: Single gradients along the direction of steepest ascent.
        reparameterised: The same.
        count: Data of the batch.
        verdict: In a sentence.
    """

    score_variance: float
    reparameterised_variance: float
    ratio: float
    score: list[float]
    reparameterised: list[float]
    count: int
    verdict: str


class CheckFigures(Figures, frozen=True, kw_only=True):
    """Another estimate beside the usual one, on some of the data.

    Args:
        kind: Annealed importance sampling, or HMC on p(z|x).
        count: Data.
        log_likelihood_nats: log p(x) of these data by the usual estimate.
        checked_nats: The same by annealing.
        checked_error_nats: Its standard error over the chains.
        start: What the annealed chains began at.
        kl_gap_nats: KL(q || p(z|x)) = log p(x) - bound, of these data.
        reverse_gap_nats: KL(p(z|x) || q), by HMC; large where q misses a part.
        width_ratio: Geometric mean of the true posterior's standard deviations over q's.
        r_hat: Share of data whose chains agree (split R-hat below 1.1).
        acceptance: Of the transitions.
        verdict: In a sentence.
    """

    kind: Check
    count: int
    log_likelihood_nats: float | None
    checked_nats: float | None = None
    checked_error_nats: float | None = None
    start: Literal["q", "prior"] | None = None
    kl_gap_nats: float | None = None
    reverse_gap_nats: float | None = None
    width_ratio: float | None = None
    r_hat: float | None = None
    acceptance: float | None = None
    verdict: str = ""


class Evaluation(Figures, frozen=True, kw_only=True):
    """What `evaluate` found; nats are means per datum, None is undefined or was not asked for.

    Args:
        bound_nats: ELBO = reconstruction_nats - kl_nats; log p(x) itself where that is exact.
        bound_kind: A bound, the exact log p(x), or none (a plain autoencoder).
        log_likelihood_nats: log p(x).
        log_likelihood_kind: By quadrature (d <= 2), importance sampling, or exactly.
        samples: Draws from q for each datum.
        binarize: How the training made pixels binary ("none": as they are). Judged are, for static
            and dynamic, the pixels of one fixed draw by the training's seed.
        kl_kind: "closed" where the KL is exact given q.
        active_units: Latents whose means vary over the data (variance above 0.01).
        kl_per_dimension: KL of each latent's marginal, nats.
        knn_accuracy: 10 nearest train codes vote for each test code.
        linear_accuracy: Logistic regression from train codes to test classes.
        count: Data that were judged, of `rows` in the split.
        likelihood: What log p(x|z) is; "Bernoulli on grey values" is a loss, no likelihood.
        conditional: Whether all this is given the class of each datum: log p(x|y).
        bound_error_nats: Standard error of the mean over data, as all `..._error_nats`.
        effective_samples: Of importance sampling, mean over data.
        moved_nats: Of quadrature, the most that the last refinement moved one datum.
        bits_per_dimension: From log p(x), or from the bound (`bits_kind`).
        dead_dimensions: Latents whose KL is below 0.01 nat.
        collapse: The verdict on collapse, in a sentence.
        unavailable: Sections that were asked for and do not apply, with the reason.
        seconds: What each section took.
    """

    bound_nats: float | None
    reconstruction_nats: float | None
    kl_nats: float | None
    log_likelihood_nats: float | None
    log_likelihood_kind: Literal["quadrature", "importance", "exact"] | None
    samples: int
    binarize: Binarize
    kl_kind: Literal["closed", "sampled", "none"] | None
    active_units: int | None
    kl_per_dimension: list[float] | None
    knn_accuracy: float | None
    linear_accuracy: float | None
    count: int
    rows: int
    split: Split
    likelihood: str
    bound_kind: Literal["bound", "exact", "none"]
    conditional: bool = False
    bound_error_nats: float | None = None
    reconstruction_error_nats: float | None = None
    kl_error_nats: float | None = None
    log_likelihood_error_nats: float | None = None
    log_likelihood_curve: Curve | None = None
    effective_samples: float | None = None
    moved_nats: float | None = None
    bits_per_dimension: float | None = None
    bits_kind: Literal["likelihood", "bound"] | None = None
    dead_dimensions: int | None = None
    collapse: str = ""
    check: CheckFigures | None = None
    aggregate: Aggregate | None = None
    linear_chance: float | None = None
    calibration: Calibration | None = None
    cover: list[Cover] | None = None
    factors: Disentanglement | None = None
    gradients: GradientFigures | None = None
    unavailable: dict[Section | Check, str] = {}
    seconds: dict[str, float] = {}
