"""Headers of weights files are read without loading, whatever the bytes are."""

from __future__ import annotations

import json
import os
import struct
from contextlib import suppress
from typing import TYPE_CHECKING

import gguf
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import headers
from models.headers import TensorHeader, read_header
from models.store import WeightsInvalid

if TYPE_CHECKING:
    from pathlib import Path

SHAPES = st.dictionaries(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20).filter(
        lambda name: name != "__metadata__"
    ),
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
    min_size=1,
    max_size=5,
)


def safetensors_bytes(table: object, data: bytes = b"") -> bytes:
    header = json.dumps(table).encode()
    return struct.pack("<Q", len(header)) + header + data


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("headers") / "file"


@given(SHAPES)
def test_safetensors_round_trip(place: Path, shapes: dict[str, list[int]]) -> None:
    from safetensors.numpy import save_file

    save_file({name: np.zeros(shape, np.float16) for name, shape in shapes.items()}, place, {"format": "pt"})
    header = read_header(place)
    assert header.format == "safetensors"
    assert header.metadata == {"format": "pt"}
    assert header.tensors == {name: TensorHeader("F16", tuple(shape)) for name, shape in shapes.items()}


@pytest.mark.parametrize("kind", ["F32", "BF16", "Q8_0", "Q4_0", "Q5_1"])
def test_gguf_round_trip(place: Path, kind: str) -> None:
    writer = gguf.GGUFWriter(place, arch="flux")
    writer.add_array("words", ["a", "bc", "日本"])
    writer.add_array("numbers", [1, 2, 3])
    writer.add_bool("yes", True)
    values = np.ones((6, 64), np.float32)
    quantised = gguf.GGMLQuantizationType[kind]
    writer.add_tensor("matrix", gguf.quants.quantize(values, quantised), raw_dtype=quantised)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    header = read_header(place)
    assert header.format == "gguf"
    assert header.metadata == {"general.architecture": "flux", "yes": "True"}
    assert header.tensors == {"matrix": TensorHeader(kind, (6, 64))}


def test_sizes_of_blocks_are_ggufs_own() -> None:
    from models import headers

    known = {kind.value: (kind.name, *sizes) for kind, sizes in gguf.GGML_QUANT_SIZES.items()}
    assert {number: known[number] for number in headers._GGML if number in known} == {
        number: facts for number, facts in headers._GGML.items() if number in known
    }
    assert len(headers._GGML.keys() & known.keys()) > 25


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda rest: b"GGUF\3\0\0\0" + rest)))
def test_any_bytes_end_in_a_header_or_the_right_error(place: Path, raw: bytes) -> None:
    place.write_bytes(raw)
    with suppress(WeightsInvalid):
        read_header(place)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
ENTRY = st.fixed_dictionaries({"dtype": JSON, "shape": JSON, "data_offsets": JSON})


@given(st.dictionaries(st.sampled_from(["a", "b", "__metadata__"]), ENTRY | JSON, max_size=3))
def test_any_table_ends_in_a_header_or_the_right_error(place: Path, table: dict[str, object]) -> None:
    place.write_bytes(safetensors_bytes(table, b"0" * 16))
    with suppress(WeightsInvalid):
        read_header(place)


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_flipped_byte_of_gguf_ends_in_a_header_or_the_right_error(place: Path, where: int, value: int) -> None:
    raw = bytearray(_small_gguf())
    raw[where % len(raw)] = value
    place.write_bytes(raw)
    with suppress(WeightsInvalid):
        read_header(place)


def _small_gguf() -> bytes:
    name = b"general.architecture"
    value = struct.pack("<Q", len(name)) + name + struct.pack("<I", 8) + struct.pack("<Q", 4) + b"flux"
    tensor = struct.pack("<Q", 1) + b"w" + struct.pack("<IQQIQ", 2, 4, 2, 0, 0)
    start = b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + value + tensor
    return start + b"\0" * (-len(start) % 32) + b"\0" * 32


def test_lengths_are_those_of_the_file(place: Path) -> None:
    place.write_bytes(_small_gguf())
    assert read_header(place).tensors == {"w": TensorHeader("F32", (2, 4))}
    place.write_bytes(_small_gguf()[:-1])
    with pytest.raises(WeightsInvalid, match="cut off"):
        read_header(place)
    table = {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
    place.write_bytes(safetensors_bytes(table, b"0" * 7))
    with pytest.raises(WeightsInvalid, match="cut off"):
        read_header(place)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("needs named pipes")
    os.mkfifo(tmp_path / "model.safetensors")
    with pytest.raises(WeightsInvalid, match="regular"):
        read_header(tmp_path / "model.safetensors")


@pytest.mark.parametrize("filler", [b"[],", b"{},", b'"":0,', b"0,"])
def test_a_header_of_more_tensors_than_any_model_has_makes_no_objects(
    place: Path, filler: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = b'{"a":[' + filler * (15_000_000 // len(filler)) + b"0]}"
    place.write_bytes(struct.pack("<Q", len(header)) + header)
    monkeypatch.setattr(json, "loads", lambda raw: pytest.fail("objects were made"))
    with pytest.raises(WeightsInvalid, match="more tensors"):
        read_header(place)


def test_a_header_longer_than_any_models_is_not_read(place: Path) -> None:
    place.write_bytes(struct.pack("<Q", 93_000_000) + b"{" + b" " * 1000)
    with pytest.raises(WeightsInvalid):
        read_header(place)


@pytest.mark.parametrize("counts", [(4_000_000, 0), (0, 4_000_000)])
def test_a_gguf_of_more_tensors_or_keys_than_any_model_has_is_refused(place: Path, counts: tuple[int, int]) -> None:
    place.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, *counts) + bytes(1000))
    with pytest.raises(WeightsInvalid, match="beyond reason"):
        read_header(place)


def test_types_of_gguf_are_those_of_its_own_library() -> None:
    """Those of ours that it knows; what we do not read is left out here as well."""
    ours = {gguf.GGMLQuantizationType(number): facts for number, facts in headers._GGML.items()}
    for kind, (name, elements, size) in ours.items():
        assert (name, (elements, size)) == (kind.name, tuple(gguf.GGML_QUANT_SIZES[kind]))
    assert len(ours) == 31


def test_numbers_of_gguf_s_facts_are_as_wide_as_its_own_library_says() -> None:
    kinds = gguf.GGUFValueType
    widths = {"UINT8": 1, "INT8": 1, "UINT16": 2, "INT16": 2, "UINT32": 4, "INT32": 4, "FLOAT32": 4, "BOOL": 1,
              "UINT64": 8, "INT64": 8, "FLOAT64": 8}  # fmt: skip
    assert {number: struct.calcsize(form) for number, form in headers._SCALARS.items()} == {
        kinds[name].value: width for name, width in widths.items()
    }
    assert (kinds.STRING.value, kinds.ARRAY.value) == (headers._STRING, headers._ARRAY)
