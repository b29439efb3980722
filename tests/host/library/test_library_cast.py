"""Which pages in colour show a volume's figures, and what of a page is taken for a figure."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engines.geometry import Box
from host.library.cast import _chosen, _Figures, _figures


def page(name: str, *vectors: tuple[float, ...]) -> Any:
    return _Figures(np.float32(vectors), name)  # type: ignore[arg-type]


A, B, C = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("figures", "pages", "count", "chosen"),
    [
        ([A, B], [page("a", A), page("ab", A, B), page("b", B)], 3, ["ab"]),
        ([A, B, C], [page("a", A), page("ab", A, B), page("c", C)], 3, ["ab", "c"]),
        ([A, B, C], [page("a", A), page("ab", A, B), page("c", C)], 1, ["ab"]),
        ([A], [page("b", B)], 3, []),
        ([A, A, B], [page("b", B), page("a", A)], 1, ["a"]),
        ([A, A, B], [page("b", B), page("a", A)], 9, ["a", "b"]),
        ([(0.6, 0.8, 0)], [page("a", A), page("b", B)], 2, ["b"]),
        ([(0.6, 0.8, 0)], [page("a", A)], 2, ["a"]),
        ([(0.5, 0.8, 0)], [page("a", A)], 2, []),  # no more than the floor
    ],
)
def test_each_page_is_chosen_for_what_the_others_do_not_show(
    figures: list[tuple[float, ...]], pages: list[Any], count: int, chosen: list[str]
) -> None:
    assert _chosen(np.float32(figures), pages, count, 0.5) == chosen


def test_the_surest_six_figures_that_are_large_enough_are_looked_at_within_the_page() -> None:
    seen: list[Any] = []
    embedder: Any = SimpleNamespace(embed=lambda pictures: seen.extend(one.shape[:2] for one in pictures) or "vectors")
    rgb = np.zeros((200, 300, 3), np.uint8)
    boxes = [
        (Box(0, 0, 24, 30), 0.1),
        (Box(0, 0, 23, 90), 0.99),  # too narrow
        (Box(0, 0, 90, 23), 0.98),  # too low
        (Box(280, 100, 400, 150), 0.97),  # twenty pixels of it are on the page
        (Box(270, 190, 400, 400), 0.96),
        *((Box(0, 0, 30 + number, 40), 0.5 + number / 100) for number in range(6)),
    ]
    characters = [SimpleNamespace(box=box, score=score) for box, score in boxes]
    assert _figures(SimpleNamespace(characters=characters), rgb, embedder) == "vectors"  # type: ignore[arg-type,comparison-overlap]
    assert seen == [(40, 35), (40, 34), (40, 33), (40, 32), (40, 31), (40, 30)]
    seen.clear()
    _figures(SimpleNamespace(characters=characters[:1]), rgb, embedder)  # type: ignore[arg-type]
    assert seen == [(30, 24)]
