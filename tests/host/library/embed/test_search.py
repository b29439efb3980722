"""Which pages are found by a picture, and how rankings become one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from host.library.embed import search as module
from host.library.embed.search import Found, fused, search_picture

if TYPE_CHECKING:
    from collections.abc import Sequence

PANELS = 4
STORE: Any = SimpleNamespace(page_ids=lambda: ["a", "b", "c"], kind=SimpleNamespace(panels=PANELS))


@pytest.fixture
def near(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[tuple[int, float]]]:
    """Say what is nearest, by kind: rows, or for panels row times panels plus the panel's place."""
    found: dict[str, list[tuple[int, float]]] = {"page": [], "panel": []}

    def nearest(store: object, kind: str, query: np.ndarray, k: int) -> Sequence[tuple[int, float]]:
        assert np.linalg.norm(query) == pytest.approx(1)
        return found[kind][:k]

    monkeypatch.setattr(module, "nearest", nearest)
    return found


def test_a_page_is_found_by_the_best_of_itself_and_its_panels(near: dict[str, list[tuple[int, float]]]) -> None:
    near["page"] = [(0, 0.5), (1, 0.4)]
    near["panel"] = [(1 * PANELS + 2, 0.9), (1 * PANELS, 0.8), (0 * PANELS + 1, 0.45), (2 * PANELS + 3, 0.3)]
    assert search_picture(STORE, np.array([3.0, 4.0], np.float32), 5) == [
        Found("b", 0.9, 2, "panel 3"),
        Found("a", 0.5, None, "the page"),
        Found("c", 0.3, 3, "panel 4"),
    ]
    assert [one.page_id for one in search_picture(STORE, np.array([3.0, 4.0], np.float32), 1)] == ["b"]


def test_pages_as_like_as_each_other_come_by_their_names(near: dict[str, list[tuple[int, float]]]) -> None:
    near["page"] = [(2, 0.5), (0, 0.5)]
    assert [one.page_id for one in search_picture(STORE, np.ones(2, np.float32), 5)] == ["a", "c"]


def test_who_is_in_both_rankings_goes_before_who_is_first_in_one() -> None:
    words = [Found("a", 9.0, why="words"), Found("b", 5.0, why="words")]
    looks = [Found("b", 0.3, 1, "panel 2"), Found("c", 0.2, None, "the page")]
    found = fused([words, looks])
    assert [(one.page_id, one.panel, one.why) for one in found] == [
        ("b", 1, "words and panel 2"),
        ("a", None, "words"),
        ("c", None, "the page"),
    ]
    assert found[0].score == pytest.approx(1 / 62 + 1 / 61)
    assert fused([]) == []
