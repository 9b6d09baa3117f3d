"""Which latents carry something of the data, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

DEAD_NATS = 0.01
THIN_NATS = 0.1


def dead(kl_per_dimension: Sequence[float]) -> int:
    """Latents whose KL is below 0.01 nat."""
    return sum(kl < DEAD_NATS for kl in kl_per_dimension)


def verdict(kl_per_dimension: Sequence[float] | None, active: int, latents: int) -> str:
    """A plain sentence on posterior collapse.

    Args:
        kl_per_dimension: (d,) nats, None where the posterior has no form for it.
        active: Latents whose means vary over the data.
        latents: d.

    Example:
        >>> verdict([2.0, 0.001], 1, 2)
        '1 of 2 latents is used; the other is dead (KL below 0.01 nat).'
    """
    if kl_per_dimension is None:
        if active == 0:
            return "Collapsed: no latent's mean varies over the data."
        return f"The means of {active} of {latents} latents vary over the data."
    lost = dead(kl_per_dimension)
    if lost == latents:
        return "Collapsed: every latent is dead (KL below 0.01 nat); the decoder ignores z."
    if lost == 0:
        thin = sum(kl < THIN_NATS for kl in kl_per_dimension)
        more = f"; {thin} of them hardly (KL below 0.1 nat)" if thin else ""
        every = "The latent is used" if latents == 1 else f"All {latents} latents are used"
        return f"No collapse. {every}{more}."
    used = latents - lost
    verb, rest = ("is" if used == 1 else "are"), ("the other is" if lost == 1 else "the others are")
    return f"{used} of {latents} latents {verb} used; {rest} dead (KL below 0.01 nat)."
