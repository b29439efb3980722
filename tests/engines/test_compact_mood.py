"""Where the painter says that it is unsure, a page takes on the mood of its references."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.colorize.compact.engine import PAINTER_FILE, CompactEngine
from engines.colorize.compact.mood import Mood, hedged, mood_of
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


def tinged() -> np.ndarray:
    """Return a reference with many colours at every lightness, most of them warm."""
    rng = np.random.default_rng(4)
    lab = np.empty((24, 24, 3), np.float32)
    lab[..., 0], hue = rng.uniform(0.3, 0.8, (24, 24)), rng.uniform(0, 2 * np.pi, (24, 24))
    lab[..., 1], lab[..., 2] = 0.05 * np.cos(hue) + 0.06, 0.05 * np.sin(hue) + 0.03
    return oklab_to_srgb(np.repeat(np.repeat(lab, 8, axis=0), 8, axis=1))


def test_each_lightness_has_a_mood_of_its_own() -> None:
    values = np.repeat([[*DARK, 0, 0], [*LIGHT, 0, 0]], 50, axis=0)[None].astype(np.float32)
    lightness = np.repeat([0.3, 0.8], 50)[None].astype(np.float32)
    tokens = Tokens(np.zeros((1, 100, 4), np.float32), values, lightness)
    mood = mood_of(tokens, np.array([[0.3, 0.8]], np.float32))
    assert np.abs(mood.chroma - [[DARK, LIGHT]]).max() < 0.01
    assert mood.agreement.min() > 0.9


def test_opposite_colours_of_one_lightness_do_not_agree() -> None:
    values = np.repeat([[*DARK, 0, 0], [-DARK[0], -DARK[1], 0, 0]], 50, axis=0)[None].astype(np.float32)
    tokens = Tokens(np.zeros((1, 100, 4), np.float32), values, np.full((1, 100), 0.5, np.float32))
    mood = mood_of(tokens, np.array([[0.5]], np.float32))
    assert np.abs(mood.chroma).max() < 1e-6
    assert mood.agreement.max() < 0.05


def test_the_mood_is_as_strong_as_it_is_agreed_on_where_there_is_doubt() -> None:
    chroma, nothing = np.full((1, 3, 2), 0.1, np.float32), np.zeros((1, 3, 2), np.float32)
    agreement = np.array([[0, 0.5, 1]], np.float32)
    doubtful, sure = (hedged(chroma, np.full((1, 3), said, np.float32), Mood(nothing, agreement)) for said in (0, 1))
    assert np.allclose(doubtful[0, :, 0], [0.1, 0.1 * 0.5 * 15 / 16, 0])
    assert np.allclose(sure[0, :, 0], [0.1, 0.1 * 15 / 16, 0])


def test_where_lightness_alone_tells_the_colour_it_does() -> None:
    engine = CompactEngine()
    engine.load(PROCESSOR)
    lab = engine.colorize(request_of(drawn_page(), two_moods()), ignore_step).oklab
    dark, light = (np.abs(lab[..., 0] - lightness) < 0.08 for lightness in (0.45, 0.75))
    assert np.abs(lab[dark][:, 1:].mean(0) - DARK).max() < 0.05
    assert np.abs(lab[light][:, 1:].mean(0) - LIGHT).max() < 0.05


def test_the_painters_doubt_is_heard(tmp_path: Path) -> None:
    request = request_of(drawn_page(), tinged())
    doubtful, sure = (engine_of(tmp_path / str(said), said) for said in (0.0, 1.0))
    apart = []
    for engine in (doubtful, sure):
        engine.load(PROCESSOR)
        chroma = engine.colorize(request, ignore_step).oklab[..., 1:]
        apart.append(float(np.abs(chroma - chroma.mean((0, 1))).mean()))
    assert apart[0] < 0.8 * apart[1]


def engine_of(folder: Path, confidence: float) -> CompactEngine:
    """Return the shipped engine with a painter that is equally sure everywhere."""
    onnx = pytest.importorskip("onnx")
    card = load_catalog()["compact"]
    folder.mkdir()
    for file in card.files:
        (folder / file.name).write_bytes((SHIPPED_WEIGHTS / file.name).read_bytes())
    model = onnx.load(str(folder / PAINTER_FILE))
    kept = [output for output in model.graph.output if output.name != "confidence"]
    del model.graph.output[:]
    model.graph.output.extend(kept)
    say(model, confidence)
    onnx.save(model, str(folder / PAINTER_FILE))
    content = (folder / PAINTER_FILE).read_bytes()
    files = tuple(
        replace(file, sha256=sha256(content).hexdigest(), bytes=len(content)) if file.name == PAINTER_FILE else file
        for file in card.files
    )
    return CompactEngine(folder, replace(card, files=files))


def say(model: Any, confidence: float) -> None:
    """Give a painter's graph a confidence that is this number everywhere."""
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
