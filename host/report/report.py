"""The report as data, and its way into HTML.

Everything that comes from a comic or from the machine is escaped; the page may load nothing (its own policy says so).
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from host.books.run import Verdict
    from host.report.pictures import Picture

RECORD_BEGINS: Final = "<pre class=record>"
RECORD_ENDS: Final = "</pre>"
_HERE: Final = Path(__file__).parent
_WORDS: Final[dict[Verdict, str]] = {
    "coloured": "coloured",
    "cached": "from the cache",
    "skipped": "left as it is",
    "failed": "failed",
}
_REASONS: Final = {
    "already_coloured": "has colour already",
    "blank": "is blank",
    "text_only": "is text only",
    "advertisement": "is an advertisement",
}


@dataclass(frozen=True, slots=True)
class ReportPage:
    """One page: `before` is missing where it could not be read, `after` where there is no coloured picture.

    words: why it was skipped, or what went wrong and what to do. runmeta: the page's record, as on the wire.
    """

    name: str
    verdict: Verdict
    before: Picture | None
    after: Picture | None = None
    words: str = ""
    runmeta: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run. `references` are named pictures, in the reader's order."""

    title: str
    engine: str
    duration_s: float
    pages: Sequence[ReportPage]
    references: Sequence[tuple[str, Picture]] = ()


def reason_in_words(reason: str) -> str:
    """Return a skip reason of the wire as the end of a sentence."""
    return _REASONS.get(reason, reason.replace("_", " "))


def render(report: Report) -> str:
    """Return the report as one HTML document."""
    return Template(_text("report.html")).substitute(
        title=escape(report.title),
        style=_text("report.css"),
        script=_text("report.js"),
        summary=_summary(report),
        references="".join(_reference(name, picture) for name, picture in report.references),
        contents="".join(_line(number, page) for number, page in enumerate(report.pages, 1)),
        pages="".join(_page(number, page) for number, page in enumerate(report.pages, 1)),
    )


def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _summary(report: Report) -> str:
    counts = Counter(page.verdict for page in report.pages)
    parts = [
        f"<li class={verdict}><b>{counts[verdict]}</b> {words}</li>"
        for verdict, words in _WORDS.items()
        if counts[verdict]
    ]
    seconds = f"<li><b>{report.duration_s:.1f} s</b> in all</li>"
    return "".join([*parts, seconds, f"<li><b>{escape(report.engine)}</b> engine</li>"])


def _reference(name: str, picture: Picture) -> str:
    return (
        f'<figure><img src="{picture.address}" width={picture.width} height={picture.height} alt="">'
        f"<figcaption>{escape(name)}</figcaption></figure>"
    )


def _line(number: int, page: ReportPage) -> str:
    cells = "".join(f"<td>{value}</td>" for value in _figures(page.runmeta))
    rest = cells or f"<td colspan=4>{escape(page.words)}</td>"
    return f'<tr><th scope=row><a href="#page-{number}">{escape(page.name)}</a></th><td>{_chip(page)}</td>{rest}</tr>'


def _page(number: int, page: ReportPage) -> str:
    words = f"<p>{escape(page.words)}</p>" if page.words else ""
    heading = f"<header><h2>{escape(page.name)}</h2>{_chip(page)}{words}</header>"
    return f'<article id="page-{number}">{heading}{_pictures(page)}{_settings(page.runmeta)}</article>'


def _chip(page: ReportPage) -> str:
    return f"<span class='chip {page.verdict}'>{_WORDS[page.verdict]}</span>"


def _settings(runmeta: dict[str, Any]) -> str:
    """Return what makes the picture again, from its record; nothing where there is none."""
    engine, plan = runmeta.get("engine"), runmeta.get("plan")
    if not isinstance(engine, dict) or not isinstance(plan, dict):
        return ""
    loras = ", ".join(f"{one['name']} × {one['weight']:g}" for one in plan.get("loras") or ())
    references = ", ".join(str(one.get("reference_id", ""))[:12] for one in runmeta.get("references") or ())
    told = {
        "engine": f"{engine.get('id', '')} {engine.get('version', '')}",
        "seed": plan.get("seed"),
        "strength": plan.get("strength_01"),
        "steps": plan.get("steps"),
        "quality": plan.get("quality"),
        "words": plan.get("prompt"),
        "not": plan.get("negative_prompt"),
        "LoRAs": loras,
        "references": references,
        "corrections": sum(len(runmeta.get(kind) or ()) for kind in ("hints", "palettes")),
        "page": str(runmeta.get("pixels_sha256", ""))[:16],
    }
    told |= _steps(runmeta.get("rewording"))
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>"
        for name, value in told.items()
        if value not in (None, "", 0)
    )
    return f"<details><summary>How it was made</summary><dl>{rows}</dl>{_record(runmeta)}</details>"


def _record(runmeta: dict[str, Any]) -> str:
    """Return the whole record, from which `irodori rerun` makes the picture again: see `host.report.records`."""
    text = escape(json.dumps(runmeta, ensure_ascii=False, indent=1), quote=False)
    return f"<details><summary>Its record, whole</summary>{RECORD_BEGINS}{text}{RECORD_ENDS}</details>"


def _steps(words: object) -> dict[str, str]:
    """Return what models made of the reader's words, a row for each step: before, after, by whom; or why not."""
    found: dict[str, str] = {}
    for one in words if isinstance(words, (list, tuple)) else ():
        if isinstance(one, dict):
            ways = f"{one.get('before') or ''} → {one.get('after') or ''}".removeprefix(" → ")
            ways = f"not done: {one['fault']}" if one.get("fault") else ways
            by = " ".join(filter(None, (str(one.get("language") or ""), str(one.get("by") or ""))))
            found[f"{one.get('step', '')} ({one.get('subject', '')})"] = f"{ways} [{by}]" if by else ways
    return found


def _pictures(page: ReportPage) -> str:
    only = page.before if page.after is None else page.after if page.before is None else None
    if only is not None:
        words = escape(page.name if page.after is None else f"{page.name}, coloured", quote=True)
        size = f"width={only.width} height={only.height}"
        return f'<div class=single><img src="{only.address}" {size} alt="{words}"></div>'
    if page.before is None or page.after is None:
        return ""
    size = f"width={page.before.width} height={page.before.height}"
    name = escape(page.name, quote=True)
    return (
        "<div class=compare>"
        f'<img src="{page.after.address}" {size} alt="{name}, coloured">'
        f'<img class=before src="{page.before.address}" {size} alt="{name}, original">'
        "<span class=line aria-hidden=true></span>"
        f'<input type=range min=0 max=100 value=50 aria-label="{name}: how much of the original to show, in per cent">'
        "</div>"
    )


def _figures(runmeta: dict[str, Any]) -> tuple[str, ...]:
    """Return the cells of the table from the record; none where there is no record."""
    verdicts, stages = runmeta.get("verdicts"), runmeta.get("duration_ms")
    if not isinstance(verdicts, dict) or not isinstance(stages, dict):
        return ()
    return (
        f"{sum(stages.values()) / 1000:.2f} s",
        f"{verdicts['line_dice']:.3f}",
        f"{verdicts['protected_changed']} px changed in {verdicts['protected_share']:.0%} of the page",
        f"{verdicts['coloured_share']:.0%} of the rest",
    )
