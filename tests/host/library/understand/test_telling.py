"""Asking a model that errs in all the ways that servers do: what helps is done, the rest is said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from engines.vlm.base import ModelFault
from engines.vlm.endpoint import Endpoint, EndpointModel
from host.library.understand.pace import Pace
from host.library.understand.telling import Prices, StoryFailed, Teller
from tests.erring import answers, drips, hangs, is_huge, refuses, resets, sends_on
from tests.host.library.model_server import SAID, STORY, says, serving

if TYPE_CHECKING:
    from host.library.understand.story import PageStory
    from tests.erring import Err
    from tests.host.library.model_server import Server

pytest.importorskip("json_repair")
pytest.importorskip("tenacity")

JPEG = b"\xff\xd8\xff\xe0 a page"


def tell(
    server: Server, *, attempts: int = 3, answer_s: float = 0.4, key: str = "", prices: Prices | None = None
) -> PageStory:
    model = EndpointModel(Endpoint(server.url, "toy", key, answer_s=answer_s))
    try:
        return Teller(model, Pace(), attempts, prices, backoff_s=0.01).tell(JPEG, "rtl")
    finally:
        model.close()


def test_a_story_is_what_the_model_said() -> None:
    with serving(says(SAID)) as server:
        story = tell(server, key="sesame", prices=Prices(1.0, 10.0))
        [body] = server.bodies
        assert server.headers_seen[0]["authorization"] == "Bearer sesame"
    assert [panel.description for panel in story.panels] == ["A witch on a broom.", "The moon."]
    assert story.panels[0].lines == ("Meanwhile…", "Higher!", "WHOOSH")
    assert story.panels[0].dialogue[0].speaker == "Pepper"
    assert (story.model, story.mended, story.page_type) == ("toy", "", "interior")
    assert (story.usage.prompt_tokens, story.usage.completion_tokens) == (100, 20)
    assert story.usage.cost_usd == pytest.approx(0.0003)
    assert body["response_format"]["type"] == "json_schema"
    assert body["messages"][0]["content"][1]["image_url"]["url"].startswith("data:image/jpeg;base64,")


@pytest.mark.parametrize(
    ("fault", "mended"),
    [
        (refuses(429, Retry_After="0.05"), ""),
        (refuses(500), ""),
        (hangs, ""),
        (drips, ""),
        (resets, ""),
        (says(""), ""),
        (is_huge, ""),
        (answers(SAID.encode(), "text/html"), ""),
        (says('{"animals": ["cat"]}'), ""),
        (answers(b'{"choices": []}'), ""),
    ],
    ids=["429", "500", "hang", "drip", "reset", "empty", "huge", "content-type", "schema", "no-choice"],
)
def test_what_passes_is_asked_again(fault: Err, mended: str) -> None:
    with serving(fault, says(SAID)) as server:
        story = tell(server)
        server.released.set()
        assert len(server.bodies) == 2
    assert len(story.panels) == 2
    assert story.mended == mended
    assert story.usage.attempts == 2


@pytest.mark.parametrize(
    ("words", "mended"),
    [
        (f"```json\n{SAID}\n```", "fences"),
        (f"Here is the page:\n```\n{SAID}\n```\nI hope that helps!", "fences"),
        (f"{SAID}\n\nLet me know if you need more {{details}}.", "prose"),
        (f"Sure! [1] {SAID}", "prose"),
        (f"<think>{{hm}}</think>{SAID}", ""),
        (SAID.replace('"sfx": ["WHOOSH"]', "'sfx': ['WHOOSH',]"), "syntax"),
        (json.dumps(STORY["panels"]), ""),
        (json.dumps({"page": STORY}), ""),
    ],
    ids=["fenced", "fenced-in-prose", "trailing", "leading", "thought", "quotes", "bare-list", "wrapped"],
)
def test_words_around_json_and_small_faults_in_it_are_mended_at_once(words: str, mended: str) -> None:
    with serving(says(words)) as server:
        story = tell(server)
        assert len(server.bodies) == 1
    assert [panel.lines for panel in story.panels] == [("Meanwhile…", "Higher!", "WHOOSH"), ()]
    assert story.mended == mended


def test_what_was_cut_is_asked_for_once_more_and_then_kept_as_far_as_it_came() -> None:
    cut = SAID[: SAID.index("The moon.") + 4]
    with serving(says(cut, "length"), says(SAID)) as server:
        assert tell(server).mended == ""
        assert len(server.bodies) == 2
    with serving(says(cut, "length")) as server:
        story = tell(server)
        assert len(server.bodies) == 2
    assert story.mended == "cut"
    assert story.panels[0].lines == ("Meanwhile…", "Higher!", "WHOOSH")
    assert story.usage.completion_tokens == 40


def test_a_redirect_is_not_followed_and_nothing_more_is_sent() -> None:
    with serving(says(SAID)) as elsewhere, serving(sends_on(elsewhere.url + "/chat/completions")) as server:
        model = EndpointModel(Endpoint(server.url, "toy", "sesame"))
        teller = Teller(model, Pace(), 3, backoff_s=0.01)
        for _ in range(2):
            with pytest.raises(StoryFailed, match="sends on"):
                teller.tell(JPEG, "ltr")
        model.close()
        assert len(server.bodies) == 1
        assert elsewhere.bodies == []


def test_a_key_that_is_refused_ends_asking() -> None:
    with serving(refuses(401, "bad key")) as server:
        model = EndpointModel(Endpoint(server.url, "toy"))
        teller = Teller(model, Pace(), 5, backoff_s=0.01)
        for _ in range(3):
            with pytest.raises(StoryFailed, match="401: bad key"):
                teller.tell(JPEG, "ltr")
        model.close()
        assert len(server.bodies) == 1


def test_a_server_that_knows_no_schemas_is_asked_without() -> None:
    with serving(refuses(400, "response_format json_schema is not supported"), says(SAID)) as server:
        tell(server)
        assert [body.get("response_format", {}).get("type") for body in server.bodies] == ["json_schema", "json_object"]


def test_what_never_helps_fails_with_the_models_last_words() -> None:
    with serving(says("I cannot do that.")) as server, pytest.raises(StoryFailed) as failed:
        tell(server)
    assert failed.value.said == "I cannot do that."
    assert failed.value.usage.attempts == 3
    with serving(refuses(503)) as server, pytest.raises(StoryFailed, match="503"):
        tell(server)
    assert len(server.bodies) == 3


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1", "http://name:word@127.0.0.1/v1", "127.0.0.1:11434", "http://8.8.8.8/v1", "http://[/"]
)
def test_addresses_that_are_none_are_refused(url: str) -> None:
    with pytest.raises(ModelFault):
        EndpointModel(Endpoint(url, "toy"))


def test_an_address_without_a_path_gets_the_usual_one() -> None:
    assert Endpoint("http://127.0.0.1:11434", "m").address == "http://127.0.0.1:11434/v1/chat/completions"
    assert Endpoint("https://a.example/api/v1/", "m").address == "https://a.example/api/v1/chat/completions"
    assert Endpoint("https://a.example/api/v1/", "m").origin == "https://a.example:443"


def test_questions_are_paced_and_the_end_wakes_those_who_wait() -> None:
    pace = Pace(per_minute=60_000)
    assert all(pace.wait() for _ in range(3))
    pace.rest(3600)
    pace.end()
    assert pace.wait() is False


def test_the_end_of_a_teller_is_the_end_of_its_pace() -> None:
    pace = Pace()
    Teller(EndpointModel(Endpoint("http://127.0.0.1:9", "m")), pace).end()
    assert pace.wait() is False
