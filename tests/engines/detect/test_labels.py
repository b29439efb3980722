"""What the classes of a reader's own detector are called, and which of ours they are."""

import pytest

from engines.base import ModelInvalid
from engines.detect.labels import labels_of


def test_classes_are_ours_by_name_number_and_spelling():
    names = {1: " Panels", 0: "Balloon", 2: "text_free", 3: "FACE", 4: "tree"}
    known = labels_of(names)
    assert len(known) == 5
    assert known[0] == "balloon"
    assert known[1] == "panel"
    assert known[2] == "text"
    assert known[3] == "face"
    assert known[4] is None


@pytest.mark.parametrize("names", [{1: "panel"}, {0: "panel", 2: "face"}, {-1: "panel", 0: "face"}])
def test_classes_that_are_not_numbered_from_0_are_none(names):
    with pytest.raises(ModelInvalid, match="not numbered from 0") as refused:
        labels_of(names)
    assert refused.value.hint.startswith("Choose ")


@pytest.mark.parametrize(
    ("count", "told"),
    [(2, "only c0, c1$"), (6, "only c0, c1, c2, c3, c4, c5$"), (7, "only c0, c1, c2, c3, c4, c5, …$")],
)
def test_a_detector_of_other_things_is_told_by_its_first_classes(count, told):
    with pytest.raises(ModelInvalid, match=told):
        labels_of({number: f"c{number}" for number in range(count)})
    with pytest.raises(ModelInvalid):
        labels_of({})
