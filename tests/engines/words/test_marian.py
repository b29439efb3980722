"""Translation: OPUS-MT's real classes at toy size, and the library's own call beside ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engines.base import EngineUnavailable, ModelInvalid, ModelMissing
from engines.words.marian import FILES, MarianTranslator
from engines.words.registry import open_translator

torch = pytest.importorskip("torch")
pytest.importorskip("sentencepiece")

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.engines.toys.words import toy_marian

    return toy_marian(tmp_path_factory.mktemp("marian") / "opus-mt-de-en")


def test_a_text_is_what_the_library_makes_of_its_sentences(folder: Path) -> None:
    import transformers

    tokenizer = transformers.MarianTokenizer.from_pretrained(folder)
    model = transformers.MarianMTModel.from_pretrained(folder).eval()
    given = tokenizer(["rote Haare, blauer Himmel.", "warmes Licht!"], return_tensors="pt", padding=True)
    own = tokenizer.batch_decode(model.generate(**given), skip_special_tokens=True)
    assert any(one.strip() for one in own)
    translator = open_translator("de", folder)
    text = "rote Haare, blauer Himmel. warmes Licht!"
    assert translator.translate(text) == " ".join(one.strip() for one in own)
    translator.unload()
    assert translator.translate(text) == " ".join(one.strip() for one in own)
    assert (translator.id, translator.memory_mib) == ("opus-mt-de-en", 330)


def test_a_text_of_nothing_and_a_very_long_one(folder: Path) -> None:
    translator = MarianTranslator(folder)
    assert translator.translate(" \n ") == " \n "
    assert isinstance(translator.translate("rote Haare " * 500), str)


def test_what_is_missing_is_named(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IRODORI_MODELS", str(tmp_path))
    with pytest.raises(ModelMissing, match=r"source\.spm") as told:
        open_translator("ja")
    assert told.value.hint == "irodori models pull opus-mt-ja-en"
    with pytest.raises(EngineUnavailable, match="tlh"):
        open_translator("tlh")
    for name in FILES:
        (tmp_path / name).write_bytes(b"{}" if name.endswith("json") else b"no")
    with pytest.raises(ModelInvalid):
        MarianTranslator(tmp_path).translate("rote Haare")
