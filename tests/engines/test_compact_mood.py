"""Where the painter says that it is unsure, a page takes on the mood of its references."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.colorize.compact.engine import PAINTER_FILE, CompactEngine
from engines.colorize.compact.mood import hedged, mood_of
from engines.colorize.compact.network import Tokens
from engines.oklab import oklab_to_srgb
from engines.testing import PROCESSOR, drawn_page, ignore_step, request_of
from models.catalog import load_catalog
from models.store import SHIPPED_WEIGHTS

DARK, LIGHT = (0.1, 0.05), (-0.02, -0.09)


def two_moods() -> np.ndarray:
    """Return a reference whose dark half is red and whose light half is blue."""
    lab = np.zeros((192, 192, 3), np.float32)
    lab[:96], lab[96:] = (0.4, *DARK), (0.75, *LIGHT)
    return oklab_to_srgb(lab)


def test_each_lightness_has_a_mood_of_its_own() -> None:
    values = np.repeat([[*DARK, 0, 0], [*LIGHT, 0, 0]], 50, axis=0)[None].astype(np.float32)
    lightness = np.repeat([0.3, 0.8], 50)[None].astype(np.float32)
    tokens = Tokens(np.zeros((1, 100, 4), np.float32), values, lightness)
    mood = mood_of(tokens, np.array([[0.3, 0.8]], np.float32))
    assert np.abs(mood - [[DARK, LIGHT]]).max() < 0.01


def test_chroma_fades_to_the_mood_with_doubt() -> None:
    chroma, mood = np.full((1, 3, 2), 0.1, np.float32), np.zeros((1, 3, 2), np.float32)
    found = hedged(chroma, np.array([[0, 0.5, 1]], np.float32), mood)
    assert np.allclose(found[0, :, 0], [0, 0.05, 0.1])


@pytest.mark.parametrize("confidence", [0.0, 1.0])
def test_a_painter_that_tells_its_confidence_is_heard(tmp_path: Path, confidence: float) -> None:
    plain, candid = (engine_of(tmp_path / str(said), said) for said in (None, confidence))
    request = request_of(drawn_page(), two_moods())
    labs = []
    for engine in (plain, candid):
        engine.load(PROCESSOR)
        labs.append(engine.colorize(request, ignore_step).oklab)
    sure, told = labs
    if confidence == 1:
        assert np.abs(sure - told).max() < 1e-6
        return
    dark, light = (np.abs(told[..., 0] - lightness) < 0.08 for lightness in (0.45, 0.75))
    assert np.abs(told[dark][:, 1:].mean(0) - DARK).max() < 0.03
    assert np.abs(told[light][:, 1:].mean(0) - LIGHT).max() < 0.03


def engine_of(folder: Path, confidence: float | None) -> CompactEngine:
    """Return the shipped engine with a painter that is equally sure everywhere; None: that does not say how sure."""
    onnx = pytest.importorskip("onnx")
    card = load_catalog()["compact"]
    folder.mkdir()
    for file in card.files:
        (folder / file.name).write_bytes((SHIPPED_WEIGHTS / file.name).read_bytes())
    model = onnx.load(str(folder / PAINTER_FILE))
    kept = [output for output in model.graph.output if output.name == "chroma"]
    del model.graph.output[:]
    model.graph.output.extend(kept)
    if confidence is not None:
        say(model, confidence)
    onnx.save(model, str(folder / PAINTER_FILE))
    content = (folder / PAINTER_FILE).read_bytes()
    files = tuple(
        replace(file, sha256=sha256(content).hexdigest(), bytes=len(content)) if file.name == PAINTER_FILE else file
        for file in card.files
    )
    return CompactEngine(folder, replace(card, files=files))


def say(model: Any, confidence: float) -> None:
    """Give a painter's graph a second output that is this number everywhere."""
    onnx = pytest.importorskip("onnx")
    constants = {"first": ([0], np.int64), "last": ([1], np.int64), "axis": ([1], np.int64)}
    constants |= {"none": ([0.0], np.float32), "sure": ([confidence], np.float32)}
    for name, (values, kind) in constants.items():
        model.graph.initializer.append(onnx.numpy_helper.from_array(np.array(values, kind), f"told.{name}"))
    nodes = [
        ("Slice", ["chroma", "told.first", "told.last", "told.axis"], "told.plane"),
        ("Mul", ["told.plane", "told.none"], "told.nothing"),
        ("Add", ["told.nothing", "told.sure"], "confidence.said"),
    ]
    for kind, inputs, output in nodes:
        model.graph.node.append(onnx.helper.make_node(kind, inputs, [output]))
    for node in model.graph.node:
        for index, name in enumerate(node.output):
            if name == "confidence":
                node.output[index] = "confidence.before"
    model.graph.node[-1].output[0] = "confidence"
    model.graph.output.append(onnx.helper.make_tensor_value_info("confidence", onnx.TensorProto.FLOAT, None))
