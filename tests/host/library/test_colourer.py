"""What a worker makes of a page, whatever happens to it, and what of that is kept between processes."""

from __future__ import annotations

import base64
import io
import json
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from host.application import Application
from host.errors import ImageInvalid
from host.library.colourer import PageColourer, PageResult, told
from host.library.orders import OrderBook
from host.messaging.messages import Options
from host.paths import state_paths
from host.pipeline.decode import as_page
from host.pipeline.prepared import PreparedPage
from host.pipeline.word_choice import WordChoice
from tests.engines.words.ollama_server import SAYS, ollama_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COLOURED = PageResult(verdict="coloured", image=b"a\nb", mime="image/png", direction="rtl", note="n", seconds=1.5,
                      runmeta={"seed": 3}, thumb="YQ==")  # fmt: skip


@pytest.mark.parametrize(
    "result", [COLOURED, PageResult(verdict="skipped", reason="blank"), PageResult(verdict="coloured")]
)
def test_a_result_comes_back_as_it_was_packed(result: PageResult) -> None:
    assert PageResult.unpacked(result.packed()) == result


def test_a_result_is_a_line_of_json_and_the_picture() -> None:
    head, _, image = COLOURED.packed().partition(b"\n")
    assert image == b"a\nb"
    assert json.loads(head) == {
        "verdict": "coloured", "mime": "image/png", "reason": "", "direction": "rtl", "note": "n", "seconds": 1.5,
        "runmeta": {"seed": 3}, "thumb": "YQ==", "size": 3,
    }  # fmt: skip


def test_one_that_was_kept_before_there_were_thumbs_is_whole() -> None:
    head, _, image = COLOURED.packed().partition(b"\n")
    facts = {name: value for name, value in json.loads(head).items() if name != "thumb"}
    assert PageResult.unpacked(json.dumps(facts).encode() + b"\n" + image) == replace(COLOURED, thumb="")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}\n", b"[]\n", b"7\n", b"nothing\n", COLOURED.packed()[:-1], COLOURED.packed() + b"x",
        b'{"verdict": "coloured"}\n', b'{"verdict": "coloured", "size": 0, "other": 1}\n',
        b'{"verdict": "failed", "size": 0}\n',
    ],
)  # fmt: skip
def test_what_was_never_packed_so_is_none(data: bytes) -> None:
    assert PageResult.unpacked(data) is None


def test_what_goes_wrong_is_told_in_the_result(caplog: pytest.LogCaptureFixture) -> None:
    def fail(error: Exception) -> Any:
        def step() -> Any:
            raise error

        return told(step)

    assert told(lambda: 7) == 7
    ours = ImageInvalid("It is torn.", "Mend it.")
    assert fail(ours) == PageResult(verdict="failed", error=ours.wire())
    assert caplog.records == []
    result = fail(ValueError("secret"))
    assert result.verdict == "failed"
    assert result.error["message"] == "Something went wrong inside (ValueError)."
    assert result.error["hint"] == "The log has the details."
    assert [record.exc_info is not None for record in caplog.records] == [True]


class Pipeline:
    """Decodes to the bytes themselves, reads a page to be coloured or one to be left, and colours by a word."""

    def decode(self, encoded: bytes) -> bytes:
        if encoded == b"torn":
            raise ImageInvalid("It is torn.", "Mend it.")
        return encoded

    def read(self, page: bytes, job: Any, heard: Any) -> Any:
        heard("read", 0.5)
        meta = SimpleNamespace(direction="rtl")
        if page == b"blank":
            return SimpleNamespace(reason="blank", meta=meta)
        prepared = object.__new__(PreparedPage)
        object.__setattr__(prepared, "job", job)
        object.__setattr__(prepared, "meta", meta)
        return prepared

    def colour(self, prepared: Any, engine: str, heard: Any) -> str:
        heard("colour", 0.5)
        return f"by {engine}"

    def finish(self, prepared: Any, coloured: str, heard: Any, small_px: int) -> Any:
        notes = SimpleNamespace(notes=("one", "two"), model_dump=lambda mode: {"mode": mode})
        return SimpleNamespace(
            image=coloured.encode(), mime="image/webp", runmeta=notes, small=np.full((small_px, 7, 3), 90, np.uint8)
        )


