"""What is shown: hidden categories of any column, and an expression; one place, undone whole."""

from dataclasses import replace

import numpy as np
import pytest

from latentlab.data.attributes import Attribute
from latentlab.data.where import WhereError
from latentlab.engine import messages as m
from latentlab.specs import Deterministic, ModelSpec, TrainSpec


def recon(values) -> Attribute:
    return Attribute("recon", "Reconstruction error", np.asarray(values, float), unit="nats")


@pytest.fixture
def mapped(session, engine, dataset, info, codes):
    """Six data on the map, three classes; the data are open, with a column."""
    columns = {"site": np.array(["Rome", "Oslo", "Rome", "Oslo", "", "Rome"])}
    session.apply(m.DataOpened(1, replace(dataset, columns=columns)))
    session.apply(m.ModelOpened(2, info, codes, None))
    session.apply(m.ModelReady(2, "cpu"))
    assert session.rows_are_data
    return session


def shown(session) -> list[int]:
    return np.flatnonzero(session.choice.seen()).tolist()


def answer(session, engine, *attributes: Attribute) -> None:
    asked = engine.last(m.Measure)
    session.apply(m.Measured(asked.ticket, asked.z, attributes))


def test_an_expression_shows_what_fits(mapped):
    mapped.filter.set_where("class is a or b and site is rome")
    assert shown(mapped) == [0]
    assert mapped.filter.shown == 1
    mapped.filter.set_where("")
    assert shown(mapped) == [0, 1, 2, 3, 4, 5]


def test_categories_of_two_columns_and_an_expression_hide_together(mapped):
    mapped.set_hidden({2})
    mapped.attributes.want(["site"])
    mapped.filter.toggle("site", mapped.attributes.find("site").code_of("Oslo"))
    assert shown(mapped) == [0, 4]
    mapped.filter.set_where("row > 0")
    assert shown(mapped) == [4]
    mapped.show_all()
    assert shown(mapped) == [1, 2, 3, 4, 5]  # the expression stays


def test_undo_and_redo_bring_filters_back(mapped):
    mapped.toggle_class(0)
    mapped.filter.set_where("row < 3")
    mapped.filter.set_where("row < 2")
    assert shown(mapped) == [1]
    mapped.undo()
    assert mapped.filter.where == "row < 3"
    assert shown(mapped) == [1, 2]
    mapped.undo()
    mapped.undo()
    assert shown(mapped) == [0, 1, 2, 3, 4, 5]
    for _ in range(3):
        mapped.redo()
    assert shown(mapped) == [1]


def test_selections_are_of_what_is_shown(mapped):
    mapped.filter.set_where("row >= 2")
    mapped.select_all()
    assert mapped.selected.tolist() == [2, 3, 4, 5]
    mapped.select_class(2)
    assert mapped.selected.tolist() == [2, 5]
    mapped.invert_selection()
    assert mapped.selected.tolist() == [3, 4]


def test_an_expression_that_means_nothing_changes_nothing(mapped, heard):
    mapped.filter.set_where("row < 3")
    before = heard.counts["classes"]
    for wrong in ("row <", "rwo < 3", "class is z", "site < 3"):
        mapped.attributes.want(["site"])
        with pytest.raises(WhereError):
            mapped.filter.set_where(wrong)
    assert mapped.filter.where == "row < 3"
    assert shown(mapped) == [0, 1, 2]
    assert heard.counts["classes"] == before


def test_what_an_expression_needs_is_measured_first(mapped, engine):
    mapped.filter.set_where("recon > 120")
    asked = engine.last(m.Measure)
    assert asked.names == ("recon",)
    assert asked.dataset is mapped.dataset
    assert mapped.filter.waits_for == ("recon",)
    assert shown(mapped) == [0, 1, 2, 3, 4, 5]  # nothing is ruled out before it is known
    answer(mapped, engine, recon([100, 130, np.nan, 140, 90, 120]))
    assert mapped.filter.waits_for == ()
    assert shown(mapped) == [1, 3]


def test_what_was_called_off_is_not_asked_for_again_but_by_hand(mapped, engine):
    mapped.filter.set_where("recon > 120")
    ticket = engine.last(m.Measure).ticket
    mapped.apply(m.Cancelled(ticket))
    assert engine.last(m.Measure).ticket == ticket
    assert mapped.attributes.trouble("recon") == "It was called off."
    mapped.filter.set_where("recon > 120")
    assert engine.last(m.Measure).ticket != ticket


