"""What is told of a page, made from the state of its job."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from engines.geometry import Size
from host.errors import Busy
from host.jobs.announcements import page_done, page_failed, page_preview, page_progress, page_skipped
from host.store.results import StoredResult

JOB = SimpleNamespace(job_id="j", eta_s=lambda now_s: now_s + 1)
PAGE = SimpleNamespace(page_id="p", key="k", progress=SimpleNamespace(fraction=0.25))
NEW = SimpleNamespace(page_id="p", key=None)


@pytest.mark.parametrize(
    ("stage", "engine_step", "told"),
    [("pass2", (3, 9), (3, 9)), ("pass2", None, (None, None)), ("compose", (9, 9), (None, None))],
)
def test_where_a_page_stands_with_the_engine_s_step_while_it_works(stage, engine_step, told) -> None:
    message = page_progress(JOB, PAGE, stage, engine_step, 6.0)  # type: ignore[arg-type]
    assert (message.step, message.steps) == told
    assert (message.job_id, message.page_id, message.stage, message.fraction, message.eta_s) == (
        "j",
        "p",
        stage,
        0.25,
        7,
    )


@pytest.mark.parametrize("cached", [True, False])
def test_an_end_has_the_picture_its_size_and_its_key(*, cached: bool) -> None:
    result = StoredResult(image=b"png", mime="image/png", size=Size(3, 2), runmeta={"a": 1}, skip_reason=None)
    message = page_done(JOB, PAGE, result, cached=cached)  # type: ignore[arg-type]
    assert (message.image, message.mime, message.width, message.height) == (b"png", "image/png", 2, 3)
    assert (message.job_id, message.page_id, message.cached, message.runmeta, message.result_key) == (
        "j", "p", cached, {"a": 1}, "k"
    )  # fmt: skip
    assert page_done(JOB, NEW, result, cached=cached).result_key == ""  # type: ignore[arg-type]


def test_what_is_left_failed_or_seen_early_is_told_as_such() -> None:
    skipped = page_skipped(JOB, PAGE, "blank")  # type: ignore[arg-type]
    assert (skipped.job_id, skipped.page_id, skipped.reason, skipped.result_key) == ("j", "p", "blank", "k")
    assert page_skipped(JOB, NEW, "blank").result_key == ""  # type: ignore[arg-type]
    failed = page_failed(JOB, PAGE, Busy("Too much.", "Wait.", queued=3))  # type: ignore[arg-type]
    assert (failed.page_id, failed.error.code, failed.error.hint, failed.error.data) == (
        "p", "E_BUSY", "Wait.", {"queued": 3}
    )  # fmt: skip
    preview = page_preview(JOB, PAGE, b"jpeg", "image/jpeg")  # type: ignore[arg-type]
    assert (preview.job_id, preview.page_id, preview.image, preview.mime) == ("j", "p", b"jpeg", "image/jpeg")
