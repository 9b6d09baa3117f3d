"""Grids of codes, and models without latents, in the lanes."""

from __future__ import annotations

import numpy as np
import pytest

from latentlab.engine.messages import (
    Cancelled,
    Decode,
    Decoded,
    DecodeStrip,
    Embed,
    Embedded,
    EpochEnded,
    Export,
    Failed,
    ModelOpened,
    ModelReady,
    OpenModel,
    Rechart,
    Reconstruct,
    Reconstructed,
    Sample,
    Sampled,
    Saved,
    SaveModel,
    StripDecoded,
    Train,
    Trained,
)
from latentlab.engine.values import ChartSpec
from latentlab.models.files import read_model_file
from latentlab.models.model import Model
from latentlab.specs import (
    Autoregressive,
    Conv,
    Made,
    MaximumLikelihood,
    ModelSpec,
    PixelCnn,
    VectorQuantised,
    VqVae,
    replace,
)

GRIDS = ModelSpec(
    shape=(1, 8, 8), latent_dim=3, network=Conv(channels=(8,)),
    posterior=VectorQuantised(codes=16), prior=Autoregressive(channels=8, layers=1),
)  # fmt: skip


@pytest.fixture
def trained(engine, events, data, short):
    """Codes of a trained model of grids, which stays open."""
    engine.submit(Train(1, data, GRIDS, replace(short, objective=VqVae())))
    events.wait(Trained)
    assert not events.of(Failed)
    return events.of(Embedded)[-1].codes


def test_the_map_of_grids_is_that_of_their_pooled_codes(trained, events):
    assert trained.tokens.shape == (400, 16)
    assert trained.tokens.dtype == np.int16
    assert trained.z.shape == (400, 3)
    assert trained.plane.names == ("PC1", "PC2")
    assert np.allclose(trained.plane.project(trained.z), trained.xy, atol=1e-5)
    first = events.of(Embedded)[0].codes
    assert first.tokens.shape == (400, 16)


def test_a_click_decodes_the_nearest_real_grid_and_says_so(engine, events, trained, tmp_path):
    rows = (3, 250)
    for ticket, row in enumerate(rows, 10):
        engine.show(Decode(ticket, trained.z[row].astype(np.float64) + 1e-7, 0.0))
        events.wait(Decoded, ticket)
    decoded = [events.of(Decoded, ticket)[0] for ticket in (10, 11)]
    assert {d.source for d in decoded} == {"nearest code grid"}
    engine.submit(SaveModel(20, tmp_path / "m.safetensors", trained))
    events.wait(Saved)
    model = Model.from_file(tmp_path / "m.safetensors")
    for d, row in zip(decoded, rows, strict=True):
        nearest = np.linalg.norm(trained.z - trained.z[row], axis=1).argmin()
        expected = model.decode_tokens(trained.tokens[[nearest]])[0, 0]
        assert np.abs(d.image.astype(int) - np.rint(expected * 255)).max() <= 1


def test_a_strip_fades_from_grid_to_grid(engine, events, trained):
    path = np.linspace(trained.z[0], trained.z[201], 7).astype(np.float64)
    engine.show(DecodeStrip(5, path, 0.0))
    strip = events.wait(StripDecoded)
    assert strip.source == "code cross-fade"
    assert strip.images.shape == (7, 8, 8)
    for ticket, z, image in ((6, path[0], strip.images[0]), (7, path[-1], strip.images[-1])):
        engine.show(Decode(ticket, z, 0.0))
        shown = events.wait(Decoded, ticket).image.astype(int)
        assert np.abs(shown - image.astype(int)).max() <= 1


def test_a_file_opened_without_its_data_keeps_the_grids(engine, events, trained, tmp_path):
    engine.submit(SaveModel(20, tmp_path / "m.safetensors", trained))
    events.wait(Saved)
    assert np.array_equal(read_model_file(tmp_path / "m.safetensors").map.tokens, trained.tokens)
    engine.submit(OpenModel(21, tmp_path / "m.safetensors"))
    events.wait(ModelReady)
    assert np.array_equal(events.of(ModelOpened)[-1].codes.tokens, trained.tokens)
    engine.show(Decode(22, trained.z[9].astype(np.float64), 0.0))
    assert events.wait(Decoded, 22).source == "nearest code grid"
    engine.submit(Rechart(23, trained, ChartSpec("axes", 0, 2)))
    again = events.wait(Embedded, 23).codes
    assert again.plane.names == ("PC1", "PC2")
    assert np.array_equal(again.tokens, trained.tokens)
    assert not events.of(Failed)


def test_grids_are_sampled_reconstructed_and_exported(engine, events, trained, data, tmp_path):
    engine.submit(Sample(30, 5, 0))
    assert events.wait(Sampled).images.shape == (5, 8, 8)
    engine.submit(Reconstruct(31, data, (1, 2), samples=2))
    made = events.wait(Reconstructed)
    assert made.reconstructions.shape == (2, 8, 8)
    assert made.samples.shape == (2, 2, 8, 8)
    assert made.z.shape == (2, 3)
    assert np.array_equal(made.samples[:, 0], made.reconstructions)  # nothing is drawn
    path = np.linspace(trained.z[0], trained.z[201], 4).astype(np.float64)
    engine.submit(Export(32, tmp_path / "walk.npz", path))
    assert events.wait(Saved, 32).path.exists()
    assert not events.of(Failed)


@pytest.mark.parametrize("network", [Made(hidden=(32,)), PixelCnn(channels=4, layers=1)])
def test_a_model_without_latents_learns_draws_and_has_no_map(
    engine, events, data, short, network, tmp_path
):
    spec = ModelSpec(shape=(1, 8, 8), network=network)
    train = replace(short, objective=MaximumLikelihood(), binarize="static")
    engine.submit(Train(1, data, spec, train))
    trained = events.wait(Trained)
    assert trained.outcome == "finished"
    assert trained.info.held_out.kl_nats == 0
    assert events.of(EpochEnded)
    assert not events.of(Embedded)
    engine.submit(Sample(2, 3, 0))
    assert events.wait(Sampled).images.shape == (3, 8, 8)
    engine.submit(Embed(3, data, ChartSpec()))
    assert events.wait(Cancelled, 3)  # quietly: there is nothing to embed
    engine.submit(SaveModel(4, tmp_path / "m.safetensors", None))
    events.wait(Saved)
    engine.submit(OpenModel(5, tmp_path / "m.safetensors"))
    events.wait(ModelReady)
    assert not events.of(Failed)
    engine.submit(Reconstruct(6, data, (1,)))
    assert "no latents" in events.wait(Failed, 6).what