def test_other_codes_are_measured_anew_and_late_answers_dropped(mapped, engine, codes):
    mapped.filter.set_where("recon > 120")
    first = engine.last(m.Measure)
    mapped.apply(m.Embedded(50, replace(codes, z=codes.z.copy())))
    assert f"cancel {first.ticket}" in engine.orders
    second = engine.last(m.Measure)
    assert second.ticket != first.ticket
    mapped.apply(m.Measured(first.ticket, first.z, (recon([200.0] * 6),)))
    assert mapped.filter.waits_for == ("recon",)
    mapped.apply(m.Measured(second.ticket, second.z, (recon([200.0, 0, 0, 0, 0, 0]),)))
    assert shown(mapped) == [0]


def test_a_plane_of_the_same_codes_keeps_the_filter_and_its_mask(mapped, codes):
    mapped.filter.set_where("z1 > 0")
    sieve = mapped.filter.sieve
    mapped.apply(m.Embedded(50, replace(codes, xy=codes.xy[:, ::-1].copy())))
    assert mapped.filter.sieve is sieve


def test_hidden_classes_are_forgotten_with_their_names(mapped, info, codes):
    mapped.set_hidden({0, 1})
    other = replace(info, label_names=("x", "y"), checksums={"other": "2"})
    mapped.apply(m.ModelOpened(60, other, replace(codes, labels=codes.labels.copy()), None))
    assert mapped.hidden == frozenset()


def test_columns_that_other_data_lack_are_told_and_rule_nothing_out(mapped, info, codes):
    mapped.filter.set_where("site is rome")
    assert shown(mapped) == [0, 2, 5]
    other = replace(info, checksums={"other": "2"})
    mapped.apply(m.ModelOpened(60, other, replace(codes, labels=codes.labels.copy()), None))
    assert "site" in mapped.filter.trouble.what
    assert len(shown(mapped)) == 6


def test_what_a_model_never_has_is_refused_with_the_reason(mapped, info, codes):
    plain = replace(info, spec=ModelSpec(shape=(1, 4, 4), posterior=Deterministic()))
    mapped.apply(m.ModelOpened(60, plain, codes, None))
    with pytest.raises(WhereError, match="no density") as caught:
        mapped.filter.set_where("row < 3 and kl > 2")
    assert caught.value.start == 12
    assert mapped.filter.waits_for == ()


def test_hidden_clusters_are_forgotten_when_they_are_found_anew(mapped, engine):
    mapped.colouring.set_by("cluster")
    places = np.array([0, 0, 0, 1, 1, 1], np.int16)
    answer(mapped, engine, Attribute("cluster", "Cluster", None, places, ("1", "2")))
    mapped.filter.toggle("cluster", 0)
    assert shown(mapped) == [3, 4, 5]
    mapped.colouring.set_clusters(3)
    assert shown(mapped) == [0, 1, 2, 3, 4, 5]
    assert mapped.filter.hidden == ()


def test_an_answer_that_crosses_another_wish_is_dropped(mapped, engine):
    mapped.colouring.set_by("cluster")
    first = engine.last(m.Measure)
    mapped.colouring.set_clusters(3)
    column = Attribute("cluster", "Cluster", None, np.zeros(6, np.int16), ("1",))
    mapped.apply(m.Measured(first.ticket, first.z, (column,)))
    assert mapped.attributes.find("cluster") is None


def test_nothing_is_measured_while_a_model_learns(mapped, engine):
    mapped.colouring.set_by("logp")
    asked = engine.last(m.Measure).ticket
    mapped.train(mapped.model.spec, TrainSpec())
    whys = {offer.name: offer.why_not for offer in mapped.attributes.offers()}
    assert whys["recon"].startswith("A training is under way")
    assert whys["class"] == ""
    assert f"cancel {asked}" in engine.orders  # a training does not wait for colours
    mapped.apply(m.Cancelled(asked))
    assert mapped.attributes.trouble("logp") == ""
    training = engine.last(m.Train).ticket
    mapped.apply(m.Cancelled(training))
    assert engine.last(m.Measure).ticket > training  # they come afterwards
