"""`irodori page filter`, `cut-out` and `vectorise`: a picture in, another one out."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image

from engines.segment.registry import open_matting
from host.books.layout import PICTURE_FORMATS
from host.books.whole_files import refuse_source, require_nameable, write_whole
from host.cli.console import say
from host.errors import BadRequest
from host.paths import state_paths
from host.pipeline.analysis.shipped import shipped_reader
from host.pipeline.decode import pixels_digest
from host.pipeline.encode import encode_page
from host.pipeline.faults import faults_mapped
from host.pipeline.records.json_files import named, read_limited
from host.settings import SettingsFile
from host.studio.cutout import cut_out
from host.studio.filters import BYTES_MAX, FilterChain, chain_of, filter_of, lay
from host.studio.page import picture_of, read_page
from host.studio.vector import drawing_of, require_tracer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from host.pipeline.analysis.reader import PageReader
    from host.studio.page import StudioPage
    from host.vocabulary import Direction, PageFormat


def filter_picture(picture: Path, output: Path, texts: Sequence[str], chain: Path | None, undo: int) -> None:
    """Lay a chain of filters, then those of the texts, over a picture; write it and the whole chain.

    Raises:
        BadRequest: something cannot be read, is no filter, or nothing is asked for. ImageInvalid, TooLarge, DiskFull
    """
    wanted = format_of(output)
    before = _chain(chain).filters if chain else ()
    filters = (*before[: max(0, len(before) - undo)], *map(filter_of, texts))
    if not texts and chain is None:
        raise BadRequest("No filter is given.", "Name some by --filter, or a record of some by --chain.")
    require_output(output, picture)
    rgb = picture_of(picture)
    record = FilterChain(pixels_sha256=pixels_digest(rgb), filters=filters)
    write_whole(output, encode_page(lay(rgb, filters), wanted)[0], _sources(picture))
    write_whole(beside(output), record.model_dump_json(indent=1).encode(), _sources(picture, chain))
    say(f"{output}: {len(filters)} filter{'' if len(filters) == 1 else 's'}, recorded in {beside(output).name}")


def beside(output: Path) -> Path:
    """Return where the chain of a filtered picture stands."""
    return output.with_name(f"{output.name}.filters.json")


def cut_out_figures(
    picture: Path, output: Path, figures: Sequence[int], direction: Direction, matting: Path | None
) -> None:
    """Write a page's figures on nothing. matting: a network's file; None for the pulled one, or masks without one.

    Raises:
        BadRequest: there is no such figure, or a file cannot be read or written. WeightsMissing, WeightsInvalid,
        OutOfMemory, ImageInvalid, TooLarge, DiskFull
    """
    kind = {".png": "PNG", ".webp": "WEBP"}.get(output.suffix.casefold())
    if kind is None:
        raise BadRequest(f"{output.name} cannot be transparent.", "End --output with .png or .webp.")
    require_output(output, picture)
    with faults_mapped():
        network = open_matting(matting)
        page = read(picture, direction)
        cut = Image.fromarray(cut_out(page, figures, None if network is None else network.alpha))
    buffer = io.BytesIO()
    cut.save(buffer, kind, **({"lossless": True} if kind == "WEBP" else {"compress_level": 4}))
    write_whole(output, buffer.getvalue(), _sources(picture))
    say(f"{output}: cut out by {network.name if network is not None else 'the masks of analysis'}")


def vectorise_page(picture: Path, output: Path) -> None:
    """Write a page as SVG.

    Raises:
        BadRequest: a file cannot be read or written. EngineNotAvailable, ImageInvalid, TooLarge, DiskFull
    """
    if output.suffix.casefold() != ".svg":
        raise BadRequest(f"{output.name} is no name of a drawing.", "End --output with .svg.")
    require_tracer()
    require_output(output, picture)
    page = read(picture, "auto")
    drawn = drawing_of(page)
    write_whole(output, drawn, _sources(picture))
    say(f"{output}: {drawn.count(b'<path ')} curves")


def reader() -> PageReader:
    """Return what reads pages, with the reader's own detector where the settings name one."""
    return shipped_reader(SettingsFile(state_paths().settings_file).current.detector_weights)


def read(picture: Path, direction: Direction) -> StudioPage:
    """Return a page and what is on it."""
    return read_page(picture, reader(), direction)


def require_output(output: Path, *sources: Path) -> None:
    """Check before any work that a file can be written and is no source.

    Raises:
        BadRequest
    """
    require_nameable(output)
    if output.is_dir():
        raise BadRequest(f"{output} is a folder.", "Name the file to write.")
    refuse_source(output, _sources(*sources))


def _chain(path: Path) -> FilterChain:
    data = read_limited(path, BYTES_MAX)
    try:
        return chain_of(data)
    except BadRequest as exc:
        raise named(path, exc) from exc


def format_of(output: Path) -> PageFormat:
    """Return what a picture of this name is written as.

    Raises:
        BadRequest: it is no name of a picture.
    """
    try:
        return PICTURE_FORMATS[output.suffix.casefold()]
    except KeyError as exc:
        raise BadRequest(
            f"{output.name} is no name of a picture.", f"End --output with {', '.join(PICTURE_FORMATS)}."
        ) from exc


def _sources(*paths: Path | None) -> frozenset[Path]:
    return frozenset(path.resolve() for path in paths if path is not None)
