"""What is taken of what a language model says, and what it is told."""

import pytest

from engines.base import EngineRemoteFailed
from engines.registry import infos
from engines.words.answers import LONGEST, tidy_answer
from engines.words.prompts import FAMILIES, family_of, question, system_prompt


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("red hair, blue sky", "red hair, blue sky"),
        ("<think>Hmm, what\nnow?</think>\n red hair ", "red hair"),
        ('Here is the prompt: "red hair"', "red hair"),
        ("Prompt: red hair", "red hair"),
        ("```text\nred hair\nblue sky\n```", "red hair blue sky"),
        ("**red\u0007 hair**", "red hair"),
        ("Here: a red door", "Here: a red door"),
        ("answering machine in red", "answering machine in red"),
    ],
)
def test_an_answer_becomes_one_plain_line(said: str, kept: str) -> None:
    assert tidy_answer(said, "m") == kept


def test_an_answer_has_a_bound_and_ends_with_a_word() -> None:
    cut = tidy_answer("red hair, " * 500, "m")
    assert LONGEST - 12 < len(cut) <= LONGEST
    assert cut.endswith(("red", "hair"))
    assert len(tidy_answer("x" * 5000, "m")) == LONGEST


@pytest.mark.parametrize("said", ["", " \n", "<think>only thoughts", "...", "<!DOCTYPE html><p>red hair", "<HTML>red"])
def test_no_words_are_no_answer(said: str) -> None:
    with pytest.raises(EngineRemoteFailed):
        tidy_answer(said, "m")


def test_each_engine_that_reads_words_has_a_prompt_of_its_family() -> None:
    families = {info.id: family_of(info.id, info.wording) for info in infos() if info.wording != "none"}
    assert set(families.values()) <= set(FAMILIES)
    assert (families["sdxl"], families["sd35"], families["qwen-image-edit"]) == ("tags", "sd35", "qwen")
    assert families["flux2-klein"] == families["comfyui"] == "flux2"
    told = {family: system_prompt(family) for family in FAMILIES}
    assert len(set(told.values())) == len(FAMILIES)
    assert "Danbooru" in told["tags"]
    assert all("Keep every colour" in one for one in told.values())


def test_a_question_has_the_wish_and_what_is_seen() -> None:
    assert question("red hair", "") == "The reader's wish: red hair"
    assert question("red hair", "a girl") == "The reader's wish: red hair\nThe page shows: a girl"
    assert question("", "a girl").startswith("The reader wishes nothing in particular.")
