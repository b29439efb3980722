"""Names, shapes and types of the tensors in a weights file, from its header alone: no tensor is loaded, no code run.

safetensors: https://github.com/huggingface/safetensors (8 bytes of length, JSON, data). GGUF:
https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (versions 2 and 3, little-endian).
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from models.store import WeightsInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# The largest that is known, of a mixture of experts in one file, is about 5 MB and 60,000 tensors.
_HEADER_MAX: Final = 16 << 20
# With a tokenizer's words.
_GGUF_HEADER_MAX: Final = 64 << 20
_TENSORS_MAX: Final = 200_000
_ARRAY_MAX: Final = 1 << 21
# What a tensor has at most of each in the header.
_MARKS: Final = {b":": 4, b"[": 2, b"{": 1, b",": 12}
_DIMENSIONS_MAX: Final = 8
# Where BitsAndBytes says of a matrix what it was before it was packed: JSON, as a tensor.
PACKED_FACTS: Final = ".quant_state.bitsandbytes__"
_FACTS_MAX: Final = 4096
_STRING_MAX: Final = 1 << 20
_SCALARS: Final = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
# GGML type: name, elements of a block, bytes of a block.
_GGML: Final[dict[int, tuple[str, int, int]]] = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 9: ("Q8_1", 32, 40), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82), 23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4), 27: ("I64", 1, 8), 28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2), 34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TensorHeader:
    """A tensor as the file announces it. dtype as the format names it (`BF16`, `F8_E4M3`, `Q4_K`).

    shape is in torch's order also for GGUF, which writes the fastest dimension first.
    """

    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WeightsHeader:
    """What a file says of itself.

    metadata: safetensors' `__metadata__` and, by their names, the tensors that hold a text of BitsAndBytes; or GGUF's
    keys (arrays left out).
    """

    format: str
    tensors: Mapping[str, TensorHeader]
    metadata: Mapping[str, str]


def read_header(path: Path) -> WeightsHeader:
    """Return the header of a safetensors or GGUF file, told apart by their first bytes, not by the name.

    Raises:
        WeightsInvalid: neither of the two, damaged, or shorter than its header announces.
        OSError: the file cannot be read.
    """
    if path.exists() and not path.is_file():  # a pipe or a device might never end
        raise WeightsInvalid(f"{path.name}: this is no regular file")
    size = path.stat().st_size
    with path.open("rb") as stream:
        start = stream.read(8)
        stream.seek(0)
        try:
            if start[:4] == b"GGUF":
                return _gguf(stream, size)
            return _safetensors(stream, size)
        except _Damaged as exc:
            raise WeightsInvalid(f"{path.name}: {exc}") from exc


class _Damaged(ValueError):
    pass


def _safetensors(stream: BinaryIO, size: int) -> WeightsHeader:
    start = stream.read(8)
    length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
    if not 2 <= length <= _HEADER_MAX or stream.read(1) != b"{":
        raise _Damaged("this is neither a safetensors nor a GGUF file")
    if 8 + length > size:
        raise _Damaged("the file is cut off within its header")
    raw = stream.read(length - 1)
    # Counted before anything is made of it: every tensor is an object of three fields, and metadata is a few texts.
    if any(raw.count(mark) > share * _TENSORS_MAX for mark, share in _MARKS.items()):
        raise _Damaged("the header is damaged (more tensors than any model has)")
    try:
        table = json.loads(b"{" + raw)
        metadata = {str(key): str(value) for key, value in (table.pop("__metadata__", None) or {}).items()}
        tensors = {str(name): TensorHeader(str(item["dtype"]), _shape(item["shape"])) for name, item in table.items()}
        end = max((int(item["data_offsets"][1]) for item in table.values()), default=0)
        places = {
            name: [int(at) for at in item["data_offsets"]] for name, item in table.items() if PACKED_FACTS in name
        }
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, RecursionError) as exc:
        raise _Damaged(f"the header is damaged ({type(exc).__name__})") from exc
    _require_whole(8 + length + end, size)
    for name, (first, last) in places.items():
        if 0 <= last - first <= _FACTS_MAX:
            stream.seek(8 + length + first)
            metadata[name] = stream.read(last - first).decode("utf-8", "replace")
    return WeightsHeader("safetensors", tensors, metadata)


def _shape(sides: Any) -> tuple[int, ...]:
    shape = tuple(int(side) for side in sides)
    if len(shape) > _DIMENSIONS_MAX or any(side < 0 for side in shape):
        raise ValueError(shape)
    return shape


def _gguf(stream: BinaryIO, size: int) -> WeightsHeader:
    stream.seek(4)
    version = _scalar(stream, "<I")
    if version not in (2, 3):
        raise _Damaged(f"GGUF version {version} is not known")
    tensor_count, key_count = _count(stream, _TENSORS_MAX), _count(stream, _TENSORS_MAX)
    metadata: dict[str, str] = {}
    for _ in range(key_count):
        _require_header(stream)
        name = _string(stream)
        value = _value(stream, _scalar(stream, "<I"))
        if value is not None:
            metadata[name] = str(value)
    tensors: dict[str, TensorHeader] = {}
    end = 0
    for _ in range(tensor_count):
        _require_header(stream)
        name, header, last = _tensor(stream)
        tensors[name] = header
        end = max(end, last)
    try:
        alignment = max(1, int(metadata.get("general.alignment", "32")))
    except ValueError as exc:
        raise _Damaged("the alignment is no number") from exc
    _require_whole(-(-stream.tell() // alignment) * alignment + end, size)
    return WeightsHeader("gguf", tensors, metadata)


def _tensor(stream: BinaryIO) -> tuple[str, TensorHeader, int]:
    """Return name, header and where its data end, counted from the start of the data."""
    name = _string(stream)
    dimensions = _scalar(stream, "<I")
    if dimensions > _DIMENSIONS_MAX:
        raise _Damaged(f"a tensor of {dimensions} dimensions")
    sides = tuple(int(_scalar(stream, "<Q")) for _ in range(dimensions))
    kind, offset = _scalar(stream, "<I"), _scalar(stream, "<Q")
    if kind not in _GGML:
        raise _Damaged(f"tensor {name!r} is of an unknown type ({kind})")
    label, elements, length = _GGML[kind]
    return name, TensorHeader(label, sides[::-1]), int(offset) + math.prod(sides) // elements * length


def _value(stream: BinaryIO, kind: int) -> object:
    """Read a value; arrays (a tokenizer's words) are passed over."""
    if kind == _STRING:
        return _string(stream)
    if kind in _SCALARS:
        return _scalar(stream, _SCALARS[kind])
    if kind != _ARRAY:
        raise _Damaged(f"a value of an unknown type ({kind})")
    items = _scalar(stream, "<I")
    count = _count(stream, _ARRAY_MAX)
    if items in _SCALARS:
        stream.seek(count * struct.calcsize(_SCALARS[items]), 1)
    elif items == _STRING:
        for _ in range(count):
            _string(stream)
    else:
        raise _Damaged(f"an array of an unknown type ({items})")
    return None


def _require_header(stream: BinaryIO) -> None:
    if stream.tell() > _GGUF_HEADER_MAX:
        raise _Damaged("the header is damaged (longer than any model's)")


def _count(stream: BinaryIO, limit: int) -> int:
    count = int(_scalar(stream, "<Q"))
    if count > limit:
        raise _Damaged("the header is damaged (a count beyond reason)")
    return count


def _string(stream: BinaryIO) -> str:
    length = int(_scalar(stream, "<Q"))
    if length > _STRING_MAX:
        raise _Damaged("the header is damaged (a text beyond reason)")
    return _exactly(stream, length).decode("utf-8", "replace")


def _scalar(stream: BinaryIO, form: str) -> Any:
    return struct.unpack(form, _exactly(stream, struct.calcsize(form)))[0]


def _exactly(stream: BinaryIO, length: int) -> bytes:
    content = stream.read(length)
    if len(content) != length:
        raise _Damaged("the file is cut off within its header")
    return content


def _require_whole(announced: int, size: int) -> None:
    if announced > size:
        raise _Damaged(f"the file is cut off: {size:,} of {announced:,} bytes are here")
