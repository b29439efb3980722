"""Make the request that an engine gets: prompt, masks and style bound to one page, no engine's word in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engines.base import ColorizeRequest
from host.pipeline.pass2.masks import bind_protect
from host.pipeline.pass2.prompt import build_prompt
from host.pipeline.pass2.style import bind_references

if TYPE_CHECKING:
    from host.pipeline.decode import DecodedPage
    from host.pipeline.job import PageJob
    from host.pipeline.pagemasks import PageMasks
    from host.pipeline.pagemeta import PageMeta


def make_request(page: DecodedPage, meta: PageMeta, masks: PageMasks, job: PageJob) -> ColorizeRequest:
    """Return the request; its plan has the whole prompt, its references are those of `meta`."""
    return ColorizeRequest(
        page=page.grey,
        protect=bind_protect(masks),
        references=bind_references(meta, job.references),
        plan=replace(job.plan, prompt=build_prompt(meta, job.plan.prompt)),
    )
