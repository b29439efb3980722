"""Every tool ends where what hears of its progress ends it: at once, with nothing made and nothing left behind."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from host.errors import JobCancelled
from host.messaging.messages import FilterStep, PageKeep, StudioTask
from tests.host.studio.test_tools import PAGE, application, listener, painter, png

if TYPE_CHECKING:
    from pathlib import Path

    from host.application import Application
    from host.studio.tools import Tools

__all__ = ["application", "listener", "painter"]

TASKS: dict[str, dict[str, Any]] = {
    "filter": {"filters": [FilterStep(filter="blur", amount=2)]},
    "cut_out": {},
    "vectorise": {},
    "animate": {"seconds": 1, "size_px": 128},
    "inpaint": {"mask": png(PAGE), "engine": None},
    "extend": {"right": 16},
    "outline": {"inside": [(160, 120)]},
    "upscale": {"scale": 2},
    "words": {},
    "parts": {},
    "storyboard": {},
}


@pytest.mark.parametrize("tool", sorted(TASKS))
def test_a_tool_ends_where_it_is_told_to(tool: Any, application: Application, pages: Path) -> None:
    """First it is heard how often a tool tells how far it is; then it is ended at its first, middle and last word."""
    if tool == "words":
        pytest.importorskip("rapidocr_onnxruntime")
    image = (pages / "figures-en.webp").read_bytes() if tool in ("cut_out", "parts") else png(PAGE)
    digest = hashlib.sha256(image).hexdigest()
    application.board.keep(PageKeep(sha256=digest, image=image))
    facts = TASKS[tool] | ({"pages": [digest] * 2} if tool == "storyboard" else {})
    task = StudioTask(task_id="one", tool=tool, image=image, **facts)
    tools = application.desk._make_tools()
    told: list[float] = []

    def hear(share: float) -> None:
        if told[-1:] != [share]:  # while another process works, the same is told again and again
            told.append(share)

    made = tools.run(task, hear)
    assert made.record is not None
    assert told == sorted(told)
    assert len(told) > 1
    for at in sorted({1, len(told) // 2, len(told)} - {0}):
        heard: list[float] = []

        def ends(share: float, at: int = at, heard: list[float] = heard) -> None:
            heard.extend([share] if heard[-1:] != [share] else [])
            if len(heard) == at:
                raise JobCancelled("Cancelled.", "")

        with pytest.raises(JobCancelled):
            _ended(tools, task, ends)
        assert heard == told[:at]
        assert not list(application.store.scratch.glob("*"))
    again = tools.run(task, lambda _: None)  # the lane is free, and nothing was spoilt
    assert (again.record, again.width, again.height) == (made.record, made.width, made.height)
    if tool != "animate":  # a WebM's name for itself is made by chance
        assert again.data == made.data


def _ended(tools: Tools, task: StudioTask, ends: Any) -> None:
    tools.forget()
    tools.run(task, ends)
