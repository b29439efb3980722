"""Closure-Lite as its recipe exports it: the graph sees what the network sees, and pages are embedded with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from engines.base import ModelInvalid, ModelMissing
from engines.embed.closure import ClosureNetwork, ClosurePage
from engines.embed.panels import letters
from host.library.embed.vectors import by_closure
from host.library.understand.entries import BookAnalysis, PageEntry, VolumeAnalysis
from host.library.understand.shelf import AnalysedPage
from host.pipeline.records.page_meta import PageMeta, Panel
from models.store import SHIPPED_WEIGHTS
from tests.models.test_closure_recipe import TINY, list_file  # noqa: F401 - a fixture
from training.closure.data import PageReader, read_specs
from training.closure.export import export
from training.closure.learner import ClosureRun, load_network

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    run = ClosureRun(TINY)
    run.save(tmp_path / "toy.pth")
    return tmp_path / "toy.pth"


def analysed(folder: Path) -> AnalysedPage:
    book = BookAnalysis(place="v", within=0, pages=1)
    volume = VolumeAnalysis(place="v", path=str(folder), stamp="", order="", books=(book,))
    return AnalysedPage(volume, book, PageEntry(id="v/1.png", name="1.png", stem="1", number=0), folder)


def test_the_graph_sees_what_the_network_sees(checkpoint: Path, list_file: Path, tmp_path: Path) -> None:  # noqa: F811
    from PIL import Image

    network = ClosureNetwork(export(checkpoint, tmp_path / "closure.onnx"))
    trained, config = load_network(checkpoint)
    spec = read_specs(list_file, list_file.parent)[2]
    page = np.asarray(Image.open(spec.picture).convert("RGB"))
    found = network.read(page, spec.boxes, spec.texts)
    batch = PageReader(config).batch([spec], [[0, 1, 2, 3]])
    with torch.inference_mode():
        panels = trained.panels(batch)
        pooled = trained.pooled(panels, batch.mask)
        following = trained.next_logits(panels, batch.geometry, batch.mask, config.losses.temperature)
    np.testing.assert_allclose(found.panels, panels[0].numpy(), atol=1e-4)
    np.testing.assert_allclose(found.page, pooled.page[0].numpy(), atol=1e-4)
    np.testing.assert_allclose(found.attention, pooled.attention[0].numpy(), atol=1e-4)
    np.testing.assert_allclose(found.following, following[0].numpy(), atol=1e-3)
    alone = network.read(page, spec.boxes[:1], spec.texts[:1])
    assert (alone.panels.shape, alone.order()) == ((1, 16), [0])
    again = ClosureNetwork(tmp_path / "closure.onnx")
    assert (again.width, again.version) == (16, network.version)

    boxes = [(left, top, left + 45, top + 45) for left, top in ((0, 0), (50, 50))]
    meta = PageMeta.model_validate(
        {"size": (100, 100), "pixels_sha256": "0" * 64, "kind": "story", "direction": "ltr"}
    ).model_copy(update={"panels": tuple(Panel(box=box, order=at, score=1) for at, box in enumerate(boxes))})
    row = by_closure(network)(analysed(tmp_path), meta, page, 12)
    assert row.panels.shape == (2, 16)
    assert sorted(row.order.tolist()) == [-1.0, 0.0]
    assert row.attention.sum() == pytest.approx(1, abs=1e-5)


def test_the_order_is_a_chain_from_the_panel_that_follows_none() -> None:
    logits = np.full((3, 3), -5.0, np.float32)
    logits[2, 0] = logits[0, 1] = 5.0
    np.fill_diagonal(logits, -np.inf)
    page = ClosurePage(np.zeros((3, 2), np.float32), np.zeros(2, np.float32), np.full(3, 1 / 3, np.float32), logits)
    assert page.order() == [2, 0, 1]


def test_what_is_no_such_network_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing):
        ClosureNetwork(tmp_path / "nothing.onnx")
    with pytest.raises(ModelInvalid, match="no Closure-Lite"):
        ClosureNetwork(SHIPPED_WEIGHTS / "embed-compact.onnx")
    assert letters("ab", 4).tolist() == [0, 101, 102, 2]
    assert letters("", 4).tolist() == [0, 2, 1, 1]
