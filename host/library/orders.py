"""From what was asked for to the order of a page: fully resolved, and apart from every store of this machine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from host.jobs.recipe import resolve
from host.messaging.messages import Options, RunChapter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from host.application import Application
    from host.library.palettes import Worn
    from host.pipeline.job import PageJob
    from host.pipeline.series import ReferencePicture
    from host.vocabulary import Direction, PageFormat


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """How pages are to be coloured, and the digest of it."""

    job: PageJob
    identity: str

    def key(self, page_sha256: str) -> str:
        """Return the key of a page's result: by its bytes and this order, never by its name."""
        return hashlib.sha256(f"{self.identity}\0{page_sha256}".encode()).hexdigest()


class OrderBook:
    """Makes the orders of one run.

    Raises:
        NotFound, EngineNotAvailable, WeightsMissing, BadRequest: the engine cannot run here, or is asked wrongly.
    """

    def __init__(self, application: Application, engine: str | None, options: Options, page_format: PageFormat) -> None:
        self._application = application
        self._engine = engine
        self._options = options
        self._page_format = page_format
        self._limit = 0
        self.base = self.order((), "auto")
        self._limit = min(self.base.job.engine.supports.references_max, application.settings.current.references_max)

    @property
    def takes_references(self) -> bool:
        """Whether the engine has a use for references."""
        return self._limit > 0

    def order(self, references: Sequence[ReferencePicture], direction: Direction, worn: Worn | None = None) -> Order:
        """Return the order of a volume's pages; references beyond what the engine takes are left out.

        worn: the palette of its series.
        """
        request = RunChapter(
            series="", chapter="", direction=direction, pages=[], references=[], engine=self._engine,
            options=self._options,
        )  # fmt: skip
        application = self._application
        recipe = resolve(
            request, application.settings.current, application.engines, application.store.references,
            mood=worn.mood if worn is not None else "",
        )  # fmt: skip
        chosen = tuple(references[: self._limit])
        # No state of a chapter goes along: a page is read and coloured by itself.
        job = replace(recipe.page_job(), chapter=None, references=chosen, output_format=self._page_format)
        facts = [recipe.identity, self._page_format, *(one.reference_id for one in chosen)]
        if worn is not None:
            cast, digest = worn.worn(reads_words=job.engine.wording != "none")
            job = replace(job, cast=cast)
            facts += [f"palette {digest}"] if cast is not None else []
        return Order(job, hashlib.sha256("\0".join(facts).encode()).hexdigest())


def reference_picture(encoded: bytes) -> ReferencePicture:
    """Return a picture as a reference, known by the digest of its pixels.

    Raises:
        ImageInvalid, TooLarge, OutOfMemory: it is no picture that can be decoded.
    """
    from host.pipeline.decode import decode_page
    from host.pipeline.series import ReferencePicture
    from host.store.palette import palette_of
    from host.store.working_size import at_working_size

    page = decode_page(encoded)
    palette = tuple(entry.rgb for entry in palette_of(page.rgb))
    return ReferencePicture(reference_id=page.pixels_sha256, pixels=at_working_size(page.rgb), palette=palette)
