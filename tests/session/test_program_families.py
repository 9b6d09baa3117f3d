"""The composed program with a model of code grids, and with one without latents."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from latentlab.app import Program
from latentlab.specs import (
    Autoregressive,
    Conv,
    Made,
    MaximumLikelihood,
    VectorQuantised,
    VqVae,
    replace,
)

TIMEOUT_MS = 60_000


@pytest.fixture
def program(qapp) -> Iterator[Program]:
    program = Program(device="cpu")
    program.window.show()
    program.start()
    yield program
    assert program.close()


@pytest.fixture
def session(program, qtbot):
    program.open("digits")
    qtbot.waitUntil(lambda: program.session.dataset is not None, timeout=TIMEOUT_MS)
    return program.session


def begin(session, qtbot, model, objective) -> list:
    troubles: list = []
    session.notice.connect(lambda n: troubles.append(n) if n.level in ("bad", "warn") else None)
    _, train = session.suggest()
    train = replace(
        train, time_limit_s=None, steps=60, precision="float32", device="cpu", objective=objective
    )
    session.train(model, train)
    qtbot.waitUntil(lambda: session.training.active, timeout=TIMEOUT_MS)
    qtbot.waitUntil(lambda: not session.training.active, timeout=TIMEOUT_MS)
    assert session.training.status == "finished"
    return troubles


def test_code_grids_are_trained_and_dragged_through(session, qtbot, tmp_path):
    model, _ = session.suggest()
    grids = replace(
        model, latent_dim=4, network=Conv(channels=(8,)), posterior=VectorQuantised(codes=16),
        prior=Autoregressive(channels=8, layers=1),
    )  # fmt: skip
    troubles = begin(session, qtbot, grids, VqVae())
    qtbot.waitUntil(lambda: session.codes is not None, timeout=TIMEOUT_MS)
    assert session.codes.tokens.shape == (1797, 16)
    xy = session.codes.xy
    session.begin_drag(tuple(map(float, xy[0])))
    session.drag_to(tuple(map(float, xy[5])))
    session.end_drag()
    qtbot.waitUntil(
        lambda: session.decoded is not None and session.decoded.source == "nearest code grid",
        timeout=TIMEOUT_MS,
    )
    qtbot.waitUntil(lambda: session.strip is not None, timeout=TIMEOUT_MS)
    file = tmp_path / "grids.safetensors"
    with qtbot.waitSignal(session.saved, timeout=TIMEOUT_MS):
        session.save_model(file)
    with qtbot.waitSignal(session.model_changed, timeout=TIMEOUT_MS):
        session.open_path(file)
    qtbot.waitUntil(lambda: session.engine.live, timeout=TIMEOUT_MS)
    assert session.codes.tokens.shape == (1797, 16)
    assert not troubles


def test_a_model_without_latents_is_trained_and_draws(session, qtbot):
    model, _ = session.suggest()
    troubles = begin(
        session, qtbot, replace(model, network=Made(hidden=(64,))), MaximumLikelihood()
    )
    assert session.training.history[-1].held_out.kl_nats == 0
    assert session.codes is None
    with qtbot.waitSignal(session.sheet_ready, timeout=TIMEOUT_MS) as sheet:
        session.sample(6)
    pictures = sheet.args[0].pictures
    assert pictures.shape == (6, 8, 8)
    assert set(np.unique(pictures)) <= {0, 255}
    assert not troubles
