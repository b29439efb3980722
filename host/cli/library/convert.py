"""`irodori library convert`: volumes of every kind as CBZ, folders, PDF or EPUB, their pages unchanged; and `cast`."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from host.books.whole_files import require_nameable, require_writable
from host.cli.console import STDERR, say
from host.cli.library.embed import EmbedderWish
from host.cli.library.progress import shelf_bars
from host.errors import BadRequest, ImageInvalid, IrodoriError
from host.library.cast import MAPPING, make_mapping
from host.library.colourer import PageResult
from host.library.manifest import Manifest, VolumeRecord
from host.library.opening import open_source
from host.library.plan import make_plan
from host.library.shelf import file_digest, find_volumes
from host.library.understand.shelf import AnalysedShelf
from host.library.writing import Writer, places
from host.logs import start_log
from host.paths import state_paths

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from host.books.book import Book
    from host.library.plan import PlannedVolume
    from host.vocabulary import OutputKind

_AS_IT_WAS = PageResult(verdict="skipped", reason="as_it_was")


def convert(roots: Sequence[Path], output: Path, kind: OutputKind, *, retry: bool) -> int:
    """Write a shelf's volumes anew; return 1 where something of one is lost.

    Raises:
        IrodoriError: nothing could be begun, or the disk is full; what was finished is kept.
    """
    start_log(state_paths().log_file)
    require_nameable(output)
    require_writable(output)
    with ExitStack() as stack:
        manifest = stack.enter_context(Manifest(output))
        shelf = find_volumes(roots, output)
        if not shelf.sources:
            raise BadRequest(
                "There is no volume there.", "Name folders with volumes (CBZ, PDF, …) or pictures in them."
            )
        order = f"convert {kind}"
        plan = make_plan(shelf.sources, output, manifest, lambda *_: order, 1, "png", retry=retry)
        waiting = manifest.folder / "waiting"
        shutil.rmtree(waiting, ignore_errors=True)
        waiting.mkdir(parents=True)
        stack.callback(shutil.rmtree, waiting, ignore_errors=True)
        writer, bars = Writer(output, kind, "png", waiting), shelf_bars(STDERR)
        task = bars.add_task("volumes", total=len(plan.to_do), unit="volumes")
        taken = [one.source.place for one in plan.volumes]
        with bars:
            for planned in plan.to_do:
                record = _converted(planned, writer, taken, order, manifest)
                manifest.add(record)
                bars.advance(task)
                if record.has_failures:
                    words = record.fault or "; ".join(f"{n}: {why}" for one in record.outputs for n, why in one.failed)
                    say(f"{record.place}  failed: {words or 'something in it may be lost'}")
        records = [known for one in shelf.sources if (known := manifest.get(one.place)) is not None]
    failed = sum(one.has_failures for one in records)
    say(f"{len(records)} volumes, {len(records) - len(plan.to_do)} done before, {failed} with failures -> {output}")
    return 1 if failed else 0


def _converted(
    planned: PlannedVolume, writer: Writer, taken: Sequence[str], order: str, manifest: Manifest
) -> VolumeRecord:
    source = planned.source
    made = partial(VolumeRecord, place=source.place, stamp=source.stamp, order=order)
    books: list[Book] = []
    try:
        if planned.fault:
            return made(sha256="", fault=planned.fault)
        books = open_source(source)
        before = manifest.get(source.place)
        earlier = before.outputs if before is not None else ()
        where = places(source.place, books, taken, writer.kind)
        outputs = tuple(
            writer.write(book, place, lambda _: _AS_IT_WAS, book.direction, "", earlier)
            for book, place in zip(books, where, strict=True)
            if book.pages
        )
        left_out = tuple((one.name, one.reason, one.lost) for book in books for one in book.left_out)
        digest = "" if source.is_folder else file_digest(source.path)
        return made(sha256=digest, outputs=outputs, left_out=left_out)
    except (BadRequest, ImageInvalid, OSError) as exc:
        return made(sha256="", fault=exc.words if isinstance(exc, IrodoriError) else str(exc))
    finally:
        for book in books:
            book.close()


def cast(analysis: Path, output: Path, pictures_max: int) -> int:
    """Write pictures of figures in colour for each volume, and the mapping; return 1 where there are none."""
    start_log(state_paths().log_file)
    require_nameable(output)
    shelf = AnalysedShelf(analysis)
    mapping = make_mapping(shelf, EmbedderWish(id="compact").choose().open(), output, pictures_max)
    say(f"{len(mapping)} of {len(shelf.volumes)} volumes have pictures -> {output / MAPPING}")
    return 0 if mapping else 1
