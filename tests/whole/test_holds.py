"""A held window is told from a machine that had no time for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from holds import HELD_S, STARVED_S, Holds


class Machine:
    """Clocks that a test turns."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0
        self.queued = {"gui": 0}

    def pass_by(self, wall: float, cpu: float, **queued: float) -> None:
        self.wall += wall
        self.cpu += cpu
        for thread, seconds in queued.items():
            self.queued[thread] = self.queued.get(thread, 0) + int(seconds * 1e9)


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def holds(qapp, machine):
    made = Holds(lambda: machine.wall, lambda: machine.cpu, lambda: dict(machine.queued))
    yield made
    made.stop()


def test_a_turn_that_computes_or_waits_too_long_is_told(holds, machine):
    machine.pass_by(HELD_S + 0.1, HELD_S + 0.1)
    holds.look()
    machine.pass_by(HELD_S + 0.1, 0.0)
    holds.look()
    machine.pass_by(HELD_S - 0.1, HELD_S - 0.1)
    holds.look()
    assert len(holds.told) == 2


def test_a_turn_that_had_no_core_is_not_told(holds, machine):
    machine.pass_by(10 * HELD_S, 0.1, gui=STARVED_S)
    holds.look()
    machine.pass_by(10 * HELD_S, 0.1, work=STARVED_S)
    holds.look()
    del machine.queued["work"]  # that thread has ended: what others stood in the queue counts
    machine.pass_by(10 * HELD_S, 0.1, gui=STARVED_S)
    holds.look()
    assert not holds.told
    machine.pass_by(10 * HELD_S, 1.1 * HELD_S, gui=STARVED_S)  # it computed long enough by itself
    holds.look()
    assert len(holds.told) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="the signals are those of Linux")
def test_a_process_that_was_stopped_from_outside_is_not_told(holds, machine):
    stop = f"import os, signal, time; os.kill({os.getpid()}, signal.SIGSTOP); time.sleep(0.2);"
    go_on = f"os.kill({os.getpid()}, signal.SIGCONT)"
    subprocess.run([sys.executable, "-c", stop + go_on], check=True)
    machine.pass_by(10 * HELD_S, 0.0)
    holds.look()
    assert not holds.told
    machine.pass_by(10 * HELD_S, 0.0)
    holds.look()
    assert len(holds.told) == 1
    holds.stop()
    assert signal.getsignal(signal.SIGCONT) == signal.SIG_DFL
