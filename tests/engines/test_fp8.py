"""Which matrices of a file stay at few bits, and which are restored: each for what stands beside it."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from engines.base import ModelInvalid
from engines.colorize.diffusion.fp8 import kept, restored

ROWS, COLUMNS = 16, 32


def eight(scale: Any) -> dict[str, Any]:
    weight = torch.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS).remainder(7).to(torch.float8_e4m3fn)
    return {"a.weight": weight, "a.weight_scale": scale, "a.bias": torch.ones(ROWS)}


def four(**beside: Any) -> dict[str, Any]:
    codes = torch.arange(ROWS * COLUMNS // 2, dtype=torch.uint8).reshape(ROWS, COLUMNS // 2)
    scales = torch.ones(ROWS, COLUMNS // 16).to(torch.float8_e4m3fn)
    tensors = {"a.weight": codes, "a.weight_scale": scales, "a.weight_scale_2": torch.tensor(0.5)}
    return tensors | {f"a.{name}": value for name, value in beside.items()}


def test_four_bits_stay_where_what_the_activations_were_is_told() -> None:
    out = kept(four(input_scale=torch.tensor([0.25])), torch.bfloat16, "f")
    assert out is not None
    assert out["a.weight"].dtype == torch.uint8
    assert (out["a.input_scale"].shape, float(out["a.input_scale"])) == ((), 0.25)
    assert float(out["a.weight_scale_2"]) == 0.5


def test_four_bits_alone_are_restored() -> None:
    tensors = four() | {f"b.{name}": value for name, value in (
        ("weight", eight(1)["a.weight"]), ("weight_scale", torch.tensor(2.0)),
    )}  # fmt: skip
    out = kept(tensors, torch.float32, "f")
    assert out is not None
    assert (out["a.weight"].dtype, tuple(out["a.weight"].shape)) == (torch.float32, (ROWS, COLUMNS))
    assert torch.equal(out["a.weight"], restored(tensors, torch.float32, "f")["a.weight"])
    assert out["b.weight"].dtype == torch.float8_e4m3fn
    assert kept(four(), torch.float32, "f") is None


@pytest.mark.parametrize("scale", [torch.tensor(2.0), torch.full((ROWS,), 2.0), torch.full((ROWS, 1), 2.0)])
def test_eight_bits_stay_with_a_scale_for_each_row(scale: Any) -> None:
    tensors = eight(scale)
    out = kept(tensors, torch.float32, "f")
    assert out is not None
    assert torch.equal(out["a.weight_scale"], torch.full((ROWS,), 2.0))
    assert out["a.weight"] is tensors["a.weight"]
    assert torch.equal(out["a.bias"], torch.ones(ROWS))
    assert torch.equal(restored(tensors, torch.float32, "f")["a.weight"], tensors["a.weight"].float() * 2)


def test_a_scale_of_another_form_is_refused() -> None:
    with pytest.raises(ModelInvalid):
        kept(eight(torch.ones(ROWS - 1)), torch.float32, "f")
