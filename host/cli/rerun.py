"""`irodori rerun`: reads the files, writes the picture, says whether it is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Console

from host.application import Application
from host.books.references import read_references
from host.books.whole_files import write_whole
from host.errors import BadRequest
from host.paths import state_paths
from host.pipeline.decode import DecodeLimits, decode_page
from host.pipeline.records.json_files import named, read_limited
from host.pipeline.records.validation import BYTES_MAX, run_meta_of
from host.report.records import BYTES_MAX as REPORT_BYTES_MAX
from host.report.records import records_of
from host.rerun import rerun
from host.store_records import ReferenceAdd

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from host.pipeline.records.run_meta import RunMeta

_REPORTS: Final = frozenset({".html", ".htm"})


def run(runmeta: Path, page: Path, output: Path, references: Sequence[Path] = ()) -> int:
    """Colour the page as its record says and write it; return 0 where the pixels are the recorded ones, else 1.

    references: pictures that are kept first, for a record that was made elsewhere: the same picture has the same id.

    Raises:
        BadRequest: a file cannot be read, or is no record. TooLarge. What `rerun` raises.
    """
    encoded = read_limited(page, DecodeLimits().encoded_bytes)
    record = _of_report(runmeta, encoded) if runmeta.suffix.casefold() in _REPORTS else _record(runmeta)
    kept = read_references(references)[0]
    with Application.open(state_paths(), lambda _: None) as application:
        for name, image in kept:
            application.store.references.add(ReferenceAdd(image=image, name=name))
        finished, same = rerun(application, record, encoded)
    write_whole(output, finished.image)
    verdict = "the same pixels as recorded" if same else "[yellow]other pixels than recorded[/]"
    Console(stderr=True, highlight=False).print(f"{output}: {verdict}", soft_wrap=True)
    return 0 if same else 1


def _of_report(path: Path, encoded: bytes) -> RunMeta:
    """Return the record in a report that is of this page, the last one where there are several."""
    digest = decode_page(encoded).pixels_sha256
    for data in reversed(records_of(read_limited(path, REPORT_BYTES_MAX))):
        record = run_meta_of(data)
        if record.pixels_sha256 == digest:
            return record
    raise BadRequest(
        f"{path.name} has no record of this page.", "Name the page as it was before it was coloured, and its report."
    )


def _record(path: Path) -> RunMeta:
    data = read_limited(path, BYTES_MAX)
    try:
        return run_meta_of(data)
    except BadRequest as exc:
        raise named(path, exc) from exc
