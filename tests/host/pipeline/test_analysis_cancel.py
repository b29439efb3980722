"""A reading asks between its steps whether it is to go on: within the looks of a page, too, of which some are long."""

import numpy as np
import pytest

from host.errors import JobCancelled
from host.pipeline.analysis.classical.findings import find_classically
from host.pipeline.analysis.read import TwoOpinionReader
from tests.host.pipeline.drawn import decoded, manga_page


class Asked:
    """Counts how often it is asked; ends the reading at the `last` time."""

    def __init__(self, last: int = -1) -> None:
        self.count, self._last = 0, last

    def __call__(self) -> None:
        self.count += 1
        if self.count == self._last:
            raise JobCancelled("The page was cancelled.")


def test_every_region_that_may_be_a_balloon_is_a_place_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    asked = Asked()
    from host.pipeline.analysis.classical import balloons

    judge = balloons._is_balloon

    def judged(*facts):
        looked.append(asked.count)
        return judge(*facts)

    monkeypatch.setattr(balloons, "_is_balloon", judged)
    find_classically(manga_page(), asked)
    assert len(looked) > 4
    assert len(set(looked)) == len(looked)


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 1.0])
def test_a_cancel_ends_a_reading_wherever_it_is(share: float) -> None:
    page, whole = decoded(manga_page()), Asked()
    TwoOpinionReader().read(page, "rtl", check=whole)
    assert whole.count > 20
    ending = Asked(max(1, int(share * whole.count)))
    with pytest.raises(JobCancelled):
        TwoOpinionReader().read(page, "rtl", check=ending)


@pytest.mark.slow
def test_a_page_full_of_marks_is_asked_about_more_often() -> None:
    dice = np.random.default_rng(2)
    busy, bare = Asked(), Asked()
    marks = np.kron(dice.integers(0, 2, (140, 100)), np.ones((9, 9))).astype(np.uint8) * np.uint8(255)
    find_classically(marks, busy)
    find_classically(np.full((1260, 900), 255, np.uint8), bare)
    assert busy.count > bare.count
