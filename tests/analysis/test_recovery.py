"""Label recovery: what each method finds, what it may see, and what it says when it can't."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from latentlab.analysis import recovery
from latentlab.analysis.recoverers import METHODS, Effort, Ground, surest
from latentlab.analysis.recovery import draw, ground_of, m1_specs, recover
from latentlab.data.dataset import Dataset
from latentlab.errors import CancelledError, UsageError
from latentlab.models.build import build
from latentlab.models.model import Model
from latentlab.specs import (
    DataSpec,
    Made,
    Mlp,
    ModelSpec,
    TrainSpec,
    UniformCategorical,
    VectorQuantised,
)

QUICK = Effort(epochs=60, m2_epochs=60, inner_epochs=400)


def bars(rows: int = 240, *, unlabelled: int = 0) -> Dataset:
    """Noisy pictures of three bars, far apart; every sixth row is of the test split."""
    rng = np.random.default_rng(0)
    labels = np.arange(rows) % 3
    pictures = np.zeros((rows, 1, 6, 6), np.float32)
    for row, label in enumerate(labels):
        pictures[row, 0, :, 2 * label : 2 * label + 2] = 0.9
    pictures = np.clip(pictures + rng.normal(0, 0.1, pictures.shape), 0, 1).astype(np.float32)
    shown = labels.astype(np.int64)
    shown[np.arange(rows) < unlabelled] = -1
    return Dataset(
        name="bars",
        x=pictures,
        kind="image",
        levels=None,
        labels=shown,
        label_names=("left", "middle", "right"),
        split=(np.arange(rows) % 6 == 5).astype(np.int8),
        source=DataSpec(source="bars"),
    )


def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    def specs(dataset, effort, seed, device):
        model = ModelSpec(shape=dataset.shape, latent_dim=3, network=Mlp(hidden=(16,)))
        return model, TrainSpec(
            epochs=effort.epochs, batch_size=50, learning_rate=1e-2, device="cpu", threads=1
        )

    monkeypatch.setattr(recovery, "m1_specs", specs)


@pytest.fixture
def ground() -> Ground:
    dataset = bars()
    spec = ModelSpec(shape=(1, 6, 6), latent_dim=3, network=Mlp(hidden=(8,)))
    return ground_of(dataset, Model(build(spec)), QUICK, lambda _text, _done: None)


def test_every_method_finds_what_is_easy_to_find(monkeypatch):
    _small(monkeypatch)
    result = recover(bars(), labelled=12, draws=2, effort=QUICK, device="cpu")
    assert result.methods.keys() == METHODS.keys()
    for name, score in result.methods.items():
        assert score.accuracy_mean is not None
        assert score.accuracy_mean > 0.85, name  # chance is a third
        assert score.test_accuracy_mean is not None
        assert score.accuracy_std == pytest.approx(score.accuracy_std)
    assert result.labelled == 12
    assert len(set(result.seeds)) == 2
    assert result.chosen in METHODS


def test_hidden_labels_teach_nothing_and_choose_nothing(monkeypatch):
    """Other hidden labels, test labels among them: the same predictions, another score."""
    _small(monkeypatch)
    data = bars()
    some = {"methods": ["clusters", "spreading", "m1", "m1m2"], "effort": Effort(20, 5, 20)}
    first = recover(data, labelled=12, draws=1, device="cpu", **some)
    lies = np.where(first.given, data.labels, (data.labels + 1) % 3)
    monkeypatch.setattr(recovery, "draw", lambda *_: np.where(first.given, data.labels, -1))
    again = recover(
        dataclasses.replace(data, labels=lies), labelled=12, draws=1, device="cpu", **some
    )
    assert (first.labels == again.labels).all()
    assert (first.confidence == again.confidence).all()
    assert first.chosen == again.chosen
    for name in some["methods"]:
        assert first.methods[name].accuracy_mean != again.methods[name].accuracy_mean


def test_a_draw_shows_as_many_of_each_class_and_none_of_the_test_split():
    data = bars()
    shown = draw(data, 12, seed=3)
    assert np.bincount(shown[shown >= 0]).tolist() == [4, 4, 4]
    assert (shown[data.split == 1] == -1).all()
    assert (shown[shown >= 0] == data.labels[shown >= 0]).all()
    assert (shown != draw(data, 12, seed=4)).any()
    assert (shown == draw(data, 12, seed=3)).all()


def test_the_score_is_the_share_of_hidden_labels_that_were_found(ground, monkeypatch):
    data = ground.dataset
    truth = data.labels
    right = np.random.default_rng(1).random(len(data)) < 0.7
    found = np.eye(3, dtype=np.float32)[np.where(right, truth, (truth + 1) % 3)]
    monkeypatch.setitem(METHODS, "fixed", lambda *_: found)
    shown = draw(data, 30, seed=0)
    score, _ = recovery._score(ground, "fixed", [shown, draw(data, 30, seed=1)], (0, 1))
    expected = [right[draw(data, 30, s) < 0].mean() for s in (0, 1)]
    assert score.accuracy_mean == pytest.approx(np.mean(expected))
    assert score.accuracy_std == pytest.approx(np.std(expected))
    assert score.test_accuracy_mean == pytest.approx(right[data.split == 1].mean())


def test_a_users_own_data_get_a_label_a_confidence_and_a_method_each(monkeypatch):
    _small(monkeypatch)
    data = bars(unlabelled=200)
    truth = bars().labels
    result = recover(data, methods=["spreading"], effort=Effort(60), device="cpu")
    assert result.methods["spreading"].accuracy_mean is None
    assert result.seeds == ()
    assert result.labelled == 40
    assert (result.labels == truth).mean() > 0.9
    assert (result.confidence[200:] == 1).all()
    assert ((result.confidence[:200] > 1 / 3) & (result.confidence[:200] <= 1)).all()
    assert {result.method_of(row) for row in range(240)} == {"given", "spreading"}
    assert result.method_of(239) == "given"


def test_what_spreading_is_surest_of_is_taken_from_each_class_alike():
    rng = np.random.default_rng(0)
    found = rng.dirichlet((1, 1, 1), 90).astype(np.float32)
    chosen = surest(found, 1 / 3)
    best = found.argmax(1)
    for label in range(3):
        kept = chosen[best[chosen] == label]
        left = np.setdiff1d(np.flatnonzero(best == label), kept)
        assert len(kept) == round((best == label).sum() / 3)
        assert found[kept].max(1).min() >= found[left].max(1).max()


def test_codes_are_drawn_about_their_mean_as_q_says(ground):
    import torch

    rows = torch.full((20_000,), 7)
    z = ground.draw(rows, torch.Generator().manual_seed(0))
    sigma = ground.log_sigma[7].exp()
    assert ((z.mean(0) - ground.mean[7]).abs() < 5 * sigma / 20_000**0.5).all()
    torch.testing.assert_close(z.std(0), sigma, rtol=0.03, atol=0)


def test_it_ends_where_it_is_called_off(monkeypatch):
    _small(monkeypatch)
    seen: list[str] = []

    def go_on(text: str, _done: float) -> None:
        seen.append(text)
        if text.startswith("Spreading"):
            raise CancelledError("Called off.")

    with pytest.raises(CancelledError):
        recover(bars(), labelled=12, effort=Effort(2), device="cpu", go_on=go_on)
    assert "Learning M1" in seen
    assert "Learning M2" not in seen


def test_what_can_not_be_recovered_is_refused():
    data = bars()
    for count in (2, 200, 10_000):
        with pytest.raises(UsageError, match="can't be shown"):
            recover(data, labelled=count)
    with pytest.raises(UsageError, match='no method "magic"'):
        recover(data, labelled=12, methods=["magic"])
    bare = dataclasses.replace(data, labels=np.full(240, -1))
    with pytest.raises(UsageError, match="no labels of two classes"):
        recover(bare)


def test_a_model_without_points_for_codes_is_refused():
    shape = (1, 6, 6)
    others = (
        ModelSpec(shape=(1, 8, 8), network=Mlp(hidden=(8,))),
        ModelSpec(shape=shape, network=Made(hidden=(8,))),
        ModelSpec(
            shape=shape,
            network=Mlp(hidden=(8,)),
            posterior=VectorQuantised(),
            prior=UniformCategorical(),
        ),
    )
    for spec in others:
        with pytest.raises(UsageError, match=r"shape|points"):
            recover(bars(), labelled=12, model=Model(build(spec)), methods=["spreading"])


def test_m1_suits_the_data_and_is_not_told_a_label():
    model, train = m1_specs(bars(), Effort(), 0, "cpu")
    assert model.labels is None
    assert 2 <= model.latent_dim <= 36
    assert train.epochs >= 20
