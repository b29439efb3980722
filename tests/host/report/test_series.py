"""The report of a series: what is still there of it, with what makes it again; gone when the series is forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from host.errors import NotFound
from host.messaging.messages import CacheClear, HistoryReportQuery, PageKeep
from host.report.series import report_file
from host.service import HostService
from tests.host.jobs.conftest import eventually
from tests.host.palettes.conftest import palette_reader  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from pathlib import Path

    from tests.host.jobs.conftest import Reader

pytestmark = pytest.mark.slow


@pytest.fixture
def reader(request: pytest.FixtureRequest) -> Reader:
    given: Reader = request.getfixturevalue("palette_reader")
    return given


def colour(reader: Reader, numbers: list[int], **facts: str) -> None:
    assert reader.listener.end_of(reader.run(numbers, **facts)).done == len(numbers)


def remembers(reader: Reader, pages: int) -> bool:
    history = reader.application.store.history
    return eventually(lambda: sum(one.pages for one in history.series()) == pages, 30)


def test_the_report_shows_every_page_and_how_it_was_made(reader: Reader) -> None:
    colour(reader, [1, 2], series="<S>", chapter="Ch. 1")
    colour(reader, [3], series="<S>", chapter="Ch. 2")
    assert remembers(reader, 3)
    for page in reader.chapter([1, 2]).pages:  # as the extension brings them, where a tab has them still
        reader.board.keep(PageKeep(sha256=page.sha256, image=reader.encoded[page.page_id]))
    written = HostService(lambda _: None, reader.application).handle("history.report", HistoryReportQuery(series="<S>"))
    assert (written.pages, written.remembered) == (3, 3)  # type: ignore[attr-defined]
    text = report_file(reader.application.paths.reports, "<S>").read_text("utf-8")
    assert "<h1>&lt;S&gt;</h1>" in text
    assert [name in text for name in ("Ch. 1 · 1", "Ch. 1 · 2", "Ch. 2 · 1", "Ch. 2 · 2")] == [True, True, True, False]
    assert text.count("<summary>How it was made</summary>") == 3
    assert text.count("<dt>engine</dt><dd>stepped ") == 3
    assert text.count("class=compare") == 2
    assert text.count("class=single") == 1


def test_pages_that_the_cache_has_dropped_are_not_in_it(reader: Reader) -> None:
    colour(reader, [1])
    assert remembers(reader, 1)
    HostService(lambda _: None, reader.application).handle("cache.clear", CacheClear())
    with pytest.raises(NotFound, match="No coloured page"):
        reader.application.report("S")


def test_a_series_that_is_forgotten_has_no_report(reader: Reader) -> None:
    colour(reader, [1])
    colour(reader, [2], series="T")
    assert remembers(reader, 2)
    for series in ("S", "T"):
        reader.application.report(series)
    files: list[Path] = [report_file(reader.application.paths.reports, series) for series in ("S", "T")]
    reader.application.forget("S")
    assert [file.is_file() for file in files] == [False, True]
    reader.application.forget(None)
    assert [file.is_file() for file in files] == [False, False]
    with pytest.raises(NotFound):
        reader.application.report("S")
