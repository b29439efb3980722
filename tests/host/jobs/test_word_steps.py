"""What the models of a choice of steps take, by their real classes from their folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("torch")

from host.jobs.word_steps import memory_of_words
from host.pipeline.word_choice import WordChoice
from tests.engines.toys.words import toy_florence, toy_marian, toy_qwen

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def test_small_models_stay_with_every_process_and_the_largest_heavy_one_comes_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IRODORI_MODELS", str(tmp_path))
    everything = WordChoice(translate=True, caption="florence-2-base", enhance="local", model="qwen3-1.7b")
    assert memory_of_words(everything) == (0, 0)  # none is here
    toy_marian(tmp_path / "opus-mt-de-en")
    toy_florence(tmp_path / "florence-2-base")
    toy_qwen(tmp_path / "qwen3-1.7b")
    toy_qwen(tmp_path / "of-my-own")
    assert memory_of_words(WordChoice(translate=True)) == (330, 0)
    assert memory_of_words(everything) == (330 + 470, 4_100)
    assert memory_of_words(WordChoice(enhance="local", model="of-my-own")) == (0, 4_000)
    assert memory_of_words(WordChoice(enhance="ollama", model="a")) == (0, 0)
    assert memory_of_words(WordChoice()) == (0, 0)
