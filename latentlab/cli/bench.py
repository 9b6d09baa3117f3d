"""x."""

from latentlab.cli.common import Common


def drag(common: Common) -> None:
    """Doc."""


def map_(common: Common) -> None:
    """Doc."""


def train(common: Common) -> None:
    """Doc."""
