"""Figures of every kind, from the command line and from Python."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from scipy.stats import norm

import latentlab as lab
from latentlab import api
from latentlab.data.dataset import to_picture
from latentlab.engine.boards import board_of
from latentlab.engine.figures import Scene
from latentlab.errors import LatentlabError, RefusedError, UsageError
from latentlab.latent.charts import Plane, axes_plane
from latentlab.latent.layouts import lay
from latentlab.parts.figures import (
    ClassTable,
    Comparison,
    Manifold,
    Palette,
    Reconstructions,
    Traversal,
)

SMALL = ("--width", 3, "--dpi", 72)


@pytest.fixture(scope="module")
def model(model_file):
    return api.load_model(model_file, device="cpu")


def pictures(model, z):
    z = np.asarray(z, dtype=np.float64)
    return to_picture(model.decode(z.reshape(-1, z.shape[-1]))).reshape(*z.shape[:-1], 8, 8)


def near(a, b):
    """The same pictures, but for the last bit of a batch of another length."""
    return np.abs(a.astype(int) - b.astype(int)).max() <= 1


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("manifold", ("--grid", 4, "--spacing", "quantiles")),
        ("manifold", ("--grid", 3, "--title", "Digits")),
        ("palette", ("--corner", "0,0", "--corner", "1,0", "--corner", "0,1", "--corner", "1,1")),
        ("palette", ("--grid", 3)),
        ("classes", ()),
        ("classes", ("--steps", 4)),
        ("traversal", ("--steps", 5, "--at", "0.5,-1", "--reach", 2)),
        ("reconstructions", ("--data", "digits", "--count", 5, "--columns", 3)),
        ("comparison", ("--from", "data:3", "--to=-1,0.5")),
    ],
)
def test_every_figure_is_drawn_and_is_what_python_draws(
    latentlab, model_file, tmp_path, kind, words
):
    out = tmp_path / "a.png"
    answer = latentlab(
        "render", model_file, "--figure", kind, *words, *SMALL, "--out", out, "--json"
    )
    assert answer.code == 0, answer.err
    page = np.asarray(Image.open(out))
    assert answer.json == {
        "out": str(out),
        "figure": kind,
        "width_px": 216,
        "height_px": page.shape[0],
    }
    if not words or words == ("--steps", 4):
        steps = {"steps": 4} if words else {}
        drawn = lab.figure(model_file, kind, width_in=3, dpi=72, **steps)
        np.testing.assert_array_equal(page, drawn)


@pytest.mark.parametrize("ending", [".svg", ".pdf", ".webp"])
def test_a_figure_is_written_by_its_ending(latentlab, model_file, tmp_path, ending):
    out = tmp_path / f"a{ending}"
    answer = latentlab("render", model_file, "--figure", "traversal", *SMALL, "--out", out)
    assert answer.code == 0, answer.err
    assert out.stat().st_size > 500


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--figure", "palett"), "palette"),
        (("--figure", "palette", "--steps", 3), "steps"),
        (("--steps", 3), "steps"),
        (("--title", "x", "--steps", 3), "steps"),
        (("--spacing", "even"), "uniform"),
        (("--figure", "traversal", "--at", "1,2,3"), "2 latents"),
        (("--figure", "comparison", "--from", "0,0"), "b"),
        (("--figure", "palette", "--corner", "0,0"), "corner"),
        (("--figure", "traversal", "--dpi", 3), "36"),
        (("--figure", "palette", "--grid", 200, "--width", 0.5, "--dpi", 36), "wider"),
    ],
)
def test_what_does_not_fit_is_one_sentence(latentlab, model_file, tmp_path, words, said):
    out = tmp_path / "a.png"
    answer = latentlab("render", model_file, *words, "--out", out)
    assert answer.code == 2, answer.err
    assert said in answer.err
    assert answer.err.count("\n") == 1
    assert not out.exists()


def test_reconstructions_and_classes_ask_for_data(latentlab, run_folder, tmp_path):
    for kind in ("reconstructions", "classes"):
        answer = latentlab(
            "render", run_folder, "--figure", kind, *SMALL, "--out", tmp_path / "a.png"
        )
        assert answer.code == 3, answer.err
    for kind in ("reconstructions", "classes", "traversal"):
        drawn = api.figure(run_folder, kind, data="digits", width_in=3, dpi=72)
        assert drawn.shape[1] == 216


def test_quantiles_are_the_priors_own(model):
    board = board_of(model, Manifold(grid=5, spacing="quantiles"), Scene(axes_plane(2)))
    shares = (np.arange(5) + 0.5) / 5
    np.testing.assert_allclose(norm.cdf(board.x), shares)
    np.testing.assert_allclose(norm.cdf(board.y), shares[::-1])
    z = np.stack(np.meshgrid(board.x, board.y), axis=-1)
    assert near(board.images, pictures(model, z))


def test_quantiles_of_a_plane_off_the_middle_are_those_of_the_prior_on_it(model):
    plane = Plane(np.array([1.0, -2.0]), np.array([[0.6, 0.8], [0.8, -0.6]]), ("PC1", "PC2"))
    board = board_of(model, Manifold(grid=3, spacing="quantiles"), Scene(plane))
    drawn = np.random.default_rng(0).standard_normal((200_000, 2))
    found = np.quantile(plane.project(drawn), [1 / 6, 0.5, 5 / 6], axis=0)
    np.testing.assert_allclose(board.x, found[:, 0], atol=0.02)
    np.testing.assert_allclose(board.y, found[::-1, 1], atol=0.02)


def test_another_priors_quantiles_are_those_of_its_draws(tmp_path):
    mixture = api.train("digits", steps=3, prior="mixture", hidden=(8,), device="cpu")
    board = board_of(mixture, Manifold(grid=3, spacing="quantiles"), Scene(axes_plane(2)))
    drawn = mixture.sample_latents(5000, 3)
    assert ((drawn[:, 0] < board.x[0]).mean()) == pytest.approx(1 / 6, abs=0.03)
    assert ((drawn[:, 1] < board.y[0]).mean()) == pytest.approx(5 / 6, abs=0.03)


def test_a_layout_has_no_quantiles_and_a_manifold_all_the_same(model):
    codes = model.stored_map.codes[:40].astype(np.float32)
    chart = lay("tsne", codes, np.random.default_rng(0).normal(size=(40, 2)), 40)
    with pytest.raises(RefusedError, match="no quantiles"):
        board_of(model, Manifold(grid=3, spacing="quantiles"), Scene(chart))
    board = board_of(model, Manifold(grid=3), Scene(chart))
    assert board.images.shape == (3, 3, 8, 8)


@pytest.mark.parametrize("curve", ["bilinear", "spherical"])
def test_a_palette_has_its_corners_in_its_corners(model, curve):
    corners = ((1.0, 0.5), (-0.5, 1.0), (0.25, -2.0), (-1.0, -1.5))
    board = board_of(model, Palette(corners=corners, side=4, curve=curve), Scene(None))
    found = board.images[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert near(found, pictures(model, np.array(corners)))


def test_a_spherical_palette_keeps_the_norm_and_a_bilinear_one_does_not(model, monkeypatch):
    corners = ((2.0, 0.0), (0.0, 2.0), (0.0, -2.0), (-1.2, 1.6))
    seen = []
    monkeypatch.setattr(
        model, "decode", lambda z, _label=None: seen.append(z) or np.zeros((len(z), 1, 8, 8))
    )
    for curve in ("spherical", "bilinear"):
        board_of(model, Palette(corners=corners, side=5, curve=curve), Scene(None))
    round_, flat = (np.linalg.norm(z, axis=1) for z in seen)
    np.testing.assert_allclose(round_, 2.0)
    assert flat.min() < 1.5


def test_a_class_table_has_the_means_on_its_diagonal_and_pairs_end_in_them(model):
    stored = model.stored_map
    scene = Scene(None, codes=stored.codes, labels=stored.labels, names=tuple("0123456789"))
    means = np.stack([stored.codes[stored.labels == k].mean(axis=0) for k in range(10)])
    table = board_of(model, ClassTable(share=0.0), scene)
    assert near(table.images[:, 0], pictures(model, means))
    assert table.rows == table.columns == tuple("0123456789")
    middle = board_of(model, ClassTable(), scene)
    assert near(middle.images[[2, 5], [5, 2]], pictures(model, [(means[2] + means[5]) / 2] * 2))
    rows = board_of(model, ClassTable(steps=3), scene)
    assert len(rows.rows) == 45
    assert rows.rows[0] == "0 to 1"
    assert near(rows.images[0, [0, -1]], pictures(model, means[:2]))


def test_a_traversal_moves_one_latent_and_puts_the_most_active_first(model):
    codes = np.random.default_rng(0).normal(size=(50, 2)) * (0.1, 1.0)
    board = board_of(model, Traversal(at=(0.5, -1.0), steps=3, reach=2.0), Scene(None, codes=codes))
    assert board.rows == ("z2", "z1")
    assert board.columns == ("−2", "0", "2")
    z = [[(0.5, -2.0), (0.5, 0.0), (0.5, 2.0)], [(-2.0, -1.0), (0.0, -1.0), (2.0, -1.0)]]
    assert near(board.images, pictures(model, z))
    assert board_of(model, Traversal(latents=(0,)), Scene(None)).rows == ("z1",)
    with pytest.raises(UsageError, match="no latent 3"):
        board_of(model, Traversal(latents=(2,)), Scene(None))


def test_reconstructions_are_under_their_originals(model):
    data = api.open_dataset("digits")
    wanted = Reconstructions(rows=(5, 9, 100), columns=2)
    board = board_of(model, wanted, Scene(None, dataset=data))
    x, again = api.reconstruct(model, data, rows=[5, 9, 100])
    assert board.present.tolist() == [[True, True]] * 2 + [[True, False]] * 2
    assert near(board.images[0], to_picture(x)[:2])
    assert near(board.images[1], to_picture(again)[:2])
    assert near(board.images[3, 0], to_picture(again)[2])


def test_a_comparison_shows_both_ends_and_what_differs(model):
    board = board_of(model, Comparison(a=(0.0, 0.0), b=(2.0, -1.0), steps=3), Scene(None))
    ends = pictures(model, [(0.0, 0.0), (2.0, -1.0)])
    assert near(board.images[0, [0, -1], ..., 0], ends)
    assert (board.images[1, 0] == 255).all()  # A differs from itself in nothing
    lighter = ends[1].astype(int) - ends[0] > 60
    moved = board.images[1, -1].astype(int)
    assert (moved[lighter][:, 0] > moved[lighter][:, 2]).all()


def test_codes_of_categories_have_traversals_and_no_quantiles():
    options = {"posterior": "categorical", "categories": 4, "latent_dim": 2, "hidden": (16,)}
    model = api.train("digits", steps=3, precision="float32", device="cpu", **options)
    board = board_of(model, Traversal(), Scene(None))
    assert board.images.shape[:2] == (2, 4)
    z = np.concatenate([np.eye(4)[0], np.eye(4)[2]])
    assert near(board.images[1, 2], to_picture(model.decode(z))[0])
    with pytest.raises(LatentlabError, match="cells"):
        api.figure(model, "manifold", spacing="quantiles")


def test_grids_of_codes_say_what_they_have_not():
    options = {"posterior": "vq", "hidden": (16,), "network": "conv"}
    model = api.train("digits", steps=2, precision="float32", device="cpu", **options)
    with pytest.raises(RefusedError):
        api.figure(model, "traversal")
