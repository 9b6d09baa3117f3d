"""log sum exp: that of torch, its gradient, and what has no finite term."""

from __future__ import annotations

import pytest
import torch

from latentlab.models.sums import logsumexp


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_it_is_torchs_where_terms_underflow_and_where_not(dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(0)
    for scale in (1.0, 50.0, 5000.0):
        values = scale * torch.randn(40, 7, 30, generator=generator, dtype=dtype)
        for dim in (0, 1, -1):
            expected = torch.logsumexp(values, dim)
            assert torch.allclose(logsumexp(values, dim), expected, rtol=1e-6, atol=1e-6)


def test_its_gradient_is_the_softmax() -> None:
    values = (20 * torch.randn(9, 6, dtype=torch.float64)).requires_grad_()
    (slope,) = torch.autograd.grad(logsumexp(values, 1).sum(), values)
    assert torch.allclose(slope, values.softmax(1), atol=1e-12)


def test_a_row_without_a_finite_term_is_minus_infinity() -> None:
    values = torch.tensor([[-torch.inf, -torch.inf], [-torch.inf, 2.0]])
    assert logsumexp(values, 1).tolist() == [-torch.inf, 2.0]
