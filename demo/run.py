"""Colour the bundled manga and a comic page through the real host, over its real wire, and again from the cache.

All state stays in `demo/out`; no browser and no folder of yours is touched.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from host.books.outputs import SUFFIX_OF_MIME
from host.books.whole_files import write_whole
from host.messaging.client import HostClient
from host.report.pictures import shrink
from host.report.report import Report, ReportPage, reason_in_words, render

HERE = Path(__file__).resolve().parent
OUT = HERE / "out"
CHAPTER_LIMIT_S = 900.0
QUIET_S = 30.0
# The pages' licences ask for this credit wherever they are shown.
TITLE = (
    "A manga and a comic page in colour: Haruko-san no kareshi © Riko Kuratsuka, CC BY-SA 3.0; "
    "Pepper&Carrot © David Revoy, CC BY 4.0"
)


@dataclass(frozen=True, slots=True)
class Chapter:
    """Pages that are read together, their reference and their direction."""

    name: str
    pages: dict[str, bytes]
    reference: bytes
    direction: str


@dataclass(slots=True)
class Visit:
    """What one visit to the chapters gave."""

    ready_s: float = 0.0
    chapter_s: float = 0.0
    engine: str = ""
    ends: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)


def chapters() -> list[Chapter]:
    """Return what is bundled."""
    found = []
    for name, folder, direction in (("manga", "chapter", "rtl"), ("comic", "comic", "ltr")):
        files = sorted((HERE / folder).iterdir())
        pages = {f"{name}-{file.stem}{file.suffix}": file.read_bytes() for file in files}
        found.append(Chapter(name, pages, (HERE / "reference" / f"{name}.webp").read_bytes(), direction))
    return found


def visit(asked: list[Chapter]) -> Visit:
    """Start a host as a browser does, ask for the chapters, send what it lacks, and wait for every page."""
    result = Visit()
    began = time.perf_counter()
    with HostClient.spawn(home=OUT / "home") as host:
        _ = host.ready
        result.ready_s = time.perf_counter() - began
        result.engine = host.hello()["default_engine"]
        for chapter in asked:
            style = host.call("reference.add", {"image": chapter.reference, "name": f"For the {chapter.name}"})
            began = time.perf_counter()
            job = host.call("pipeline.run_chapter", chapter_request(chapter, style["reference_id"]))
            for name in job["need"]:
                host.put_page(job["job_id"], name, chapter.pages[name])
            wait_for_chapter(host, job["job_id"])
            result.chapter_s += time.perf_counter() - began
        for method, params in host.notifications:
            if method in {"page.done", "page.skipped", "page.failed"}:
                result.ends[params["page_id"]] = method, params
    return result


def wait_for_chapter(host: HostClient, job_id: str) -> None:
    """Wait for a chapter's end; a host that hears nothing for long ends, so say something now and then."""
    for _ in range(round(CHAPTER_LIMIT_S / QUIET_S)):
        try:
            host.wait_for("job.done", QUIET_S, job_id=job_id)
        except TimeoutError:
            host.call("session.ping")
        else:
            return
    raise TimeoutError(f"the chapter was not coloured within {CHAPTER_LIMIT_S:.0f} s")


def chapter_request(chapter: Chapter, reference_id: str) -> dict[str, Any]:
    """Return the parameters of `pipeline.run_chapter`."""
    listed = [
        {"page_id": name, "index": index, "sha256": hashlib.sha256(image).hexdigest()}
        for index, (name, image) in enumerate(chapter.pages.items())
    ]
    return {
        "series": f"Irodori demo, {chapter.name}", "chapter": "1", "direction": chapter.direction, "pages": listed,
        "references": [reference_id],
    }  # fmt: skip


def report_page(name: str, source: bytes, end: tuple[str, dict[str, Any]]) -> ReportPage:
    """Return one page of the report from the notification that ended it."""
    method, params = end
    before = shrink(source)
    if method == "page.done":
        verdict = "cached" if params["cached"] else "coloured"
        return ReportPage(name, verdict, before, shrink(params["image"]), runmeta=params["runmeta"])
    if method == "page.skipped":
        return ReportPage(name, "skipped", before, words=f"It {reason_in_words(params['reason'])}.")
    error = params["error"]
    return ReportPage(name, "failed", before, words=f"{error['message']} {error['hint']}".strip())


def say(page: ReportPage) -> None:
    """Print one page's line."""
    line = f"  {page.name:10} {page.verdict:9}"
    if page.runmeta:
        verdicts, seconds = page.runmeta["verdicts"], sum(page.runmeta["duration_ms"].values()) / 1000
        line += f"{seconds:6.2f} s   ink kept {verdicts['line_dice']:.3f}   "
        line += f"balloons, lettering, gutters: {verdicts['protected_changed']} pixels changed"
    print(f"{line}{page.words}")


def keep_pages(ends: dict[str, tuple[str, dict[str, Any]]]) -> None:
    """Write the coloured pages."""
    for name, (method, params) in ends.items():
        if method == "page.done":
            write_whole(OUT / "pages" / f"{Path(name).stem}{SUFFIX_OF_MIME[params['mime']]}", params["image"])


def main() -> int:
    """Run the demo; return 0 if every page got its colour, and again from the cache."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    asked = chapters()
    pages = {name: image for chapter in asked for name, image in chapter.pages.items()}

    first = visit(asked)
    print(f"Irodori started in {first.ready_s:.2f} s and colours with the engine {first.engine!r}.\n")
    told = [report_page(name, image, first.ends[name]) for name, image in pages.items()]
    for page in told:
        say(page)
    second = visit(asked)
    again = sum(bool(params.get("cached")) for _, params in second.ends.values())
    print(f"\nFirst visit  {first.chapter_s:6.2f} s for {len(pages)} pages")
    print(f"Second visit {second.chapter_s:6.2f} s, {again} of {len(pages)} pages from the cache\n")

    keep_pages(first.ends)
    references = [(f"For the {chapter.name}", shrink(chapter.reference)) for chapter in asked]
    report = Report(TITLE, first.engine, first.chapter_s, told, references)
    write_whole(OUT / "report.html", render(report).encode())
    print(
        f"Coloured pages  {OUT / 'pages'}\nBefore/after    {(OUT / 'report.html').as_uri()}   <- open this in a browser"
    )
    good = all(page.verdict == "coloured" for page in told) and again == len(pages)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
