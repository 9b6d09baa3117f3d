"""Estimators of the bound and of log p(x) from samples, in nats per datum.

For every x, log p(x) = ELBO(x) + KL(q(z|x) || p(z|x)), so each bound lies below its log p(x).
Noise comes from the generator that is given: the same seed, the same figures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from latentlab.analysis.told import Scored
from latentlab.models import divergence

Floats = NDArray[np.float64]
Report = Callable[[float], None]

PIXELS_AT_ONCE = 2**19  # of the decodes that are held at a time: larger ones leave the cache
PIXELS_ON_A_GPU = 2**25
ACTIVE_VARIANCE = 0.01
ROWS_OF_WEIGHTS = 256  # data whose K weights are held at a time


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """The ELBO of N data, each term (N,) nats: bound = reconstruction - kl.

    Args:
        reconstruction: E_q[log p(x|z)].
        kl: KL(q(z|x) || p(z)).
        kl_kind: "closed" where the KL is exact given q, "sampled" where it is an estimate, "none"
            where q has no density: then there is no bound either.
        kl_per_dimension: (d,) mean KL of each latent's marginal, or None where it has no form.
        means: (N, D) float32 posterior means.
        samples: Draws from q for each datum.
    """

    reconstruction: Floats
    kl: Floats
    kl_kind: divergence.Kind
    kl_per_dimension: Floats | None
    means: NDArray[np.float32]
    samples: int

    @property
    def bound(self) -> Floats:
        """ELBO(x) = E_q[log p(x|z)] - KL(q(z|x) || p(z))."""
        return self.reconstruction - self.kl


@dataclass(frozen=True, slots=True, eq=False)
class Importance:
    """log 1/K sum_k w_k of N data, w_k = p(x, z_k) / q(z_k|x), z_k from q.

    Args:
        log_likelihood: (N,) nats; in expectation below log p(x), rising with K.
        effective_samples: (N,) (sum w)^2 / sum w^2, between 1 and K.
        curve_k: (P,) numbers of samples.
        curve: (P,) mean nats with the first curve_k samples.
    """

    log_likelihood: Floats
    effective_samples: Floats
    curve_k: NDArray[np.int64]
    curve: Floats


@torch.inference_mode()
def elbo(
    vae: Scored,
    x: NDArray[np.float32],
    *,
    samples: int,
    generator: Generator,
    closed: bool = True,
    report: Report | None = None,
) -> Bound:
    """The ELBO of data (N, C, H, W), by the mean over `samples` draws from q for each.

    The KL is exact where it has a closed form; `closed=False` takes the sampled form all the same.
    """
    n = len(x)
    reconstruction, kls = np.empty(n), np.empty(n)
    means = np.empty((n, vae.z_dim), dtype=np.float32)
    shares: Floats | None = np.zeros(vae.spec.latent_dim)
    kind: divergence.Kind = "closed"
    for rows, part in blocks(vae, x, max(1, at_once(vae) // samples)):
        q = vae.q(part)
        z, log_q = q.rsample(noise(q.eps_shape(samples), generator, part.device))
        reconstruction[rows] = numbers(wide(vae.log_likelihood(part, z)).mean(0))
        if closed or not bool(log_q.isfinite().all()):
            kl, kind = divergence.kl(q, vae.prior, z, log_q)
        else:
            kl, kind = divergence.sampled(vae.prior, z, log_q), "sampled"
        kls[rows] = numbers(wide(kl).mean(0) if kl.dim() == 2 else wide(kl))
        means[rows] = q.mean.cpu().numpy()
        marginal = divergence.per_dimension(q, vae.prior)
        if marginal is None or shares is None:
            shares = None
        else:
            shares += numbers(wide(marginal).sum(0)) / n
        if report is not None:
            report(rows.stop / n)
    return Bound(reconstruction, kls, kind, shares, means, samples)


@torch.inference_mode()
def importance(
    vae: Scored,
    x: NDArray[np.float32],
    *,
    samples: int,
    generator: Generator,
    report: Report | None = None,
) -> Importance:
    """Importance sampling of log p(x) with K = `samples` draws from q (Burda et al., 2016).

    Memory is bounded whatever K. For d <= 2 it fails quietly where q misses a part of the true
    posterior: quadrature is the figure to report there.
    """
    n = len(x)
    log_likelihood, effective = np.empty(n), np.empty(n)
    curve_k = _curve_points(samples)
    curve = np.zeros(len(curve_k))
    for rows, part in blocks(vae, x, at_once(vae), most=ROWS_OF_WEIGHTS):
        tick = None if report is None else part_of(report, rows, n)
        log_w = log_weights(vae, part, samples, generator, tick)  # (K, B)
        total = log_w.logsumexp(0)
        log_likelihood[rows] = numbers(total - math.log(samples))
        effective[rows] = numbers(torch.exp(2 * total - (2 * log_w).logsumexp(0)))
        running = log_w.logcumsumexp(0)[curve_k - 1].sum(1)  # (P,)
        curve += (numbers(running) - len(part) * np.log(curve_k)) / n
    return Importance(log_likelihood, effective, curve_k, curve)


def active_units(means: NDArray[np.floating]) -> int:
    """Latents with Var_x(E_q[z_j]) > 0.01, from means (N, d) (Burda et al., 2016).

    Example:
        >>> active_units(np.array([[0.0, 1.0], [0.0, -1.0]]))
        1
    """
    return int((means.astype(np.float64).var(0) > ACTIVE_VARIANCE).sum())


def log_weights(
    vae: Scored, x: Tensor, samples: int, generator: Generator, report: Report | None = None
) -> Tensor:
    """log w_k = log p(x|z_k) + log p(z_k) - log q(z_k|x): (K, B) float64."""
    q = vae.q(x)
    size = max(1, at_once(vae) // max(1, x.numel()))
    parts = []
    for start in range(0, samples, size):
        eps = noise(q.eps_shape(min(size, samples - start)), generator, x.device)
        z, log_q = q.rsample(eps)
        # In float64 from here on: a log-sum-exp of sums over many pixels.
        log_w = wide(vae.log_likelihood(x, z)) + wide(vae.prior.log_prob(z)) - wide(log_q)
        parts.append(log_w)  # (k, B)
        if report is not None:
            report(min(1.0, (start + size) / samples))
    return torch.cat(parts)


def part_of(report: Report, rows: slice, total: int) -> Report:
    """Tell of the fraction of a block as that of the whole."""
    return lambda fraction: report((rows.start + fraction * (rows.stop - rows.start)) / total)


def _curve_points(samples: int) -> NDArray[np.int64]:
    """1, 2, 5, 10, ... up to and with `samples`."""
    steps = [a * 10**b for b in range(10) for a in (1, 2, 5)]
    return np.array([k for k in steps if k < samples] + [samples])


def at_once(vae: Scored) -> int:
    """Pixels of the decodes that suit the device: a processor's cache, a GPU's breadth."""
    cuda = next(vae.parameters()).device.type == "cuda"
    return PIXELS_ON_A_GPU if cuda else PIXELS_AT_ONCE


def blocks(
    vae: Scored, x: NDArray[np.float32], pixels: int, *, most: int = 4096
) -> Iterator[tuple[slice, Tensor]]:
    """Rows and their data on the VAE's device, `pixels` or `most` data at a time."""
    device = next(vae.parameters()).device
    size = max(1, min(most, pixels // math.prod(vae.spec.shape)))
    for start in range(0, len(x), size):
        # A copy: torch warns of memory that can't be written, and data sets can't.
        part = torch.from_numpy(np.array(x[start : start + size], dtype=np.float32))
        yield slice(start, start + len(part)), part.to(device)


def noise(shape: tuple[int, ...], generator: Generator, device: torch.device) -> Tensor:
    """Standard normal noise, drawn on the CPU: the same on every device."""
    return torch.randn(shape, generator=generator).to(device)


def wide(values: Tensor) -> Tensor:
    """In float64, on the CPU where the device has none (Apple's MPS)."""
    return (values.cpu() if values.device.type == "mps" else values).double()


def numbers(values: Tensor) -> Floats:
    """A tensor as float64 numpy."""
    return np.asarray(values.cpu().numpy(), dtype=np.float64)
