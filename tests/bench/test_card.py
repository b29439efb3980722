"""The bench of the graphics card, tried small on the processor: every case runs, and its figures are sane."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bench import card
from bench.full_klein import build_full
from engines.colorize.flux2.files import find_klein
from engines.colorize.flux2.info import KLEIN_4B

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def test_every_case_runs_and_has_its_figures(
    tmp_path: Path, irodori_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(card, "RUNS", 2)
    out = tmp_path / "figures.json"
    assert card.main(["--toy", "--pixels", "4096", "--minutes", "60", "--out", str(out)]) == 0
    told = json.loads(out.read_text("utf-8"))
    done = [(one["files"], one["policy"], one["references"]) for one in told]
    assert done == [
        ("bf16", "full", 1), ("bf16", "full", 3), ("fp8", "full", 1), ("fp8", "full", 3),
        ("bf16", "layerwise_fp8", 1), ("fp8", "layerwise_fp8", 1), ("base", "full", 1),
        ("base, attention kept", "full", 1),
    ]  # fmt: skip
    assert all(one["bare_s"] > 0 and one["engine_s"] > 0 and one["peak_mib"] > 0 for one in told)
    assert all(0 < one["lane_busy_01"] <= 1 for one in told)
    assert capsys.readouterr().out.count("| layerwise_fp8 |") == 2


def test_what_does_not_fit_into_the_time_is_named(irodori_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert card.main(["--toy", "--pixels", "4096", "--minutes", "0"]) == 0
    assert capsys.readouterr().out.count("left out: ") == 8


def test_the_full_model_has_the_architecture_that_the_engine_knows(tmp_path: Path) -> None:
    """At an eighth of its widths: what the shapes say is what the real one has."""
    files = find_klein(build_full(tmp_path / "klein", "cpu", scale=8), replace(KLEIN_4B, hidden=384))
    assert (files.transformer_is.head, files.transformer_is.hidden, files.transformer_is.joint) == (128, 384, 960)
    assert (files.text_encoder_is.layers, files.text_encoder_is.head) == (28, 128)
    assert files.vae_is.encoder_channels == (128, 256, 512, 512)
    assert "BF16" in files.transformer.dtypes
