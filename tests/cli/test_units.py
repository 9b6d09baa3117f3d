"""A model reads other rows of its table in the units of those that it learned from."""

from __future__ import annotations

import numpy as np
import pytest

import latentlab as ll

KINDS = {
    "numbers": lambda rng: rng.normal(3.0, 20.0, (300, 6)).astype(np.float32),
    "counts": lambda rng: rng.integers(0, 40, (300, 6)),
    "few levels": lambda rng: rng.integers(0, 17, (300, 4, 4)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_some_rows_in_a_file_of_their_own_have_the_same_codes(kind, tmp_path):
    x = KINDS[kind](np.random.default_rng(0))
    low = x.reshape(len(x), -1).max(axis=1) < np.quantile(x.reshape(len(x), -1).max(axis=1), 0.5)
    np.save(tmp_path / "all.npy", x)
    np.save(tmp_path / "some.npy", x[low])
    path = ll.save_model(
        ll.train(tmp_path / "all.npy", steps=3, hidden=(8,), device="cpu"), tmp_path / "m"
    )
    model = ll.load_model(path, device="cpu")  # the file knows it
    every, some = ll.open_dataset(tmp_path / "all.npy"), ll.open_dataset(tmp_path / "some.npy")
    assert some.value_range != every.value_range
    wanted = ll.embed(model, every)[low]
    np.testing.assert_allclose(ll.embed(model, some), wanted, atol=1e-5)
    bounds = ll.measure(model, every, ["recon"])["recon"].values[low]
    assert ll.measure(model, some, ["recon"])["recon"].values.mean() == pytest.approx(
        bounds.mean(), rel=0.05
    )


def test_pictures_of_bytes_keep_their_own_white(tmp_path):
    x = np.random.default_rng(0).integers(0, 256, (50, 4, 4)).astype(np.uint8)
    np.save(tmp_path / "bytes.npy", x)
    np.save(tmp_path / "fractions.npy", x.astype(np.float32) / 255)
    model = ll.train(tmp_path / "bytes.npy", steps=2, hidden=(8,), device="cpu")
    np.testing.assert_allclose(
        ll.embed(model, tmp_path / "bytes.npy"),
        ll.embed(model, tmp_path / "fractions.npy"),
        atol=1e-5,
    )
