"""A checkpoint of one file: which of some files is one, what it holds of SDXL, and where its tokenizer's words lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engines.base import ModelInvalid, ModelMissing
from engines.colorize.sdxl import anatomy
from engines.weights_files import read_weights_header
from models.store import WeightsInvalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from engines.colorize.diffusion.places import Places
    from models.headers import TensorHeader

    Tensors = Mapping[str, TensorHeader]

TOKENIZER_CARD: Final = "sdxl-tokenizer"
_PREFIXES: Final = {
    "unet": anatomy.UNET, "vae": anatomy.VAE, "text_encoder": anatomy.FIRST, "text_encoder_2": anatomy.SECOND,
}  # fmt: skip
_WORDS: Final = {
    "vae": "autoencoder", "text_encoder": "first text encoder", "text_encoder_2": "second text encoder",
}  # fmt: skip
_NETWORK: Final = f"{anatomy.UNET}input_blocks."
_PLAIN: Final = "Use an SDXL checkpoint as it was published (.safetensors)."
_FIRST_WORD: Final = '"<|startoftext|>"'


class SingleFile(NamedTuple):
    """A checkpoint, and the headers of its parts without their prefixes."""

    path: Path
    parts: Mapping[str, Tensors]


def single_in(paths: Iterable[Path], *, strict: bool) -> SingleFile | None:
    """Return the one checkpoint of SDXL among some files, None where there is none.

    strict: whatever lies there is meant to be one, so that another family's file or a damaged one is an error.

    Raises:
        ModelInvalid: there are two, or one of them lacks a part, is of another family, or damaged.
    """
    found = []
    for path in paths:
        try:
            tensors = read_weights_header(path).tensors
        except (ModelInvalid, ModelMissing):
            if strict:
                raise
            continue
        if any(name.startswith(_NETWORK) for name in tensors):
            found.append((path, tensors))
        elif strict:
            raise ModelInvalid(f"{path.name} is a single file, but no checkpoint of Stable Diffusion", _PLAIN)
    if not strict:
        found = [(path, tensors) for path, tensors in found if f"{anatomy.UNET}label_emb.0.0.weight" in tensors]
    if len(found) > 1:
        names = " and ".join(path.name for path, _ in found)
        raise ModelInvalid(
            f"there is more than one SDXL checkpoint: {names}", "Keep one of them in the models' folder."
        )
    return _measured(*found[0]) if found else None


def _measured(path: Path, tensors: Tensors) -> SingleFile:
    parts = {
        part: {name.removeprefix(prefix): one for name, one in tensors.items() if name.startswith(prefix)}
        for part, prefix in _PREFIXES.items()
    }
    try:
        if "label_emb.0.0.weight" not in parts["unet"]:
            raise WeightsInvalid("this is no SDXL (Stable Diffusion 1 or 2?)")
        for part, words in _WORDS.items():
            if not parts[part]:
                raise WeightsInvalid(f"the {words} is not in it")
        anatomy.unet_config(parts["unet"], anatomy.second_config(parts["text_encoder_2"])["projection_dim"])
        anatomy.first_config(parts["text_encoder"])
        anatomy.vae_config(parts["vae"])
    except WeightsInvalid as exc:
        raise ModelInvalid(f"{path.name}: {exc}", _PLAIN) from exc
    return SingleFile(path, parts)


def find_tokenizer(places: Places, pipelines: frozenset[str]) -> Path:
    """Return the folder of CLIP's words, or that of a repository which has them in `tokenizer/`.

    Raises:
        ModelMissing: there are none; the hint says how they come.
    """
    near = [places.own]
    if places.shared is not None:
        near += [places.shared / TOKENIZER_CARD, places.shared]
        near += [folder for folder, _ in places.repositories(pipelines)]
    for place in near:
        for folder, home in ((place / "tokenizer", place), (place, place)):
            if _holds_words(folder):
                return home
    raise ModelMissing(
        f"the folder tokenizer/ (CLIP's words) of SDXL is not in {places.target}",
        f"irodori models pull {TOKENIZER_CARD}; it is a few MB.",
    )


def _holds_words(folder: Path) -> bool:
    """Say whether a folder holds CLIP's words: those of other models have the same file names."""
    words = folder / ("vocab.json" if (folder / "merges.txt").is_file() else "tokenizer.json")
    try:
        return _FIRST_WORD in words.read_text("utf-8")
    except (OSError, ValueError):
        return False
