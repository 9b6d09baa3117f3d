"""A check beside the usual estimate of log p(x): annealing, or HMC on the true posterior."""

from __future__ import annotations

from typing import Literal

import numpy as np
from torch import Generator

from latentlab.analysis.abilities import Abilities
from latentlab.analysis.annealing import Annealed, annealed
from latentlab.analysis.estimators import Floats, Report, part_of
from latentlab.analysis.figures import CheckFigures
from latentlab.analysis.kept import Kept
from latentlab.analysis.posterior_chains import PosteriorChains, posterior_chains
from latentlab.analysis.told import by_class
from latentlab.models.vae import VAE

AGREES = 0.1  # nats
AGREEING = 1.1  # R-hat
MISSED = 3.0  # times the forward gap that the reverse one may be


def ais(vae: VAE, can: Abilities, kept: Kept, seed: int, report: Report) -> CheckFigures:
    """Annealed importance sampling of the kept data, beside their usual log p(x)."""
    start: Literal["q", "prior"] = "q" if can.foreign else "prior"
    found = []
    total, done = np.empty(len(kept.x)), 0
    for model, rows in by_class(vae, kept.labels):
        tell = part_of(report, slice(done, done + len(rows)), len(kept.x))
        generator = Generator().manual_seed(seed)
        found.append(annealed(model, kept.x[rows], generator=generator, start=start, report=tell))
        total[rows] = found[-1].log_likelihood
        done += len(rows)
    error = float(np.sqrt(sum((one.error**2).sum() for one in found)) / len(total))
    usual = None if kept.log_likelihood is None else float(kept.log_likelihood.mean())
    checked = float(total.mean())
    return CheckFigures(
        kind="ais",
        count=len(total),
        log_likelihood_nats=usual,
        checked_nats=checked,
        checked_error_nats=error,
        start=start,
        kl_gap_nats=_gap(checked, kept.bound),
        acceptance=_acceptance(found),
        verdict=_compared(usual, checked, error),
    )


def hmc(vae: VAE, can: Abilities, kept: Kept, seed: int, report: Report) -> CheckFigures:
    """HMC samples of p(z|x) of the kept data: how q compares with what it approximates."""
    found, cross, done = [], np.zeros(len(kept.x)), 0
    for model, rows in by_class(vae, kept.labels):
        tell = part_of(report, slice(done, done + len(rows)), len(kept.x))
        generator = Generator().manual_seed(seed)
        chains = posterior_chains(
            model, kept.x[rows], generator=generator, foreign=can.foreign, report=tell
        )
        found.append(chains)
        if chains.cross is not None:
            cross[rows] = chains.cross
        done += len(rows)
    usual = None if kept.log_likelihood is None else float(kept.log_likelihood.mean())
    forward = None if usual is None else _gap(usual, kept.bound)
    reverse = float(cross.mean()) - usual if can.foreign and usual is not None else None
    ratio = np.concatenate([chains.width_ratio for chains in found])
    agree = np.concatenate([chains.r_hat for chains in found]) < AGREEING
    width = float(np.exp(np.log(np.maximum(ratio, 1e-12)).mean()))
    return CheckFigures(
        kind="hmc",
        count=len(kept.x),
        log_likelihood_nats=usual,
        kl_gap_nats=forward,
        reverse_gap_nats=reverse,
        width_ratio=width,
        r_hat=float(agree.mean()),
        acceptance=_acceptance(found),
        verdict=_yardstick(forward, reverse, width, float(agree.mean())),
    )


def _gap(log_likelihood: float, bound: Floats | None) -> float | None:
    return None if bound is None else log_likelihood - float(bound.mean())


def _acceptance(found: list[Annealed] | list[PosteriorChains]) -> float:
    return float(np.mean([one.acceptance for one in found]))


def _compared(usual: float | None, checked: float, error: float) -> str:
    if usual is None:
        return f"Annealing gives {checked:.2f} nats."
    off = checked - usual
    if abs(off) < max(AGREES, 3 * error):
        return f"Both estimates agree: annealing differs by {off:+.2f} nats."
    if off > 0:
        return (
            f"Annealing finds {off:.2f} nats more: q misses a part of the true posterior, and the "
            "usual estimate is too low."
        )
    return f"Annealing is {-off:.2f} nats lower: its chains are too short here."


def _yardstick(forward: float | None, reverse: float | None, width: float, agree: float) -> str:
    if agree < 0.8:
        return f"The chains agree for {agree:.0%} of the data only: take these with care."
    shape = f"The true posterior is {width:.2f} times as wide as q"
    if forward is None:
        return f"{shape}."
    gap = f"the bound loses {forward:.2f} nats to it"
    if reverse is not None and reverse > MISSED * max(forward, 0.1):
        return f"{shape}, and {gap}; q misses a part of it (reverse KL {reverse:.2f} nats)."
    return f"{shape}, and {gap}."
