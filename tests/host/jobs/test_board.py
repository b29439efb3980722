"""A chapter, from the request to the last page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from msgspec import structs

from engines.base import EngineOutOfMemory, Viability
from host.errors import BadRequest, EngineNotAvailable, HashMismatch, NotFound
from host.messaging.messages import (
    ChapterExport,
    JobCancel,
    JobPrioritize,
    JobProgress,
    JobStatusQuery,
    Options,
    Page,
    PageDone,
    PageFailed,
    PageKeep,
    PagePreview,
    PagePut,
    PageSkipped,
    RunChapter,
    RunPage,
)
from host.pipeline.page import PagePipeline
from tests.host.jobs.conftest import done, eventually, page_bytes, sha256

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.host.jobs.conftest import Reader, Watched

pytestmark = pytest.mark.slow


def coloured_bytes() -> bytes:
    page = np.zeros((120, 80, 3), np.uint8)
    page[..., 0], page[..., 2] = np.linspace(0, 255, 80), 200
    page[:60, :, 1] = 180
    return bytes(cv2.imencode(".png", page)[1])


def test_a_chapter_is_coloured_end_to_end(reader: Reader) -> None:
    job_id = reader.run([1, 2, 3])
    end = reader.listener.end_of(job_id)
    assert (end.done, end.skipped, end.failed, end.cancelled) == (3, 0, 0, 0), reader.listener.messages
    pages = reader.listener.of(PageDone)
    assert {page.page_id for page in pages} == {"p0", "p1", "p2"}
    assert all((page.width, page.height, page.cached) == (80, 120, False) for page in pages)
    assert all(page.runmeta["engine"]["id"] == "stepped" for page in pages)
    assert reader.listener.messages[-1] == end


def test_progress_never_falls_and_stops_at_the_pages_end(reader: Reader) -> None:
    job_id = reader.run(list(range(6)))
    reader.listener.end_of(job_id)
    ended: set[str] = set()
    fractions: dict[str, float] = {}
    for message in reader.listener.messages:
        if isinstance(message, JobProgress):
            assert message.page_id not in ended
            assert fractions.get(message.page_id, 0.0) <= message.fraction <= 1.0
            fractions[message.page_id] = message.fraction
        elif isinstance(message, PageDone):
            assert message.page_id not in ended
            ended.add(message.page_id)
    assert len(ended) == len(fractions) == 6
    assert reader.listener.of(JobProgress)[-1].eta_s is not None


def test_steps_and_previews_of_the_engine_are_told(reader: Reader, engine: Watched) -> None:
    engine.preview = np.full((12, 8, 3), 90, np.uint8)
    engine.gate.clear()
    job_id = reader.run([1])
    reader.listener.wait(JobProgress, step=1, steps=100)
    engine.gate.set()
    reader.listener.end_of(job_id)
    (preview,) = reader.listener.of(PagePreview, job_id=job_id, page_id="p0")
    assert preview.mime == "image/jpeg"
    assert cv2.imdecode(np.frombuffer(preview.image, np.uint8), cv2.IMREAD_COLOR).shape == (12, 8, 3)
    assert all(one.step is None for one in reader.listener.of(JobProgress) if one.stage != "pass2")


def test_a_second_visit_needs_no_upload_and_no_engine(reader: Reader, engine: Watched) -> None:
    first = reader.run([1, 2, 3])
    reader.listener.end_of(first)
    calls = engine.calls
    accepted = reader.board.run_chapter(reader.chapter([1, 2, 3]))
    assert accepted.need == []
    reader.listener.end_of(accepted.job_id)
    images = {page.page_id: page.image for page in reader.listener.of(PageDone, job_id=first)}
    again = reader.listener.of(PageDone, job_id=accepted.job_id)
    assert all(page.cached for page in again)
    assert {page.page_id: page.image for page in again} == images
    assert engine.calls == calls


def test_a_cached_page_is_neither_decoded_nor_read(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    reader.listener.end_of(reader.run([1]))

    def never(*args: object, **kwargs: object) -> None:
        raise AssertionError("a cached page costs a look into the store")

    for step in ("decode", "read", "colour", "finish"):
        monkeypatch.setattr(PagePipeline, step, never)
    accepted = reader.board.run_chapter(reader.chapter([1]))
    (page,) = reader.listener.wait(PageDone, job_id=accepted.job_id)
    assert page.cached


def test_cached_pages_in_view_are_sent_first(reader: Reader) -> None:
    reader.listener.end_of(reader.run([1, 2, 3, 4]))
    chapter = reader.chapter([1, 2, 3, 4])
    seen = [structs.replace(page, visible=page.page_id in ("p2", "p3")) for page in chapter.pages]
    accepted = reader.board.run_chapter(structs.replace(chapter, pages=seen))
    sent = reader.listener.wait(PageDone, count=4, job_id=accepted.job_id)
    assert [page.page_id for page in sent] == ["p2", "p3", "p0", "p1"]


def test_the_same_pixels_in_another_file_come_from_the_cache(reader: Reader, engine: Watched) -> None:
    reader.listener.end_of(reader.run([1]))
    pixels = cv2.imdecode(np.frombuffer(page_bytes(1), np.uint8), cv2.IMREAD_UNCHANGED)
    other = bytes(cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 0])[1])
    accepted = reader.board.run_page(RunPage(page_id="x", sha256=sha256(other), image=other))
    assert accepted.need == []
    (page,) = reader.listener.wait(PageDone, job_id=accepted.job_id)
    assert page.cached
    assert engine.calls == 1


@pytest.mark.parametrize(
    "change",
    [
        {"options": Options(seed=5)},
        {"options": Options(strength=0.5)},
        {"options": Options(engine_options={"deep": [1, {"er": 2}]})},
        {"direction": "ltr"},
    ],
)
def test_another_recipe_is_another_result(reader: Reader, change: dict[str, object]) -> None:
    reader.listener.end_of(reader.run([1]))
    assert reader.board.run_chapter(reader.chapter([1], **change)).need == ["p0"]


def test_identical_pages_in_flight_are_computed_once_and_given_to_all(reader: Reader, engine: Watched) -> None:
    engine.gate.clear()
    pixels = cv2.imdecode(np.frombuffer(page_bytes(1), np.uint8), cv2.IMREAD_UNCHANGED)
    other = bytes(cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 0])[1])
    one = reader.run([1])
    two = reader.run([1, 1])
    three = reader.board.run_page(RunPage(page_id="x", sha256=sha256(other), image=other)).job_id
    assert eventually(lambda: reader.board.status(JobStatusQuery(job_id=three))[0].pages.running == 1)
    engine.gate.set()
    for job_id, pages in ((one, 1), (two, 2), (three, 1)):
        assert reader.listener.end_of(job_id).done == pages
    assert engine.calls == 1


def test_pages_without_bytes_do_not_hold_up_the_others(reader: Reader) -> None:
    accepted = reader.board.run_chapter(reader.chapter([1, 2, 3]))
    assert accepted.need == ["p0", "p1", "p2"]
    reader.put(accepted.job_id, "p2")
    reader.listener.wait(PageDone, page_id="p2")
    status = reader.board.status(JobStatusQuery(job_id=accepted.job_id))[0]
    assert (status.state, status.pages.queued, status.pages.done) == ("running", 2, 1)
    assert reader.board.load()[1] == 2


def test_bytes_that_another_job_has_sent_are_not_asked_for_again(reader: Reader, engine: Watched) -> None:
    engine.gate.clear()
    reader.run([1, 2, 3, 4, 5])
    accepted = reader.board.run_chapter(reader.chapter([5, 6], options=Options(seed=9)))
    assert accepted.need == ["p1"]
    engine.gate.set()
    reader.put(accepted.job_id, "p1")
    assert reader.listener.end_of(accepted.job_id).done == 2


def test_visible_pages_then_named_ones_come_first(reader: Reader, engine: Watched) -> None:
    engine.gate.clear()
    chapter = reader.chapter(list(range(8)))
    accepted = reader.board.run_chapter(chapter)
    reader.put(accepted.job_id, "p0")
    assert engine.began.wait(10)
    for page_id in ("p1", "p2"):
        reader.put(accepted.job_id, page_id)
    assert eventually(lambda: reader.board.status(JobStatusQuery())[0].pages.running == 3)
    for page_id in ("p3", "p4", "p5", "p6", "p7"):
        reader.put(accepted.job_id, page_id)
    reader.board.prioritize(JobPrioritize(job_id=accepted.job_id, page_ids=["p7", "p5"]))
    assert eventually(lambda: reader.board.status(JobStatusQuery())[0].pages.running == 4)  # p7 waits for no other
    assert eventually(lambda: len(reader.application.board._scheduler._prepared) == 3)
    engine.gate.set()
    reader.listener.end_of(accepted.job_id)
    order = [page.page_id for page in reader.listener.of(PageDone)]
    assert order[:2] == ["p0", "p7"]
    assert max(order.index("p5"), order.index("p3")) == order.index("p3") < order.index("p4") < order.index("p6")


def test_an_empty_chapter_ends_at_once(reader: Reader) -> None:
    accepted = reader.board.run_chapter(reader.chapter([]))
    end = reader.listener.end_of(accepted.job_id)
    assert (accepted.need, end.done, end.cancelled) == ([], 0, 0)
    assert reader.board.status(JobStatusQuery(job_id=accepted.job_id))[0].state == "done"


def test_a_coloured_page_is_skipped_and_remembered(reader: Reader, engine: Watched) -> None:
    encoded = coloured_bytes()
    request = RunPage(page_id="c", sha256=sha256(encoded), image=encoded)
    first = reader.board.run_page(request)
    (skipped,) = reader.listener.wait(PageSkipped, job_id=first.job_id)
    assert skipped.reason == "already_coloured"
    again = reader.board.run_page(RunPage(page_id="c", sha256=sha256(encoded)))
    assert again.need == []
    end = reader.listener.end_of(again.job_id)
    assert (end.skipped, engine.calls) == (1, 0)
    forced = reader.board.run_page(
        RunPage(page_id="c", sha256=sha256(encoded), image=encoded, options=Options(keep_coloured=False))
    )
    assert reader.listener.end_of(forced.job_id).done == 1


def test_other_bytes_than_announced_are_refused_and_the_page_still_needs_them(reader: Reader) -> None:
    accepted = reader.board.run_chapter(reader.chapter([1]))
    with pytest.raises(HashMismatch):
        reader.board.put(PagePut(job_id=accepted.job_id, page_id="p0", image=b"other"))
    reader.put(accepted.job_id, "p0")
    assert reader.listener.end_of(accepted.job_id).done == 1
    reader.put(accepted.job_id, "p0")


def test_a_damaged_picture_fails_alone(reader: Reader) -> None:
    broken = b"\x89PNG no picture"
    chapter = reader.chapter([1])
    page = Page(page_id="broken", index=5, sha256=sha256(broken))
    accepted = reader.board.run_chapter(
        RunChapter(series="S", chapter="1", direction="auto", references=[], pages=[*chapter.pages, page])
    )
    reader.encoded["broken"] = broken
    for page_id in accepted.need:
        reader.put(accepted.job_id, page_id)
    end = reader.listener.end_of(accepted.job_id)
    assert (end.done, end.failed) == (1, 1)
    assert reader.listener.of(PageFailed)[0].error.code == "E_IMAGE"


@pytest.mark.parametrize(
    ("failure", "code"),
    [(EngineOutOfMemory("no memory", "close programs"), "E_OUT_OF_MEMORY"), (KeyError("ours"), "E_INTERNAL")],
)
def test_an_engine_that_fails_fails_the_page_and_not_the_job(
    reader: Reader, engine: Watched, failure: Exception, code: str
) -> None:
    engine.failure = failure
    job_id = reader.run([1])
    assert reader.listener.end_of(job_id).failed == 1
    error = reader.listener.of(PageFailed)[0].error
    assert error.code == code
    assert error.message
    assert error.hint
    engine.failure = None
    assert reader.listener.end_of(reader.run([1])).done == 1
    assert done(reader.listener, job_id) == set()


def test_strangers_are_not_found(reader: Reader) -> None:
    job_id = reader.board.run_chapter(reader.chapter([1])).job_id
    stranger = "0" * 32
    refused: list[Callable[[], object]] = [
        lambda: reader.board.put(PagePut(job_id="no", page_id="p0", image=b"")),
        lambda: reader.board.put(PagePut(job_id=job_id, page_id="no", image=b"")),
        lambda: reader.board.prioritize(JobPrioritize(job_id=job_id, page_ids=["no"])),
        lambda: reader.board.cancel(JobCancel(job_id="no")),
        lambda: reader.board.cancel(JobCancel(job_id=job_id, page_ids=["p0", "no"])),
        lambda: reader.board.export(ChapterExport(format="cbz", job_id="no")),
        lambda: reader.board.status(JobStatusQuery(job_id="no")),
        lambda: reader.board.run_chapter(reader.chapter([1], references=[stranger])),
        lambda: reader.board.run_chapter(reader.chapter([1], references=["../../etc/passwd"])),
        lambda: reader.board.run_chapter(reader.chapter([1], engine="no")),
    ]
    for request in refused:
        with pytest.raises(NotFound) as refused_one:
            request()
        assert refused_one.value.hint
    with pytest.raises(NotFound) as unknown:
        reader.board.prioritize(JobPrioritize(job_id=job_id, page_ids=["x" * 200]))
    assert unknown.value.data == {"page_id": "x" * 128}
    assert (unknown.value.message, unknown.value.hint) == (
        "The job has no such page.",
        "Use the page ids of the request.",
    )


def test_what_was_cancelled_is_named_and_only_once(reader: Reader) -> None:
    job_id = reader.board.run_chapter(reader.chapter([1, 2, 3])).job_id
    assert reader.board.cancel(JobCancel(job_id=job_id, page_ids=["p1"])).cancelled == ["p1"]
    assert reader.board.cancel(JobCancel(job_id=job_id, page_ids=[])).cancelled == []
    assert reader.board.cancel(JobCancel(job_id=job_id)).cancelled == ["p0", "p2"]
    assert reader.board.cancel(JobCancel(job_id=job_id)).cancelled == []
    assert reader.board.status(JobStatusQuery(job_id=job_id))[0].pages.cancelled == 3


def test_all_jobs_are_told_of_oldest_first_or_the_one_that_is_asked_for(reader: Reader) -> None:
    jobs = [reader.board.run_chapter(reader.chapter([seed])).job_id for seed in (1, 2)]
    assert [one.job_id for one in reader.board.status(JobStatusQuery())] == jobs
    assert [one.job_id for one in reader.board.status(JobStatusQuery(job_id=jobs[1]))] == jobs[1:]
    assert reader.board.load() == (False, 2)


@pytest.mark.parametrize("named", [{}, {"job_id": "no", "pages": []}])
def test_what_is_exported_is_a_job_or_pages_and_not_both(reader: Reader, named: dict[str, Any]) -> None:
    with pytest.raises(BadRequest) as refused:
        reader.board.export(ChapterExport(format="cbz", **named))
    assert (refused.value.message, refused.value.hint) == (
        "Export either a job or pages.",
        "Leave one of job_id and pages out.",
    )


def test_a_page_that_is_refused_with_its_bytes_leaves_none(reader: Reader) -> None:
    encoded = page_bytes(1)
    with pytest.raises(NotFound):
        reader.board.run_page(RunPage(page_id="x", sha256=sha256(encoded), image=encoded, engine="no"))
    assert not reader.application.board._store.spool.holds(sha256(encoded))


def test_bytes_that_are_kept_for_an_export_stay(reader: Reader) -> None:
    encoded = page_bytes(1)
    keep = PageKeep(sha256=sha256(encoded), image=encoded)
    assert reader.board.keep(keep).accepted
    assert reader.board.keep(keep).accepted
    assert reader.application.board._store.spool.holds(keep.sha256)
    with pytest.raises(HashMismatch):
        reader.board.keep(PageKeep(sha256=sha256(b"other"), image=encoded))


def test_two_pages_of_one_id_are_refused(reader: Reader) -> None:
    page = reader.chapter([1]).pages[0]
    with pytest.raises(BadRequest):
        reader.board.run_chapter(
            RunChapter(series="S", chapter="1", direction="auto", references=[], pages=[page, page])
        )


def test_an_engine_that_cannot_run_is_refused_with_its_reason(
    reader: Reader, engine: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "viability", lambda: Viability(ok=False, reason="no device", fix="plug one in"))
    with pytest.raises(EngineNotAvailable) as refused:
        reader.board.run_chapter(reader.chapter([1]))
    assert refused.value.hint == "plug one in"
    assert "no device" in refused.value.message


def test_a_cached_picture_that_was_damaged_is_asked_for_again(reader: Reader, engine: Watched) -> None:
    reader.listener.end_of(reader.run([1, 2]))
    file = next(path for path in reader.application.paths.results.rglob("*.png"))
    content = bytearray(file.read_bytes())
    content[-20] ^= 0x10
    file.write_bytes(content)
    accepted = reader.board.run_chapter(reader.chapter([1, 2]))
    assert len(accepted.need) == 1
    reader.put(accepted.job_id, accepted.need[0])
    assert reader.listener.end_of(accepted.job_id).done == 2
    assert engine.calls == 3
