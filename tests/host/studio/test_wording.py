"""A wish of the studio's on its way to a network: a language model on loopback words it anew, or errs."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from engines.base import Device
from engines.info import EngineInfo, Supports
from engines.words.prompts import system_prompt
from host.jobs.engine_room import EngineRoom
from host.jobs.wordsmith import Wordsmith
from host.messaging.messages import StudioTask
from host.pipeline.decode import as_page
from host.pipeline.records.rewording import Rewording
from host.pipeline.word_choice import WordChoice
from host.studio.tools import Tools
from host.studio.wording import FILMS, WishWording
from tests.engines.words.ollama_server import SAYS, ollama_server
from tests.host.jobs.conftest import Engines
from tests.host.jobs.test_wordsmith import Heavy, Lane

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

PAGE = as_page(None, np.full((40, 60), 200, np.uint8))
READS = EngineInfo("flux2-toy", "Toy", "1", "AGPL-3.0-or-later", Supports(2), (), "cpu", wording="sentences")


def wording(words: WordChoice) -> WishWording:
    room = EngineRoom(Engines(Heavy()), Lane(), Device("cpu", "p", 64_000), 60.0)  # type: ignore[arg-type]
    return WishWording(lambda: Wordsmith(room), lambda: words)


def ask(url: str, caption: str = "") -> WordChoice:
    return WordChoice(enhance="ollama", model="blind", url=url, caption=caption)


@pytest.mark.parametrize(("engine", "work"), [(READS, "part"), (FILMS, "film")])
def test_a_wish_is_worded_for_what_it_is_for(engine: EngineInfo, work: str) -> None:
    with ollama_server() as server:
        words, done = wording(ask(server.url))(PAGE, "a red ball", engine, work, lambda: None)  # type: ignore[arg-type]
        assert words == SAYS
        [step] = done.steps
        assert (step.step, step.before, step.after, step.fault) == ("enhance", "a red ball", SAYS, "")
        asked = server.bodies("/api/generate")[0]
        family = "flux2" if engine is READS else "sentences"
        assert asked["system"] == system_prompt(family, work)  # type: ignore[arg-type]
        assert asked["system"] != system_prompt(family, "page")
        assert server.loaded == set()


def test_what_fails_leaves_the_wish_and_says_why() -> None:
    with ollama_server("fails") as server:
        words, done = wording(ask(server.url))(PAGE, "a red ball", READS, "part", lambda: None)
    assert (words, done.failed) == ("a red ball", ("enhance",))


@pytest.mark.parametrize(
    ("words", "engine", "choice"),
    [
        ("", READS, WordChoice(enhance="ollama", model="m", url="http://127.0.0.1:9")),
        ("a", None, WordChoice(enhance="ollama", model="m", url="http://127.0.0.1:9")),
        ("a", READS, WordChoice()),
        # What the page shows is told to a language model alone.
        ("a", READS, WordChoice(caption="florence-2-base")),
    ],
)
def test_where_there_is_nothing_to_do_nobody_is_asked(
    words: str, engine: EngineInfo | None, choice: WordChoice
) -> None:
    never = WishWording(lambda: pytest.fail("asked"), lambda: choice)
    assert never(PAGE, words, engine, "part", lambda: None) == (words, Rewording())
    assert WishWording()(PAGE, words, engine, "part", lambda: None) == (words, Rewording())


class Painters:
    """Knows one engine, and notes what it is told."""

    prompt = ""

    def engine(self, engine_id: str | None) -> EngineInfo | None:
        return READS if engine_id == READS.id else None

    def paint(self, rgb: NDArray[np.uint8], *asked: object) -> tuple[NDArray[np.uint8], str]:
        self.prompt = asked[2].prompt  # type: ignore[attr-defined]
        return rgb, "toy"


def painted(engine: str, url: str) -> tuple[Painters, dict[str, object]]:
    painters = Painters()
    references: Callable[[str], NDArray[np.uint8]] = lambda _: PAGE.rgb  # noqa: E731
    tools = Tools(None, painters, references, None, wording=wording(ask(url)))  # type: ignore[arg-type]
    held = io.BytesIO()
    Image.fromarray(PAGE.rgb).save(held, "PNG")
    task = StudioTask(task_id="t", tool="extend", image=held.getvalue(), left=8, words="sea", engine=engine)
    return painters, tools.run(task, lambda _: None).record


def test_the_painter_hears_the_new_words_and_the_record_tells_each_step() -> None:
    with ollama_server() as server:
        painters, record = painted(READS.id, server.url)
        assert painters.prompt == record["words"] == SAYS
        [step] = record["rewording"]  # type: ignore[misc]
        assert (step["step"], step["before"], step["after"]) == ("enhance", "sea", SAYS)
        painters, record = painted("fill", server.url)  # no network: no words
        assert painters.prompt == record["words"] == "sea"
        assert "rewording" not in record
