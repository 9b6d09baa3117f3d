"""What of a model is to be judged, and on which data."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from latentlab.parts.base import Spec

Section = Literal["likelihood", "aggregate", "classes", "samples", "factors", "gradients"]
Check = Literal["ais", "hmc"]
Split = Literal["train", "test", "all"]

# What each section is of, and about how long it takes on MNIST with a small network and 2 cores.
SECTIONS: dict[Section, tuple[str, str]] = {
    "likelihood": (
        "log p(x)",
        "by quadrature up to two latents, else with K samples for each datum: 10 s to 10 min",
    ),
    "aggregate": ("aggregate posterior against prior", "MMD and holes: 10 s"),
    "classes": ("classes in z", "nearest neighbours, linear probe and its calibration: 20 s"),
    "samples": ("samples against data", "density and coverage: 10 s"),
    "factors": ("known factors", "MIG, SAP, DCI, FactorVAE score; data with factors alone: 30 s"),
    "gradients": ("gradients", "score function against reparameterised: 10 s"),
}
CHECKS: dict[Check, tuple[str, str]] = {
    "ais": ("annealed importance sampling", "of some data, from q or the prior: 1 to 5 min"),
    "hmc": ("HMC on p(z|x)", "of some data, a yardstick for q: 1 to 5 min"),
}
QUICK: tuple[Section, ...] = ("likelihood", "aggregate", "classes")


class EvaluationSpec(Spec, frozen=True, kw_only=True, tag="evaluation"):
    """What is wanted of an evaluation; the bound is always there.

    Args:
        split: Which rows.
        count: Score a seeded draw of this many of them; None is all.
        samples: K, draws from q for each datum; None chooses by the number of rows.
        sections: What is measured beside the bound.
        check: Another estimate of log p(x), or of q, beside the usual one.
        check_count: Data that the check is of.
        seed: Of all that is drawn.
    """

    split: Split = "test"
    count: Annotated[int, Meta(ge=1)] | None = None
    samples: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    sections: tuple[Section, ...] = QUICK
    check: Check | None = None
    check_count: Annotated[int, Meta(ge=1, le=10_000)] = 100
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
