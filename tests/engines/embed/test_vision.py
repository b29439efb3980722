"""Image towers of transformers, real classes at toy size, saved to disk and loaded from there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engines.base import ModelInvalid, ModelMissing
from engines.embed.registry import choose_embedder
from engines.embed.vision import VisionEmbedder, vision_facts
from engines.torch_runtime import prepare_torch

if TYPE_CHECKING:
    from pathlib import Path

TOY: dict[str, Any] = {
    "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 32,
    "patch_size": 8,
}  # fmt: skip


def save(kind: str, folder: Path) -> Path:
    """Save a tower of random weights as transformers does; `clip-full` has its words too, as hubs keep it."""
    prepare_torch()
    import torch
    import transformers

    torch.manual_seed(1)
    words = {**TOY, "vocab_size": 40, "max_position_embeddings": 8}
    model: Any
    if kind == "clip":
        model = transformers.CLIPVisionModelWithProjection(transformers.CLIPVisionConfig(**TOY, projection_dim=12))
    elif kind == "clip-full":
        full = transformers.CLIPConfig(text_config=words, vision_config=TOY | {"projection_dim": 12}, projection_dim=12)
        model = transformers.CLIPModel(full)
    elif kind == "siglip-full":
        model = transformers.SiglipModel(transformers.SiglipConfig(text_config=words, vision_config=TOY))
    else:
        model = transformers.SiglipVisionModel(transformers.SiglipVisionConfig(**TOY))
    model.save_pretrained(folder)
    facts = {"image_mean": [0.48, 0.46, 0.41], "image_std": [0.27, 0.26, 0.28]}
    (folder / "preprocessor_config.json").write_text(json.dumps(facts), "utf-8")
    return folder


@pytest.mark.parametrize(("kind", "width"), [("clip", 12), ("clip-full", 12), ("siglip", 16), ("siglip-full", 16)])
def test_a_pulled_tower_gives_unit_vectors_that_follow_the_picture(kind: str, width: int, tmp_path: Path) -> None:
    folder = save(kind, tmp_path / "tower")
    choice = choose_embedder("clip" if kind.startswith("clip") else "siglip2", str(folder))
    embedder = choice.open()
    assert isinstance(embedder, VisionEmbedder)
    assert embedder.info.width == width
    assert choice.version == embedder.info.version == VisionEmbedder(choice.id, folder).info.version
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (height, 40, 3), np.uint8) for height in (20, 90, 33)]
    vectors = embedder.embed([*pictures, pictures[0]])
    assert vectors.shape == (4, width)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    assert np.allclose(vectors[0], vectors[3], atol=1e-6)
    assert not np.allclose(vectors[0], vectors[1], atol=1e-3)
    assert embedder.embed([]).shape == (0, width)


def test_other_weights_are_another_version(tmp_path: Path) -> None:
    folder = save("siglip", tmp_path / "tower")
    first = vision_facts(folder).version
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"abcd")
    assert vision_facts(folder).version != first


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("{", "cannot be read"),
        ("[]", "no JSON object"),
        ('{"model_type": "siglip2", "hidden_size": 8}', "siglip2"),
        ('{"model_type": "siglip"}', "hidden_size"),
        ('{"model_type": "clip", "vision_config": 3}', "cannot be read"),
    ],
)
def test_another_model_is_refused_with_the_reason(tmp_path: Path, config: str, words: str) -> None:
    folder = save("siglip", tmp_path / "tower")
    (folder / "config.json").write_text(config, "utf-8")
    with pytest.raises(ModelInvalid, match=words):
        vision_facts(folder)
    assert choose_embedder("siglip2", str(folder)).id == "palette"


def test_pickled_and_missing_weights_are_not_opened(tmp_path: Path) -> None:
    folder = save("siglip", tmp_path / "tower")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelMissing):
        vision_facts(folder)


def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    folder = save("siglip", tmp_path / "tower")
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"hidden_size": 24, "num_attention_heads": 2}), "utf-8")
    with pytest.raises(ModelInvalid, match="cannot be loaded"):
        VisionEmbedder("siglip2", folder).embed([np.zeros((8, 8, 3), np.uint8)])
