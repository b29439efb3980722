"""A coloured page as a reference: what of the cache may be one."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from host.errors import ImageInvalid
from host.store.job_memory import learned_page


def results(stored: Any) -> Any:
    asked: list[tuple[str, bool]] = []
    return SimpleNamespace(get=lambda key, *, count: asked.append((key, count)) or stored, asked=asked)


def stored(image: bytes, skip_reason: str | None = None, **runmeta: Any) -> Any:
    return SimpleNamespace(image=image, skip_reason=skip_reason, runmeta=runmeta)


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((6, 4, 3), (200, 30, 40), np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_coloured_page_is_a_reference_by_its_key_with_the_digest_of_its_pixels() -> None:
    kept = results(stored(picture(), result_sha256="d" * 64))
    found = learned_page(kept, "key")
    assert found is not None
    page, digest = found
    assert (page.reference_id, page.pixels.shape, digest) == ("key", (6, 4, 3), "d" * 64)
    assert (page.pixels == (200, 30, 40)).all()
    assert kept.asked == [("key", False)]  # to learn from it is no use of the cache


def test_one_whose_record_says_no_digest_has_none() -> None:
    found = learned_page(results(stored(picture())), "key")
    assert found is not None
    assert found[1] == ""


@pytest.mark.parametrize("one", [None, stored(picture(), "blank", result_sha256="d" * 64)])
def test_what_has_gone_and_what_was_left_as_it_is_is_none(one: Any) -> None:
    assert learned_page(results(one), "key") is None


def test_a_damaged_one_is_told() -> None:
    with pytest.raises(ImageInvalid):
        learned_page(results(stored(b"torn")), "key")