class Room:
    def __init__(self, name: str) -> None:
        self.name, self.asked = name, []  # type: ignore[var-annotated]

    @contextmanager
    def engine(self, engine_id: str, check: Any) -> Iterator[tuple[str, None]]:
        self.asked.append(engine_id)
        check()
        yield f"{engine_id} of {self.name}", None

    def run_with_memory(self, engine: str, step: Any) -> Any:
        self.asked.append(engine)
        return step()


@pytest.fixture
def colourer() -> PageColourer:
    made = object.__new__(PageColourer)
    made._pipeline = Pipeline()  # type: ignore[assignment]
    made._rooms = {"toy": Room("here"), "other": Room("there")}  # type: ignore[dict-item]
    return made


JOB: Any = SimpleNamespace(engine=SimpleNamespace(id="toy"))


def test_a_page_is_coloured_by_its_job_s_engine_in_that_one_s_room(colourer: PageColourer) -> None:
    result = colourer.colour(b"grey", JOB)
    assert (result.verdict, result.image, result.mime) == ("coloured", b"by toy of here", "image/webp")
    assert (result.direction, result.note) == ("rtl", "one two")
    assert result.runmeta == {"mode": "json"}
    with Image.open(io.BytesIO(base64.b64decode(result.thumb))) as thumb:
        assert (thumb.format, thumb.size) == ("WEBP", (7, 220))
    assert result.seconds >= 0
    assert colourer._rooms["toy"].asked == ["toy", "toy of here"]  # type: ignore[attr-defined]
    assert colourer._rooms["other"].asked == []  # type: ignore[attr-defined]


def test_a_page_that_stays_as_it_is_and_one_that_fails_say_why(colourer: PageColourer) -> None:
    blank = colourer.colour(b"blank", JOB)
    assert (blank.verdict, blank.reason, blank.direction) == ("skipped", "blank", "rtl")
    torn = colourer.colour(b"torn", JOB)
    assert (torn.verdict, torn.error["message"]) == ("failed", "It is torn.")


def test_a_picture_in_colour_is_one_that_is_read_as_that(colourer: PageColourer) -> None:
    kinds = {1: "already_coloured", 2: "story"}
    read = lambda page, *_: SimpleNamespace(meta=SimpleNamespace(kind=kinds[int(page.rgb[0, 0, 1])]))  # noqa: E731
    colourer._reader = SimpleNamespace(read=read)  # type: ignore[assignment]
    rgb = {b"cover": (0, 1, 2), b"tinted": (0, 2, 1), b"grey": (3, 3, 3)}

    def decode(encoded: bytes) -> Any:
        if encoded == b"torn":
            raise ImageInvalid("It is torn.", "Mend it.")
        return as_page(np.full((4, 3, 3), rgb[encoded], np.uint8), np.zeros((4, 3), np.uint8))

    colourer._pipeline = SimpleNamespace(decode=decode)  # type: ignore[assignment]
    assert [colourer.has_colour(page) for page in (b"cover", b"tinted", b"grey", b"torn")] == [
        True,
        False,
        False,
        False,
    ]


@pytest.mark.slow
@pytest.mark.parametrize("way", ["", "fails"])
def test_models_work_on_the_reader_s_words_as_they_do_for_a_chapter(
    way: str, irodori_home: Path, tmp_path: Path, pages: Path
) -> None:
    """A real page by the compact engine, which is told to read words; Ollama answers on loopback, or errs."""
    with Application.open(state_paths(), lambda _: None) as application:
        job = OrderBook(application, None, Options(), "png").base.job
    with ollama_server(way) as server:
        words = WordChoice(enhance="ollama", model="blind", url=server.url)
        job = replace(
            job, engine=replace(job.engine, wording="sentences"), plan=replace(job.plan, prompt="red hair"), words=words
        )
        result = PageColourer(tmp_path).colour((pages / "insets-en.jpg").read_bytes(), job)
        assert server.loaded == set()
    assert result.verdict == "coloured"
    [step] = result.runmeta["rewording"]
    assert (step["step"], step["before"], step["after"]) == ("enhance", "red hair", "red hair" if way else SAYS)
    assert [name for name, _ in result.undone] == (["enhance"] if way else [])
