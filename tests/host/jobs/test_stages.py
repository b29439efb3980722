"""What each thread does with the page that it has in hand: one step after the other, here without the threads."""

from __future__ import annotations

import logging
import threading
from contextlib import closing, contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engines.geometry import Size
from host.corrections import Corrections
from host.errors import DiskFull, EngineNotAvailable, HashMismatch, InternalError, JobCancelled
from host.jobs.stages import _key
from host.messaging.messages import JobProgress, PageDone, PageFailed, PagePreview, PageSkipped
from host.paths import state_paths
from host.pipeline.prepared import SkippedPage
from host.pipeline.version import READING_VERSION
from host.store.results import StoredResult
from host.store.sources import Source
from host.store.store import Store
from tests.host.jobs.conftest import page_bytes
from tests.host.jobs.stage_line import HINTED, PIXELS, Line, Made, Prepared, Request
from tests.host.jobs.staging import TROUBLE, Stage, states

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from host.jobs.work import Work


@pytest.fixture
def opened(irodori_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Stage, Store]]:
    with closing(Store.open(state_paths(), cache_limit_mib=1, spool_limit_mib=1)) as store:
        stage = Stage(tmp_path / "pages")
        monkeypatch.setattr(store, "spool", stage.spool)
        yield stage, store


@pytest.fixture
def line(opened: tuple[Stage, Store], monkeypatch: pytest.MonkeyPatch) -> Line:
    monkeypatch.setattr("host.jobs.stages.SupervisedThread.start", lambda _: None)
    return Line(*opened)


