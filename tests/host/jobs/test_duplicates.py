"""Pages that are the same picture saved again are coloured once, each on its own ink."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from host.cli.rerun import run as rerun_command
from host.errors import BadRequest
from host.messaging.messages import Page, PageDone, PagePut, RunChapter
from host.pipeline.decode import decode_page
from host.pipeline.page import PagePipeline
from tests.host.jobs.conftest import sha256
from training.pages.synth import synth_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.host.jobs.conftest import Reader, Watched

pytestmark = pytest.mark.slow


def manga(seed: int = 3) -> np.ndarray:
    return synth_page(seed, 480, style="western").grey


def png(grey: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".png", grey)[1])


def jpeg(grey: np.ndarray, quality: int) -> bytes:
    return bytes(cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])[1])


def colour(reader: Reader, pages: list[bytes]) -> list[PageDone]:
    asked = [Page(page_id=f"p{index}", index=index, sha256=sha256(one)) for index, one in enumerate(pages)]
    accepted = reader.board.run_chapter(
        RunChapter(series="S", chapter="1", direction="ltr", pages=asked, references=[])
    )
    for page_id in accepted.need:
        reader.board.put(PagePut(job_id=accepted.job_id, page_id=page_id, image=pages[int(page_id[1:])]))
    assert reader.listener.end_of(accepted.job_id).failed == 0
    done = {message.page_id: message for message in reader.listener.of(PageDone, job_id=accepted.job_id)}
    return [done[f"p{index}"] for index in range(len(pages))]


def changed(grey: np.ndarray) -> np.ndarray:
    """Return the page with one small thing drawn otherwise."""
    other = grey.copy()
    height, width = grey.shape
    other[height // 3 : height // 3 + 10, width // 3 : width // 3 + 10] ^= 255
    return other


def test_a_recompressed_copy_keeps_its_own_pixels_and_takes_the_colour(reader: Reader, engine: Watched) -> None:
    page = manga()
    first, copy = colour(reader, [png(page), jpeg(page, 75)])
    assert engine.calls == 1
    assert first.runmeta["duplicate_of"] is None
    assert copy.runmeta["duplicate_of"] == first.runmeta["pixels_sha256"]
    assert copy.runmeta["pixels_sha256"] == decode_page(jpeg(page, 75)).pixels_sha256
    assert copy.runmeta["verdicts"]["protected_changed"] == 0
    assert copy.runmeta["verdicts"]["line_dice"] >= 0.97
    assert copy.image != first.image


@pytest.mark.parametrize("other", [changed, lambda grey: np.roll(grey, 2, 0), lambda grey: grey[:-8], np.fliplr])
def test_what_merely_looks_alike_is_coloured_itself(
    reader: Reader, engine: Watched, other: Callable[[np.ndarray], np.ndarray]
) -> None:
    page = manga()
    done = colour(reader, [png(page), png(np.ascontiguousarray(other(page)))])
    assert engine.calls == 2
    assert [one.runmeta["duplicate_of"] for one in done] == [None, None]


def test_another_job_colours_its_own_pages(reader: Reader, engine: Watched) -> None:
    page = manga()
    colour(reader, [png(page)])
    colour(reader, [jpeg(page, 80)])
    assert engine.calls == 2


def test_a_record_of_a_copy_names_the_page_to_make_again(reader: Reader, tmp_path: Path) -> None:
    import json

    page = manga()
    _, copy = colour(reader, [png(page), jpeg(page, 75)])
    (tmp_path / "r.json").write_text(json.dumps(copy.runmeta), "utf-8")
    (tmp_path / "page.jpg").write_bytes(jpeg(page, 75))
    with pytest.raises(BadRequest, match="same picture saved again"):
        rerun_command(tmp_path / "r.json", tmp_path / "page.jpg", tmp_path / "out.png")


def test_hashes_of_copies_are_as_near_as_the_bound_says() -> None:
    pipeline = PagePipeline()
    page = manga(5)
    bits = []
    for encoded in (png(page), jpeg(page, 50), jpeg(page, 90)):
        decoded = pipeline.decode(encoded)
        meta = pipeline._reader.read(decoded, "auto").meta
        assert meta.perceptual_hash is not None
        bits.append(int(meta.perceptual_hash, 16))
    assert max((bits[0] ^ one).bit_count() for one in bits) <= 4
