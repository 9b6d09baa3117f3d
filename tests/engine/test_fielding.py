"""The map's layers through the engine: as they come, called off, beside a training."""

from __future__ import annotations

import numpy as np
import pytest

from latentlab.engine.messages import (
    Cancelled,
    ChartSpec,
    Embed,
    Embedded,
    Failed,
    FieldMapped,
    HereRead,
    MapField,
    MapPosteriors,
    PosteriorsMapped,
    ReadHere,
    Train,
    Trained,
    TrainingStarted,
)
from latentlab.latent.charts import axes_plane
from latentlab.latent.field import FIELD_KINDS

RECT = (-2.0, -2.0, 2.0, 2.0)
PLANE = axes_plane(2)


@pytest.fixture
def trained(engine, events, data, model, short):
    engine.submit(Train(1, data, model, short))
    events.wait(Trained, 1)
    engine.submit(Embed(2, data, ChartSpec()))
    events.wait(Embedded, 2)
    return engine


@pytest.mark.parametrize("kind", FIELD_KINDS)
def test_every_layer_comes_and_says_its_unit(kind, trained, events, data) -> None:
    trained.submit(MapField(5, kind, PLANE, RECT, dataset=data, gently=True))
    events.wait_until(lambda told: any(isinstance(e, FieldMapped) and e.done for e in told))
    assert not events.of(Failed)
    field = events.of(FieldMapped, 5)[-1].field
    assert field.kind == kind
    assert field.unit
    assert field.rect == RECT
    low, high = field.span
    assert low <= high


def test_the_newest_wins_and_what_was_called_off_says_so(trained, events, data) -> None:
    for ticket in (5, 6):
        trained.submit(MapField(ticket, "log_px", PLANE, RECT))
    trained.cancel(5)
    events.wait(Cancelled, 5)
    events.wait_until(
        lambda told: any(isinstance(e, FieldMapped) and e.ticket == 6 and e.done for e in told)
    )
    assert not [e for e in events.of(FieldMapped, 5) if e.done]


def test_what_was_asked_of_another_model_is_called_off(trained, events, data) -> None:
    trained.submit(MapField(5, "magnification", axes_plane(7), RECT))
    trained.submit(ReadHere(6, axes_plane(7), np.zeros(7), ("entropy",)))
    trained.submit(MapPosteriors(7, axes_plane(7), data, (1,)))
    for ticket in (5, 6, 7):
        events.wait(Cancelled, ticket)
    assert not events.of(Failed)


def test_q_comes_first_then_the_true_posterior_then_the_gap(trained, events, data) -> None:
    trained.submit(MapPosteriors(5, PLANE, data, (3, 8), true_row=3))
    events.wait_until(lambda told: any(isinstance(e, PosteriorsMapped) and e.done for e in told))
    first, second, third = events.of(PosteriorsMapped, 5)
    assert [(one.row, one.true) for one in first.shapes] == [(3, False), (8, False)]
    assert [(one.row, one.true) for one in second.shapes][-1] == (3, True)
    assert (first.gap, second.gap) == (None, None)
    gap = third.gap
    assert gap.row == 3
    assert gap.gap_nats == pytest.approx(gap.log_px_nats - gap.bound_nats, abs=1e-6)
    assert gap.gap_nats >= 0.0


def test_values_at_one_place_are_those_of_the_layers(trained, events) -> None:
    trained.submit(ReadHere(5, PLANE, np.array([0.3, -0.2]), ("magnification", "entropy")))
    values = events.wait(HereRead, 5).values
    trained.submit(MapField(6, "entropy", PLANE, RECT, gently=True))
    events.wait_until(
        lambda told: any(isinstance(e, FieldMapped) and e.ticket == 6 and e.done for e in told)
    )
    entropy = events.of(FieldMapped, 6)[-1].field
    assert values["entropy"][0] == pytest.approx(entropy.at(0.3, -0.2), rel=0.01)
    assert values["magnification"][0] > 0.0


def test_layers_come_between_the_steps_of_a_training(engine, events, data, model, endless) -> None:
    engine.submit(Train(1, data, model, endless))
    events.wait(TrainingStarted, 1)
    engine.submit(MapField(5, "magnification", PLANE, RECT, gently=True))
    events.wait_until(
        lambda told: any(isinstance(e, FieldMapped) and e.ticket == 5 and e.done for e in told)
    )
    assert not events.of(Trained)
    engine.stop_training()
    events.wait(Trained, 1)
