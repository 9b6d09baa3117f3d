"""An evaluation as a report: what each figure is called, its unit, and how it was got."""

from __future__ import annotations

import msgspec

from latentlab.analysis.figures import CheckFigures, Evaluation
from latentlab.export.report import Chart, Group, Report, Row, Series
from latentlab.parts.evaluation import CHECKS, SECTIONS

NATS = "nats"
METHODS = {"quadrature": "by quadrature", "importance": "by importance sampling", "exact": "exact"}
KL_KINDS = {"closed": "exact given q", "sampled": "sampled", "none": "none"}


def report_of(found: Evaluation, model: str, data: str) -> Report:
    """The report of a model called `model` on data called `data`."""
    rows = f"{found.count:,} of {found.rows:,}" if found.count < found.rows else f"{found.count:,}"
    split = "" if found.split == "all" else f"{found.split} "
    binarize = "" if found.binarize == "none" else f", {found.binarize} binarisation"
    given = ", given the class" if found.conditional else ""
    model_of_x = f"{found.likelihood}{binarize}{given}"
    groups = (
        _likelihood(found),
        _latents(found),
        _check(found.check),
        _aggregate(found),
        _classes(found),
        _cover(found),
        _factors(found),
        _gradients(found),
        _missing(found),
    )
    return Report(
        title=model,
        subtitle=f"{rows} {split}rows of {data}; {model_of_x}; nats per datum.",
        groups=tuple(group for group in groups if group is not None),
        figures=msgspec.to_builtins(found),
    )


def nats(value: float | None, error: float | None = None) -> str:
    """A likelihood as it is read.

    Example:
        >>> nats(-98.2345, 0.31), nats(None)
        ('-98.23 ± 0.31', 'none')
    """
    if value is None:
        return "none"
    return f"{value:.2f}" if error is None else f"{value:.2f} ± {error:.2f}"


def _likelihood(found: Evaluation) -> Group:
    if found.bound_kind == "exact":
        said = Row("log p(x)", nats(found.bound_nats, found.bound_error_nats), NATS, "exact")
        return Group("Likelihood", (said, *_bits(found)))
    rows = [
        Row("Bound", nats(found.bound_nats, found.bound_error_nats), NATS, _bound_note(found)),
        Row(
            "Reconstruction",
            nats(found.reconstruction_nats, found.reconstruction_error_nats),
            NATS,
            "E[log p(x|z)]",
        ),
    ]
    if found.kl_nats is not None:
        kind = KL_KINDS[found.kl_kind or "none"]
        rows.append(Row("KL", nats(found.kl_nats, found.kl_error_nats), NATS, kind))
    if found.log_likelihood_nats is not None:
        value = nats(found.log_likelihood_nats, found.log_likelihood_error_nats)
        rows.append(Row("log p(x)", value, NATS, _method(found)))
    charts = []
    if found.log_likelihood_curve is not None:
        curve = found.log_likelihood_curve
        line = Series("log p(x)", tuple(map(float, curve.samples)), tuple(curve.nats))
        charts.append(Chart("line", "log p(x) over K", "samples K", "nats", (line,), log_x=True))
    return Group("Likelihood", (*rows, *_bits(found)), _likelihood_verdict(found), tuple(charts))


def _bound_note(found: Evaluation) -> str:
    return "no bound: q has no density" if found.bound_nats is None else "reconstruction - KL"


def _method(found: Evaluation) -> str:
    method = METHODS[found.log_likelihood_kind or "importance"]
    if found.effective_samples is not None:
        return f"{method}, K = {found.samples:,}, {found.effective_samples:,.0f} effective"
    if found.moved_nats is not None:
        return f"{method}, settled within {found.moved_nats:.3f}"
    return method


def _likelihood_verdict(found: Evaluation) -> str:
    if found.bound_kind == "none":
        return "There is no bound: reconstructions can be compared, likelihoods can't."
    if found.effective_samples is not None and found.effective_samples < 10:
        return "Few samples carry the estimate: log p(x) is likely too low. More samples help."
    return ""


def _bits(found: Evaluation) -> list[Row]:
    if found.bits_per_dimension is None:
        return []
    note = "from the bound" if found.bits_kind == "bound" else "from log p(x)"
    return [Row("Bits", f"{found.bits_per_dimension:.3f}", "a dimension", note)]


def _latents(found: Evaluation) -> Group | None:
    if found.active_units is None:
        return None
    rows = [Row("Active units", str(found.active_units), "", "Var of the mean above 0.01")]
    charts = []
    if found.kl_per_dimension is not None:
        rows.append(Row("Dead latents", str(found.dead_dimensions), "", "KL below 0.01 nat"))
        each = sorted(found.kl_per_dimension, reverse=True)
        bars = Series("KL", tuple(float(i + 1) for i in range(len(each))), tuple(each))
        charts.append(Chart("bars", "KL of each latent, sorted", "rank", "nats", (bars,)))
    return Group("Latents", tuple(rows), found.collapse, tuple(charts))


