"""x."""

from latentlab.cli.common import Common


def tour(common: Common) -> None:
    """Tour."""
