"""What a job may retrieve: by its settings, its engine, and what its reader chose."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from engines.info import EngineInfo, Supports
from host.jobs.retrieval import HostEmbedder, Memories, Retrieval

if TYPE_CHECKING:
    from collections.abc import Sequence


def engine(most: int = 3, *, draws: bool = False) -> EngineInfo:
    return EngineInfo("toy", "Toy", "1", "AGPL-3.0-or-later", Supports(references_max=most), (), "cpu", draws=draws)


def plan(
    mode: str, *, chosen: Sequence[str] = (), series: str = "S", most: int = 3, limit: int = 8, draws: bool = False
) -> Retrieval | None:
    kept = {"S": ["b", "a"], "T": ["c"]}
    references = SimpleNamespace(list=lambda name: [SimpleNamespace(reference_id=one) for one in kept.get(name, [])])
    embedder = HostEmbedder(lambda: cast("Any", SimpleNamespace(id="looks", version="2", open=object)))
    request = SimpleNamespace(references=list(chosen), series=series)
    settings = SimpleNamespace(retrieval=mode, references_max=limit)
    memories = Memories(cast("Any", SimpleNamespace(references=references)), embedder)
    return memories.plan(cast("Any", request), cast("Any", settings), engine(most, draws=draws))


@pytest.mark.parametrize("facts", [{"mode": "off"}, {"mode": "all", "most": 0}, {"mode": "all", "limit": 0}])
def test_nothing_is_retrieved_where_the_setting_or_the_engine_forbids_it(facts: dict[str, Any]) -> None:
    assert plan(**facts) is None


@pytest.mark.parametrize(
    ("mode", "draws", "series"),
    [
        ("all", False, "S"),
        ("pages", False, "S"),
        ("auto", True, "S"),
        ("auto", False, None),
        ("references", True, None),
    ],
)
def test_coloured_pages_serve_who_gains_from_them(mode: str, series: str | None, *, draws: bool) -> None:
    found = plan(mode, draws=draws)
    assert found is not None
    assert (found.embedder, found.series) == (("looks", "2"), series)


@pytest.mark.parametrize(
    ("facts", "offered"),
    [
        ({"mode": "all"}, ("a", "b")),
        ({"mode": "all", "series": "T"}, ("c",)),
        ({"mode": "all", "series": ""}, ()),
        ({"mode": "all", "chosen": ["x"]}, ()),
        ({"mode": "pages"}, ()),
    ],
)
def test_references_are_offered_where_the_reader_chose_none(facts: dict[str, Any], offered: tuple[str, ...]) -> None:
    found = plan(**facts)
    assert found is not None
    assert found.offered == offered


@pytest.mark.parametrize(("count", "limit", "is_full"), [(3, 8, True), (2, 8, False), (2, 2, True), (4, 8, True)])
def test_nothing_is_added_where_the_reader_s_fill_what_the_engine_takes(
    count: int, limit: int, *, is_full: bool
) -> None:
    found = plan("all", chosen=[f"r{at}" for at in range(count)], limit=limit)
    assert found is not None
    assert (found.series is None) == is_full


def test_what_may_be_retrieved_is_a_part_of_the_key_and_the_series_is_not() -> None:
    embedder = ("looks", "2")
    assert Retrieval(embedder=embedder).facts == embedder
    assert Retrieval(embedder=embedder, series="S").facts == Retrieval(embedder=embedder, series="T").facts
    assert Retrieval(embedder=embedder, series="S").facts == (*embedder, "pages")
    assert Retrieval(embedder=embedder, offered=("a", "b")).facts == (*embedder, "offered", "a", "b")


def test_an_embedder_is_chosen_at_the_first_question_and_opened_once() -> None:
    done: list[str] = []
    choice = SimpleNamespace(id="looks", version="2", open=lambda: done.append("open") or object())
    embedder = HostEmbedder(lambda: cast("Any", done.append("choose") or choice))
    assert not done
    assert embedder.identity == ("looks", "2")
    assert done == ["choose"]
    assert embedder.open() is embedder.open()
    assert done == ["choose", "open"]
