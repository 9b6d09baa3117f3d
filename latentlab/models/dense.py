"""Fully connected layers with ReLU between them, as one node of the graph while they learn.

Autograd would keep some ten nodes for three layers. On a computer that something else keeps busy
each of them may wait for a thread: with their derivative written out a small step was seen to take
half the time there, and a tenth less on an idle one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn.functional import linear, relu


def dense(
    layers: Sequence[nn.Linear], x: Tensor, *, learns: bool, wide: int = 0, last: bool = False
) -> Tensor:
    """x (B, D_0) through all layers: (B, D_n), in autocast's type where autocast is on.

    Args:
        layers: One after the other.
        learns: First derivatives will be asked for, and nothing else.
        wide: So many of the first layers are of full precision even inside autocast.
        last: Whether ReLU follows the last one too.

    Example:
        >>> layers = [nn.Linear(3, 8), nn.Linear(8, 2)]
        >>> x = torch.randn(5, 3)
        >>> a, b = (dense(layers, x, learns=learns) for learns in (True, False))
        >>> bool(torch.allclose(a, b, atol=1e-6)), a.shape
        (True, torch.Size([5, 2]))
    """
    kind = x.device.type
    own = layers[0].weight.dtype
    half = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else own
    types = tuple(own if place < wide else half for place in range(len(layers)))
    with torch.autocast(kind, enabled=False):
        if learns:
            parameters = [p for layer in layers for p in (layer.weight, layer.bias)]
            found: Tensor = _Dense.apply(x, types, last, *parameters)  # type: ignore[no-untyped-call]
            return found
        for place, (layer, dtype) in enumerate(zip(layers, types, strict=True)):
            x = linear(x.to(dtype), layer.weight.to(dtype), layer.bias.to(dtype))
            x = relu(x) if last or place < len(layers) - 1 else x
    return x


class _Dense(Function):
    """`dense` and its derivative; gradients of parameters have the parameters' type."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, types: tuple[torch.dtype, ...], last: bool, *parameters: Tensor
    ) -> Tensor:
        inputs, weights = [], []
        for place, dtype in enumerate(types):
            weight, bias = (p.to(dtype) for p in parameters[2 * place : 2 * place + 2])
            inputs.append(x := x.to(dtype))
            weights.append(weight)
            x = torch.addmm(bias, x, weight.t())  # (B, D_i)
            if last or place < len(types) - 1:
                x = x.relu_()
        ctx.types, ctx.last, ctx.own = types, last, parameters[0].dtype
        ctx.save_for_backward(*inputs, *weights, x)
        return x

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        count = len(ctx.types)
        inputs, weights = ctx.saved_tensors[:count], ctx.saved_tensors[count:-1]
        outputs = (*inputs[1:], ctx.saved_tensors[-1])
        found: list[Tensor | None] = []
        for place in reversed(range(count)):
            if ctx.last or place < count - 1:
                slope = torch.ops.aten.threshold_backward(slope, outputs[place].to(slope), 0)
            slope = slope.to(ctx.types[place])
            found += [slope.sum(0, dtype=ctx.own), (slope.t() @ inputs[place]).to(ctx.own)]
            if place or ctx.needs_input_grad[0]:
                slope = slope @ weights[place]
        return (slope if ctx.needs_input_grad[0] else None), None, None, *reversed(found)
