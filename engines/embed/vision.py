"""SigLIP and CLIP image towers through transformers, from a folder that the reader pulled: offline, data only.

They know what things are called and are slow on a processor; on drawn faces they tell people apart poorly
(their cosine between any two manga pages is 0.6 to 0.8).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from engines.base import EngineUnavailable, ModelInvalid, ModelMissing
from engines.embed.base import Embedder, EmbedderInfo
from engines.libraries import missing_libraries
from models.digests import file_digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engines.embed.words import WordTower

_LIBRARIES: Final = ("torch", "transformers", "safetensors")
INSTALL: Final = "pip install 'irodori[diffusion]'"
WEIGHTS_FILE: Final = "model.safetensors"
# What a configuration calls itself -> whether the vector is CLIP's projection or SigLIP's pooled output.
_CLIP: Final = frozenset({"clip", "clip_vision_model"})
_SIGLIP: Final = frozenset({"siglip", "siglip_vision_model"})
_KNOWN: Final = "a CLIP model, or SigLIP / SigLIP 2 of a fixed resolution, as transformers writes it"
_BATCH: Final = 8
# Between any two pages of manga it is 0.6 to 0.8.
_FLOOR: Final = 0.85


@dataclass(frozen=True, slots=True)
class VisionFacts:
    """What a folder says of itself. side_px: of the square that is seen; mean, std: of its sRGB values 0..1."""

    family: str
    width: int
    side_px: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    version: str


def vision_facts(folder: Path) -> VisionFacts:
    """Read a folder's configuration; loads no library and no weights.

    Raises:
        ModelMissing: the folder or its weights are not there. ModelInvalid: another kind of model, or damaged.
    """
    if not (folder / "config.json").is_file() or not (folder / WEIGHTS_FILE).is_file():
        raise ModelMissing(f"{folder} holds no config.json with {WEIGHTS_FILE}", f"Pull it, or choose {_KNOWN}.")
    config = _json(folder / "config.json")
    vision = config.get("vision_config", config)
    kind = str(config.get("model_type", ""))
    seen = _json(folder / "preprocessor_config.json") if (folder / "preprocessor_config.json").is_file() else {}
    try:
        width = int(vision.get("projection_dim", 512) if kind in _CLIP else vision["hidden_size"])
        side = int(vision.get("image_size", 224))
        mean = tuple(float(value) for value in seen.get("image_mean", (0.5, 0.5, 0.5)))
        std = tuple(float(value) for value in seen.get("image_std", (0.5, 0.5, 0.5)))
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise ModelInvalid(f"{folder.name}'s configuration cannot be read: {exc}", f"Choose {_KNOWN}.") from exc
    if kind not in _CLIP | _SIGLIP or len(mean) != 3 or len(std) != 3 or min(std) <= 0 or side < 1:
        raise ModelInvalid(f"{folder.name} is a {kind or 'nameless'} model", f"Choose {_KNOWN}.")
    family = "clip" if kind in _CLIP else "siglip"
    return VisionFacts(family, width, side, mean, std, file_digest(folder / WEIGHTS_FILE)[:16])


class VisionEmbedder(Embedder):
    """An image tower on the processor. It is loaded at the first call."""

    def __init__(self, embedder_id: str, folder: Path) -> None:
        """Read the folder's configuration.

        Raises:
            ModelMissing, ModelInvalid
        """
        self._folder = folder
        self._facts = vision_facts(folder)
        self._tower: Any = None
        self._words: WordTower | None = None
        self.info = EmbedderInfo(embedder_id, self._facts.version, self._facts.width, _FLOOR)

    def embed(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return one row per picture.

        Raises:
            EngineUnavailable: a library is missing. ModelInvalid: the weights are not what the configuration says.
        """
        if self._tower is None:
            self._tower = self._loaded()
        batches = (pictures[first : first + _BATCH] for first in range(0, len(pictures), _BATCH))
        return np.concatenate([np.zeros((0, self.info.width), np.float32), *map(self._vectors, batches)])

    def embed_words(self, texts: Sequence[str]) -> NDArray[np.float32] | None:
        """Return one row per text; None where the folder holds no tower for words.

        Raises:
            EngineUnavailable: a library is missing. ModelInvalid: the tower is not what the configuration says.
        """
        from engines.embed.words import WordTower

        if self._words is None:
            self._words = WordTower(self._folder, self._facts.family)
        return self._words.embed(texts) if self._words.is_there else None

    def _vectors(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        import torch

        batch = torch.from_numpy(np.stack([self._seen(picture) for picture in pictures]))
        with torch.inference_mode():
            output = self._tower(pixel_values=batch)
        found = output.image_embeds if self._facts.family == "clip" else output.pooler_output
        vectors = np.asarray(found.float().numpy(), np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)

    def _seen(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the picture as the tower sees it: squeezed into its square, which keeps the edges that a cut loses."""
        rgb = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)
        side = self._facts.side_px
        small = cv2.resize(np.ascontiguousarray(rgb), (side, side), interpolation=cv2.INTER_AREA)
        mean, std = np.array(self._facts.mean, np.float32), np.array(self._facts.std, np.float32)
        scaled = (np.asarray(small, np.float32) / np.float32(255) - mean) / std
        return np.ascontiguousarray(scaled.transpose(2, 0, 1), np.float32)

    def _loaded(self) -> Any:
        missing = vision_libraries_missing()
        if missing:
            raise EngineUnavailable(
                f"{', '.join(missing)} is not installed", INSTALL, told=("not_installed", ", ".join(missing), INSTALL)
            )
        from engines.torch_runtime import prepare_torch

        prepare_torch()
        import transformers

        kinds: dict[str, Any] = {
            "clip": transformers.CLIPVisionModelWithProjection,
            "siglip": transformers.SiglipVisionModel,
        }
        try:
            tower = kinds[self._facts.family].from_pretrained(
                self._folder, local_files_only=True, use_safetensors=True, trust_remote_code=False
            )
        except Exception as exc:  # whatever a foreign file brings about
            raise ModelInvalid(f"{self._folder.name} cannot be loaded: {exc}", f"Choose {_KNOWN}.") from exc
        return tower.eval()


def vision_libraries_missing() -> list[str]:
    """Return which libraries an image tower lacks here, without importing any."""
    return missing_libraries(_LIBRARIES)


def _json(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as exc:
        raise ModelInvalid(f"{path.name} cannot be read: {exc}", f"Choose {_KNOWN}.") from exc
    if not isinstance(content, dict):
        raise ModelInvalid(f"{path.name} is no JSON object", f"Choose {_KNOWN}.")
    return content
