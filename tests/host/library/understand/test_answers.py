"""Any words of a model give a story or a reason; what they say by other names is found."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.library.understand.answers import AnswerInvalid, Told, read_answer
from host.library.understand.story import ANSWER_SCHEMA, PANELS_MAX, PageStory

pytest.importorskip("json_repair")
pytest.importorskip("tenacity")

jsonish = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["panels", "text", "dialogue", "sfx", "x"]), inner, max_size=4)
    ),
    max_leaves=20,
)


def story_or_reason(words: str) -> Told | None:
    try:
        told = read_answer(words)
    except AnswerInvalid:
        return None
    PageStory(model="m", panels=told.panels, summary=told.summary).model_dump_json()
    return told


@given(jsonish)
def test_any_document_is_a_story_or_refused(document: object) -> None:
    story_or_reason(json.dumps(document))


@given(st.text(alphabet='{}[]":,`abp \n\\', max_size=60))
def test_any_words_are_a_story_or_refused(words: str) -> None:
    story_or_reason(words)
    story_or_reason('{"panels": [{"dialogue": ["a' + words)


def test_deep_nesting_is_refused() -> None:
    assert story_or_reason("[" * 100_000) is None
    assert story_or_reason('{"panels":' * 20_000) is None


def test_other_names_and_shapes_are_understood() -> None:
    told = read_answer(
        json.dumps(
            {
                "frames": [
                    {"text": {"dialogue": "Hi", "narration": None, "sfx": ["", "BOOM", None]}, "characters": "Pepper"},
                    {"dialogue": [{"character": "A", "line": "One"}, "Two", 3], "captions": [{"text": "Later"}]},
                    {"speech": "N/A", "onomatopoeia": "ZAP"},
                ],
                "page_type": "nonsense",
            }
        )
    )
    first, second, third = told.panels
    assert first.lines == ("Hi", "BOOM")
    assert first.characters == ("Pepper",)
    assert [(one.speaker, one.text) for one in second.dialogue] == [("A", "One"), ("", "Two")]
    assert second.narration == ("Later",)
    assert third.lines == ("ZAP",)
    assert told.page_type is None


def test_what_is_too_much_is_cut() -> None:
    told = read_answer(json.dumps({"panels": [{"narration": ["a" * 3000] * 70}] * 70}))
    assert len(told.panels) == PANELS_MAX
    assert len(told.panels[0].narration[0]) == 2000
    cut = read_answer('{"panels": [{"narration": ["' + "a, [{" * 500_000)
    assert cut.mended == "cut"


@pytest.mark.parametrize("words", ["", "   ", "no", "null", "[]x", '{"a": 1}', '{"panels": {}}', '{"panels": [1]}'])
def test_what_says_nothing_of_a_page_is_refused(words: str) -> None:
    with pytest.raises(AnswerInvalid):
        read_answer(words)


def test_the_schema_that_is_sent_is_one() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(ANSWER_SCHEMA)


@pytest.mark.parametrize("tag", ["think", "thinking"])
def test_what_a_model_thinks_before_it_answers_is_no_answer(tag: str) -> None:
    thought, answer = (json.dumps({"panels": [{"description": words}]}) for words in ("a draft", "the page"))
    told = read_answer(f"<{tag}>Perhaps\n{thought}\n</{tag}>\n{answer}<{tag}></{tag}>")
    assert [panel.description for panel in told.panels] == ["the page"]
    assert told.mended == ""
