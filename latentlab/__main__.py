"""`python -m latentlab` and the `latentlab` command."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; returns the exit code."""
    from latentlab.cli.main import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
