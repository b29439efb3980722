"""The integer forms of networks: when one is run, what they were made of, and that they say what the float ones say."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engines import int8
from engines.base import ModelInvalid
from engines.colorize.compact.engine import ENCODER_FILE
from engines.colorize.compact.picture import as_seen
from engines.detect.pixels import NetworkPixelReader
from engines.int8 import form_to_run, int8_name, sums_are_exact
from engines.onnx_runtime import OnnxNetwork
from host.pipeline.decode import decode_page
from models.catalog import load_catalog
from models.store import SHIPPED_WEIGHTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

onnx = pytest.importorskip("onnx")
quantize = pytest.importorskip("training.quantize")

PAGE = Path(__file__).parents[1] / "pages" / "manga-library-ja.png"
NETWORKS = list(quantize.FEEDS)


@pytest.fixture(scope="module")
def grey() -> NDArray[np.uint8]:
    return np.asarray(decode_page(PAGE.read_bytes()).rgb.mean(2), np.uint8)


def test_the_product_that_is_tried_is_the_one_that_onnx_describes() -> None:
    helper, proto = onnx.helper, onnx.TensorProto
    kinds = {"a": proto.UINT8, "b": proto.INT8, "y": proto.INT32}
    a, b, y = (helper.make_tensor_value_info(name, kind, [None, None]) for name, kind in kinds.items())
    graph = helper.make_graph([helper.make_node("MatMulInteger", ["a", "b"], ["y"])], "sums", [a, b], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    assert onnx.load_from_string(int8._PRODUCT) == model


class _Saturated(OnnxNetwork):
    """Products as a processor gives them whose sums of pairs overflow."""

    def run(self, feeds: Any, outputs: Any = None) -> list[Any]:
        assert (super().run(feeds, outputs)[0] == sums_of(feeds).sum(1)).all() or not sums_are_exact()
        pairs = sums_of(feeds)
        return [np.clip(pairs[:, ::2] + pairs[:, 1::2], -(2**15), 2**15 - 1).sum(1, dtype=np.int32)]


def sums_of(feeds: Any) -> NDArray[np.int32]:
    products: NDArray[np.int32] = feeds["a"].astype(np.int32)[:, :, None] * feeds["b"].astype(np.int32)[None]
    return products


class _Broken(OnnxNetwork):
    def run(self, feeds: Any, outputs: Any = None) -> list[Any]:
        raise ModelInvalid(f"{len(feeds)} {outputs}")


@pytest.mark.parametrize("network", [_Saturated, _Broken])
def test_a_processor_whose_sums_overflow_runs_the_float_form(
    network: type[OnnxNetwork], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(int8, "OnnxNetwork", network)
    monkeypatch.setattr(int8, "sums_are_exact", sums_are_exact.__wrapped__)
    assert not int8.sums_are_exact()
    assert form_to_run(load_catalog()["compact"], ENCODER_FILE, SHIPPED_WEIGHTS).name == ENCODER_FILE


@pytest.mark.parametrize("name", NETWORKS)
def test_where_sums_are_exact_the_integer_form_is_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(int8, "sums_are_exact", lambda: True)
    card = next(card for card in load_catalog().values() if any(file.name == name for file in card.files))
    assert form_to_run(card, name, SHIPPED_WEIGHTS).name == int8_name(name)


def test_a_network_without_an_integer_form_is_run_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(int8, "sums_are_exact", lambda: True)
    card = load_catalog()["compact"]
    assert form_to_run(card, ENCODER_FILE, tmp_path).name == ENCODER_FILE
    alone = replace(card, files=(card.file(ENCODER_FILE),))
    assert form_to_run(alone, ENCODER_FILE, SHIPPED_WEIGHTS).name == ENCODER_FILE
    with pytest.raises(KeyError):
        form_to_run(card, "no-such.onnx", SHIPPED_WEIGHTS)


@pytest.mark.parametrize("name", NETWORKS)
def test_an_integer_form_was_made_of_the_float_file_beside_it(name: str) -> None:
    form = onnx.load(str(SHIPPED_WEIGHTS / int8_name(name)))
    facts = {one.key: one.value for one in form.metadata_props}
    source = SHIPPED_WEIGHTS / name
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    assert facts.pop(quantize.FLOAT_DIGEST) == digest, "python -m training.quantize makes it anew"
    assert facts == {one.key: one.value for one in onnx.load(str(source)).metadata_props}


@pytest.mark.skipif(not sums_are_exact(), reason="this processor does not sum integers of 8 bits exactly")
class TestWhatTheySay:
    def test_the_encoder_s_features_stay_near(self, grey: NDArray[np.uint8]) -> None:
        feed = {"grey": as_seen(grey[:832, :576])}
        exact, form = (
            OnnxNetwork((SHIPPED_WEIGHTS / name).read_bytes(), name, "").run(feed)
            for name in (ENCODER_FILE, int8_name(ENCODER_FILE))
        )
        for one, other in zip(exact, form, strict=True):
            assert np.sqrt(((one - other) ** 2).mean() / (one**2).mean()) < 0.08

    def test_the_pixel_network_marks_the_same(self, grey: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch) -> None:
        form = NetworkPixelReader().read_pixels(grey)
        monkeypatch.setattr(int8, "sums_are_exact", lambda: False)
        exact = NetworkPixelReader().read_pixels(grey)
        for one, other in ((exact.balloon, form.balloon), (exact.lettering, form.lettering)):
            assert ((one > 127) != (other > 127)).mean() < 0.01
            assert (one > 127).any()
