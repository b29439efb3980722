"""The compact engine with the weights that ship."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.base import ModelInvalid, ModelMissing
from engines.colorize.compact.engine import CompactEngine
from engines.oklab import grey_to_lightness, oklab_to_srgb, srgb_to_oklab
from engines.testing.contract import PROCESSOR, EngineContract, drawn_page, flat_reference, ignore_step, request_of
from models.catalog import load_catalog
from models.store import SHIPPED_WEIGHTS

pytestmark = pytest.mark.slow


class TestCompactEngine(EngineContract):
    @pytest.fixture
    def engine(self) -> CompactEngine:
        return CompactEngine()

    @pytest.mark.parametrize("hue", [0.5, 2.5, 4.4])
    def test_what_the_reference_shows_takes_its_colour(self, loaded: CompactEngine, hue: float) -> None:
        page = drawn_page()
        figure = page == 170
        lab = np.dstack([grey_to_lightness(page), np.zeros((*page.shape, 2), np.float32)])
        lab[figure, 1:] = 0.11 * np.cos(hue), 0.11 * np.sin(hue)
        lab[page == 90, 1:] = 0.08 * np.cos(hue + 2), 0.08 * np.sin(hue + 2)
        found = loaded.colorize(request_of(page, oklab_to_srgb(lab)), ignore_step).oklab
        inside = cv2.resize(figure.astype(np.float32), found.shape[1::-1], interpolation=cv2.INTER_AREA) > 0.99
        a, b = found[inside][:, 1:].mean(0)
        turned = (np.arctan2(b, a) - hue + np.pi) % (2 * np.pi) - np.pi
        assert abs(turned) < 0.5
        assert np.hypot(a, b) > 0.05

    def test_several_references_are_all_used(self, loaded: CompactEngine) -> None:
        page = drawn_page()
        alone = loaded.colorize(request_of(page, flat_reference(0.5)), ignore_step).oklab
        both = loaded.colorize(request_of(page, flat_reference(0.5), flat_reference(3.5)), ignore_step).oklab
        assert not np.allclose(alone, both)

    def test_several_may_use_it_at_once_and_it_may_be_unloaded_meanwhile(self, loaded: CompactEngine) -> None:
        assert loaded.is_reentrant
        requests = [request_of(drawn_page(360 + 32 * at), flat_reference(0.5)) for at in range(3)]
        alone = [loaded.colorize(one, ignore_step).oklab.tobytes() for one in requests]
        begun = threading.Barrier(len(requests))

        def meet(step: int, steps: int, preview: object = None) -> None:
            if step == 1:
                begun.wait(20)
                loaded.unload()

        with ThreadPoolExecutor(len(requests)) as pool:
            together = list(pool.map(lambda one: loaded.colorize(one, meet).oklab.tobytes(), requests))
        assert together == alone

    def test_a_reference_without_colour_is_none(self, loaded: CompactEngine) -> None:
        page, vivid = drawn_page(), flat_reference(0.5)
        grey = np.dstack([cv2.resize(page, (300, 400))] * 3)
        plain = loaded.colorize(request_of(page), ignore_step).oklab
        assert np.array_equal(loaded.colorize(request_of(page, grey), ignore_step).oklab, plain)
        with_grey = loaded.colorize(request_of(page, vivid, grey), ignore_step).oklab
        assert np.hypot(*with_grey[..., 1:].mean((0, 1))) > 0.01

    @pytest.mark.parametrize("shape", [(4000, 400), (1600, 200), (4000, 200), (200, 1600)])
    def test_tiles_of_a_strip_leave_no_seam(self, loaded: CompactEngine, shape: tuple[int, int]) -> None:
        # Even ground, but for its ends: any step in the colour would come from the tiles.
        steps: list[int] = []
        chroma = loaded.colorize(
            request_of(np.full(shape, 170, np.uint8), flat_reference(0.5)),
            lambda _, count, __=None: steps.append(count),
        ).oklab[..., 1:]
        along = int(np.argmax(shape))
        inner = np.take(chroma, np.arange(100, chroma.shape[along] - 100), axis=along)
        assert steps[-1] > 3, "one tile has no seam"
        assert np.abs(np.diff(inner, axis=along)).max() < 0.01


def test_weights_that_were_tampered_with_are_refused(tmp_path: Path) -> None:
    for file in load_catalog()["compact"].files:
        (tmp_path / file.name).write_bytes((SHIPPED_WEIGHTS / file.name).read_bytes())
    painter = tmp_path / "compact-painter.onnx"
    painter.write_bytes(painter.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelInvalid, match="compact-painter"):
        CompactEngine(tmp_path).load(PROCESSOR)


def test_a_file_that_is_no_network_is_refused(tmp_path: Path) -> None:
    card = load_catalog()["compact"]
    for file in card.files:
        (tmp_path / file.name).write_bytes((SHIPPED_WEIGHTS / file.name).read_bytes())
    (tmp_path / "compact-encoder.onnx").write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    files = tuple(replace(f, sha256=empty) if "encoder" in f.name else f for f in card.files)
    with pytest.raises(ModelInvalid):
        CompactEngine(tmp_path, replace(card, files=files)).load(PROCESSOR)


def test_missing_weights_are_named(tmp_path: Path) -> None:
    engine = CompactEngine(tmp_path)
    assert not engine.viability().ok
    assert "compact-encoder.onnx" in engine.viability().reason
    with pytest.raises(ModelMissing):
        engine.weights_digests()
    with pytest.raises(ModelMissing):
        engine.load(PROCESSOR)


def test_colouring_a_page_imports_no_torch() -> None:
    code = (
        "import sys\n"
        "from engines.registry import get\n"
        "from engines.testing.contract import PROCESSOR, drawn_page, ignore_step, request_of\n"
        "engine = get('compact')\n"
        "engine.load(PROCESSOR)\n"
        "lab = engine.colorize(request_of(drawn_page()), ignore_step).oklab\n"
        "heavy = {'torch', 'pandas', 'diffusers'} & sys.modules.keys()\n"
        "raise SystemExit(f'imported {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_lightness_of_the_result_is_the_pages_own() -> None:
    engine = CompactEngine()
    engine.load(PROCESSOR)
    page = drawn_page(480, 320)
    lab = engine.colorize(request_of(page), ignore_step).oklab
    grey = srgb_to_oklab(np.repeat(page[..., None], 3, axis=2))[..., 0]
    assert abs(float(lab[..., 0].mean()) - float(grey.mean())) < 0.02
