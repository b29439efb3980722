"""References that also speak as words do: CLIP's image tower, a projector and four tokens for each picture.

The tokens have the width of the transformer's own, so they join the text where it has just been brought to that width,
behind its last word. No weights of such a projector for FLUX.2 are public; who trains one puts it beside the model.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from cachetools import LRUCache

from engines.base import ModelInvalid, ModelMissing
from engines.weights_files import read_weights_header
from models.image_prompt import PARTS, projector_prefix

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import torch
    from numpy.typing import NDArray

    from engines.colorize.diffusion.places import Places
    from models.headers import TensorHeader

ENCODER_ID: Final = "clip-vit-large"
_ENCODER: Final = "image_encoder"
_PULL: Final = f"irodori models pull {ENCODER_ID}, or put the encoder's folder there as {_ENCODER}/."
_MEND: Final = "It holds proj.weight, proj.bias, norm.weight and norm.bias alone: a Linear and a LayerNorm."
_KEPT: Final = 16
# CLIP's own normalisation, which its folder need not repeat.
_MEAN: Final = (0.48145466, 0.4578275, 0.40821073)
_DEVIATION: Final = (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePromptFiles:
    """Both parts, found and compared by their headers.

    prefix: of the projector's names. tokens: how many each picture gives. pooled: whether the projector reads the
    tower's pooled state, and not its projection.
    """

    encoder: Path
    projector: Path
    prefix: str
    tokens: int
    pooled: bool

    @property
    def weights(self) -> tuple[Path, ...]:
        """Every weights file."""
        return self.encoder / "model.safetensors", self.projector


def find_image_prompt(places: Places, hidden: int) -> ImagePromptFiles:
    """Return the parts that go with a transformer whose tokens are `hidden` wide.

    Raises:
        ModelMissing: one is not there. ModelInvalid: they are damaged, or do not fit each other or the transformer.
    """
    projector, prefix, measures = _projector(places, hidden)
    encoder = _encoder(places)
    tensors = read_weights_header(encoder / "model.safetensors").tensors
    projection = tensors.get("visual_projection.weight")
    if projection is None or len(projection.shape) != 2:
        raise ModelInvalid(f"{encoder.name} holds no image tower of CLIP with its projection", _PULL)
    read = measures["proj.weight"].shape[1]
    if read not in projection.shape:
        raise ModelInvalid(
            f"{projector.name} reads pictures of width {read}; {encoder.name} gives {projection.shape[0]} and "
            f"{projection.shape[1]}",
            _PULL,
        )
    tokens = measures["proj.weight"].shape[0] // hidden
    pooled = read != projection.shape[0]
    return ImagePromptFiles(encoder=encoder, projector=projector, prefix=prefix, tokens=tokens, pooled=pooled)


def _projector(places: Places, hidden: int) -> tuple[Path, str, dict[str, TensorHeader]]:
    own = sorted(places.own.glob("*.safetensors")) if places.own.is_dir() else []
    strange = ""
    for path in [*own, *(one for one in places.files() if one.suffix == ".safetensors")]:
        tensors = read_weights_header(path).tensors
        prefix = projector_prefix(tensors)
        if prefix is None:
            continue
        measures = {part: tensors[prefix + part] for part in PARTS}
        shapes = {part: measures[part].shape for part in PARTS}
        fits = (
            len(shapes["proj.weight"]) == 2
            and shapes["norm.weight"] == shapes["norm.bias"] == (hidden,)
            and shapes["proj.bias"] == shapes["proj.weight"][:1]
            and shapes["proj.weight"][0] % hidden == 0
            and shapes["proj.weight"][0] > 0
        )
        if fits:
            return path, prefix, measures
        strange = f"{path.name} gives tokens of width {shapes['norm.weight']}; the transformer's have {hidden}"
    if strange:
        raise ModelInvalid(strange, _MEND)
    raise ModelMissing(f"the projector of the image prompt (ip-adapter.safetensors) is not in {places.target}", _MEND)


def _encoder(places: Places) -> Path:
    near = [places.own / _ENCODER]
    near += [places.shared / name for name in (ENCODER_ID, _ENCODER)] if places.shared is not None else []
    for folder in near:
        if (folder / "config.json").is_file() and (folder / "model.safetensors").is_file():
            return folder
    raise ModelMissing(f"CLIP's image tower is not in {near[-1]}", _PULL)


class ImagePrompt:
    """Both networks, on the processor in float32: a second for each picture, and the device keeps its memory."""

    def __init__(self, files: ImagePromptFiles) -> None:
        """Load them.

        Raises:
            ModelInvalid: a file lacks tensors, or is not what its header promised.
        """
        self._files = files
        self._tower = _tower(files.encoder)
        self._parts = _parts(files)
        self._known: LRUCache[bytes, torch.Tensor] = LRUCache(_KEPT)

    def tokens(self, pictures: tuple[NDArray[np.uint8], ...]) -> torch.Tensor:
        """Return the tokens of `(h, w, 3)` uint8 pictures one after the other, `(1, pictures * tokens, hidden)`."""
        import torch

        return torch.cat([self._of(picture) for picture in pictures], dim=1)

    def _of(self, picture: NDArray[np.uint8]) -> torch.Tensor:
        import torch

        key = hashlib.sha256(np.ascontiguousarray(picture).data).digest() + str(picture.shape).encode()
        if key not in self._known:
            with torch.inference_mode():
                pixels = _pixels(picture, self._tower.config.image_size)
                pooled = self._tower.vision_model(pixel_values=pixels).pooler_output
                seen = pooled if self._files.pooled else self._tower.visual_projection(pooled)
                flat = torch.nn.functional.linear(seen, self._parts["proj.weight"], self._parts["proj.bias"])
                norm = self._parts["norm.weight"], self._parts["norm.bias"]
                rows = flat.reshape(1, self._files.tokens, len(norm[0]))
                self._known[key] = torch.nn.functional.layer_norm(rows, rows.shape[-1:], *norm)
        return self._known[key]


@contextmanager
def speaking(transformer: Any, words: int, tokens: torch.Tensor | None) -> Iterator[None]:
    """Let tokens stand behind `words` tokens of text in a transformer, wherever room for them is left there.

    Only a pass whose text is exactly so much longer hears them: that which is guided away from is not.
    """
    if tokens is None:
        yield
        return

    def put(_module: Any, _given: Any, text: torch.Tensor) -> torch.Tensor:
        import torch

        if text.shape[1] != words + tokens.shape[1]:
            return text
        return torch.cat([text[:, :words], tokens.to(text).expand(text.shape[0], -1, -1)], dim=1)

    hook = transformer.context_embedder.register_forward_hook(put)
    try:
        yield
    finally:
        hook.remove()


def with_room(text: torch.Tensor, tokens: torch.Tensor | None) -> torch.Tensor:
    """Return a prompt's embeddings `(1, words, joint)` with room for tokens behind them."""
    import torch

    if tokens is None:
        return text
    return torch.cat([text, text.new_zeros(text.shape[0], tokens.shape[1], text.shape[2])], dim=1)


