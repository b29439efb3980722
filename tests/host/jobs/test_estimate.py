"""What a chapter would cost, told before anything is begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from host.errors import BadRequest, NotFound
from host.messaging.messages import Options, PageDone
from tests.host.jobs.conftest import eventually

if TYPE_CHECKING:
    from tests.host.jobs.conftest import Reader, Watched

pytestmark = pytest.mark.slow


def test_pages_in_the_cache_cost_nothing_and_nothing_is_begun(reader: Reader, engine: Watched) -> None:
    first = reader.board.estimate(reader.chapter([1, 2, 3]))
    assert (first.cached, first.fresh, first.seconds) == (0, 3, None)
    assert engine.calls == 0
    assert reader.listener.end_of(reader.run([1, 2])).done == 2
    history = reader.application.store.history
    assert eventually(lambda: history.seconds_a_page("stepped") is not None, 30)
    known = reader.board.estimate(reader.chapter([1, 2, 3]))
    assert (known.cached, known.fresh) == (2, 1)
    assert known.seconds == pytest.approx(history.seconds_a_page("stepped"), abs=0.1)
    assert engine.calls == 2
    assert reader.board.load() == (False, 0)


def test_another_choice_costs_every_page(reader: Reader) -> None:
    assert reader.listener.end_of(reader.run([1, 2])).done == 2
    changed = reader.board.estimate(reader.chapter([1, 2], options=Options(strength=0.5)))
    assert (changed.cached, changed.fresh) == (0, 2)
    done = reader.listener.of(PageDone)
    assert len(done) == 2


def test_what_could_not_be_begun_has_no_cost(reader: Reader) -> None:
    with pytest.raises(NotFound):
        reader.board.estimate(reader.chapter([1], engine="no-such"))
    twice = reader.chapter([1])
    with pytest.raises(BadRequest, match="same page_id"):
        reader.board.estimate(type(twice)(**{**_facts(twice), "pages": twice.pages * 2}))


def _facts(request: object) -> dict[str, object]:
    names: tuple[str, ...] = request.__struct_fields__  # type: ignore[attr-defined]
    return {name: getattr(request, name) for name in names}
