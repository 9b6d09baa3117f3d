"""M1, M2 and M1+M2: their sums over classes against brute force, their bounds, their gradients."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.distributions import Normal

from latentlab.errors import UsageError
from latentlab.models.build import build
from latentlab.specs import (
    M1,
    M1M2,
    M2,
    Conditional,
    Gaussian,
    LatentClassifier,
    Mlp,
    ModelSpec,
    SemiSupervised,
    Stacked,
    TrainSpec,
)
from latentlab.training.judge import BATCH, Judge
from latentlab.training.objectives import Batch
from latentlab.training.recipes import recipe
from latentlab.training.rows import Batches
from latentlab.training.sums import over_classes, over_few_inner_classes, over_inner_classes
from latentlab.training.trainer import Trainer

CPU = torch.device("cpu")
UNKNOWN = -torch.ones(5, dtype=torch.int64)


def _vae(labels, latent_dim=2, shape=(1, 6, 6)):
    spec = ModelSpec(shape=shape, latent_dim=latent_dim, network=Mlp(hidden=(16,)), labels=labels)
    return build(spec, seed=5)


def _batch(x, y, seed=0):
    return Batch(x, y, 0.5, 1.0, torch.Generator().manual_seed(seed))


def _pictures(count=5, shape=(1, 6, 6)):
    generator = torch.Generator().manual_seed(7)
    return (torch.rand(count, *shape, generator=generator) > 0.5).float()


def _brute_force(vae, x, y, eps):
    """-L(x, y) of each row, one class at a time: eps (B, D)."""
    q = vae.q(x, y)
    z = q.mean + q.log_sigma.exp() * eps
    log_p = -torch.nn.functional.binary_cross_entropy_with_logits(
        vae.likelihood_parameters(z, y), x, reduction="none"
    ).sum((1, 2, 3))
    sigma = q.log_sigma.exp()
    kl = (0.5 * (sigma**2 + q.mean**2 - 1) - q.log_sigma).sum(-1)
    return log_p - math.log(3) - kl


def test_the_sum_over_classes_is_that_of_the_classes_one_by_one():
    """-U(x) = sum_y q(y|x) (-L(x, y)) + H(q(y|x)), and -L(x, y) where y is known."""
    vae, x = _vae(SemiSupervised(classes=3, hidden=(8,))), _pictures()
    y = torch.tensor([0, -1, 2, -1, 1])
    with torch.no_grad():
        log_probs = vae.classify(x)
        bound = over_classes(vae, _batch(x, y), log_probs, y)
        eps = torch.randn(15, 2, generator=torch.Generator().manual_seed(0)).view(3, 5, 2)
        each = [_brute_force(vae, x, torch.full((5,), k), eps[k]) for k in range(3)]
    for row in range(5):
        q = log_probs[row].exp().tolist()
        if y[row] >= 0:
            expected = float(each[y[row]][row])
        else:
            expected = sum(q[k] * float(each[k][row]) for k in range(3))
            expected -= sum(p * math.log(p) for p in q)  # the entropy
        assert float(bound.reconstruction[row] - bound.kl[row]) == pytest.approx(expected, abs=1e-4)


def _exact_log_p(vae, x, steps=241):
    """log sum_y 1/Y integral of p(x|y, z) N(z; 0, 1), by a fine grid over one latent."""
    z = torch.linspace(-8, 8, steps).unsqueeze(-1)
    weight = Normal(0.0, 1.0).log_prob(z[:, 0]) + math.log(16 / (steps - 1))
    each = []
    for label in range(3):
        logits = vae.likelihood_parameters(z, torch.full((steps,), label))  # (G, 1, H, W)
        log_p = torch.stack(
            [(x * one - torch.nn.functional.softplus(one)).sum((1, 2, 3)) for one in logits], 1
        )
        each.append(torch.logsumexp(log_p + weight, 1))  # (B,)
    return torch.stack(each), torch.logsumexp(torch.stack(each), 0) - math.log(3)


@pytest.mark.parametrize("pull", [1.0, 6.0])
def test_both_bounds_of_m2_lie_below_the_exact_log_likelihood(pull):
    """E[-L(x, y)] <= log p(x, y) and E[-U(x)] <= log p(x), p summed and integrated exactly."""
    shape = (1, 2, 2)
    vae, x = _vae(SemiSupervised(classes=3, hidden=(8,)), 1, shape), _pictures(6, shape)
    with torch.no_grad():
        for parameter in vae.decoder.parameters():
            parameter.mul_(pull)
        joint, marginal = _exact_log_p(vae, x)
        many = x.repeat(2000, 1, 1, 1)
        log_probs = vae.classify(many)
        unknown = torch.full((len(many),), -1)
        for y, exact in [(unknown, marginal), (unknown + 2, joint[1] - math.log(3))]:
            bound = over_classes(vae, _batch(many, y), log_probs, y)
            draws = (bound.reconstruction - bound.kl).view(2000, 6)
            error = draws.std(0) / math.sqrt(2000)
            assert (draws.mean(0) <= exact + 4 * error).all()
            assert (draws.mean(0) > exact - 15).all()


def test_the_unlabelled_bound_touches_log_p_where_both_posteriors_are_exact():
    """A decoder that ignores z: q(z|x, y) = p(z), q(y|x) = p(y|x) make -U(x) = log p(x)."""
    vae, x = _vae(SemiSupervised(classes=3, hidden=(8,)), 1, (1, 2, 2)), _pictures(6, (1, 2, 2))
    with torch.no_grad():
        vae.posterior.linear.weight.zero_()
        vae.posterior.linear.bias.zero_()
        vae.decoder.first.weight[:, 0] = 0
        vae.decoder.first.weight[:, 1:] *= 4
        joint, marginal = _exact_log_p(vae, x)
        posterior = torch.log_softmax(joint, 0).T  # p(y|x), (B, Y)
        y = torch.full((6,), -1)
        bound = over_classes(vae, _batch(x, y), posterior, y)
    torch.testing.assert_close(bound.reconstruction - bound.kl, marginal, atol=1e-4, rtol=0)


def test_the_sum_over_inner_classes_is_that_of_the_classes_one_by_one():
    inner = _vae(Stacked(classes=3, inner_dim=4, hidden=(8,)), 2).knowing
    z = torch.randn(5, 2, generator=torch.Generator().manual_seed(3))
    y = torch.tensor([0, -1, 2, -1, 1])
    with torch.no_grad():
        log_probs = inner.log_probs(z)
        bound = over_inner_classes(inner, _batch(z, y), z, log_probs, y)
        eps = torch.randn(15, 4, generator=torch.Generator().manual_seed(0)).view(3, 5, 4)
        values = []
        for label in range(3):
            told = torch.full((5,), label)
            q = inner.q(z, told)
            v = q.mean + q.log_sigma.exp() * eps[label]
            p = inner.p(v, told)
            log_p = Normal(p.mean, p.log_sigma.exp()).log_prob(z).sum(-1)
            log_q = Normal(q.mean, q.log_sigma.exp()).log_prob(v).sum(-1)
            values.append(log_p + Normal(0.0, 1.0).log_prob(v).sum(-1) - log_q - math.log(3))
    for row in range(5):
        q = log_probs[row].exp()
        mixed = sum(float(q[k] * values[k][row]) for k in range(3)) - float((q * q.log()).sum())
        expected = float(values[y[row]][row]) if y[row] >= 0 else mixed
        assert float(bound.reconstruction[row] - bound.kl[row]) == pytest.approx(expected, abs=1e-4)


def test_few_classes_and_a_drawn_one_are_the_whole_sum_in_mean():
    """Values, and gradients of the classifier."""
    inner = _vae(Stacked(classes=5, inner_dim=4, hidden=(8,)), 2).knowing
    times = 10_000
    z = torch.randn(4, 2, generator=torch.Generator().manual_seed(3))
    y = torch.tensor([-1, -1, 3, -1])
    gradients, values = [], []
    for function in (over_inner_classes, over_few_inner_classes):
        inner.zero_grad()
        many, labels = z.repeat(times, 1), y.repeat(times)
        bound = function(inner, _batch(many, labels), many, inner.log_probs(many), labels)
        value = (bound.reconstruction - bound.kl).view(times, 4)
        value.mean().backward()
        values.append(value.detach())
        gradients.append(inner.classifier[-1].bias.grad.clone())
    error = torch.hypot(values[0].std(0), values[1].std(0)) / math.sqrt(times)
    assert ((values[1].mean(0) - values[0].mean(0)).abs() < 5 * error).all()
    torch.testing.assert_close(gradients[1], gradients[0], rtol=0.05, atol=0.02)


RECIPES = {
    "m1": (LatentClassifier(classes=3, hidden=(8,)), M1()),
    "m2": (SemiSupervised(classes=3, hidden=(8,)), M2()),
    "m1m2": (Stacked(classes=3, inner_dim=4, hidden=(8,), dropout=0.2), M1M2()),
}


def _stages(kind, dataset, labels=None):
    labels_spec, objective = RECIPES[kind]
    vae = _vae(labels_spec)
    rows = dataset.rows("train")
    source = Batches(dataset, rows, CPU, labels=labels)
    return vae, recipe(objective, vae, source), source


@pytest.mark.parametrize("kind", RECIPES)
def test_the_stages_together_reach_every_parameter_and_each_leaves_the_others_alone(kind, dataset):
    vae, stages, source = _stages(kind, dataset)
    reached: set[str] = set()
    for stage in stages:
        vae.zero_grad(set_to_none=True)
        x, y = source.draw(64, torch.Generator().manual_seed(1))
        y = torch.where(torch.arange(64) % 2 == 0, y, -1)
        group = stage.objective.groups()["model"].parameters
        stage.objective.record(_batch(x, y)).loss.backward()
        touched = {n for n, p in vae.named_parameters() if p.grad is not None and p.grad.any()}
        assert touched == group.keys()
        assert not reached & touched or kind == "m2"
        reached |= touched
    assert reached == dict(vae.named_parameters()).keys()
    assert sum(stage.share for stage in stages) == pytest.approx(1)


@pytest.mark.parametrize("kind", ["m2", "m1m2"])
def test_the_classifier_learns_from_unlabelled_rows_too(kind, dataset):
    """alpha = 0 and no label in the batch: what reaches the classifier comes through -U(x)."""
    labels_spec, objective = RECIPES[kind]
    vae = _vae(labels_spec)
    source = Batches(dataset, dataset.rows("train"), CPU)
    silent = type(objective)(alpha=0.0)
    stage = recipe(silent, vae, source)[-1]
    x, _ = source.draw(32, torch.Generator().manual_seed(1))
    stage.objective.record(_batch(x, -torch.ones(32, dtype=torch.int64))).loss.backward()
    for name, parameter in vae.knowing.classifier.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("kind", ["m2", "m1m2"])
def test_alpha_weighs_the_cross_entropy_of_labelled_rows(kind, dataset):
    losses = {}
    for alpha in (0.0, 0.1, 0.3):
        labels_spec, objective = RECIPES[kind]
        vae = _vae(labels_spec)
        source = Batches(dataset, dataset.rows("train"), CPU)
        stage = recipe(type(objective)(alpha=alpha), vae, source)[-1]
        x, y = source.draw(32, torch.Generator().manual_seed(1))
        losses[alpha] = float(stage.objective.record(_batch(x, y)).loss.detach())
    first, second = (losses[0.1] - losses[0.0]) / 0.1, (losses[0.3] - losses[0.0]) / 0.3
    assert first == pytest.approx(second, rel=2e-3)
    assert 0.5 * math.log(3) < first < 2 * math.log(3)  # that of an untaught one


@pytest.mark.parametrize("kind", ["m2", "m1m2"])
def test_scoring_looks_at_no_label_but_for_the_accuracy(kind, dataset):
    vae, stages, source = _stages(kind, dataset)
    vae.eval()
    x, y = source.draw(64, torch.Generator().manual_seed(1))
    with torch.no_grad():
        told = stages[-1].objective.score(_batch(x, y))
        lied_to = stages[-1].objective.score(_batch(x, (y + 1) % 3))
        untold = stages[-1].objective.score(_batch(x, torch.full_like(y, -1)))
        guess = vae.classify(x).argmax(-1)
    assert float(told.bound) == float(lied_to.bound) == float(untold.bound)
    assert "accuracy" not in untold.extras
    assert float(told.extras["accuracy"]) == pytest.approx(float((guess == y).float().mean()))


def test_what_can_not_be_learned_is_refused(dataset):
    source = Batches(dataset, dataset.rows("train"), CPU)
    hidden = Batches(dataset, dataset.rows("train"), CPU, labels=np.full(180, -1))
    for objective in (M1(), M2(), M1M2()):
        with pytest.raises(UsageError, match="wants a model with the same labels"):
            recipe(objective, _vae(Conditional(classes=3)), source)
    for labels_spec, objective in RECIPES.values():
        with pytest.raises(UsageError, match="None of the training rows has a label"):
            recipe(objective, _vae(labels_spec), hidden)


@pytest.mark.parametrize("kind", RECIPES)
def test_a_few_labels_teach_a_class_for_every_row(kind, dataset):
    labels_spec, objective = RECIPES[kind]
    if kind == "m2":  # 180 rows are few for it: the bound alone finds other groups than the classes
        objective = M2(alpha=10.0)
    model = ModelSpec(
        shape=(1, 6, 6),
        network=Mlp(hidden=(16,)),
        likelihood=Gaussian(scale=0.1),
        labels=labels_spec,
    )
    train = TrainSpec(
        objective=objective,
        steps=600,
        batch_size=30,
        labelled=9,
        device="cpu",
        learning_rate=1e-2,
        precision="float32",
        threads=1,
    )
    trainer = Trainer(dataset, model, train)
    for _ in trainer:
        pass
    assert trainer.held_out is not None
    assert trainer.held_out.extras["accuracy"] > 0.7  # chance is a third


def test_rows_without_a_label_do_not_count_as_wrong(dataset):
    """Half of the held-out rows have no label: the accuracy is that of the others."""
    vae, stages, _ = _stages("m2", dataset)
    rows = np.arange(len(dataset)).repeat(6)  # more than two batches of the judge
    assert len(rows) > 2 * BATCH
    known = np.where(np.arange(len(rows)) < BATCH, dataset.labels[rows], -1)
    judged = Batches(dataset, rows, CPU, labels=known)
    terms = Judge(judged, CPU, 0).score(stages[-1].objective)
    with torch.no_grad():
        found = vae.classify(judged.take(torch.arange(BATCH))).argmax(-1).numpy()
    assert terms.extras["accuracy"] == pytest.approx((found == known[:BATCH]).mean())


@pytest.mark.parametrize("kind", ["m1", "m1m2"])
def test_the_kl_of_the_codes_is_weighed_in_the_loss_and_not_in_the_figures(kind, dataset):
    labels_spec, objective = RECIPES[kind]
    vae = _vae(labels_spec)
    source = Batches(dataset, dataset.rows("train"), CPU)
    stage = recipe(type(objective)(code_beta=0.25), vae, source)[0]
    x, y = source.draw(32, torch.Generator().manual_seed(1))
    learned, scored = stage.objective.record(_batch(x, y)), stage.objective.score(_batch(x, y))
    torch.testing.assert_close(learned.loss, 0.25 * learned.kl - learned.reconstruction)
    torch.testing.assert_close(scored.loss, scored.kl - scored.reconstruction)
    assert float(scored.kl.detach()) > 0