def _tower(folder: Path) -> Any:
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    try:
        config = CLIPVisionConfig.from_pretrained(folder, local_files_only=True)
        # The projection's width stands beside the tower's own measures, where the words' tower has its, too.
        whole = json.loads((folder / "config.json").read_bytes())
        config.projection_dim = int(whole.get("projection_dim", config.projection_dim))
        tower, report = CLIPVisionModelWithProjection.from_pretrained(
            folder, config=config, local_files_only=True, use_safetensors=True, output_loading_info=True
        )
    except Exception as exc:  # whatever a foreign file brings about
        raise ModelInvalid(f"{folder.name} cannot be loaded: {' '.join(str(exc).split())[:200]}", _PULL) from exc
    if report["missing_keys"]:
        raise ModelInvalid(f"{folder.name} lacks {len(report['missing_keys'])} of the image tower's weights", _PULL)
    return tower.float().eval()


def _parts(files: ImagePromptFiles) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    tensors = load_file(files.projector)
    return {part: tensors[files.prefix + part].float() for part in PARTS}


def _pixels(picture: NDArray[np.uint8], side: int) -> torch.Tensor:
    """Return a picture as CLIP takes it: its shorter side brought to `side`, the middle of the longer one."""
    import torch
    from PIL import Image

    height, width = picture.shape[:2]
    large = max(side, side * width // min(height, width)), max(side, side * height // min(height, width))
    scaled = np.asarray(Image.fromarray(picture).resize(large, Image.Resampling.BICUBIC))
    top, left = (large[1] - side) // 2, (large[0] - side) // 2
    cut = scaled[top : top + side, left : left + side].astype(np.float32) / 255
    normal = (cut - np.array(_MEAN, np.float32)) / np.array(_DEVIATION, np.float32)
    return torch.from_numpy(np.ascontiguousarray(normal.transpose(2, 0, 1)[None]))
