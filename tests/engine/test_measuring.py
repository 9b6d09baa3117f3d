"""The work lane measures each datum, and can be called off."""

import numpy as np
import pytest

from latentlab.engine import messages as m


@pytest.fixture
def trained(engine, events, data, model, short):
    engine.submit(m.Train(1, data, model, short))
    events.wait(m.Trained)
    return engine


def test_what_is_asked_for_comes_with_the_codes_it_is_of(trained, events, data):
    trained.submit(m.Embed(2, data, m.ChartSpec()))
    codes = events.wait(m.Embedded, 2).codes
    names = ("recon", "logp", "cluster", "distance")
    trained.submit(m.Measure(3, names, codes.z, data, 4, 5))
    answer = events.wait(m.Measured, 3)
    assert answer.z is codes.z
    found = {attribute.name: attribute for attribute in answer.attributes}
    assert set(found) == {*names, "kl", "bound"}
    assert all(len(attribute) == len(data) for attribute in found.values())
    assert found["cluster"].names == ("1", "2", "3", "4")
    assert np.isfinite(found["recon"].numbers).all()
    assert found["logp"].how == "quadrature"


def test_measuring_is_called_off_within_a_block(trained, events, data):
    many = type(data)(
        "many",
        np.repeat(data.x, 40, axis=0),
        "image",
        17,
        np.repeat(data.labels, 40),
        data.label_names,
        np.repeat(data.split, 40),
        data.source,
        value_range=data.value_range,
    )
    z = np.zeros((len(many), 2), np.float32)
    trained.submit(m.Measure(3, ("logp",), z, many, 4, 5))
    events.wait_until(lambda told: any(isinstance(e, m.Busy) and e.ticket == 3 for e in told))
    trained.cancel(3)
    events.wait(m.Cancelled, 3)
    assert not events.of(m.Measured)


def test_what_a_model_lacks_is_a_sentence(trained, events):
    trained.submit(m.Measure(3, ("recon",), np.zeros((3, 2), np.float32), None, 4, 5))
    assert "not open" in events.wait(m.Failed, 3).what
