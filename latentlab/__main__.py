"""`python -m latentlab` and the `latentlab` command."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Run the command line; returns the exit code."""
    # Idle OpenMP threads shall sleep, not spin: torch's spinning threads take the cores from the
    # live lane, the window and other programs, and a step beside those takes up to ten times as
    # long (measured on 2 cores). It is read when torch is loaded, so it is set before.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from latentlab.cli.main import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
