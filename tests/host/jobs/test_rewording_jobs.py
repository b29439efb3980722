"""A chapter whose words models work on first: by the board, and what the cache holds of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import structs

from host.jobs.recipe import resolve
from host.messaging.messages import Options, PageDone
from host.store.keys import result_key
from tests.engines.words.ollama_server import SAYS, WAYS, ollama_server
from tests.host.jobs.conftest import Watched

if TYPE_CHECKING:
    from collections.abc import Callable

    from engines.base import ColorizeRequest, ColorizeResult, OnStep
    from tests.host.jobs.conftest import Reader

WISH = "red hair, blue sky"


class ReadsWords(Watched):
    """Notes what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.info = replace(self.info, wording="sentences")
        self.told: list[str] = []

    def _infer(self, request: ColorizeRequest, on_step: OnStep) -> ColorizeResult:
        self.told.append(request.plan.stages[0].prompt)
        return super()._infer(request, on_step)


@pytest.fixture
def engine() -> ReadsWords:
    return ReadsWords()


def coloured(reader: Reader, *numbers: int, **facts: Any) -> list[PageDone]:
    job_id = reader.run(list(numbers or (1,)), **facts)
    assert reader.listener.end_of(job_id).done == len(numbers or (1,))
    return sorted(reader.listener.of(PageDone, job_id=job_id), key=lambda one: one.page_id)


def test_a_wish_worded_anew_is_what_the_engine_is_told(open_reader: Callable[..., Reader], engine: ReadsWords) -> None:
    with ollama_server() as server:
        reader = open_reader(prompt=WISH, enhance="ollama", ollama_model="blind", ollama_url=server.url)
        first, second = coloured(reader, 1, 2)
        assert all(told.startswith(f"Colorize this manga page. {SAYS}. ") for told in engine.told)
        [step] = first.runmeta["rewording"]
        assert step == {
            "step": "enhance", "by": "ollama blind", "subject": "wish", "before": WISH, "after": SAYS, "language": "",
            "fault": "",
        }  # fmt: skip
        assert first.runmeta["plan"]["prompt"] == WISH  # the reader's own, as it was said
        assert second.runmeta["rewording"] == [step]
        assert len(server.bodies("/api/generate")) == 2  # asked once, let go once
        again = coloured(reader, 1)
        assert again[0].cached


@pytest.mark.parametrize("way", [*(one for one in WAYS if one not in ("hangs", "endless")), "refuses"])
def test_whatever_ollama_does_the_page_is_coloured_with_the_plain_wish(
    way: str, open_reader: Callable[..., Reader], engine: ReadsWords
) -> None:
    with ollama_server("" if way == "refuses" else way) as server:
        url = "http://127.0.0.1:9" if way == "refuses" else server.url
        reader = open_reader(prompt=WISH, ollama_model="blind", ollama_url=url)
        [page] = coloured(reader, options=Options(enhance="ollama"))
    [step] = page.runmeta["rewording"]
    assert step["fault"]
    assert (step["before"], step["after"]) == (WISH, WISH)
    [told] = engine.told
    assert told.startswith("Colorize this manga page. Red hair. Blue sky. ")


def test_a_page_that_was_coloured_without_is_another_one(
    open_reader: Callable[..., Reader], engine: ReadsWords
) -> None:
    with ollama_server("fails") as server:
        reader = open_reader(prompt=WISH, ollama_model="blind", ollama_url=server.url)
        wanted = Options(enhance="ollama")
        [failed] = coloured(reader, options=wanted)
        [again] = coloured(reader, options=wanted)
        assert again.cached
        assert again.runmeta["rewording"][0]["fault"]
        [plain] = coloured(reader)
        assert not plain.cached
        assert plain.runmeta["rewording"] == []
        assert len({failed.result_key, plain.result_key}) == 2
        assert len(engine.told) == 2
    with ollama_server() as server:
        reader = open_reader(prompt=WISH, ollama_model="blind", ollama_url=server.url)
        [page] = coloured(reader, options=wanted)
        assert not page.cached
        assert page.runmeta["rewording"][0]["after"] == SAYS
        assert page.result_key not in (failed.result_key, plain.result_key)


def test_keys_of_jobs_without_steps_are_what_they_were(reader: Reader, engine: ReadsWords) -> None:
    application = reader.application

    def recipe(**options: Any) -> Any:
        asked = structs.replace(reader.chapter([1]), options=Options(**options))
        return resolve(asked, application.settings.current, application.engines, application.store.references)

    pixels = "0" * 64
    plain = recipe()
    assert plain.key(pixels) == result_key(pixels, replace(plain._recipe, words=()))
    keys = {recipe(**one).key(pixels) for one in ({}, {"translate": True}, {"caption": True}, {"enhance": "local"})}
    assert len(keys) == 4
    assert plain.key(pixels, undone=("enhance",)) != plain.key(pixels)
    engine.info = replace(engine.info, wording="none")  # it reads no words: no step has a use
    assert recipe(translate=True, caption=True, enhance="local").key(pixels) == recipe().key(pixels)
