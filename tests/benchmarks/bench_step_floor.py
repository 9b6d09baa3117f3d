"""How near a training step is to what the machine allows. Prints one JSON object.

    python tests/benchmarks/bench_step_floor.py [--batch-sizes 100 500] [--steps 300]

The same step of 784-512-2-512-784 three times, in turns: by the trainer; written out by hand,
without autograd, every product in bfloat16 and the same fused Adam; and its five large products
alone. What the hand-written one takes is what the trainer's own overhead could be brought down to,
whatever is done about autograd and Python. Data are noise: they do not matter here.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import linear, softplus

from latentlab.data.dataset import Dataset
from latentlab.models.build import build
from latentlab.specs import Mlp, ModelSpec, TrainSpec
from latentlab.training.trainer import Trainer

ROWS, PIXELS, WIDTH, LATENTS = 20_000, 784, 512, 2
SPEC = ModelSpec(shape=(1, 28, 28), network=Mlp(hidden=(WIDTH,)))
HALF = torch.bfloat16


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[100, 500])
    parser.add_argument("--steps", type=int, default=300)
    arguments = parser.parse_args()
    runs = [_bench(size, arguments.steps) for size in arguments.batch_sizes]
    machine = f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(json.dumps({"machine": machine, "torch": str(torch.__version__), "runs": runs}, indent=2))


def _bench(batch_size: int, steps: int) -> dict:
    x = np.random.default_rng(0).random((ROWS, 1, 28, 28), np.float32)
    none = np.full(ROWS, -1)
    data = Dataset("noise", x, "image", None, none, (), np.zeros(ROWS, np.int8), source=None)
    train = TrainSpec(epochs=1000, batch_size=batch_size, precision="bfloat16", device="cpu")
    trainer = iter(Trainer(data, SPEC, train))
    by_hand = ByHand(torch.from_numpy(x.copy()).flatten(1), batch_size)
    ways: dict[str, Callable[[], object]] = {
        "trainer": lambda: next(trainer),
        "by_hand": by_hand.step,
        "products": by_hand.products,
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for step in range(steps + 20):
        for name, way in ways.items():
            begin_s = time.perf_counter()
            way()
            if step >= 20:  # the first ones warm up
                taken[name].append((time.perf_counter() - begin_s) * 1e3)
    times = {f"{name}_ms": round(statistics.median(t), 3) for name, t in taken.items()}
    return {"batch_size": batch_size, **times}


class ByHand:
    """The ELBO's step with its derivatives written out."""

    def __init__(self, x: Tensor, batch_size: int) -> None:
        self._x, self._size = x, batch_size
        self._seen = 0
        self._source = torch.Generator().manual_seed(0)
        parameters = [p.detach().clone() for p in build(SPEC).parameters()]
        (
            self.enc,
            self.enc_b,
            self.head,
            self.head_b,
            self.first,
            self.first_b,
            self.dec,
            self.dec_b,
        ) = (torch.nn.Parameter(p) for p in parameters)
        everything = [
            *(self.enc, self.enc_b, self.head, self.head_b),
            *(self.first, self.first_b, self.dec, self.dec_b),
        ]
        self.adam = torch.optim.Adam(everything, lr=1e-3, fused=True)
        self._order = torch.randperm(ROWS, generator=self._source)
        shapes = ((batch_size, PIXELS), (batch_size, WIDTH), (WIDTH, PIXELS), (PIXELS, WIDTH))
        self._some = [torch.randn(shape).to(HALF) for shape in shapes]

    @torch.no_grad()
    def products(self) -> None:
        """The five large ones: forward twice, the weights' gradients, the hidden layer's."""
        x, h, into, out = self._some
        for left, right in ((x, into.T), (h, out.T), (h.T, x), (x.T, h), (x, out)):
            left @ right

    @torch.no_grad()
    def step(self) -> None:
        """Forward, backward, Adam."""
        self._seen = (self._seen + self._size) % (ROWS - self._size)
        x = self._x[self._order[self._seen : self._seen + self._size]]  # (B, 784)
        x_half, enc, dec = x.to(HALF), self.enc.to(HALF), self.dec.to(HALF)
        h = torch.addmm(self.enc_b.to(HALF), x_half, enc.T).relu_().float()  # (B, 512)
        mean, log_sigma = linear(h, self.head, self.head_b).chunk(2, 1)  # (B, 2) each
        eps = torch.randn(mean.shape, generator=self._source)
        sigma = log_sigma.exp()
        z = mean + sigma * eps
        kl = 0.5 * (mean * mean + sigma * sigma - 2 * log_sigma - 1).sum(-1)
        g = linear(z, self.first, self.first_b).relu_()  # (B, 512)
        g_half = g.to(HALF)
        logits = torch.addmm(self.dec_b.to(HALF), g_half, dec.T).float()  # (B, 784)
        loss = (softplus(logits).sum(1) - torch.linalg.vecdot(x, logits) + kl).mean()
        if not loss.isfinite():
            raise ArithmeticError
        slope = torch.sigmoid(logits).sub_(x).div_(self._size).to(HALF)
        self.dec.grad, self.dec_b.grad = (slope.T @ g_half).float(), slope.sum(0).float()
        of_g = (slope @ dec).float().mul_(g > 0)
        self.first.grad, self.first_b.grad = of_g.T @ z, of_g.sum(0)
        of_z = of_g @ self.first
        of_mean = of_z + mean / self._size
        of_scale = of_z * sigma * eps + (sigma * sigma - 1) / self._size
        of_head = torch.cat([of_mean, of_scale], 1)  # (B, 4)
        self.head.grad, self.head_b.grad = of_head.T @ h, of_head.sum(0)
        of_h = (of_head @ self.head).mul_(h > 0).to(HALF)
        self.enc.grad, self.enc_b.grad = (of_h.T @ x_half).float(), of_h.sum(0).float()
        self.adam.step()


if __name__ == "__main__":
    main()
