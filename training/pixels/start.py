"""The weights that ship as the beginning of a run: a graph whose normalisation was folded away, unfolded again.

In a graph every convolution has its normalisation in its weights. Measured on pages, each is given back the mean and
the spread of what it sees, so that the network answers the same and can go on learning.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from training.pixels.network import PixelNetwork


def begin_with(network: PixelNetwork, weights: Path, pages: Iterable[NDArray[np.float32]]) -> None:
    """Give a network the weights of an exported graph; pages: batches `(n, 1, h, w)` 0..1 to measure on.

    Raises:
        OSError: there is no such file. ValueError: it is of another network.
    """
    taken, order = _convolutions(weights), _in_order(network)
    if [kernel.shape for kernel, _ in taken] != [tuple(one.weight.shape) for one in order]:
        raise ValueError(f"{weights.name} holds another network than the settings describe")
    norms = _norms(network)
    with torch.no_grad():
        for ours, (kernel, bias) in zip(order, taken, strict=True):
            ours.weight.copy_(torch.from_numpy(kernel))
            norm = norms.get(ours)
            if bias is not None and norm is not None:
                _set(norm, torch.zeros(len(bias)), torch.full((len(bias),), 1 - norm.eps))
                norm.weight.fill_(1)
                norm.bias.copy_(torch.from_numpy(bias))
            elif bias is not None and ours.bias is not None:
                ours.bias.copy_(torch.from_numpy(bias))
        _measure(network, list(norms.values()), pages)


def _convolutions(weights: Path) -> list[tuple[NDArray[np.float32], NDArray[np.float32] | None]]:
    """Return kernels and biases in the order in which the graph runs them; weights may be stored as float16."""
    graph = onnx.load(str(weights)).graph
    held = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] in held:
            held[node.output[0]] = held[node.input[0]]
    found = []
    for node in graph.node:
        if node.op_type == "Conv":
            kernel, *bias = (np.array(held[name], np.float32) for name in node.input[1:])
            found.append((kernel, bias[0] if bias else None))
    return found


def _in_order(network: nn.Module) -> list[nn.Conv2d]:
    """Return the convolutions in the order in which the network runs them."""
    found: list[nn.Conv2d] = []
    handles = [
        one.register_forward_hook(lambda module, *_: found.append(module))
        for one in network.modules()
        if isinstance(one, nn.Conv2d)
    ]
    with torch.no_grad():
        network(torch.zeros(1, 1, 64, 64))
    for handle in handles:
        handle.remove()
    return found


def _norms(network: nn.Module) -> dict[nn.Conv2d, nn.BatchNorm2d]:
    """Return the normalisation that follows each convolution."""
    pairs = (pair for one in network.modules() if isinstance(one, nn.Sequential) for pair in pairwise(one))
    return {a: b for a, b in pairs if isinstance(a, nn.Conv2d) and isinstance(b, nn.BatchNorm2d)}


def _measure(network: nn.Module, norms: list[nn.BatchNorm2d], pages: Iterable[NDArray[np.float32]]) -> None:
    """Let each normalisation subtract what is there on the whole, and add it again."""
    sums: dict[nn.Module, list[Tensor]] = {one: [] for one in norms}

    def note(module: nn.Module, given: tuple[Tensor, ...], _: Tensor) -> None:
        seen = given[0].transpose(0, 1).flatten(1).double()
        sums[module].append(torch.stack([seen.mean(1), seen.square().mean(1)]))

    handles = [one.register_forward_hook(note) for one in norms]
    was = network.training
    network.eval()
    for page in pages:
        network(torch.from_numpy(page))
    network.train(was)
    for handle in handles:
        handle.remove()
    for norm in norms:
        mean, square = torch.stack(sums[norm]).mean(0).float()
        spread = (square - mean.square()).clamp_min(0)
        norm.weight.mul_((spread + norm.eps).sqrt())
        norm.bias.add_(mean)
        _set(norm, mean, spread)


def _set(norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor) -> None:
    """Let a normalisation take that for what it has seen."""
    if norm.running_mean is not None and norm.running_var is not None:
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
