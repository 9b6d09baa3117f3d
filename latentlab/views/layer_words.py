"""What is said of a layer: its unit, its range, its value at the cursor, how far it is."""

from __future__ import annotations

from latentlab.engine.messages import Field
from latentlab.session.layer_reasons import LayerKind
from latentlab.session.layers import AFTERWARDS
from latentlab.session.session import Session
from latentlab.views.map.inks import limits, short

SHAPES = ("posterior", "true_posterior")


def layer_words(session: Session, kind: LayerKind) -> str:
    """One or two lines for a layer that is on.

    Args:
        session: Whose layer it is.
        kind: Which one.
    """
    layers = session.layers
    if kind in SHAPES:
        return _posterior_words(session) if kind == "posterior" else _gap_words(session)
    field, fraction = layers.field(kind), layers.fraction(kind)
    if not session.engine.live:
        return "The model is still loading."
    if layers.failure(kind):
        return layers.failure(kind)
    if field is None and kind == "log_px" and _beyond_two(session):
        return here_words(session, kind) or "Nothing is decoded yet."
    if field is None and layers.beside_training and kind in AFTERWARDS:
        return "Follows when the training is over."
    if field is None:
        return "Waits for other work..." if fraction in (None, 0.0) else f"{fraction:.0%} done"
    parts = [range_words(field), here_words(session, kind), field.note]
    if fraction is not None:
        parts.append(f"{fraction:.0%} done")
    return "\n".join(part for part in parts if part)


def range_words(field: Field) -> str:
    """A layer's unit; and from where to where it goes, where that is not where its colours go.

    Example:
        >>> import numpy as np
        >>> range_words(Field("far", (0, 0, 1, 1), np.array([[0.5, 25.5]]), "spacings"))
        '0.5 to 25.5 spacings'
        >>> range_words(Field("entropy", (0, 0, 1, 1), np.array([[8.0, 25.5]]), "nats"))
        'nats'
    """
    span = field.span
    if span is None:
        return "Every datum is far from here." if field.kind == "decisions" else "Nothing here."
    unit = f"{field.unit}, log scale" if field.scale == "log" else field.unit
    if field.kind == "decisions":
        return f"{span[0]:.0%} to {span[1]:.0%} {unit}"
    return f"{short(span[0])} to {short(span[1])} {unit}" if field.kind == "far" else unit


def end_words(field: Field) -> tuple[str, str]:
    """What the two ends of a layer's colours mean; empty without values."""
    ends = limits(field)
    if ends is None:
        return "", ""
    if field.kind == "decisions":
        return f"{ends[0]:.0%}", f"{ends[1]:.0%}"
    more = " +" if field.kind == "far" else ""
    return short(ends[0]), short(ends[1]) + more


def here_words(session: Session, kind: LayerKind) -> str:
    """A layer's value at the cursor; exact where it was asked for, else between its cells."""
    layers, cursor = session.layers, session.cursor
    for known, (exact, how) in layers.here.items():
        if known == kind:
            return f"Here {short(exact)}" + (f" ({how})" if how else "")
    field = layers.field(kind)
    value = None if cursor is None or field is None else field.at(*cursor)
    if cursor is None or field is None or value is None:
        return ""
    label = field.class_at(*cursor)
    if label is None:
        return f"Here {short(value)}"
    names = session.label_names
    name = names[label] if label < len(names) else f"Class {label}"
    return f"Here {name}, {value:.0%}"


def _posterior_words(session: Session) -> str:
    shares = "68 and 95" if _latents(session) == 1 else "39 and 86"
    slices = ", of its slice by the plane" if _beyond_two(session) else ""
    if not session.posteriors.shapes:
        return "Finding q(z|x)..." if session.posteriors.working else "Hover or select a datum."
    return f"Lines hold {shares} % of q{slices}."


def _gap_words(session: Session) -> str:
    posteriors = session.posteriors
    row, gap = posteriors.chosen, posteriors.gap
    if row is None:
        return "Select a datum, or go near one."
    slices = "\nBoth are slices by the plane." if _beyond_two(session) else ""
    if gap is None:
        return (f"Datum {row:,}: finding p(z|x)..." if posteriors.working else "") + slices
    least = "at least " if gap.at_least else ""
    return (
        f"Datum {row:,}: gap {least}{gap.gap_nats:.2f} nats\n"
        f"ELBO {short(gap.bound_nats)}, log p(x) {least}{short(gap.log_px_nats)}{slices}"
    )


def _latents(session: Session) -> int:
    return 0 if session.plane is None else session.plane.latent_dim


def _beyond_two(session: Session) -> bool:
    return _latents(session) > 2
