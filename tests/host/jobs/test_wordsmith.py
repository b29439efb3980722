"""The reader's words on their way to an engine: toys of the real models, Ollama on loopback, slots, and what fails."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engines.base import Device, Plan
from engines.geometry import Box
from engines.info import EngineInfo, Supports
from engines.testing.stepped import SteppedEngine
from engines.words.registry import open_captioner, open_enhancer, open_translator
from host.errors import JobCancelled
from host.jobs.engine_room import EngineRoom
from host.jobs.wordsmith import Wordsmith
from host.pipeline.job import PageJob
from host.pipeline.records.page_meta import PageMeta, Panel
from host.pipeline.rewording import of_scene
from host.pipeline.series import ReferencePicture
from host.pipeline.word_choice import WordChoice
from tests.engines.words.ollama_server import SAYS, WAYS, ollama_server
from tests.host.jobs.conftest import Engines
from tests.host.pipeline.drawn import decoded, manga_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from host.pipeline.records.rewording import Rewording

PAGE = decoded(manga_page())
HEAVY = replace(SteppedEngine(0).info, id="heavy", models=("flux2-klein-4b",), wording="sentences")
READS = EngineInfo("toy", "Toy", "1", "AGPL-3.0-or-later", Supports(2), (), "cpu", wording="sentences")
WISH = "rote Haare, blauer Himmel"


class Lane:
    """Counts how often it is held, and that nobody holds it twice."""

    held = 0
    is_held = False

    @contextmanager
    def hold(self, check: Callable[[], None]) -> Iterator[bool]:
        check()
        assert not self.is_held
        self.held, self.is_held = self.held + 1, True
        try:
            yield False
        finally:
            self.is_held = False

    def close(self) -> None:
        """Nothing is open."""


class Heavy(SteppedEngine):
    """An engine that weighs as klein does."""

    def __init__(self) -> None:
        super().__init__(0, 1)
        self.info = HEAVY


@pytest.fixture
def room() -> EngineRoom:
    return EngineRoom(Engines(Heavy()), Lane(), Device("cpu", "p", 64_000), 60.0)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("sentencepiece")
    pytest.importorskip("py3langid")
    pytest.importorskip("torch")
    from tests.engines.toys.words import toy_florence, toy_marian, toy_qwen

    folder = tmp_path_factory.mktemp("models")
    toy_marian(folder / "opus-mt-de-en")
    toy_florence(folder / "florence-2-base")
    toy_qwen(folder / "qwen3-1.7b")
    return folder


def meta(panels: int = 1) -> PageMeta:
    height, width = PAGE.size
    boxes = [Box(0, height * one // panels, width, height * (one + 1) // panels) for one in range(panels)]
    drawn = tuple(Panel(box=box, order=one, score=1.0) for one, box in enumerate(boxes))
    return PageMeta(
        size=PAGE.size, pixels_sha256=PAGE.pixels_sha256, kind="story", direction="rtl", panels=drawn, references=()
    )


def asked(words: WordChoice, wish: str = WISH, **facts: Any) -> PageJob:
    return PageJob(engine=READS, plan=Plan(prompt=wish), words=words, **facts)


def reword(smith: Wordsmith, job: PageJob, page: PageMeta | None = None) -> Rewording:
    return smith.reword(PAGE, page or meta(), job, lambda: None)


def test_a_wish_is_translated_and_what_is_english_stays(
    room: EngineRoom, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IRODORI_MODELS", str(models))
    smith = Wordsmith(room)
    words = WordChoice(translate=True)
    done = reword(smith, replace(asked(words), plan=Plan(prompt=WISH, negative_prompt="red hair, blue sky")))
    wish, avoid = done.steps
    assert (wish.step, wish.subject, wish.before, wish.language, wish.fault) == ("translate", "wish", WISH, "de", "")
    assert wish.after == open_translator("de").translate(WISH)
    assert wish.by.startswith("opus-mt-de-en 1-")
    assert (avoid.subject, avoid.after, avoid.language) == ("avoid", "red hair, blue sky", "en")
    assert done.english("wish", WISH) == wish.after
    assert [one.label for one in room.ledger.held] == ["opus-mt-de-en"]  # small: it stays for the next page
    held = room._lane.held  # type: ignore[attr-defined]
    assert reword(smith, asked(words)).steps[0] == wish
    assert room._lane.held == held == 1  # type: ignore[attr-defined]
    room.close()
    assert room.ledger.held == ()


def test_panels_and_references_are_told(room: EngineRoom, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IRODORI_MODELS", str(models))
    shown = ReferencePicture(reference_id="r" * 64, pixels=np.full((80, 80, 3), 90, np.uint8))
    said = iter(["a black and white drawing of a girl with a sword", "a manga page", "a blue square"])
    monkeypatch.setattr("engines.words.florence.FlorenceCaptioner.caption", lambda *_: next(said))
    job = asked(WordChoice(caption="florence-2-base"), references=(shown,))
    done = reword(Wordsmith(room), job, meta(2))
    assert [(one.subject, one.after) for one in done.steps] == [
        ("panel 1", "a girl with a sword"), ("panel 2", "a manga page"), (f"reference {'r' * 12}", "a blue square"),
    ]  # fmt: skip
    assert done.captions[0] == ("panel 1", "a girl with a sword")


def test_a_caption_is_the_real_model_s(room: EngineRoom, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IRODORI_MODELS", str(models))
    done = reword(Wordsmith(room), asked(WordChoice(caption="florence-2-base")), meta(1))
    own = of_scene(open_captioner("florence-2-base").caption(PAGE.rgb))
    assert [one.after for one in done.steps] == ([own] if own else [])
    assert done.failed == ()


def test_a_language_model_here_words_it_anew_and_the_engine_makes_room(
    room: EngineRoom, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IRODORI_MODELS", str(models))
    loaded = []
    open_ = open_enhancer("local", "qwen3-1.7b")
    kind = type(open_)
    enhance = kind.enhance
    monkeypatch.setattr(
        kind, "enhance",
        lambda *given: (loaded.append([one.label for one in room.ledger.held]), enhance(*given))[1],
    )  # fmt: skip
    with room.engine("heavy", lambda: None):
        assert [one.label for one in room.ledger.held] == ["heavy"]
    done = reword(Wordsmith(room), asked(WordChoice(enhance="local", model="qwen3-1.7b")))
    [step] = done.steps
    assert (step.step, step.before, step.fault) == ("enhance", WISH, "")
    assert done.enhanced == step.after != WISH
    assert loaded == [["qwen3-1.7b"]]  # the engine was unloaded before
    assert room.ledger.held == ()  # and so is the model, at once
    with room.engine("heavy", lambda: None):
        assert [one.label for one in room.ledger.held] == ["heavy"]


def test_ollama_words_it_anew_once_a_wish_and_holds_nothing(room: EngineRoom) -> None:
    with ollama_server() as server, room.engine("heavy", lambda: None):
        pass
    with ollama_server() as server:
        smith, words = Wordsmith(room), WordChoice(enhance="ollama", model="blind", url=server.url)
        done = reword(smith, asked(words))
        assert done.enhanced == SAYS
        assert [one.label for one in room.ledger.held] == []
        count = len(server.bodies("/api/generate"))
        assert reword(smith, asked(words)) == done
        assert len(server.bodies("/api/generate")) == count
        assert server.loaded == set()


def test_a_model_that_sees_gets_the_page(room: EngineRoom) -> None:
    with ollama_server() as server:
        words = WordChoice(enhance="ollama", model="seer", url=server.url)
        assert reword(Wordsmith(room), asked(words, wish="")).enhanced == SAYS
        assert server.bodies("/api/generate")[0]["images"]


@pytest.mark.parametrize("way", [one for one in WAYS if one not in ("hangs", "endless")])
def test_whatever_ollama_does_the_words_stay_and_the_reason_is_noted(room: EngineRoom, way: str) -> None:
    with ollama_server(way) as server:
        smith, words = Wordsmith(room), WordChoice(enhance="ollama", model="blind", url=server.url)
        done = reword(smith, asked(words))
        [step] = done.steps
        assert (step.before, step.after, done.enhanced, done.failed) == (WISH, WISH, "", ("enhance",))
        assert step.fault
        count = len(server.asked)
        assert reword(smith, asked(words)) == done  # not asked again so soon
        assert len(server.asked) == count
        assert server.loaded == set()


def test_after_a_while_what_failed_is_tried_again(room: EngineRoom) -> None:
    now = [0.0]
    with ollama_server("fails") as server:
        smith, words = Wordsmith(room, lambda: now[0]), WordChoice(enhance="ollama", model="blind", url=server.url)
        assert reword(smith, asked(words)).failed
        server.way = ""
        assert reword(smith, asked(words)).failed
        now[0] = 91.0
        assert reword(smith, asked(words)).enhanced == SAYS


def test_what_is_not_here_is_named(room: EngineRoom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IRODORI_MODELS", str(tmp_path))
    words = WordChoice(translate=True, caption="florence-2-base", enhance="local", model="qwen3-1.7b")
    done = reword(Wordsmith(room), asked(words, wish="赤い髪"), meta(3))
    assert done.failed == ("translate", "caption", "enhance")
    assert [one.fault.partition(" lacks")[0] for one in done.steps] == [
        "opus-mt-ja-en", "florence-2-base", "qwen3-1.7b",
    ]  # fmt: skip
    assert all("irodori models pull" in one.fault for one in done.steps)
    assert done.english("wish", "赤い髪") == "赤い髪"


def test_a_page_that_ends_meanwhile_ends(room: EngineRoom) -> None:
    def cancelled() -> None:
        raise JobCancelled("gone")

    with ollama_server() as server, pytest.raises(JobCancelled):
        Wordsmith(room).reword(
            PAGE, meta(), asked(WordChoice(enhance="ollama", model="blind", url=server.url)), cancelled
        )


@pytest.mark.parametrize(
    ("caption", "scene"),
    [
        ("A black and white drawing of a girl with a sword.", "a girl with a sword"),
        ("a monochrome manga panel showing two boys", "two boys"),
        ("A girl in a black and white dress", "A girl in dress"),
        ("a black dog on white snow", "a black dog on white snow"),
        ("greyscale", ""),
    ],
)
def test_what_a_caption_says_of_the_paper_is_left_out(caption: str, scene: str) -> None:
    assert of_scene(caption) == scene
