"""How far a page is and how long a job takes, told by a clock that the test holds."""

from __future__ import annotations

import pytest

from host.jobs.progress import Pace, PageProgress


def test_a_page_is_told_at_each_stage_and_ten_times_a_second() -> None:
    page = PageProgress()
    assert page.advance("decode", 0.1, 0.0)
    assert not page.advance("decode", 0.2, 0.09)
    assert page.advance("decode", 0.2, 0.1)
    assert not page.advance("decode", 0.2, 0.19)
    assert page.advance("pass1", 0.2, 1.0)
    assert not page.advance("pass1", 0.3, 1.09)
    assert page.advance("pass1", 0.3, 1.11)


def test_a_page_never_goes_back_and_is_whole_at_most() -> None:
    page = PageProgress()
    assert page.fraction == 0
    for fraction, seen in ((0.4, 0.4), (0.2, 0.4), (0.5, 0.5), (1.5, 1.0), (0.9, 1.0)):
        page.advance("compose", fraction, 0.0)
        assert page.fraction == seen


def test_before_a_page_is_done_nobody_knows_how_long_it_takes() -> None:
    pace = Pace()
    assert pace.eta_s(3, 10.0) is None
    pace.finished(10.0)  # it was there already
    assert pace.eta_s(3, 10.0) is None
    pace.began(10.0)
    assert pace.eta_s(3, 12.0) is None


def test_pages_take_the_running_mean_of_those_before() -> None:
    pace = Pace()
    pace.began(10.0)
    pace.began(15.0)  # of its other pages
    pace.finished(20.0)
    assert pace.eta_s(3, 20.0) == 30.0
    assert pace.eta_s(3, 24.0) == 26.0
    assert pace.eta_s(3, 35.0) == 20.0  # one that takes longer takes no time of the others
    assert pace.eta_s(0, 24.0) == 0.0
    pace.finished(25.0)
    assert pace.eta_s(2, 25.0) == pytest.approx(2 * (10 + 0.3 * (5 - 10)))
    pace.finished(25.04)
    assert pace.eta_s(1, 25.04) == 6.0  # to a tenth of a second
