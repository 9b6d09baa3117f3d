"""MADE and PixelCNN: exact likelihoods, and draws from them."""

from __future__ import annotations

from itertools import product

import pytest
import torch

from latentlab.errors import UsageError
from latentlab.models.build import build, clone
from latentlab.models.causal import CausalConv, CausalNetwork
from latentlab.models.density import Density
from latentlab.models.files import from_bytes, to_bytes
from latentlab.models.made import Made, degrees, ordering
from latentlab.models.model import Model
from latentlab.specs import (
    Conditional,
    Gaussian,
    Logistic,
    ModelSpec,
    replace,
)
from latentlab.specs import Made as MadeSpec
from latentlab.specs import PixelCnn as PixelCnnSpec

NETWORKS = {
    "made": MadeSpec(hidden=(40,)),
    "made-deep": MadeSpec(hidden=(30, 50)),
    "made-orders": MadeSpec(hidden=(30,), orders=3),
    "pixelcnn": PixelCnnSpec(channels=6, layers=2, kernel=3),
    "pixelcnn-wide": PixelCnnSpec(channels=4, layers=1, kernel=5),
}


def grown(spec: ModelSpec, seed: int = 0) -> Density:
    """A model whose weights, the outcome's too, are far from zero."""
    density = build(spec, seed=seed)
    generator = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for parameter in density.parameters():
            parameter.add_(0.4 * torch.randn(parameter.shape, generator=generator))
    assert isinstance(density, Density)
    return density


@pytest.fixture(params=NETWORKS.values(), ids=NETWORKS.keys())
def tiny(request: pytest.FixtureRequest) -> Density:
    return grown(ModelSpec(shape=(1, 3, 3), network=request.param))


def all_pictures(pixels: int, shape: tuple[int, ...]) -> torch.Tensor:
    return torch.tensor(list(product((0.0, 1.0), repeat=pixels))).view(-1, *shape)


def test_the_chances_of_all_binary_pictures_sum_to_one(tiny):
    with torch.no_grad():
        chances = tiny.log_prob(all_pictures(9, (1, 3, 3))).double().exp()
    assert chances.std() > 1e-4  # they are not simply all the same
    assert abs(float(chances.sum()) - 1) < 1e-5


def test_each_pixel_depends_on_those_before_it_alone_in_made():
    density = grown(ModelSpec(shape=(1, 4, 4), network=MadeSpec(hidden=(50, 60), orders=3)))
    assert isinstance(density, Made)
    for k, rank in enumerate(density.orders):
        at = torch.rand(1, 16, generator=torch.Generator().manual_seed(2))
        jacobian = torch.autograd.functional.jacobian(lambda x, k=k: density.logits(x, k), at)
        by_rank = torch.from_numpy(rank).argsort()
        ordered = jacobian[0, :, 0][by_rank][:, by_rank]  # row r: what output number r sees
        assert torch.equal(ordered.triu(), torch.zeros(16, 16))
        assert (ordered.tril(-1)[torch.tril_indices(16, 16, -1).unbind()] != 0).all()


@pytest.mark.parametrize("channels", [1, 2])
def test_each_pixel_depends_on_those_before_it_alone_in_pixelcnn(channels):
    spec = ModelSpec(shape=(channels, 5, 6), network=PixelCnnSpec(channels=5, layers=2, kernel=3))
    density = grown(spec)
    at = torch.rand(1, channels, 5, 6, generator=torch.Generator().manual_seed(2))
    jacobian = torch.autograd.functional.jacobian(density.network, at)
    places = jacobian.reshape(channels, 30, channels, 30).abs().sum((0, 2))
    assert torch.equal(places.triu(), torch.zeros(30, 30))
    assert (places.diagonal(-1) > 0).float().mean() > 0.7  # a row's last pixel is far from the next


@pytest.mark.parametrize("name", [name for name in NETWORKS if name != "made-orders"])
def test_a_later_pixel_changes_no_earlier_term(name):
    """The same law by hand: the joint chance of a beginning is its own, whatever follows."""
    tiny = grown(ModelSpec(shape=(1, 3, 3), network=NETWORKS[name]))
    pictures = all_pictures(9, (1, 3, 3))
    with torch.no_grad():
        chances = tiny.log_prob(pictures).double().exp()
    first = chances.view(2, -1).sum(1)  # the first pixel alone
    both = chances.view(4, -1).sum(1)
    torch.testing.assert_close(both.view(2, 2).sum(1), first)
    with torch.no_grad():
        logits = tiny.logits(pictures.flatten(1)) if isinstance(tiny, Made) else None
        logits = tiny.network(pictures).flatten(1) if logits is None else logits
    torch.testing.assert_close(first[1], logits[0, 0].sigmoid().double(), atol=1e-6, rtol=1e-5)
    second = both[3] / first[1]  # p(x_2 = 1 | x_1 = 1)
    torch.testing.assert_close(second, logits[-1, 1].sigmoid().double(), atol=1e-6, rtol=1e-5)


