"""A chapter that learns from itself: the compact engine, real pages, the index on disk."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from engines import registry
from host.application import Application
from host.cli.rerun import run as rerun_command
from host.errors import NotFound
from host.jobs.recipe import resolve
from host.jobs.retrieval import Memories
from host.messaging.messages import Page, PageDone, PagePut, ReferenceAdd, RunChapter
from host.paths import state_paths
from host.store.job_memory import LAG
from tests.host.jobs.conftest import Listener, sha256
from training.pages.synth import synth_page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

PAGES = LAG + 2


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def application(irodori_home: Path, listener: Listener) -> Iterator[Application]:
    with Application.open(state_paths(), listener, explicit={"retrieval": "pages"}) as opened:
        yield opened


@cache
def scene() -> np.ndarray:
    return synth_page(3, 320, style="western").grey


def kin(number: int) -> np.ndarray:
    """Return one of a chapter's pages: the same scene, something else before it."""
    grey = scene().copy()
    height, width = grey.shape
    top, left = height * number // 20, width * (number % 5) // 6
    cv2.rectangle(grey, (left, top), (left + 60, top + 50), 40 + 20 * number, -1)
    return grey


def png(grey: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".png", grey)[1])


def tinted(grey: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".png", (grey[..., None] * np.array([0.5, 0.7, 1.0])).astype(np.uint8))[1])


def reference() -> bytes:
    blocks = np.full((300, 300, 3), 255, np.uint8)
    for row, colour in enumerate([(40, 60, 200), (180, 120, 40), (60, 170, 60), (150, 190, 230)]):
        blocks[row * 75 : row * 75 + 70] = colour
    return bytes(cv2.imencode(".png", blocks)[1])


def request(pages: list[bytes], references: list[str], series: str = "S") -> RunChapter:
    asked = [Page(page_id=f"p{index}", index=index, sha256=sha256(one)) for index, one in enumerate(pages)]
    return RunChapter(series=series, chapter="1", direction="ltr", pages=asked, references=references)


def colour(
    application: Application, listener: Listener, pages: list[bytes], references: list[str]
) -> list[dict[str, Any]]:
    accepted = application.board.run_chapter(request(pages, references))
    for page_id in accepted.need:
        application.board.put(PagePut(job_id=accepted.job_id, page_id=page_id, image=pages[int(page_id[1:])]))
    listener.wait(PageDone, len(pages), timeout_s=120, job_id=accepted.job_id)
    done = {one.page_id: one for one in listener.of(PageDone, job_id=accepted.job_id)}
    return [done[f"p{index}"].runmeta for index in range(len(pages))]


def uses(runmeta: dict[str, Any], origin: str) -> list[dict[str, Any]]:
    return [use for use in runmeta["references"] if use["origin"] == origin]


def test_late_pages_learn_from_early_ones_and_say_so(
    application: Application, listener: Listener, tmp_path: Path
) -> None:
    chosen = application.store.references.add(ReferenceAdd(image=reference(), series="S")).reference_id
    pages = [png(kin(number)) for number in range(PAGES)]
    records = colour(application, listener, pages, [chosen])
    for record in records:
        assert record["references"][0]["reference_id"] == chosen
        assert all(isinstance(use["score"], float) for use in record["references"])
    assert [len(uses(record, "page")) for record in records] == [0] * LAG + [1] * (PAGES - LAG)
    (learned,) = uses(records[-1], "page")
    assert learned["pixels_sha256"] in {record["result_sha256"] for record in records[: PAGES - LAG]}
    assert all("retrieve" in record["duration_ms"] for record in records)

    (tmp_path / "late.json").write_text(json.dumps(records[-1]), "utf-8")
    (tmp_path / "late.png").write_bytes(pages[-1])
    assert rerun_command(tmp_path / "late.json", tmp_path / "late.png", tmp_path / "again.png") == 0
    application.store.results.clear()
    with pytest.raises(NotFound, match="gone from the cache"):
        rerun_command(tmp_path / "late.json", tmp_path / "late.png", tmp_path / "again.png")


def test_the_same_chapter_in_another_home_comes_to_the_same_pictures(
    application: Application, listener: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = [png(kin(number)) for number in range(PAGES)]
    here = colour(application, listener, pages, [])
    monkeypatch.setenv("IRODORI_HOME", str(tmp_path / "other"))
    listener = Listener()
    with Application.open(state_paths(), listener, explicit={"retrieval": "pages"}) as other:
        there = colour(other, listener, pages, [])
    assert uses(here[-1], "page")
    assert [one["result_sha256"] for one in here] == [one["result_sha256"] for one in there]
    assert [one["references"] for one in here] == [one["references"] for one in there]


def test_a_new_chapter_learns_from_the_one_before_but_not_after_a_change_of_reference(
    application: Application, listener: Listener
) -> None:
    colour(application, listener, [png(kin(0))], [])
    (second,) = colour(application, listener, [png(kin(1))], [])
    (use,) = uses(second, "page")
    assert use["score"] > 0.5
    # Who learned teaches nobody: only the first page can serve the third.
    (third,) = colour(application, listener, [png(kin(2))], [])
    assert [one["reference_id"] for one in uses(third, "page")] == [use["reference_id"]]
    chosen = application.store.references.add(ReferenceAdd(image=reference())).reference_id
    (changed,) = colour(application, listener, [png(kin(3))], [chosen])
    assert uses(changed, "page") == []


def test_how_pictures_are_chosen_is_a_part_of_the_key(application: Application) -> None:
    store, memories = application.store, Memories(application.store, application.embedder)
    chosen = [
        store.references.add(ReferenceAdd(image=png(kin(number)), series="S")).reference_id for number in range(4)
    ]

    def key(mode: str, references: list[str], series: str = "S") -> str:
        current = application.settings.current
        facts = {name: getattr(current, name) for name in current.__struct_fields__} | {"retrieval": mode}
        asked = request([b""], references, series)
        return resolve(asked, type(current)(**facts), registry, store.references, memories).key("0" * 64)

    assert len({key(mode, chosen[:1]) for mode in ("off", "auto", "pages")}) == 3
    # The compact engine takes four references: nothing can join them, so the mode decides nothing.
    assert key("auto", chosen) == key("pages", chosen) == key("all", chosen)
    # Where none was chosen the series' references may serve, and a further one is another key.
    first = key("all", [])
    store.references.add(ReferenceAdd(image=png(kin(5)), series="S"))
    assert key("all", []) != first
    assert key("pages", [], "S") == key("pages", [], "T")


def test_references_of_the_series_serve_where_none_was_chosen_and_all_was_asked_for(
    irodori_home: Path, listener: Listener
) -> None:
    with Application.open(state_paths(), listener, explicit={"retrieval": "all"}) as application:
        alike = application.store.references.add(ReferenceAdd(image=tinted(kin(7)), series="S")).reference_id
        application.store.references.add(ReferenceAdd(image=tinted(kin(8)), series="T"))
        (record,) = colour(application, listener, [png(kin(1))], [])
    assert [(use["reference_id"], use["origin"]) for use in record["references"]] == [(alike, "library")]


def test_the_compact_engine_learns_nothing_unless_it_is_told_to(irodori_home: Path, listener: Listener) -> None:
    with Application.open(state_paths(), listener) as application:
        colour(application, listener, [png(kin(0))], [])
        (second,) = colour(application, listener, [png(kin(1))], [])
    assert second["references"] == []
