"""What became of a shelf: counts that agree with the exit status, as JSON and as one HTML file that loads nothing."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from host.report.report import reason_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from host.books.book import LeftOut
    from host.library.manifest import OutputRecord, VolumeRecord

THUMBS: Final = "thumbs"
_TEMPLATE: Final = Path(__file__).with_name("report.html")
_THUMBS_MAX: Final = 300
_LISTED_MAX: Final = 200
_MINUTE_S: Final = 60


@dataclass(frozen=True, slots=True)
class ShelfReport:
    """A run over a shelf. records: of every volume on it, in natural order; earlier: how many were done before."""

    records: Sequence[VolumeRecord]
    left_out: Sequence[LeftOut]
    seconds: float
    earlier: int
    engine: str

    @property
    def has_failures(self) -> bool:
        """Whether a page failed or was lost anywhere: the exit status says the same."""
        return any(record.has_failures for record in self.records) or any(each.lost for each in self.left_out)

    def counts(self) -> dict[str, int]:
        """Return how many volumes and pages came in and what became of them."""
        outputs = [one for record in self.records for one in record.outputs]
        return {
            "volumes": len(self.records),
            "volumes_with_failures": sum(record.has_failures for record in self.records),
            "volumes_done_before": self.earlier,
            "pages": sum(one.pages for one in outputs),
            "coloured": sum(one.coloured for one in outputs),
            "left": sum(one.left for one in outputs),
            "failed": sum(len(one.failed) for one in outputs),
            "written": sum(one.written for one in outputs),
            "left_out": len(self.left_out) + sum(len(record.left_out) for record in self.records),
        }

    def summary(self) -> str:
        """Return the counts in words."""
        counts = self.counts()
        before = f" ({counts['volumes_done_before']} done before)" if counts["volumes_done_before"] else ""
        parts = [f"{counts['coloured']} coloured", f"{counts['left']} left as they are"]
        parts += [f"{counts['failed']} failed"] if counts["failed"] else []
        lost = counts["pages"] - counts["written"]
        parts += [f"{lost} not in the output"] if lost else []
        faults = sum(bool(record.fault) for record in self.records)
        parts += [f"{_counted(faults, 'volume')} could not be read or written"] if faults else []
        volumes, pages = _counted(counts["volumes"], "volume"), _counted(counts["pages"], "page")
        return f"{volumes}{before}, {pages} in: {', '.join(parts)}"

    def plain(self) -> dict[str, Any]:
        """Return everything as JSON has it."""
        return {
            "counts": self.counts(),
            "seconds": round(self.seconds, 3),
            "engine": self.engine,
            "volumes": [_plain(record) for record in self.records],
            "left_out": [{"name": one.name, "reason": one.reason, "lost": one.lost} for one in self.left_out],
        }

    def html(self, thumbs: Path) -> str:
        """Return the report as one HTML document. thumbs: the folder of the volumes' small pictures."""
        shown = thumbs if sum(len(record.outputs) for record in self.records) <= _THUMBS_MAX else None
        return Template(_TEMPLATE.read_text("utf-8")).substitute(
            title="The shelf in colour",
            words=escape(f"{self.summary()}, in {_duration(self.seconds)}. Engine: {self.engine}."),
            counts="".join(_count(name, value) for name, value in self.counts().items() if value or name in _ALWAYS),
            rows="\n".join(row for record in self.records for row in _rows(record, shown)),
            rest=_left_out(self.left_out),
        )


def thumb_name(path: str) -> str:
    """Return the name of the small picture of an output."""
    return f"{hashlib.sha256(path.encode('utf-8', 'surrogateescape')).hexdigest()[:24]}.webp"


def whose_colours(one: OutputRecord) -> str:
    """Say whose colours an output took: its reference's, and its palette's."""
    return "; ".join(filter(None, [one.reference, one.palette]))


