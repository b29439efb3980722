"""Text encoder and autoencoder of Qwen-Image-Edit as single files, the way ComfyUI's repositories have them.

`qwen_2.5_vl_7b.safetensors` (bf16, fp8 with scales), `qwen_image_vae.safetensors`, or diffusers' files renamed. Their
configurations come from the model's folder: a few KB, pulled as `qwen-image-edit-configs`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from engines.base import ModelInvalid, ModelMissing
from engines.colorize.diffusion.part_files import PartFiles, headers_of, shards_of
from engines.colorize.diffusion.tensor_shapes import sides_of
from engines.colorize.qwen.info import INFO, PARTS_CARD
from engines.weights_files import read_weights_header
from models.store import WeightsInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from engines.colorize.diffusion.places import Places
    from engines.colorize.qwen.anatomy import Transformer
    from models.headers import TensorHeader

    Tensors = Mapping[str, TensorHeader]

Part = Literal["text_encoder", "vae"]
NAMES: Final[dict[Part, str]] = {"text_encoder": "text encoder", "vae": "autoencoder"}
_FILES: Final[dict[Part, str]] = {
    "text_encoder": "qwen_2.5_vl_7b_fp8_scaled.safetensors", "vae": "qwen_image_vae.safetensors",
}  # fmt: skip
_COMFY: Final[dict[Part, tuple[str, ...]]] = {"text_encoder": ("text_encoders", "clip"), "vae": ("vae",)}
_DATA: Final = (".safetensors", ".sft", ".gguf")
_OF_FOLDERS: Final = ("model", "diffusion_pytorch_model")
_WORDS: Final = ("model.embed_tokens.weight", "model.language_model.embed_tokens.weight", "token_embd.weight")
_EYES: Final = ("visual.patch_embed.proj.weight", "model.visual.patch_embed.proj.weight")
_INTO: Final = ("encoder.conv1.weight", "encoder.conv_in.weight")
_LATENTS: Final = ("conv2.weight", "post_quant_conv.weight")
# A filter over pictures in time has two axes for channels, three for time and place.
_IN_TIME: Final = 5


def find_part(places: Places, folder: Path, part: Part, fits: Transformer) -> PartFiles:
    """Return a part: a single file in the model's or the repository's folder, the repository's own, or a dropped file.

    Raises:
        ModelMissing: it is not there. ModelInvalid: a file that stands in its place is damaged, or is something else.
    """
    for place in dict.fromkeys((places.own, folder)):
        found = [path for path in dict.fromkeys(_beside(place, part)) if _is_part(path, part)]
        if len(found) > 1:
            names = " and ".join(path.name for path in found)
            raise ModelInvalid(f"{place.name} has more than one {NAMES[part]}: {names}", "Keep one of them.")
        if found:
            return _fitting(found[0], part, fits)
        _refuse_others(place, part)
    if any(path.name.startswith(_OF_FOLDERS) for path in (folder / part).glob("*.safetensors*")):
        return PartFiles(tuple(shards_of(folder / part)), folder / part)
    for path in places.files():
        try:
            if _is_part(path, part):
                return _fitting(path, part, fits)
        except ModelInvalid:
            continue
    raise ModelMissing(
        f"the {NAMES[part]} of {INFO.label} is not in {places.target}",
        f"irodori models pull {PARTS_CARD}; or put {_FILES[part]} there.",
    )


def _beside(folder: Path, part: Part) -> Iterator[Path]:
    yield from _files(folder)
    for name in (part, *_COMFY[part]):
        yield from _files(folder / name)


def _files(folder: Path) -> list[Path]:
    """Return the single files of a folder; those of diffusers' names are a part of it as a whole."""
    files = sorted(path for path in folder.iterdir() if path.suffix in _DATA) if folder.is_dir() else []
    is_whole = (folder / "config.json").is_file()
    return [path for path in files if not (is_whole and path.name.startswith(_OF_FOLDERS))]


def _is_part(path: Path, part: Part) -> bool:
    tensors = read_weights_header(path).tensors
    marks = _EYES if part == "text_encoder" else _INTO
    found = next((tensors[name] for name in marks if name in tensors), None)
    return found is not None and (part == "text_encoder" or len(found.shape) == _IN_TIME)


def _refuse_others(place: Path, part: Part) -> None:
    """Refuse what lies where ComfyUI has the part and is something else, with what it is."""
    for name in _COMFY[part]:
        for path in _files(place / name):
            raise ModelInvalid(
                f"{path.name} is no {NAMES[part]} of {INFO.label}: {_other(path, part)}", f"Get {_FILES[part]}."
            )


def _other(path: Path, part: Part) -> str:
    tensors = read_weights_header(path).tensors
    if part == "vae":
        of_pictures = any(
            name in tensors for name in ("encoder.conv_in.weight", "first_stage_model.encoder.conv_in.weight")
        )
        return "it is one of still pictures (FLUX, Stable Diffusion)" if of_pictures else "it holds none"
    if any(name in tensors for name in _WORDS):
        return "it is a language model that sees no pictures (Qwen3, or a GGUF without its eyes)"
    return "it holds no language model"


def _fitting(path: Path, part: Part, fits: Transformer) -> PartFiles:
    files = PartFiles((path,))
    tensors = headers_of(files).tensors
    try:
        if part == "text_encoder":
            gives, reads, what = sides_of(tensors, _first(tensors, _WORDS), 2)[1], fits.joint, "text of width"
        else:
            latents = sides_of(tensors, _first(tensors, _LATENTS), _IN_TIME)[0]
            gives, reads, what = latents, fits.out_channels, "latents of"
    except WeightsInvalid as exc:
        raise ModelInvalid(f"{path.name}: {exc}", f"Get {_FILES[part]}.") from exc
    if gives != reads:
        raise ModelInvalid(
            f"{path.name} gives {what} {gives}, but the transformer reads {reads}", f"Get {_FILES[part]}."
        )
    return files


def _first(tensors: Tensors, names: tuple[str, ...]) -> str:
    return next((name for name in names if name in tensors), names[0])


# --- tensors, by the names that the libraries have -------------------------------------------------------------------


def encoder_names(tensors: Mapping[str, object]) -> dict[str, object]:
    """Return a text encoder's tensors by transformers' names; older files lack a level."""
    return {_encoder_name(name): value for name, value in tensors.items()}


def _encoder_name(name: str) -> str:
    if name.startswith("visual."):
        return f"model.{name}"
    if name.startswith("model.") and not name.startswith(("model.language_model.", "model.visual.")):
        return f"model.language_model.{name.removeprefix('model.')}"
    return name


def vae_names(tensors: Mapping[str, object]) -> dict[str, object]:
    """Return an autoencoder's tensors by diffusers' names; ComfyUI's files have those of Wan, its parent."""
    if _INTO[0] not in tensors:
        return dict(tensors)
    from diffusers.loaders.single_file_utils import convert_wan_vae_to_diffusers

    return dict(convert_wan_vae_to_diffusers(dict(tensors)))
