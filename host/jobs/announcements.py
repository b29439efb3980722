"""What the extension hears of pages: the notifications, made from the state of a job. They send nothing themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from host.messaging.messages import JobProgress, PageDone, PageFailed, PagePreview, PageSkipped, WireError

if TYPE_CHECKING:
    from host.errors import IrodoriError
    from host.jobs.chapter_job import ChapterJob, JobPage
    from host.store.results import StoredResult
    from host.vocabulary import SkipReason, Stage


def page_progress(
    job: ChapterJob, page: JobPage, stage: Stage, engine_step: tuple[int, int] | None, now_s: float
) -> JobProgress:
    """Return where a page stands; the engine's step and steps are told while it works."""
    step, steps = engine_step if engine_step and stage == "pass2" else (None, None)
    return JobProgress(
        job_id=job.job_id,
        page_id=page.page_id,
        stage=stage,
        fraction=page.progress.fraction,
        step=step,
        steps=steps,
        eta_s=job.eta_s(now_s),
    )


def page_preview(job: ChapterJob, page: JobPage, image: bytes, mime: str) -> PagePreview:
    """Return an early picture of a page."""
    return PagePreview(job_id=job.job_id, page_id=page.page_id, image=image, mime=mime)


def page_done(job: ChapterJob, page: JobPage, result: StoredResult, *, cached: bool) -> PageDone:
    """Return a page's end with its coloured picture."""
    return PageDone(
        job_id=job.job_id,
        page_id=page.page_id,
        image=result.image,
        mime=result.mime,
        width=result.size.width,
        height=result.size.height,
        cached=cached,
        runmeta=result.runmeta,
        result_key=page.key or "",
    )


def page_skipped(job: ChapterJob, page: JobPage, reason: SkipReason) -> PageSkipped:
    """Return the end of a page that stays as it is."""
    return PageSkipped(job_id=job.job_id, page_id=page.page_id, reason=reason, result_key=page.key or "")


def page_failed(job: ChapterJob, page: JobPage, error: IrodoriError) -> PageFailed:
    """Return the end of a page that could not be coloured."""
    return PageFailed(job_id=job.job_id, page_id=page.page_id, error=WireError(**error.wire()))