def test_draws_are_as_frequent_as_their_likelihoods_say(tiny):
    count = 40_000
    uniform = torch.rand(tiny.noise_shape(count), generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        drawn = tiny.sample(uniform).flatten(1)
        expected = tiny.log_prob(all_pictures(9, (1, 3, 3))).double().exp()
    assert set(drawn.unique().tolist()) <= {0.0, 1.0}
    index = (drawn @ (2.0 ** torch.arange(8, -1, -1))).long()
    seen = torch.bincount(index, minlength=512).double() / count
    error = (expected * (1 - expected) / count).sqrt() + 1e-5
    assert ((seen - expected).abs() / error).max() < 5.5
    assert (((seen - expected) / error) ** 2).mean() < 1.5


def test_the_same_noise_draws_the_same_and_row_by_row_is_the_whole_network():
    density = grown(ModelSpec(shape=(1, 7, 9), network=NETWORKS["pixelcnn-wide"]))
    uniform = torch.rand(3, 1, 7, 9, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        drawn = density.sample(uniform)
        assert torch.equal(drawn, density.sample(uniform))
        # Its own conditional chances, computed over the whole picture, choose the same pixels.
        assert torch.equal(drawn, (uniform < density.network(drawn).sigmoid()).float())


def test_levels_are_drawn_from_their_chances():
    spec = ModelSpec(
        shape=(1, 2, 2), network=PixelCnnSpec(channels=4, layers=1), likelihood=Logistic(levels=3)
    )
    density = grown(spec)
    grid = torch.tensor(list(product((0.0, 0.5, 1.0), repeat=4))).view(-1, 1, 2, 2)
    with torch.no_grad():
        chances = density.log_prob(grid).double().exp()
        uniform = torch.rand(20_000, 1, 2, 2, generator=torch.Generator().manual_seed(4))
        drawn = density.sample(uniform).flatten(1)
    assert abs(float(chances.sum()) - 1) < 1e-5
    index = (2 * drawn @ (3.0 ** torch.arange(3, -1, -1))).round().long()
    seen = torch.bincount(index, minlength=81).double() / len(drawn)
    error = (chances * (1 - chances) / len(drawn)).sqrt() + 1e-5
    assert ((seen - chances).abs() / error).max() < 5


def test_a_saved_model_comes_back_with_the_same_bits(tiny):
    x = all_pictures(9, (1, 3, 3))
    again = Model.from_file(from_bytes(to_bytes(Model(tiny).to_file()), "a file")).vae
    with torch.no_grad():
        assert torch.equal(tiny.log_prob(x), again.log_prob(x))
        assert torch.equal(tiny.log_prob(x), clone(tiny).log_prob(x))


def test_gradients_reach_every_parameter(tiny):
    tiny.log_prob(all_pictures(9, (1, 3, 3))[::7]).mean().backward()
    for name, parameter in tiny.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_a_fresh_pixelcnn_finds_every_picture_equally_likely():
    density = build(ModelSpec(shape=(1, 4, 4), network=PixelCnnSpec(channels=4, layers=1)))
    x = torch.rand(5, 1, 4, 4, generator=torch.Generator().manual_seed(0)).round()
    with torch.no_grad():
        expected = torch.full((5,), -16 * torch.log(torch.tensor(2.0)))
        torch.testing.assert_close(density.log_prob(x), expected)


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS.keys())
def test_extreme_pictures_stay_finite_in_bfloat16(network):
    density = grown(ModelSpec(shape=(1, 8, 8), network=network))
    with torch.no_grad():
        for parameter in density.parameters():
            parameter.mul_(30.0)
    x = torch.stack([torch.zeros(1, 8, 8), torch.ones(1, 8, 8), torch.full((1, 8, 8), 0.5)])
    with torch.autocast("cpu", torch.bfloat16):
        log_prob = density.log_prob(x)
    assert log_prob.dtype == torch.float32
    assert log_prob.isfinite().all()
    log_prob.mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in density.parameters())


def test_what_needs_latents_is_refused(tiny):
    x = torch.zeros(1, 1, 3, 3)
    for ask in (tiny.q, tiny.decode, lambda z: tiny.log_likelihood(x, z)):
        with pytest.raises(UsageError, match="no latents"):
            ask(x)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (ModelSpec(shape=(1, 3, 3), network=MadeSpec(), likelihood=Gaussian()), "binary values"),
        (ModelSpec(shape=(1, 3, 3), network=PixelCnnSpec(), likelihood=Gaussian()), "chances"),
        (ModelSpec(shape=(1, 1, 9), network=PixelCnnSpec()), "needs pictures"),
        (ModelSpec(shape=(1, 3, 3), network=MadeSpec(), labels=Conditional()), "labels"),
    ],
)
def test_what_does_not_fit_is_refused(spec, said):
    with pytest.raises(UsageError, match=said):
        build(spec)


def test_rows_of_a_table_pass_made():
    spec = ModelSpec(shape=(1, 1, 7), network=MadeSpec(hidden=(16,)))
    assert build(spec).log_prob(torch.ones(2, 1, 1, 7)).shape == (2,)
    assert build(replace(spec, shape=(1, 1, 1))).log_prob(torch.ones(2, 1, 1, 1)).shape == (2,)


def test_orderings_are_permutations_and_degrees_leave_no_pixel_out():
    for number in range(3):
        assert sorted(ordering(10, number).tolist()) == list(range(1, 11))
    assert set(degrees(300, 50).tolist()) == set(range(1, 50))


def test_the_first_layer_does_not_see_the_place_itself():
    assert CausalConv(1, 1, 1, own=False).mask().tolist() == [[1, 1, 1], [1, 0, 0]]
    assert CausalConv(1, 1, 1, own=True).mask().tolist() == [[1, 1, 1], [1, 1, 0]]
    network = CausalNetwork(1, 1, (3, 3), channels=2, layers=1, kernel=3)
    assert not network.first.own
    assert network.blocks[0].look.own
