"""Who or what a reader means by an id or by a name."""

from __future__ import annotations

import pytest

from host.errors import NotFound
from host.palette_records import PalettePlace
from host.palettes.named import by_id_or_name

PLACES = [(one.place_id, one) for one in (
    PalettePlace(place_id="a1", name="Harbour"), PalettePlace(place_id="b2", name="a1"),
    PalettePlace(place_id="c3", name="Wood"), PalettePlace(place_id="d4", name="wood"), PalettePlace(place_id="e5"),
)]  # fmt: skip


@pytest.mark.parametrize(("wanted", "found"), [("a1", "a1"), ("HARBOUR", "a1"), ("e5", "e5"), ("c3", "c3")])
def test_an_id_goes_before_a_name_and_a_name_counts_however_it_is_written(wanted: str, found: str) -> None:
    assert by_id_or_name(PLACES, wanted, "place").place_id == found


@pytest.mark.parametrize("wanted", ["wood", "", "Hill", "A1x"])
def test_what_nobody_or_more_than_one_is_called_is_said_with_all_that_there_are(wanted: str) -> None:
    with pytest.raises(NotFound) as told:
        by_id_or_name(PLACES, wanted, "place")
    assert f"no place {wanted!r}" in str(told.value)
    assert told.value.hint == "There are: a1 Harbour, b2 a1, c3 Wood, d4 wood, e5."
    with pytest.raises(NotFound) as told:
        by_id_or_name([], wanted, "place")
    assert told.value.hint == "There are: none yet."
