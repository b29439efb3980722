"""The measure of seams: it sees one that is there, and none where there is none."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch

from bench.seams import Network, measure, page


def test_a_seam_is_measured_without_a_margin_and_not_with_one() -> None:
    kernel = torch.full((3, 1, 9, 9), 1 / 81)

    def blur(given: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.conv2d(given, kernel, padding=4, groups=3)

    network = Network("a blur that looks 4 pixels far", blur, 1)
    without, wide = (measure(network, page(120), margin) for margin in (0, 8))
    assert wide["largest"] <= 1
    assert without["largest"] > 20
    assert without["at borders, mean"] > 5 * without["elsewhere, mean"]
