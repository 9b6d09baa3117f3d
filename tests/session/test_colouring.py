"""What colours the points: wanted, waited for, shown; the scale of numbers and its counts."""

from dataclasses import replace

import numpy as np
import pytest

from latentlab.data.attributes import Attribute
from latentlab.engine import messages as m
from latentlab.session.session import Session
from latentlab.specs import Deterministic, ModelSpec

VALUES = np.array([10.5, 20.0, 30.0, 40.0, np.nan, 1000.0])


@pytest.fixture
def mapped(session, dataset, info, codes):
    columns = {"age": VALUES, "site": np.array(["Rome", "Oslo", "Rome", "Oslo", "", "Rome"])}
    session.apply(m.DataOpened(1, replace(dataset, columns=columns)))
    session.apply(m.ModelOpened(2, info, codes, None))
    session.apply(m.ModelReady(2, "cpu"))
    return session


def offers(session) -> dict[str, str]:
    return {offer.name: offer.why_not for offer in session.attributes.offers()}


def answer(session, engine, *, name="recon", values=VALUES) -> None:
    asked = engine.last(m.Measure)
    column = Attribute(name, name, np.asarray(values), unit="nats")
    session.apply(m.Measured(asked.ticket, asked.z, (column,)))


def test_ends_of_a_project_that_are_no_ends_are_left_out(mapped):
    colouring = mapped.colouring
    colouring.restore_ends((("z1", (0.0, 1.0)), ("z2", (1.0, 1.0)), ("row", (float("-inf"), 0.0))))
    assert colouring.ends == (("z1", (0.0, 1.0)),)
    colouring.restore_ends(())
    assert not colouring.ends


def test_every_column_is_offered_and_those_that_can_not_be_had_say_why(mapped, session, info):
    names = ["class", "split", "cluster", "recon", "kl", "bound", "logp", "distance"]
    assert list(offers(mapped)) == [*names, "age", "site", "z1", "z2", "row"]
    assert not any(offers(mapped).values())
    plain = replace(info, spec=ModelSpec(shape=(1, 4, 4), posterior=Deterministic()))
    session.apply(m.ModelOpened(3, plain, session.codes, None))
    assert "no density" in offers(session)["kl"]
    assert offers(session)["recon"] == ""


def test_without_the_data_what_needs_them_says_so(opened):
    assert offers(opened)["recon"] == "The data of this map are not open."
    assert offers(opened)["distance"] == ""


def test_classes_are_shown_until_a_figure_comes(mapped, engine):
    mapped.colouring.set_by("recon")
    assert mapped.colouring.by == "recon"
    assert mapped.colouring.waits
    assert mapped.colouring.attribute.name == "class"
    answer(mapped, engine)
    assert mapped.colouring.attribute.name == "recon"
    assert not mapped.colouring.waits
    assert mapped.colouring.counted.missing == 1
    assert mapped.colouring.counted.bars.sum() == 5


def test_a_figure_that_came_is_not_measured_again(mapped, engine):
    mapped.colouring.set_by("recon")
    answer(mapped, engine)
    ticket = engine.last(m.Measure).ticket
    mapped.colouring.set_by("class")
    mapped.colouring.set_by("recon")
    assert engine.last(m.Measure).ticket == ticket
    assert mapped.colouring.attribute.name == "recon"


def test_a_figure_that_does_not_come_says_why(mapped, engine):
    mapped.colouring.set_by("logp")
    ticket = engine.last(m.Measure).ticket
    mapped.apply(m.Failed(ticket, "Measure", "It went wrong.", do="Try again."))
    assert mapped.colouring.why_not == "It went wrong. Try again."
    assert mapped.colouring.attribute.name == "class"


def test_the_scale_is_dragged_bent_and_reset(mapped):
    colouring = mapped.colouring
    colouring.set_by("age")
    first = colouring.scale
    assert (first.kind, first.low, first.high) == ("linear", 10.5, 1000.0)
    colouring.set_ends(20.0, 40.0)
    assert colouring.scale.places(VALUES[:4]).tolist() == [0.0, 0.0, 0.5, 1.0]
    assert colouring.moved
    colouring.set_ends(40.0, 20.0)  # not a scale
    assert (colouring.scale.low, colouring.scale.high) == (20.0, 40.0)
    colouring.set_kind("log")
    assert colouring.scale.kind == "log"
    colouring.set_by("class")
    assert colouring.scale is None
    colouring.set_by("age")
    assert (colouring.scale.kind, colouring.scale.low) == ("log", 20.0)  # as it was left
    colouring.reset_ends()
    assert (colouring.scale.low, colouring.scale.high) == (10.5, 1000.0)
    assert not colouring.moved


