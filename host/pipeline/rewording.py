"""The seam to the models that help with words: what a job asks of them, and who does it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from host.pipeline.decode import DecodedPage
    from host.pipeline.job import PageJob
    from host.pipeline.records.page_meta import PageMeta
    from host.pipeline.records.rewording import Rewording

# What a caption says of the paper, not of the scene: told on, it would keep the page grey.
_OF_PAPER: Final = re.compile(
    r"\b(?:(?:a|an|the)\s+)?(?:(?:black[- ]and[- ]white|monochrome|gr[ae]y ?scale|sepia|colou?rless)[ ,]*)+"
    r"(?:(?:manga|comic|anime)\s+)?(?:(?:drawing|sketch|illustration|image|picture|photo(?:graph)?|panel|page)s?\s+)?"
    r"(?:(?:of|showing|depicting)\s+)?",
    re.IGNORECASE,
)


class Reworder(Protocol):
    """Does the steps; thread-safe. What fails is in the record: the page goes on with the words that there are."""

    def reword(self, page: DecodedPage, meta: PageMeta, job: PageJob, check: Callable[[], None]) -> Rewording:
        """Return what became of the words of a page that was read.

        Raises:
            what `check` raises, called while it waits and between steps.
        """
        ...


def plain_wish(job: PageJob) -> str:
    """Return what the reader says of a page: the job's wish and the page's own words."""
    return ", ".join(filter(None, [job.plan.prompt, *(one.text for one in job.corrections.words)]))


def reworded(
    reworder: Reworder | None, page: DecodedPage, meta: PageMeta, job: PageJob, check: Callable[[], None]
) -> PageJob:
    """Return a job with its words done, where its engine reads words and it asks for a step that is not done yet."""
    if reworder is None or job.rewording is not None or not job.words.is_any or job.engine.wording == "none":
        return job
    return replace(job, rewording=reworder.reword(page, meta, job, check))


def of_scene(caption: str) -> str:
    """Return a caption without what it says of the paper and the lack of colour."""
    return " ".join(_OF_PAPER.sub("", caption).split()).strip(" .,;")
