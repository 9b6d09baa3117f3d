"""Judging a model on data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from latentlab.parts.evaluation import QUICK, Check, Section, Split
from latentlab.specs import Device
from latentlab.verbs.opening import Data, ModelLike, Report, data_for, load_model

if TYPE_CHECKING:
    from latentlab.analysis.figures import Evaluation


def evaluate(
    model: ModelLike,
    data: Data,
    *,
    split: Split = "test",
    samples: int | None = None,
    count: int | None = None,
    sections: Sequence[Section] = QUICK,
    check: Check | None = None,
    check_count: int = 100,
    device: Device = "auto",
    seed: int = 0,
    report: Report | None = None,
) -> Evaluation:
    """Figures of a model on data: bound, log p(x), latents, and what else is asked for.

    Args:
        model: What to judge.
        data: What to judge it on.
        split: Which rows.
        samples: K, draws for each datum where log p(x) is estimated by importance sampling
            (more than two latents); None takes the default, 5,000 suits published figures.
        count: Score a seeded draw of this many rows; None is all.
        sections: What is measured beside the bound: "likelihood", "aggregate" (posterior against
            prior), "classes" (kNN, linear probe, calibration), "samples" (density and coverage),
            "factors" (MIG, SAP, DCI, FactorVAE score), "gradients" (score function against
            reparameterised). `latentlab.parts.evaluation.SECTIONS` says what each costs.
        check: "ais" anneals to log p(x) beside the usual estimate; "hmc" samples p(z|x), a
            yardstick for q.
        check_count: Data that the check is of.
        device: Where it computes.
        seed: Seed of what is drawn.
        report: Called with what is being done and the fraction of it.

    Returns:
        A record; likelihoods in nats per datum, accuracies 0 to 1, None where undefined.

    Raises:
        RefusedError: The data do not fit the model.
        UsageError: A wish is out of range.

    Example:
        >>> from latentlab import train
        >>> figures = evaluate(train("digits", steps=5), "digits")
        >>> figures.bound_nats <= figures.log_likelihood_nats
        True
    """
    from latentlab.analysis import evaluate as evaluation

    model = load_model(model, device=device)
    return evaluation.evaluate(
        model,
        data_for(model, data, report=report),
        split=split,
        samples=samples,
        count=count,
        sections=sections,
        check=check,
        check_count=check_count,
        device=device,
        seed=seed,
        report=report,
    )
