"""The tower for words of a CLIP and a SigLIP, real classes at toy size: texts and pictures share their vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from engines.embed.registry import choose_embedder
from engines.embed.words import WordTower
from tests.engines.embed.test_vision import save

if TYPE_CHECKING:
    from pathlib import Path


def with_tokenizer(folder: Path) -> Path:
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = {one: place for place, one in enumerate(["<pad>", "<eos>", "<unk>", "witch", "cat", "night"])}
    core = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>"
    ).save_pretrained(folder)
    return folder


@pytest.mark.parametrize(("kind", "embedder_id"), [("clip-full", "clip"), ("siglip-full", "siglip2")])
def test_texts_have_vectors_beside_those_of_pictures(kind: str, embedder_id: str, tmp_path: Path) -> None:
    folder = with_tokenizer(save(kind, tmp_path / "whole"))
    embedder = choose_embedder(embedder_id, str(folder)).open()
    vectors = embedder.embed_words(["witch night", "cat", "witch night"])
    assert vectors is not None
    assert vectors.shape == (3, embedder.info.width)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert (vectors[0] == vectors[2]).all()
    assert not np.allclose(vectors[0], vectors[1])


def test_a_tower_without_words_says_so(tmp_path: Path) -> None:
    folder = save("clip", tmp_path / "tower")
    assert choose_embedder("clip", str(folder)).open().embed_words(["cat"]) is None
    assert choose_embedder("compact").open().embed_words(["cat"]) is None
    assert not WordTower(tmp_path / "nothing", "clip").is_there