class TestEnds:
    @pytest.mark.parametrize(
        ("fault", "told"),
        [
            (JobCancelled("stop"), []),
            (TROUBLE, ["Something went wrong."]),
            (ValueError("x"), ["Something went wrong inside (ValueError)."]),
            (SystemExit(), ["Something went wrong inside (SystemExit)."]),
        ],
    )
    def test_whatever_stops_a_step_ends_the_page_or_gives_it_up(
        self, line: Line, fault: BaseException, told: list[str]
    ) -> None:
        def step(_: Work) -> None:
            raise fault

        line.stages._attempt(line.begin(), step)
        assert [one.error.message for one in line.listener.of(PageFailed)] == told
        assert line.scheduler.depth()[0] is False

    def test_what_nobody_waits_for_is_not_begun(self, line: Line) -> None:
        work, steps = line.begin(), list[Any]()
        line.scheduler.cancel(work.waiting[0][0], None)
        line.stages._attempt(work, steps.append)
        assert steps == []

    def test_a_thread_that_dies_fails_the_page_in_its_hands_or_all(
        self, line: Line, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def die() -> None:
            raise MemoryError

        first, second, third = line.begin(), line.begin(), line.begin()
        line.stages._attempt(third, lambda _: None)
        monkeypatch.setattr("host.jobs.stages.return_free_memory", die)
        with pytest.raises(MemoryError):
            line.stages._attempt(first, lambda _: None)
        found = []
        for _ in range(2):
            line.stages._died(threading.current_thread().name, MemoryError())
            found.append([work.waiting[0][1].state.value for work in (first, second, third)])
        assert found == [["failed", "needed", "needed"], ["failed"] * 3]


class TestPreparing:
    def test_a_page_is_decoded_remembered_read_and_handed_to_the_lane(self, line: Line) -> None:
        work = line.begin()
        line.stages._prepare(work)
        assert line.pipeline.asked == ["decode", "read"]
        assert [one.stage for one in line.listener.of(JobProgress)] == ["decode"]
        assert line.store.sources.get([work.sha256]) == {work.sha256: Source(PIXELS, Size(120, 80))}
        assert (work.key, line.scheduler.take_prepared(0.0)) == ("5 plain", work)
        assert work.prepared is line.pipeline.read_as

    @pytest.mark.parametrize(("width", "large"), [(2000, False), (2001, True)])
    def test_beyond_eight_million_pixels_a_page_is_large(self, line: Line, width: int, *, large: bool) -> None:
        line.pipeline.size = Size(4000, width)
        work = line.begin()
        line.stages._prepare(work)
        assert work.large is large

    def test_bytes_that_have_gone_are_told_unless_the_page_has(self, line: Line) -> None:
        work = line.begin()
        line.store.spool.drop(work.sha256)
        with pytest.raises(HashMismatch):
            line.stages._prepare(work)
        line.scheduler.cancel(work.waiting[0][0], None)
        with pytest.raises(JobCancelled):
            line.stages._prepare(work)

    @pytest.mark.parametrize(("known", "key"), [(None, "5 plain"), (HINTED, "5 hinted"), (Corrections(), "5 plain")])
    def test_what_is_in_the_cache_is_told_and_not_made(self, line: Line, known: Corrections | None, key: str) -> None:
        line.keep(key)
        work = line.begin(Made(known))
        line.stages._prepare(work)
        assert line.done() == [(b"kept", True, key)]
        assert line.pipeline.asked == (["decode", "read"] if known is None else ["decode"])
        assert line.scheduler.take_prepared(0.0) is None
        assert line.store.history.keys("S") == [key]

    def test_where_it_is_known_how_a_page_is_corrected_its_key_is_settled_before_it_is_read(self, line: Line) -> None:
        line.pipeline.read_as = Prepared(job=SimpleNamespace(corrections=Corrections(), rewording=None))
        work = line.begin(Made(HINTED))
        line.stages._prepare(work)
        assert (work.key, line.scheduler.take_prepared(0.0)) == ("5 hinted", work)

    @pytest.mark.parametrize("known", [None, Corrections()])
    def test_a_page_whose_words_were_not_done_is_another_one(self, line: Line, known: Corrections | None) -> None:
        failed = SimpleNamespace(failed=("enhance",))
        line.pipeline.read_as = Prepared(job=SimpleNamespace(corrections=Corrections(), rewording=failed))
        work = line.begin(Made(known))
        line.stages._prepare(work)
        assert (work.key, line.scheduler.take_prepared(0.0)) == ("5 plain enhance", work)

    def test_else_by_what_reading_tells(self, line: Line) -> None:
        line.pipeline.read_as = Prepared(job=SimpleNamespace(corrections=HINTED, rewording=None))
        work = line.begin()
        line.stages._prepare(work)
        assert work.key == "5 hinted"

    @pytest.mark.parametrize("known", [None, HINTED])
    def test_what_is_made_already_is_not_made_twice(self, line: Line, known: Corrections | None) -> None:
        first, second = line.begin(Made(known)), line.begin(Made(known))
        line.scheduler.claim(first, "5 hinted" if known else "5 plain")
        line.stages._prepare(second)
        assert (len(first.waiting), line.scheduler.take_prepared(0.0)) == (2, None)
        assert ("read" in line.pipeline.asked) is (known is None)

    def test_a_verdict_is_kept_with_the_pages_own_bytes_and_told(self, line: Line) -> None:
        passed: list[str] = []
        meta = SimpleNamespace(size=Size(120, 80), model_dump=lambda mode: {"as": mode})
        line.pipeline.read_as = SkippedPage(reason="blank", meta=meta)  # type: ignore[arg-type]
        recipe = Made()
        recipe.cast = SimpleNamespace(pass_over=passed.append, recall=list)
        line.stages._prepare(line.begin(recipe))
        assert [(one.reason, one.result_key) for one in line.listener.of(PageSkipped)] == [("blank", "5 plain")]
        assert passed == [PIXELS]
        assert line.store.results.get("5 plain") == StoredResult(
            image=page_bytes(1), mime="image/png", size=Size(120, 80), skip_reason="blank",
            runmeta={"page_meta": {"as": "json"}, "reading_version": READING_VERSION},
        )  # fmt: skip
        line.stages._prepare(line.begin(Made()))  # of which nobody remembers who is on it
        assert passed == [PIXELS]

    @pytest.mark.parametrize("visible", [(), (0,)])
    def test_who_is_looked_at_is_shown_first(
        self, line: Line, visible: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shown: list[Any] = []
        monkeypatch.setattr(line.stages._quick_look, "show", lambda *facts: shown.append(facts))
        work = line.begin(visible=visible)
        line.stages._prepare(work)
        assert [(facts[0], facts[1]) for facts in shown] == [(work.waiting, "drawn")] * len(visible)


class TestColouring:
    def test_the_engine_colours_and_what_it_alone_looks_at_is_let_go(self, line: Line) -> None:
        recipe = Made()
        work = line.begin(recipe)
        line.scheduler.claim(work, "k")
        work.prepared = prepared = Prepared()  # type: ignore[assignment]
        line.keep("k")  # nobody else had the lane: it is not asked for
        line.stages._colour(work)
        assert line.pipeline.asked == ["colour by drawn"]
        assert recipe.remembered == [(prepared, "coloured")]
        assert line.scheduler.take_coloured() is work
        assert work.coloured == "coloured"  # type: ignore[comparison-overlap]
        assert work.prepared.request == Request(None, None, ())  # type: ignore[union-attr, comparison-overlap]

    @pytest.mark.parametrize("is_there", [True, False])
    def test_what_another_host_made_meanwhile_is_taken(self, line: Line, *, is_there: bool) -> None:
        work = line.coloured()
        line.room.waited = True
        if is_there:
            line.keep("k")
        line.stages._colour(work)
        assert line.done() == ([(b"kept", True, "k")] if is_there else [])
        assert line.pipeline.asked == ([] if is_there else ["colour by drawn"])
        assert line.store.history.keys("S") == (["k"] if is_there else [])

    def test_a_page_that_is_there_twice_takes_the_others_colour(self, line: Line) -> None:
        recipe, other = Made(), Prepared(memory_entry="other")
        work = line.coloured(recipe)
        recipe.duplicates.find = lambda _: (other, "its colour")
        line.stages._colour(work)
        assert (line.pipeline.asked, recipe.remembered) == ([], [])
        assert line.scheduler.take_coloured() is work
        assert (work.prepared, work.coloured) == (other, "its colour")

    def test_what_was_cancelled_meanwhile_is_not_remembered(self, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
        recipe = Made()
        work = line.coloured(recipe)

        def cancel(*_: object) -> str:
            line.scheduler.cancel(work.waiting[0][0], None)
            work.prepared = Prepared()  # type: ignore[assignment]
            return "coloured"

        monkeypatch.setattr(line.pipeline, "colour", cancel)
        line.stages._colour(work)
        assert recipe.remembered == []

    @pytest.mark.parametrize(
        ("was_shown", "step", "has_picture", "is_sent"),
        [
            (False, 1, True, True), (False, 1, False, False),
            (True, 4, True, False), (True, 5, True, True), (True, 9, True, True), (True, 9, False, False),
        ],
    )  # fmt: skip
    def test_of_ten_steps_the_early_ones_show_less_than_a_first_sight(
        self, line: Line, step: int, *, was_shown: bool, has_picture: bool, is_sent: bool
    ) -> None:
        work = line.begin()
        work.waiting[0][1].was_shown = was_shown
        line.stages._watch(work, step, 10, np.full((8, 8, 3), 90, np.uint8) if has_picture else None)
        assert work.step == (step, 10)
        assert [one.mime for one in line.listener.of(PagePreview)] == ["image/jpeg"] * is_sent


class TestKeeping:
    @pytest.mark.parametrize("lacks", ["prepared", "coloured"])
    def test_a_page_without_what_its_end_needs_was_cancelled(self, line: Line, lacks: str) -> None:
        work = line.coloured()
        setattr(work, lacks, None)
        with pytest.raises(JobCancelled):
            line.stages._complete(work)

    def test_a_page_is_kept_then_told_then_noted(self, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
        work, order = line.coloured(), list[str]()
        monkeypatch.setattr(line.stages._notes, "coloured", lambda *_: order.append(f"noted of {len(line.done())}"))
        line.stages._complete(work)
        assert (line.done(), order) == ([(b"made", False, "k")], ["noted of 1"])
        assert line.store.results.get("k") == StoredResult(
            image=b"made", mime="image/png", size=Size(120, 80), runmeta={"made": "json"}
        )

    @pytest.mark.parametrize(
        ("origins", "entry", "has_memory", "learns"),
        [
            ([], "entry", True, True), (["library", "series"], "entry", True, True),
            (["library", "page"], "entry", True, False), ([], None, True, False), ([], "entry", False, False),
        ],
    )  # fmt: skip
    def test_later_pages_learn_from_one_that_did_not_learn_itself(
        self, line: Line, origins: list[str], entry: str | None, *, has_memory: bool, learns: bool
    ) -> None:
        heard: list[Any] = []
        memory = SimpleNamespace(learn=lambda *facts: heard.append((*facts, len(line.done())))) if has_memory else None
        work = line.coloured()
        work.prepared = Prepared(  # type: ignore[assignment]
            job=SimpleNamespace(memory=memory),
            meta=SimpleNamespace(references=[SimpleNamespace(origin=one) for one in origins]),
            memory_entry=entry,
        )
        line.stages._notes.coloured = lambda *_: None  # type: ignore[method-assign]
        line.stages._complete(work)
        assert heard == ([("entry", "k", "9" * 64, 0)] if learns else [])  # before it is told

    def test_the_picture_that_another_host_kept_first_is_the_pages(self, line: Line) -> None:
        line.keep("k")
        heard: list[str] = []
        work = line.coloured()
        line.stages._keep(
            work, StoredResult(image=b"late", mime="image/png", size=Size(3, 2)), lambda: heard.append("")
        )
        assert (line.done(), heard) == ([(b"kept", True, "k")], [])

    def test_a_picture_that_is_larger_than_the_cache_is_told(self, line: Line) -> None:
        line.store.results.limit_bytes = 3
        line.stages._keep(line.coloured(), StoredResult(image=b"made", mime="image/png", size=Size(3, 2)))
        assert line.done() == [(b"made", False, "k")]

    def test_the_first_picture_that_no_disk_takes_says_so(self, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object, **__: object) -> bool:
            raise DiskFull("The disk is full.", "Free some space.")

        monkeypatch.setattr(line.store.results, "put", full)
        made = StoredResult(image=b"made", mime="image/png", size=Size(3, 2), runmeta={"notes": ["old"], "seed": 1})
        skipped = StoredResult(image=b"made", mime="image/png", size=Size(3, 2), skip_reason="blank")
        for result in (skipped, made, made):
            line.stages._keep(line.coloured(), result)
            line.scheduler._works._by_key.clear()
        first, second = [one.runmeta for one in line.listener.of(PageDone)]
        told = "Pages are not kept in the cache: The disk is full. Free some space."
        assert (first, second) == ({"notes": ["old", told], "seed": 1}, {"notes": ["old"], "seed": 1})
        assert not any(one.cached for one in line.listener.of(PageDone))

    def test_a_page_has_a_key_by_then(self, line: Line) -> None:
        with pytest.raises(InternalError):
            _key(line.begin())


class TestThreads:
    def test_cached_pages_are_sent_one_fault_costs_one_page_and_notes_wait_for_the_last(
        self, line: Line, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        line.keep("k")
        waiting = [line.begin(Made()).waiting[0] for _ in range(4)]
        noted: list[Any] = []
        get = line.store.results.get

        def read(key: str) -> StoredResult | None:
            if key == "broken":
                raise ValueError("x")
            return get(key)

        def note(sent: list[Any]) -> None:
            noted.append(list(sent))
            line.stages._cached.put(None)

        monkeypatch.setattr(line.store.results, "get", read)
        monkeypatch.setattr(line.stages._notes, "came_from_cache", note)
        for one, key in zip(waiting, ["k", "gone", "broken", "k"], strict=True):
            line.stages.send_cached(one, key)
        line.stages._send_cached_pages()
        assert [page.state.value for _, page in waiting] == ["done", "failed", "failed", "done"]
        assert [one.error.code for one in line.listener.of(PageFailed)] == ["E_HASH_MISMATCH", "E_INTERNAL"]
        assert noted == [waiting]
        assert all(one.cached for one in line.listener.of(PageDone))

    def test_what_a_thread_takes_goes_through_all_of_them(self, opened: tuple[Stage, Store]) -> None:
        line = Line(*opened)
        job = line.stage.job(1, recipe=Made())
        line.listener.wait(PageDone)
        assert states(job) == ["done"]
        assert line.pipeline.asked == ["decode", "read", "colour by drawn"]
        line.scheduler.close()
        assert line.stages.close(20.0)
        assert not any(thread.is_alive() for thread in line.stages._threads)

    def test_it_is_loaded_ahead_once_and_who_closes_waits_for_it(
        self, opened: tuple[Stage, Store], caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        line = Line(*opened)
        asked, go_on = list[str](), threading.Event()

        @contextmanager
        def engine(engine_id: str, check: Callable[[], None]) -> Iterator[None]:
            asked.append(engine_id)
            assert go_on.wait(20)
            raise EngineNotAvailable("It is not here.")
            yield

        line.room.engine = engine  # type: ignore[method-assign, assignment]
        line.stages.warm("drawn")
        line.stages.warm("other")
        line.scheduler.close()
        assert not line.stages.close(0.0)
        go_on.set()
        assert line.stages.close(20.0)
        assert asked == ["drawn"]
        assert "drawn was not loaded ahead: It is not here." in caplog.text

    def test_libraries_are_imported_ahead_once_and_no_engine_is_loaded(self, opened: tuple[Stage, Store]) -> None:
        line = Line(*opened)
        made, go_on = list[str](), threading.Event()

        def make() -> Any:
            made.append(threading.current_thread().name)
            assert go_on.wait(20)
            return line.pipeline

        line.stages._make_pipeline = make
        line.stages.import_ahead()
        line.stages.import_ahead()
        line.scheduler.close()
        assert not line.stages.close(0.0)
        go_on.set()
        assert line.stages.close(20.0)
        assert made == ["import"]
        assert line.stages._pipeline() is line.pipeline
        assert line.stages._warming is None

    def test_libraries_that_cannot_be_imported_ahead_are_a_page_s_matter(
        self, opened: tuple[Stage, Store], caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        line = Line(*opened)

        def make() -> Any:
            raise ImportError("no OpenCV")

        line.stages._make_pipeline = make
        line.stages.import_ahead()
        line.scheduler.close()
        assert line.stages.close(20.0)
        assert "the pipeline was not made ahead: no OpenCV" in caplog.text
