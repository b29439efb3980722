"""What became of each page: lines for people, JSON for programs, and the report."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from host.books.book import UnreadablePage
from host.books.names import printable
from host.errors import IrodoriError
from host.report.pictures import shrink
from host.report.report import Report, ReportPage, reason_in_words, render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from host.books.run import PageEnd, Verdict
    from host.report.pictures import Picture

_WORDS: Final[dict[Verdict, str]] = {
    "coloured": "coloured",
    "cached": "from the cache",
    "skipped": "left as they are",
    "failed": "failed",
}


@dataclass(frozen=True, slots=True)
class PageRecord:
    """One page: its verdict, where it was written, why it was skipped or failed, how it was made."""

    book: str
    page: str
    verdict: Verdict
    output: str | None = None
    reason: str = ""
    error: dict[str, Any] = field(default_factory=dict)
    runmeta: dict[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """Why it was skipped, what went wrong and what to do, or what of it is not as wanted; else empty."""
        if self.error:
            return f"{self.error['message']} {self.error['hint']}".strip()
        if self.reason:
            return f"it {reason_in_words(self.reason)}"
        faults = filter(None, (palette["fault"] for palette in self.runmeta.get("palettes", ())))
        return " ".join([*self.runmeta.get("notes", ()), *faults])

    @property
    def line(self) -> str:
        """The page's line on a terminal."""
        where = "" if self.output or self.verdict != "failed" else " (not in the output)"
        return printable(f"  {self.page}  {self.verdict}{f': {self.words}' if self.words else ''}{where}")

    def plain(self) -> dict[str, Any]:
        """Return what is known, as JSON has it."""
        names = ("book", "page", "verdict", "output", "reason", "error", "runmeta")
        return {name: value for name in names if (value := getattr(self, name))}


@dataclass(frozen=True, slots=True)
class LeftRecord:
    """Something that is no page, and why; `lost`: there may be pages in it."""

    book: str
    name: str
    reason: str
    lost: bool = False


class Outcome:
    """Grows page by page; with `pictures` it keeps small ones of every page for the report."""

    def __init__(self, *, pictures: bool) -> None:
        self._pictures = pictures
        self._records: list[PageRecord] = []
        self._left: list[LeftRecord] = []
        self._pages: dict[str, list[ReportPage]] = {}
        self._began_s = time.monotonic()

    @property
    def has_failures(self) -> bool:
        """Whether any page failed, or anything was left out that may hold pages."""
        return any(record.verdict == "failed" for record in self._records) or any(each.lost for each in self._left)

    def add(self, record: PageRecord, end: PageEnd) -> None:
        """Take a page in."""
        self._records.append(record)
        if self._pictures:
            self._pages.setdefault(record.book, []).append(_report_page(record, end))

    def leave_out(self, left: LeftRecord) -> None:
        """Take in something that is no page."""
        self._left.append(left)

    def unwritten(self, book: str) -> None:
        """Note that a book's output was not made: its pages stand nowhere."""
        self._records = [replace(each, output=None) if each.book == book else each for each in self._records]

    def counts(self) -> dict[str, int]:
        """Return how many pages came in, what became of them, how many stand in the output, what was left out."""
        verdicts = Counter(record.verdict for record in self._records)
        counts = {"pages": len(self._records)} | {verdict: verdicts[verdict] for verdict in _WORDS}
        written = sum(record.output is not None for record in self._records)
        return counts | {"written": written, "left_out": len(self._left)}

    def reasons(self) -> dict[str, dict[str, int]]:
        """Return why pages were left, why they failed, and why something was left out, each with its count."""
        found: dict[str, Counter[str]] = {"skipped": Counter(), "failed": Counter(), "left_out": Counter()}
        for record in self._records:
            if record.verdict in found:
                found[record.verdict][record.reason or str(record.error.get("message", ""))] += 1
        found["left_out"].update(each.reason for each in self._left)
        return {kind: dict(reasons) for kind, reasons in found.items() if reasons}

    def summary(self) -> str:
        """Return the counts in words, with the reasons."""
        counts, reasons = self.counts(), self.reasons()
        parts = []
        for kind, words in (_WORDS | {"left_out": "left out"}).items():
            if counts[kind]:
                why = "; ".join(f"{count} {_short(reason)}" for reason, count in reasons.get(kind, {}).items())
                parts.append(f"{counts[kind]} {words}{f' ({why})' if why else ''}")
        missing = counts["pages"] - counts["written"]
        gap = f", {missing} not in the output" if missing else ""
        noun = "page" if counts["pages"] == 1 else "pages"
        return f"{counts['pages']} {noun} in: {', '.join(parts)}{gap} in {self._elapsed_s():.1f} s"

    def plain(self) -> dict[str, Any]:
        """Return everything as JSON has it."""
        return {
            "duration_s": round(self._elapsed_s(), 3),
            "counts": self.counts(),
            "reasons": self.reasons(),
            "pages": [record.plain() for record in self._records],
            "left_out": [{"book": each.book, "name": each.name, "reason": each.reason} for each in self._left],
        }

    def report(self, orders: dict[str, list[str]], engine: str, references: Sequence[tuple[str, bytes]]) -> str:
        """Return the report. `orders`: of each book, its pages' names in reading order."""
        pages = []
        for book, order in orders.items():
            place = {name: number for number, name in enumerate(order)}
            pages += sorted(self._pages.get(book, []), key=lambda page: place[page.name])
        title = next(iter(orders)) if len(orders) == 1 else f"{len(orders)} books"
        pictures = [(name, shrink(image)) for name, image in references]
        return render(Report(title, engine, self._elapsed_s(), pages, pictures))

    def _elapsed_s(self) -> float:
        return time.monotonic() - self._began_s


def _short(reason: str) -> str:
    words = reason_in_words(reason).rstrip(".")
    return f"{words[:77]}..." if len(words) > 80 else words


def _report_page(record: PageRecord, end: PageEnd) -> ReportPage:
    after = shrink(end.image) if record.verdict in ("coloured", "cached") else None
    words = f"{record.words[:1].upper()}{record.words[1:]}"
    return ReportPage(record.page, record.verdict, _before(end), after, words, record.runmeta)


def _before(end: PageEnd) -> Picture | None:
    try:
        return shrink(end.page.read())
    except (IrodoriError, UnreadablePage):
        return None