def test_where_logarithms_make_no_sense_the_scale_is_linear(mapped):
    mapped.colouring.set_kind("log")
    mapped.colouring.set_by("z1")
    assert mapped.colouring.kind == "linear"
    assert mapped.colouring.why_no_log == "Some values are not above zero."


def test_counts_follow_filters_but_not_their_own_hiding(mapped):
    assert mapped.colouring.counted.counts == {0: 2, 1: 2, 2: 2}
    mapped.filter.set_where("row < 4")
    assert mapped.colouring.counted.counts == {0: 2, 1: 1, 2: 1}
    mapped.toggle_class(0)
    assert mapped.colouring.counted.counts == {0: 2, 1: 1, 2: 1}  # what would come back
    mapped.colouring.set_by("site")
    assert mapped.colouring.counted.counts == {-1: 0, 0: 1, 1: 1}  # Oslo, Rome: class 0 is hidden
    mapped.colouring.set_by("age")
    assert mapped.colouring.counted.bars.sum() == 2


def test_another_number_of_clusters_is_found_anew(mapped, engine):
    mapped.colouring.set_by("cluster")
    asked = engine.last(m.Measure)
    found = Attribute("cluster", "Cluster", None, np.zeros(6, np.int16), ("1",))
    mapped.apply(m.Measured(asked.ticket, asked.z, (found,)))
    assert mapped.colouring.attribute.name == "cluster"
    mapped.colouring.set_clusters(3)
    assert engine.last(m.Measure).clusters == 3
    assert mapped.colouring.attribute.name == "class"
    mapped.colouring.set_neighbours(3)  # nobody looks at distances
    assert engine.last(m.Measure).names == ("cluster",)


def test_the_choice_survives_a_restart(qapp, tmp_path, engine, dataset, info, codes):
    path = tmp_path / "settings.json"
    first = Session(engine, path)
    first.colouring.set_by("recon")
    first.colouring.set_kind("quantile")
    first.colouring.set_clusters(7)
    first.close()
    second = Session(engine, path)
    assert second.settings.clusters == 7
    second.apply(m.DataOpened(1, dataset))
    second.apply(m.ModelOpened(2, info, codes, None))
    second.apply(m.ModelReady(2, "cpu"))
    assert engine.last(m.Measure).names == ("recon",)
    answer(second, engine)
    assert (second.colouring.by, second.colouring.scale.kind) == ("recon", "quantile")
    second.close()


def test_a_remembered_column_of_the_data_is_shown_when_they_are_open(
    engine, qapp, dataset, info, codes
):
    session = Session(engine)
    session.update_settings(colour_by="age")
    session.apply(m.DataOpened(1, replace(dataset, columns={"age": VALUES})))
    session.apply(m.ModelOpened(2, info, codes, None))
    assert session.colouring.attribute.name == "age"
    session.close()


def test_a_column_that_these_data_lack_is_the_class(mapped):
    mapped.update_settings(colour_by="shoe size")
    assert mapped.colouring.by == "class"


def test_a_training_drops_what_was_measured_and_its_end_brings_it_back(mapped, engine, codes):
    mapped.colouring.set_by("recon")
    answer(mapped, engine)
    mapped.apply(m.Embedded(70, replace(codes, z=codes.z + 1)))
    assert mapped.colouring.attribute.name == "class"
    assert engine.last(m.Measure).z is mapped.codes.z
    answer(mapped, engine, values=VALUES[::-1])
    assert mapped.colouring.attribute.numbers[0] == 1000.0


def test_more_names_than_colours_make_sense_for_are_refused(mapped, dataset):
    count = len(dataset)
    many = Attribute("path", "path", None, np.arange(count), tuple(map(str, range(1001))))
    mapped.attributes._known["age"] = replace(many, name="age")
    mapped.colouring.set_by("age")
    assert mapped.colouring.attribute.name == "class"
    assert "too many for colours" in mapped.colouring.why_not