def _check(check: CheckFigures | None) -> Group | None:
    if check is None:
        return None
    rows = [Row("log p(x), as above", nats(check.log_likelihood_nats), NATS, "of these data")]
    if check.checked_nats is not None:
        value = nats(check.checked_nats, check.checked_error_nats)
        rows.append(Row("Annealed", value, NATS, f"from {check.start}; error over chains"))
    if check.kl_gap_nats is not None:
        rows.append(Row("KL(q || p(z|x))", nats(check.kl_gap_nats), NATS, "log p(x) - bound"))
    if check.reverse_gap_nats is not None:
        rows.append(Row("KL(p(z|x) || q)", nats(check.reverse_gap_nats), NATS, "by HMC"))
    if check.width_ratio is not None:
        rows.append(Row("Width of p(z|x) / q", f"{check.width_ratio:.2f}", "", "1 is the same"))
    if check.r_hat is not None:
        rows.append(Row("Chains that agree", f"{check.r_hat:.0%}", "", "split R-hat below 1.1"))
    title = CHECKS[check.kind][0]
    title = f"Check: {title}, {check.count} data"
    return Group(title, tuple(rows), check.verdict)


def _aggregate(found: Evaluation) -> Group | None:
    part = found.aggregate
    if part is None:
        return None
    note = f"by chance ± {part.mmd_null_std:.2g}, p = {part.mmd_p_value:.3f}"
    rows = [Row("MMD²", f"{part.mmd_squared:.2g}", "", note)]
    if part.holes_prior_mass is not None and part.holes_of_equals is not None:
        note = f"{part.holes_of_equals:.1%} if q(z) were the prior"
        rows.append(Row("Prior mass in holes", f"{part.holes_prior_mass:.1%}", "", note))
    return Group("Aggregate posterior and prior", tuple(rows), part.verdict)


def _classes(found: Evaluation) -> Group | None:
    if found.knn_accuracy is None and found.linear_accuracy is None:
        return None
    rows, charts = [], []
    if found.knn_accuracy is not None:
        rows.append(Row("Nearest neighbours", f"{found.knn_accuracy:.1%}", "", "10 codes vote"))
    if found.linear_accuracy is not None:
        note = "" if found.linear_chance is None else f"{found.linear_chance:.1%} by chance"
        rows.append(Row("Linear probe", f"{found.linear_accuracy:.1%}", "", note))
    if found.calibration is not None:
        bins = found.calibration
        rows.append(Row("Calibration error", f"{bins.expected_error:.1%}", "", "0 is calibrated"))
        line = Series("probe", tuple(bins.confidence), tuple(bins.accuracy))
        title = "Can its confidence be believed?"
        charts.append(Chart("calibration", title, "confidence", "accuracy", (line,)))
    return Group("Classes in z", tuple(rows), "", tuple(charts))


def _cover(found: Evaluation) -> Group | None:
    if found.cover is None:
        return None
    rows = []
    for cover in found.cover:
        best = "" if cover.coverage_of_data is None else f"{cover.coverage_of_data:.1%} by data"
        rows.append(Row(f"Coverage in {cover.space}", f"{cover.coverage:.1%}", "", best))
        best = "" if cover.density_of_data is None else f"{cover.density_of_data:.2f} by data"
        rows.append(Row(f"Density in {cover.space}", f"{cover.density:.2f}", "", best))
    count = found.cover[0].count
    return Group(f"Samples and data, {count:,} of each", tuple(rows))


def _factors(found: Evaluation) -> Group | None:
    part = found.factors
    if part is None:
        return None
    rows = (
        Row("MIG", f"{part.mig:.3f}", "", "mutual information gap"),
        Row("SAP", f"{part.sap:.3f}", "", "gap of linear classifiers"),
        Row("DCI disentanglement", f"{part.dci_disentanglement:.3f}"),
        Row("DCI completeness", f"{part.dci_completeness:.3f}"),
        Row("DCI informativeness", f"{part.dci_informativeness:.3f}", "", "accuracy"),
        Row("FactorVAE score", f"{part.factor_vae:.3f}", "", "accuracy of a vote"),
    )
    names = ", ".join(part.factors)
    return Group("Known factors", rows, f"1 is a latent for each of {names}.")


def _gradients(found: Evaluation) -> Group | None:
    part = found.gradients
    if part is None:
        return None
    rows = (
        Row("Score function", f"{part.score_variance:.3g}", "variance"),
        Row("Reparameterised", f"{part.reparameterised_variance:.3g}", "variance"),
    )
    series = (
        Series("score function", tuple(part.score)),
        Series("reparameterised", tuple(part.reparameterised)),
    )
    title = "One-sample gradients along the ascent"
    chart = Chart("histogram", title, "nats per unit step", "draws", series)
    return Group("Gradients of the bound", rows, part.verdict, (chart,))


def _missing(found: Evaluation) -> Group | None:
    if not found.unavailable:
        return None
    titles = {name: words[0] for name, words in (*SECTIONS.items(), *CHECKS.items())}
    rows = tuple(
        Row(titles[name].capitalize(), "not defined", "", reason)
        for name, reason in found.unavailable.items()
    )
    return Group("Left out", rows)
