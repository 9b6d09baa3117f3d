"""The latents one by one: what they carry, and strips along them."""

from __future__ import annotations

import numpy as np
import pytest

from latentlab.engine import messages as m
from latentlab.latent.charts import axes_plane
from latentlab.latent.picking import PointIndex
from latentlab.session import latents as module
from latentlab.session.session import Session
from latentlab.specs import Deterministic, ModelSpec, VectorQuantised

SHAPE = (1, 4, 4)


def four(count: int = 40) -> m.Codes:
    z = np.random.default_rng(0).normal(size=(count, 4)).astype(np.float32)
    marks = np.zeros(count, np.int64)
    index = PointIndex(z[:, :2])
    return m.Codes(z, z[:, :2], marks, marks.astype(np.int8), axes_plane(4), index, 0.1)


@pytest.fixture
def wide(session: Session, monkeypatch: pytest.MonkeyPatch) -> Session:
    info = m.ModelInfo("vae", ModelSpec(shape=SHAPE, latent_dim=4))
    session.apply(m.ModelOpened(0, info, four(), None))
    session.apply(m.ModelReady(0, "cpu"))
    return session


def measure(session: Session, engine, qtbot, kl=(0.001, 2.0, 0.5, 1.0)) -> m.LatentsMeasured:
    qtbot.waitUntil(lambda: any(isinstance(r, m.MeasureLatents) for r in engine.submitted))
    asked = engine.last(m.MeasureLatents)
    low, high = np.array([-1.0, -9.0, -1.0, -1.0]), np.array([1.0, 2.0, 5.0, 1.0])
    told = m.LatentsMeasured(asked.ticket, np.ones(4), low, high, np.array(kl), 40, 40)
    session.apply(told)
    return told


def asked_frames(engine) -> list[m.DecodeFrames]:
    return [r for r in engine.shown if isinstance(r, m.DecodeFrames)]


def test_latents_are_sorted_by_what_they_carry(wide: Session, engine, qtbot) -> None:
    assert wide.latents.order == (0, 1, 2, 3)
    measure(wide, engine, qtbot)
    assert wide.latents.order == (1, 3, 2, 0)
    assert [wide.latents.is_dead(k) for k in range(4)] == [True, False, False, False]
    assert wide.latents.reach(0) == (-3.0, 3.0)
    assert wide.latents.reach(1) == (-9.0, 3.0)
    assert wide.latents.reach(2) == (-3.0, 5.0)


def test_data_that_are_not_the_maps_own_are_not_measured_on(
    wide: Session, engine, qtbot, dataset
) -> None:
    measure(wide, engine, qtbot)
    assert engine.last(m.MeasureLatents).dataset is None


def test_strips_are_decoded_only_where_somebody_looks(wide: Session, engine, qtbot) -> None:
    wide.set_z((0.1, 0.2, 0.3, 0.4))
    qtbot.wait(2 * module.REST_MS)
    assert not asked_frames(engine)
    wide.latents.want_strips(wanted=True)
    assert len(asked_frames(engine)) == 1
    wide.latents.want_strips(wanted=False)
    wide.set_z((0.5, 0.2, 0.3, 0.4))
    qtbot.wait(2 * module.REST_MS)
    assert len(asked_frames(engine)) == 1


def test_a_strip_goes_along_one_latent_all_others_at_the_cursor(
    wide: Session, engine, qtbot
) -> None:
    measure(wide, engine, qtbot)
    wide.set_z((0.1, 0.2, 0.3, 0.4))
    wide.latents.want_strips(wanted=True)
    frames = asked_frames(engine)[-1].z.reshape(4, -1, 4)
    for row, latent in enumerate((1, 3, 2, 0)):
        others = [k for k in range(4) if k != latent]
        assert np.allclose(frames[row][:, others], wide.z[others])
        low, high = wide.latents.reach(latent)
        assert np.allclose(frames[row][:, latent], np.linspace(low, high, frames.shape[1]))


def test_strips_follow_when_the_cursor_rests_and_not_at_each_move(
    wide: Session, engine, qtbot
) -> None:
    wide.latents.want_strips(wanted=True)
    before = len(asked_frames(engine))
    for x in np.linspace(0, 1, 30):
        wide.move_cursor((float(x), 0.0))
    assert len(asked_frames(engine)) == before
    qtbot.waitUntil(lambda: len(asked_frames(engine)) == before + 1)
    assert np.allclose(asked_frames(engine)[-1].z[:, :2].max(axis=0)[1], 3.0)


def test_frames_come_in_parts_and_old_ones_are_dropped(wide: Session, engine, qtbot) -> None:
    wide.latents.want_strips(wanted=True)
    first = asked_frames(engine)[-1]
    wide.latents.look_again()
    qtbot.waitUntil(lambda: len(asked_frames(engine)) == 2)
    second = asked_frames(engine)[-1]
    images = np.random.default_rng(0).integers(0, 255, (len(second.rows), 4, 4), dtype=np.uint8)
    wide.apply(m.FramesDecoded(first.ticket, first.rows[:3], images[:3], 9))
    assert wide.latents.strips is None
    wide.apply(m.FramesDecoded(second.ticket, second.rows[:5], images[:5], 9))
    assert wide.latents.strips.there.sum() == 5
    wide.apply(m.FramesDecoded(second.ticket, second.rows[5:], images[5:], 0))
    strips = wide.latents.strips
    assert strips.there.all()
    assert np.array_equal(strips.images.reshape(-1, 4, 4), images)


def test_while_a_model_learns_nothing_is_measured(wide: Session, engine, qtbot) -> None:
    measure(wide, engine, qtbot)
    count = sum(isinstance(r, m.MeasureLatents) for r in engine.submitted)
    wide.latents.set_learning(True)
    wide.latents.look_again()
    qtbot.wait(2 * module.MEASURE_AFTER_MS)
    assert sum(isinstance(r, m.MeasureLatents) for r in engine.submitted) == count
    wide.latents.set_learning(False)
    qtbot.waitUntil(lambda: sum(isinstance(r, m.MeasureLatents) for r in engine.submitted) > count)


@pytest.mark.parametrize(("posterior", "count"), [(VectorQuantised(), 0), (Deterministic(), 3)])
def test_codes_that_are_no_numbers_have_no_strips(session: Session, posterior, count) -> None:
    info = m.ModelInfo("other", ModelSpec(shape=SHAPE, latent_dim=3, posterior=posterior))
    session.apply(m.ModelOpened(0, info, None, None))
    assert session.latents.count == count
