"""A language model in this process: Qwen3's real classes at toy size, and the library's own call beside ours."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from engines.base import EngineUnavailable, ModelInvalid, ModelMissing
from engines.words.answers import tidy_answer
from engines.words.causal import CausalEnhancer
from engines.words.registry import ENHANCERS, open_enhancer
from models.catalog import load_catalog

torch = pytest.importorskip("torch")

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.engines.toys.words import toy_qwen

    return toy_qwen(tmp_path_factory.mktemp("qwen") / "qwen3-0.6b")


def test_a_wish_is_answered_as_the_library_answers_it(folder: Path) -> None:
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.Qwen3ForCausalLM.from_pretrained(folder).eval()
    asked = (
        "<|im_start|>system\nbe brief<|im_end|>\n<|im_start|>user\nred hair<|im_end|>\n<|im_start|>assistant\n"
        "<think>\n\n</think>\n\n"
    )
    given = tokenizer(asked, return_tensors="pt")
    said = model.generate(given["input_ids"], max_new_tokens=24, do_sample=False)
    own = tokenizer.decode(said[0, given["input_ids"].shape[1] :], skip_special_tokens=True)
    enhancer = CausalEnhancer(folder, tokens_max=24)
    assert enhancer.enhance("be brief", "red hair", b"no picture is looked at") == tidy_answer(own, "x")
    enhancer.unload()
    assert enhancer.enhance("be brief", "red hair") == tidy_answer(own, "x")


def test_what_is_missing_is_named(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IRODORI_MODELS", str(tmp_path))
    for name in ENHANCERS:
        assert load_catalog()[name].memory_mib >= 1024
        with pytest.raises(ModelMissing, match=r"model\.safetensors"):
            open_enhancer("local", name)
    with pytest.raises(EngineUnavailable, match="elsewhere"):
        open_enhancer("elsewhere", "x")
    shutil.copytree(folder, tmp_path / "mute")
    (tmp_path / "mute" / "chat_template.jinja").unlink()
    with pytest.raises(ModelInvalid, match="chat template"):
        open_enhancer("local", "mute").enhance("s", "w")
