"""`python -m latentlab` and the `latentlab` command."""

from __future__ import annotations

import os
import sys

ALONE = ("train", "evaluate", "labels")  # commands that compute for long, without a window


def _is_alone(words: list[str]) -> bool:
    return words[:1] in [[name] for name in ALONE] or words[:2] == ["bench", "train"]


def main() -> int:
    """Run the command line; returns the exit code."""
    # Idle OpenMP threads shall sleep, not spin: torch's spinning threads take the cores from the
    # live lane, the window and other programs, and a step beside those takes up to ten times as
    # long (measured on 2 cores). It is read when torch is loaded, so it is set before.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if _is_alone(sys.argv[1:]):
        # Without a window beside them the threads may spin for some microseconds before they
        # sleep: small steps are 1.2 to 1.7 times as fast on an idle machine (measured).
        os.environ.setdefault("GOMP_SPINCOUNT", "2000")
    from latentlab.cli.main import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
