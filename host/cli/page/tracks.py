"""`irodori page track`: a place on somebody in, where they are seen on other pages and their masks out."""

from __future__ import annotations

import io
import json
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from PIL import Image

from engines.embed.registry import choose_embedder
from engines.segment.pulled import pulled_sam3
from engines.segment.registry import open_segmenter
from host.books.whole_files import require_writable, write_whole
from host.cli.console import say
from host.cli.page.guests import guest_of_machine
from host.cli.page.outlines import place_of
from host.cli.page.pictures import reader
from host.paths import state_paths
from host.pipeline.faults import faults_mapped
from host.settings import SettingsFile
from host.studio.page import read_page
from host.studio.track import mask_of_sightings, people_on, sightings, somebody_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from host.studio.track import Sighting
    from host.vocabulary import Direction

RECORD: Final = "track.json"


def track_figure(
    picture: Path, others: Sequence[Path], output: Path, at: str, model: Path | None, direction: Direction
) -> None:
    """Follow who stands at a place over a page and others; write masks and one record of all sightings at the end.

    Raises:
        BadRequest: nobody stands there, or a file cannot be read or written. EngineNotAvailable, WeightsMissing,
        WeightsInvalid, OutOfMemory, ImageInvalid, TooLarge, DiskFull
    """
    pages = [picture, *others]
    names = [f"{number:03}-{page.stem}.mask.png" for number, page in enumerate(pages, 1)]
    require_writable(output)
    sources = frozenset(page.resolve() for page in pages)
    read = partial(read_page, reader=reader(), direction=direction)
    settings = SettingsFile(state_paths().settings_file).current
    rows: list[dict[str, Any]] = []
    masks: dict[str, bytes] = {}
    with faults_mapped(), ExitStack() as stack:
        embedder = choose_embedder(settings.embedder, settings.embedder_folder).open()
        segmenter = open_segmenter(model) if model is not None or pulled_sam3() is not None else None
        memory = stack.enter_context(guest_of_machine())
        if segmenter is not None:
            stack.enter_context(segmenter.in_memory(memory))
        first = read(picture)
        on_first = people_on(first, embedder)
        who = somebody_at(first, on_first, *place_of(at, first.rgb))
        for number, (page, name) in enumerate(zip(pages, names, strict=True)):
            there = first if number == 0 else read(page)
            seen = sightings(on_first if number == 0 else people_on(there, embedder), who)
            row: dict[str, Any] = {"page": page.name, "mask": None, "seen": [_row(one) for one in seen]}
            if seen:
                row["mask"] = name
                masks[name] = _png(mask_of_sightings(there, seen, segmenter))
            rows.append(row)
            say(f"{page.name}: {_told(len(seen), sum(one.is_sure for one in seen))}")
    record = {
        "schema_version": 1, "at": at, "embedder": embedder.info.id,
        "segmenter": segmenter.name if segmenter is not None else "analysis", "pages": rows,
    }  # fmt: skip
    for name, data in masks.items():
        write_whole(output / name, data, sources)
    write_whole(output / RECORD, json.dumps(record, indent=1, ensure_ascii=False).encode(), sources)
    if not any(row["seen"] for row in rows[1:]) and others:
        say("Nobody on the other pages is like them.")


def _row(one: Sighting) -> dict[str, Any]:
    return {**asdict(one), "box": list(one.box)}


def _told(seen: int, sure: int) -> str:
    return f"seen in {seen} panel{'' if seen == 1 else 's'}, {sure} of them sure" if seen else "not seen"


def _png(mask: NDArray[np.bool_]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(mask).save(buffer, "PNG")
    return buffer.getvalue()