_ALWAYS: Final = ("volumes", "pages", "coloured")
_WORDS: Final = {
    "volumes": "volumes",
    "volumes_with_failures": "with failures",
    "volumes_done_before": "done before",
    "pages": "pages in",
    "coloured": "coloured",
    "left": "left as they are",
    "failed": "failed",
    "written": "pages out",
    "left_out": "other files left out",
}


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _plain(record: VolumeRecord) -> dict[str, Any]:
    from dataclasses import asdict

    told = asdict(record)
    for one in told["outputs"]:
        one["failed"] = [{"page": page, "reason": reason} for page, reason in one["failed"]]
    told["left_out"] = [{"name": name, "reason": reason, "lost": lost} for name, reason, lost in record.left_out]
    return told


def _count(name: str, value: int) -> str:
    bad = ' class="bad"' if name in ("failed", "volumes_with_failures") and value else ""
    return f"<li{bad}><b>{value}</b>{_WORDS[name]}</li>"


def _rows(record: VolumeRecord, thumbs: Path | None) -> Iterable[str]:
    for number, one in enumerate(record.outputs):
        seconds = f"{record.seconds:.1f}" if number == 0 else ""
        cells = [one.pages, one.coloured, one.left, len(one.failed)]
        numbers = "".join(f'<td class="number">{value}</td>' for value in cells)
        yield (
            f"<tr><td>{_thumb(one, thumbs)}</td><td>{_name(record, one)}{_trouble(record, one, number)}</td>{numbers}"
            f'<td class="number">{seconds}</td><td>{escape(_shown(whose_colours(one)))}</td></tr>'
        )
    if not record.outputs:
        fault = f'<small class="bad">{escape(record.fault)}</small>'
        yield f"<tr><td></td><td>{escape(_shown(record.place))}{fault}</td>{'<td></td>' * 6}</tr>"


def _name(record: VolumeRecord, one: OutputRecord) -> str:
    shown = escape(_shown(one.path or record.place))
    return f'<a href="{escape(quote(one.path, errors="surrogateescape"))}">{shown}</a>' if one.path else shown


def _trouble(record: VolumeRecord, one: OutputRecord, number: int) -> str:
    lines = [f"<small>{escape(_why_left(one))}</small>"] if one.left_reasons else []
    lines += [
        f"<small>{escape(text)}</small>" for text in filter(None, [one.words, record.fault if not number else ""])
    ]
    lost = [(name, reason) for name, reason, lost in record.left_out if lost] if number == 0 else []
    listed = [*one.failed, *lost]
    if listed:
        items = "".join(
            f"<li>{escape(_shown(name))}: {escape(_shown(reason))}</li>" for name, reason in listed[:_LISTED_MAX]
        )
        lines.append(f'<details open><summary class="bad">{len(listed)} went wrong</summary><ul>{items}</ul></details>')
    return "".join(lines)


def _why_left(one: OutputRecord) -> str:
    reasons = Counter(one.left_reasons)
    return "left: " + ", ".join(f"{count} {reason_in_words(reason)}" for reason, count in reasons.items())


def _thumb(one: OutputRecord, thumbs: Path | None) -> str:
    if thumbs is None or not one.path:
        return ""
    try:
        data = (thumbs / thumb_name(one.path)).read_bytes()
    except OSError:
        return ""
    return f'<img alt="" src="data:image/webp;base64,{base64.b64encode(data).decode()}">'


def _left_out(left_out: Sequence[LeftOut]) -> str:
    if not left_out:
        return ""
    items = "".join(f"<li>{escape(_shown(one.name))}: {escape(one.reason)}</li>" for one in left_out[:_LISTED_MAX])
    return f"<details><summary>{len(left_out)} other files are no volumes</summary><ul>{items}</ul></details>"


def _shown(text: str) -> str:
    from host.books.names import printable

    return printable(text)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), _MINUTE_S)
    hours, minutes = divmod(minutes, _MINUTE_S)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
