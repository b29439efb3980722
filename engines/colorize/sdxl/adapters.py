"""IP-Adapters and the image encoder that they read through: which file goes with which, told by widths.

A plain adapter reads an encoder's projection, a "plus" one its last layer but one. ViT-H gives 1024 and 1280, ViT-bigG
1280 and 1664: an adapter of one with the encoder of the other fails at the first page, and no name tells them apart.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Final, NamedTuple

from engines.base import ModelInvalid, ModelMissing
from engines.weights_files import read_weights_header

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from models.headers import TensorHeader

_ENCODERS: Final = ("image_encoder", "models/image_encoder", "sdxl_models/image_encoder")
_PLACES: Final = (".", "sdxl_models")
_MOST: Final = 2
_MIB: Final = 1 << 20
_MEND: Final = (
    "irodori models pull sdxl-ip-adapter. Of h94/IP-Adapter the vit-h files go with models/image_encoder, the others"
    " with sdxl_models/image_encoder."
)


class _Adapter(NamedTuple):
    path: Path
    is_plus: bool
    width: int
    mib: int


def find_adapters(
    folder: Path, cross: int, dropped: Sequence[Path] = ()
) -> tuple[tuple[Path, ...], Path, tuple[int, int]]:
    """Return the adapters, the more detailed first, the encoder's folder or file, and what both take in MiB.

    cross: the width of the text that the network reads, which adapters speak, too. dropped: files that count where the
    folder has none.

    Raises:
        ModelMissing: there is no adapter or no encoder. ModelInvalid: none fits the other, or there are too many.
    """
    adapters = _adapters(folder, cross, dropped)
    encoders = [folder / name for name in _ENCODERS if (folder / name / "config.json").is_file()]
    encoders += [path for path in dropped if is_vision(read_weights_header(path).tensors)]
    if not encoders:
        raise ModelMissing(f"the IP-Adapter's image encoder is not in {folder / _ENCODERS[0]}", _MEND)
    sizes = {encoder: _encoder_widths(encoder) for encoder in encoders}
    fitting = {
        encoder: [one for one in adapters if one.width == (hidden if one.is_plus else projected)]
        for encoder, (projected, hidden, _) in sizes.items()
    }
    encoder = max(encoders, key=lambda one: len(fitting[one]))
    chosen = fitting[encoder]
    if not chosen:
        projected, hidden, _ = sizes[encoder]
        raise ModelInvalid(
            f"{adapters[0].path.name} reads an image encoder of width {adapters[0].width}; "
            f"that in {encoder.name} gives {projected} and {hidden}",
            _MEND,
        )
    if len(chosen) > _MOST:
        names = ", ".join(one.path.name for one in chosen)
        raise ModelInvalid(
            f"{folder} has more than two IP-Adapters that fit: {names}", "Keep one, or one for each pass."
        )
    chosen.sort(key=lambda one: (not one.is_plus, one.path.name))
    return tuple(one.path for one in chosen), encoder, (sum(one.mib for one in chosen), sizes[encoder][2])


def is_vision(tensors: Mapping[str, TensorHeader]) -> bool:
    """Say whether a file is an image tower of CLIP with its projection."""
    return {"visual_projection.weight", "vision_model.embeddings.patch_embedding.weight"} <= tensors.keys()


def _adapters(folder: Path, cross: int, dropped: Sequence[Path]) -> list[_Adapter]:
    beside = sorted(path for name in _PLACES for path in (folder / name).glob("*.safetensors"))
    found, strange = [], ""
    for path in beside or dropped:
        tensors = read_weights_header(path).tensors
        spoken = next((one.shape[-1] for name, one in tensors.items() if name.endswith("to_k_ip.weight")), 0)
        if spoken != cross:
            strange = f"{path.name} is no IP-Adapter for SDXL" if spoken or beside else strange
            continue
        found.append(_measured(path, tensors))
    if not found and strange:
        raise ModelInvalid(strange, "Use one made for SDXL.")
    if not found:
        raise ModelMissing(f"the IP-Adapter (ip_adapter) is not in {folder}", _MEND)
    return found


def _measured(path: Path, headers: Mapping[str, TensorHeader]) -> _Adapter:
    mib = 2 * sum(prod(one.shape) for one in headers.values()) // _MIB
    for name, is_plus in (("image_proj.proj_in.weight", True), ("image_proj.proj.weight", False)):
        if name in headers:
            return _Adapter(path, is_plus, headers[name].shape[-1], mib)
    raise ModelInvalid(f"{path.name} is an IP-Adapter of a form that is not read here", _MEND)


def _encoder_widths(place: Path) -> tuple[int, int, int]:
    """Return what an encoder gives, projected and before, and what it takes in MiB."""
    tensors: dict[str, TensorHeader] = {}
    for path in [place] if place.is_file() else sorted(place.glob("*.safetensors")):
        tensors.update(read_weights_header(path).tensors)
    if "visual_projection.weight" not in tensors:
        raise ModelMissing(f"the image encoder's weights are not in {place}", _MEND)
    projected, hidden = tensors["visual_projection.weight"].shape
    return projected, hidden, 2 * sum(prod(one.shape) for one in tensors.values()) // _MIB
