"""The path lane: courses that become better, the newest wins, and no picture waits for it."""

from __future__ import annotations

import gc
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from latentlab.engine import messages as m
from latentlab.engine.embedding import make_codes
from latentlab.engine.network import NetworkDecoder
from latentlab.engine.travelling import Tracer
from latentlab.latent.charts import axes_plane
from latentlab.models.build import build
from latentlab.resources import sample_path
from latentlab.specs import Mlp, ModelSpec

NARROW = Mlp(hidden=(16,))


@pytest.fixture
def opened(engine, events):
    """The sample model, live; and its codes."""
    path = sample_path()
    assert path is not None
    engine.submit(m.OpenModel(1, path))
    events.wait(m.ModelReady)
    return events.of(m.ModelOpened)[-1].codes


def ask(ticket: int, codes, kind="geodesic", spacing="z", rows=(17, 4000), **fields):
    stops = codes.z[list(rows)].astype(np.float64)
    now_s = time.perf_counter()
    return m.TracePath(ticket, stops, kind, spacing, 40, now_s, codes=codes, **fields)


def settled(events, ticket: int):
    """The last answer, each awaited in turn: the first of all waits for imports too."""
    count = 0
    while not count or not events.of(m.PathTraced, ticket)[-1].settled:
        count = len(events.of(m.PathTraced, ticket)) + 1
        events.wait(m.PathTraced, ticket, count)
    return events.of(m.PathTraced, ticket)[-1]


def test_a_geodesic_is_told_early_and_becomes_shorter(engine, events, opened):
    engine.show(ask(5, opened, spacing="metric"))
    last = settled(events, 5)
    told = events.of(m.PathTraced, 5)
    assert len(told) >= 2
    assert not told[0].settled
    np.testing.assert_allclose(last.points[last.knots], opened.z[[17, 4000]])
    np.testing.assert_allclose(last.z[[0, -1]], opened.z[[17, 4000]], atol=1e-6)
    figures = last.figures
    assert figures.metric <= figures.straight
    assert figures.evenness < 1.05
    assert 0 <= figures.nearest <= figures.farthest
    assert figures.jump > 0


@pytest.mark.parametrize("kind", ["straight", "spline", "graph"])
def test_every_kind_has_its_lengths(engine, events, opened, kind):
    engine.show(ask(6, opened, kind, rows=(3, 900, 2500), closed=True))
    last = settled(events, 6)
    assert len(last.knots) == 4
    assert last.figures.euclidean > 0
    assert last.figures.metric > 0
    if kind == "graph":  # it goes from datum to datum
        away = np.linalg.norm(last.points[:, None] - opened.z[None], axis=-1).min(axis=1)
        assert away.max() < 1e-5


def test_a_newer_path_ends_the_work_on_the_former(engine, events, opened):
    engine.show(ask(7, opened, rows=tuple(range(0, 6000, 500))))
    engine.show(ask(8, opened))
    settled(events, 8)
    assert not any(e.settled for e in events.of(m.PathTraced, 7))


def test_the_density_is_named_in_the_metric(engine, events, opened):
    engine.show(ask(9, opened, density=0.5))
    assert "distance from data" in settled(events, 9).figures.metric_name


def test_a_path_of_another_model_is_passed_over_and_the_lane_lives_on(engine, events, opened):
    engine.show(m.TracePath(10, np.zeros((2, 5)), "straight", "z", 9, 0.0))
    engine.show(m.TracePath(11, np.zeros((2, 2)), "graph", "z", 9, 0.0))  # no data to go along
    assert "data" in events.wait(m.Failed, 11).what
    engine.show(ask(12, opened, "straight"))
    assert settled(events, 12).ticket == 12


def test_what_can_change_is_told_with_how_much(engine, events, opened):
    z = opened.z[17].astype(np.float64)
    engine.show(m.FindChanges(13, z))
    found = events.wait(m.ChangesFound, 13)
    assert found.amounts[0] >= found.amounts[1] > 0
    np.testing.assert_allclose(found.ways @ found.ways.T, np.eye(2), atol=1e-6)


def test_a_decode_is_answered_while_a_path_is_worked_out(engine, events, opened):
    engine.show(ask(14, opened, rows=tuple(range(0, 6000, 300))))
    for ticket in range(20, 40):
        engine.show(m.Decode(ticket, np.zeros(2), time.perf_counter()))
        events.wait(m.Decoded, ticket)
    assert not any(e.settled for e in events.of(m.PathTraced, 14))


def test_what_a_first_path_waits_for_is_prepared_while_nothing_is_asked(
    engine, events, opened, monkeypatch
):
    prepared, before = [], Tracer.prepare

    def prepare(tracer, *given):
        before(tracer, *given)
        prepared.append(tracer)

    monkeypatch.setattr(Tracer, "prepare", prepare)
    until_s = time.monotonic() + 30
    while not prepared and time.monotonic() < until_s:
        time.sleep(0.05)
    relief = prepared[0]._graph
    assert relief is not None
    engine.show(ask(15, opened))
    settled(events, 15)
    assert prepared[0]._graph is relief  # the path began on it
    assert len(prepared) == 1


def test_a_model_in_the_place_of_another_is_never_taken_for_it():
    """A decoder may get the address of one that is gone: an id is not what it is."""
    tracer, cpu = Tracer(), torch.device("cpu")

    def frames(decoder, dims):
        stops = np.repeat([[0.0], [1.0]], dims, axis=1)
        request = m.TracePath(0, stops, "straight", "metric", 9, 0.0)
        *_, last = tracer.trace(request, decoder, None, lambda: True)
        return last.z

    deep, flat = (
        build(ModelSpec(shape=(1, 8, 8), latent_dim=dims, network=NARROW)) for dims in (3, 2)
    )
    first = NetworkDecoder(deep, cpu)
    address = id(first)
    assert frames(first, 3).shape == (9, 3)
    del first
    gc.collect()
    places = [NetworkDecoder.__new__(NetworkDecoder) for _ in range(10_000)]
    second = next((one for one in places if id(one) == address), places[0])
    second.__init__(flat, cpu)
    assert frames(second, 2).shape == (9, 2)


def test_a_geodesic_is_the_same_whatever_was_asked_before_the_data_were_there(opened):
    vae = build(ModelSpec(shape=(1, 8, 8), network=NARROW))
    decoder = NetworkDecoder(vae, torch.device("cpu"))
    with_data, early = ask(1, opened), replace(ask(1, opened), codes=None)
    used, fresh = Tracer(), Tracer()
    for _ in used.trace(early, decoder, None, lambda: True):
        pass
    *_, again = used.trace(with_data, decoder, None, lambda: True)
    *_, alone = fresh.trace(with_data, decoder, None, lambda: True)
    np.testing.assert_array_equal(again.z, alone.z)


def test_geodesics_of_three_latents_begin_among_the_data():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(200, 3)).astype(np.float32)
    unlabelled, split = np.full(200, -1, dtype=np.int64), np.zeros(200, dtype=np.int8)
    codes = make_codes(z, unlabelled, split, axes_plane(3))
    vae = build(ModelSpec(shape=(1, 8, 8), latent_dim=3, network=NARROW))
    request = m.TracePath(1, z[:2].astype(np.float64), "geodesic", "z", 9, 0.0, codes=codes)
    decoder = NetworkDecoder(vae, torch.device("cpu"))
    *_, last = Tracer().trace(request, decoder, None, lambda: True)
    assert last.settled
    np.testing.assert_allclose(last.z[[0, -1]], z[:2], atol=1e-6)
    assert last.figures.metric <= last.figures.straight
