"""The report of what was coloured of a series: from the cache, and from captured pages where they are still here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from host.books.whole_files import write_whole
from host.errors import IrodoriError, NotFound
from host.palettes.sightings import series_key
from host.report.pictures import shrink
from host.report.report import Report, ReportPage, render
from host.store.disk import disk_errors

if TYPE_CHECKING:
    from pathlib import Path

    from host.report.pictures import Picture
    from host.store.history import ColouredPageRow
    from host.store.store import Store
    from host.store_records import Reference

PAGES_MAX: Final = 200
"""The newest ones; more make a file that browsers open slowly."""


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """Where a report is, and how many of the pages that are remembered are in it."""

    path: Path
    pages: int
    remembered: int


def report_file(folder: Path, series: str) -> Path:
    """Return where the report of a series stands; its name is no part of a path."""
    return folder / f"{series_key(series)}.html"


def write_report(store: Store, series: str, folder: Path) -> WrittenReport:
    """Write the report of a series.

    Raises:
        NotFound: nothing of it is remembered, or none of it is in the cache any more. DiskFull, InternalError
    """
    rows = store.history.pages(series)
    shown = [page for row in rows[-PAGES_MAX:] if (page := _page(store, row)) is not None]
    if not shown:
        raise NotFound(
            "No coloured page of this series is in the cache any more.", "Colour it again.", told=("series_not_kept",)
        )
    references = [(row.name or row.reference_id[:8], shrink(row.thumbnail)) for row in _references(store, rows)]
    title = series or "Irodori"
    engines = ", ".join(dict.fromkeys(row.engine for row in rows))
    seconds = sum(row.seconds for row in rows[-PAGES_MAX:])
    path = report_file(folder, series)
    write_whole(path, render(Report(title, engines, seconds, shown, references)).encode())
    return WrittenReport(path, len(shown), len(rows))


def forget_reports(folder: Path, series: str | None) -> None:
    """Remove the report of a series, or all reports.

    Raises:
        InternalError: one cannot be removed.
    """
    with disk_errors("the reports"):
        for file in folder.glob("*.html") if series is None else [report_file(folder, series)]:
            file.unlink(missing_ok=True)


def _page(store: Store, row: ColouredPageRow) -> ReportPage | None:
    stored = store.results.get(row.key, count=False)
    if stored is None or stored.skip_reason is not None:
        return None
    try:
        after = shrink(stored.image)
    except IrodoriError:
        return None
    name = f"{row.chapter} · {row.number}" if row.chapter else f"{row.number}"
    return ReportPage(name, "coloured", _before(store, row.page), after, runmeta=stored.runmeta)


def _before(store: Store, sha256: str) -> Picture | None:
    captured = store.spool.read(sha256)
    try:
        return shrink(captured) if captured is not None else None
    except IrodoriError:
        return None


def _references(store: Store, rows: list[ColouredPageRow]) -> list[Reference]:
    found = []
    for reference_id in dict.fromkeys(one for row in rows for one in row.references):
        try:
            found.append(store.references.get(reference_id))
        except IrodoriError:
            continue
    return found
