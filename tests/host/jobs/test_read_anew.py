"""Pages in the cache that other rules of reading told to colour, or to leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from host.messaging.messages import PageDone, PageSkipped
from host.pipeline.version import READING_VERSION
from host.store.results import StoredResult
from tests.host.jobs.test_board import coloured_bytes

if TYPE_CHECKING:
    from tests.host.jobs.conftest import Reader, Watched

pytestmark = pytest.mark.slow


def _by_earlier_rules(reader: Reader, key: str, **facts: object) -> StoredResult:
    results = reader.application.store.results
    stored = results.get(key)
    assert stored is not None
    assert stored.reading_version == READING_VERSION
    earlier = StoredResult(
        image=stored.image, mime=stored.mime, size=stored.size, skip_reason=facts.pop("skip_reason", None),  # type: ignore[arg-type]
        runmeta={name: value for name, value in (stored.runmeta | facts).items() if name != "reading_version"},
    )  # fmt: skip
    assert results.put(key, earlier)
    return earlier


def test_a_page_that_is_read_as_before_stays_and_is_noted(reader: Reader, engine: Watched) -> None:
    reader.listener.end_of(reader.run([1]))
    (first,) = reader.listener.of(PageDone)
    _by_earlier_rules(reader, first.result_key)
    reader.listener.end_of(again := reader.run([1]))
    (told,) = reader.listener.of(PageDone, job_id=again)
    assert (told.cached, told.image, told.result_key, engine.calls) == (True, first.image, first.result_key, 1)
    assert reader.board.run_chapter(reader.chapter([1])).need == []


def test_a_verdict_that_is_the_same_stays_and_is_noted(reader: Reader) -> None:
    reader.listener.end_of(reader.run_encoded([coloured_bytes()]))
    (first,) = reader.listener.of(PageSkipped)
    _by_earlier_rules(reader, first.result_key, skip_reason="already_coloured")
    reader.listener.end_of(again := reader.run_encoded([coloured_bytes()]))
    (told,) = reader.listener.of(PageSkipped, job_id=again)
    assert (told.reason, told.result_key) == ("already_coloured", first.result_key)
    stored = reader.application.store.results.get(first.result_key)
    assert stored is not None
    assert stored.reading_version == READING_VERSION


@pytest.mark.parametrize("before", [None, "blank"])
def test_the_authors_colour_that_was_painted_over_comes_back(reader: Reader, before: str | None) -> None:
    reader.listener.end_of(reader.run_encoded([coloured_bytes()]))
    (first,) = reader.listener.of(PageSkipped)
    _by_earlier_rules(reader, first.result_key, kind="page", skip_reason=before)
    reader.listener.end_of(again := reader.run_encoded([coloured_bytes()]))
    (told,) = reader.listener.of(PageSkipped, job_id=again)
    assert told.reason == "already_coloured"
    stored = reader.application.store.results.get(first.result_key)
    assert stored is not None
    assert (stored.skip_reason, stored.reading_version) == ("already_coloured", READING_VERSION)


def test_a_scan_that_was_taken_for_coloured_is_coloured(reader: Reader, engine: Watched) -> None:
    reader.listener.end_of(reader.run([1]))
    (first,) = reader.listener.of(PageDone)
    _by_earlier_rules(reader, first.result_key, skip_reason="already_coloured")
    reader.listener.end_of(again := reader.run([1]))
    (told,) = reader.listener.of(PageDone, job_id=again)
    assert (told.cached, told.result_key, engine.calls) == (False, first.result_key, 2)
    stored = reader.application.store.results.get(first.result_key)
    assert stored is not None
    assert (stored.skip_reason, stored.reading_version) == (None, READING_VERSION)


@pytest.mark.parametrize("changed", [{"kind": "cover"}, {"verdicts": {"protected_share": 0.9}}, {"verdicts": {}}])
def test_other_places_that_keep_their_colour_are_another_page(
    reader: Reader, engine: Watched, changed: dict[str, object]
) -> None:
    reader.listener.end_of(reader.run([1]))
    (first,) = reader.listener.of(PageDone)
    _by_earlier_rules(reader, first.result_key, **changed)
    reader.listener.end_of(again := reader.run([1]))
    (told,) = reader.listener.of(PageDone, job_id=again)
    assert (told.cached, engine.calls) == (False, 2)
