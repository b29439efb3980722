"""Whether the ink and the lettering survive: `python bench/ink.py`.

The pages of `tests/pages`, with each of its references and with none, at their own size. Wanted on every page: no
protected pixel changed, line Dice at least 0.97.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from engines import registry
from engines.base import Plan
from host.device import machine_device
from host.errors import QualityRejected
from host.pipeline.decode import decode_page
from host.pipeline.job import PageJob
from host.pipeline.page import PagePipeline
from host.pipeline.prepared import SkippedPage
from host.pipeline.series import ReferencePicture

PAGES = Path(__file__).resolve().parent.parent / "tests" / "pages"
DICE_TARGET = 0.97
SOURCES = (
    "panels-en.webp", "panels-ja.jpg", "dragons-ja.png", "insets-en.jpg", "night-en.webp", "manga-library-ja.png",
    "manga-rain-ja.webp",
)  # fmt: skip


@dataclass(frozen=True)
class Ink:
    """One page with one reference; `changed` counts protected pixels."""

    page: str
    reference: str
    dice: float
    changed: int
    coloured: float
    retries: int


def measure() -> list[Ink]:
    engine = registry.get(registry.DEFAULT_ENGINE)
    engine.load(machine_device())
    found = []
    for reference in (None, "reference-warm.webp", "reference-cold.webp"):
        pixels = decode_page((PAGES / reference).read_bytes()).rgb if reference else None
        chosen = (ReferencePicture(reference_id=reference or "", pixels=pixels),) if pixels is not None else ()
        job = PageJob(engine=engine.info, plan=Plan(seed=0), references=chosen)
        found += [_page(name, reference or "none", job, engine) for name in SOURCES]
    return found


def _page(name: str, reference: str, job: PageJob, engine: Any) -> Ink:
    pipeline = PagePipeline()
    prepared = pipeline.read(pipeline.decode((PAGES / name).read_bytes()), job, _unheard)
    if isinstance(prepared, SkippedPage):
        raise SystemExit(f"{name} was skipped: {prepared.reason}")
    try:
        runmeta = pipeline.finish(prepared, pipeline.colour(prepared, engine, _unheard), _unheard).runmeta
    except QualityRejected as exc:
        verdicts = exc.data["verdicts"]
        return Ink(name, reference, verdicts["line_dice"], verdicts["protected_changed"], 0.0, -1)
    verdict = runmeta.verdicts
    return Ink(name, reference, verdict.line_dice, verdict.protected_changed, verdict.coloured_share, runmeta.retries)


def _unheard(*_: object) -> None:
    """Take a step's progress and say nothing."""


def main() -> None:
    table = Table("page", "reference", "line Dice", "protected px changed", "coloured", "retries")
    for ink in measure():
        dice = f"{ink.dice:.3f}{'' if ink.dice >= DICE_TARGET else ' !'}"
        retries = "rejected" if ink.retries < 0 else str(ink.retries)
        table.add_row(ink.page, ink.reference, dice, str(ink.changed), f"{ink.coloured:.0%}", retries)
    Console().print(table)


if __name__ == "__main__":
    main()
