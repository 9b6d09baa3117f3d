"""The engine with categories, conditions and learned priors: real models, a few steps old."""

from __future__ import annotations

import numpy as np
import pytest

from latentlab.engine import messages as m
from latentlab.latent.cells import GridChart
from latentlab.specs import (
    Autoencoder,
    Categorical,
    Conditional,
    Deterministic,
    Mixture,
    Mlp,
    ModelSpec,
    UniformCategorical,
    VectorQuantised,
    VqVae,
    replace,
)

NETWORK = Mlp(hidden=(32,))


@pytest.fixture
def trained(engine, events, data, short):
    def train(spec: ModelSpec, **changes) -> m.Embedded:
        engine.submit(m.Train(1, data, spec, replace(short, **changes)))
        events.wait(m.Trained)
        return events.of(m.Embedded)[-1]

    return train


def categorical(latents: int, categories: int) -> ModelSpec:
    return ModelSpec(
        shape=(1, 8, 8),
        latent_dim=latents,
        network=NETWORK,
        posterior=Categorical(categories=categories),
        prior=UniformCategorical(),
    )


def test_categories_are_embedded_as_cells(trained, data) -> None:
    codes = trained(categorical(2, 4)).codes
    assert isinstance(codes.plane, GridChart)
    assert codes.z.shape == (len(data), 8)
    hard = codes.z.reshape(-1, 2, 4).argmax(-1)
    np.testing.assert_array_equal(np.rint(codes.xy), hard)
    assert codes.plane.counts.sum() == len(data)


def test_a_code_that_no_datum_has_is_called_a_guess(trained, engine, events) -> None:
    chart = trained(categorical(3, 7)).codes.plane
    for cell in (int(chart.counts.argmax()), int(chart.counts.argmin())):
        ticket = 50 + cell
        engine.show(m.Decode(ticket, chart.one_hot(chart.cells[cell]), 0.0))
        assert events.wait(m.Decoded, ticket).far == (chart.counts[cell] == 0)


def test_a_map_of_cells_is_kept_in_a_model_file(trained, engine, events, tmp_path) -> None:
    codes = trained(categorical(2, 4)).codes
    engine.submit(m.SaveModel(7, tmp_path / "cells.safetensors", codes))
    events.wait(m.Saved, 7)
    engine.submit(m.OpenModel(8, tmp_path / "cells.safetensors"))
    opened = events.wait(m.ModelOpened, 8)
    assert isinstance(opened.codes.plane, GridChart)
    np.testing.assert_array_equal(opened.codes.plane.counts, codes.plane.counts)
    np.testing.assert_array_equal(opened.codes.xy, codes.xy)
    assert opened.lattice.images.shape[:2] == (4, 4)
    assert opened.lattice.rect == codes.plane.rect


def test_the_lines_of_a_learned_prior_are_closed_and_nested(trained, engine, events) -> None:
    spec = ModelSpec(shape=(1, 8, 8), network=NETWORK, prior=Mixture(components=4))
    plane = trained(spec).codes.plane
    engine.submit(m.MapPrior(5, plane))
    lines = events.wait(m.PriorMapped, 5).lines
    assert [round(100 * line.share) for line in lines] == [39, 86, 99]
    reach = [max(float(np.abs(piece).max()) for piece in line.pieces) for line in lines]
    assert reach == sorted(reach)
    for line in lines:
        for piece in line.pieces:
            np.testing.assert_allclose(piece[0], piece[-1])


def test_lines_asked_of_a_model_that_is_no_more_come_to_nothing(trained, engine, events) -> None:
    trained(categorical(2, 4))
    from latentlab.latent.charts import axes_plane

    engine.submit(m.MapPrior(5, axes_plane(2)))
    events.wait(m.Cancelled, 5)


def test_each_class_is_drawn_from_the_same_noise(trained, engine, events) -> None:
    trained(ModelSpec(shape=(1, 8, 8), network=NETWORK, labels=Conditional(classes=4)))
    engine.submit(m.Sample(5, 3, seed=1, each_class=True))
    drawn = events.wait(m.Sampled, 5)
    assert drawn.images.shape == (12, 8, 8)
    assert drawn.classes == 4
    engine.submit(m.Sample(6, 3, seed=1, each_class=True))
    np.testing.assert_array_equal(events.wait(m.Sampled, 6).images, drawn.images)
    assert not np.array_equal(drawn.images[:3], drawn.images[3:6])


def test_a_film_is_written_as_the_class_that_is_shown(trained, engine, events, tmp_path) -> None:
    trained(ModelSpec(shape=(1, 8, 8), network=NETWORK, labels=Conditional(classes=4)))
    z = np.linspace(-1.0, 1.0, 10).reshape(5, 2)
    films = []
    for label in (0, 3):
        path = tmp_path / f"{label}.npz"
        engine.submit(m.Export(20 + label, path, z, label=label))
        events.wait(m.Saved, 20 + label)
        with np.load(path) as film:
            films.append(max((film[name] for name in film.files), key=lambda a: a.ndim).copy())
    assert not np.array_equal(*films)


def test_a_frame_of_a_fade_is_what_the_film_has_there(trained, engine, events) -> None:
    spec = ModelSpec(
        shape=(1, 8, 8),
        latent_dim=4,
        network=NETWORK,
        posterior=VectorQuantised(codes=16, tokens=8),
        prior=UniformCategorical(),
    )
    codes = trained(spec, objective=VqVae()).codes
    ends = codes.z[[3, 250]].astype(np.float64)
    path = ends[0] + np.linspace(0, 1, 9)[:, None] * (ends[1] - ends[0])
    engine.show(m.DecodeStrip(30, path, 0.0))
    strip = events.wait(m.StripDecoded, 30)
    engine.show(m.Decode(31, path[4], 0.0, path=path, frame=4))
    frame = events.wait(m.Decoded, 31)
    assert strip.source == frame.source == "code cross-fade"
    np.testing.assert_array_equal(frame.image, strip.images[4])


def test_a_plain_autoencoder_s_gaps_are_where_its_decodes_are_guesses(
    trained, engine, events
) -> None:
    spec = ModelSpec(shape=(1, 8, 8), network=NETWORK, posterior=Deterministic())
    gaps = trained(spec, objective=Autoencoder()).codes.gaps
    x0, _, x1, y1 = gaps.rect
    cell = (x1 - x0) / gaps.level.shape[1]
    rng = np.random.default_rng(0)
    for ticket, wanted in enumerate([0, 255] * 5, start=100):
        rows, columns = np.nonzero(gaps.level == wanted)
        pick = int(rng.integers(len(rows)))
        z = np.array([x0 + (columns[pick] + 0.5) * cell, y1 - (rows[pick] + 0.5) * cell])
        engine.show(m.Decode(ticket, z, 0.0))
        assert events.wait(m.Decoded, ticket).far == (wanted == 255)
