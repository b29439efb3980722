"""The report's parts, as they stand: how a page was made, its figures, its pictures; nothing of nothing."""

from __future__ import annotations

import json
import re

import pytest

from host.report.pictures import Picture
from host.report.records import records_of
from host.report.report import Report as Whole
from host.report.report import ReportPage, _figures, _line, _pictures, _settings, _summary, render

BEFORE, AFTER = Picture("data:before", 30, 40), Picture("data:after", 31, 41)
FIGURES = {
    "duration_ms": {"decode": 120.0, "colour": 900.0},
    "verdicts": {"line_dice": 0.98765, "protected_changed": 3, "protected_share": 0.256, "coloured_share": 0.875},
}


def told(html: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", html))


def test_what_makes_a_picture_again_is_told_and_what_says_nothing_is_not() -> None:
    plan = {
        "seed": 7, "strength_01": 0.5, "steps": 0, "quality": "best", "prompt": "<night>", "negative_prompt": "",
        "loras": [{"name": "ink", "weight": 0.5}, {"name": "soft", "weight": 1.0}],
    }  # fmt: skip
    html = _settings(
        {
            "engine": {"id": "compact", "version": "3"},
            "plan": plan,
            "references": [{"reference_id": "0123456789abcdef"}, {}],
            "hints": [1, 2],
            "palettes": [3],
            "pixels_sha256": "f" * 64,
        }
    )
    assert told(html) == {
        "engine": "compact 3",
        "seed": "7",
        "strength": "0.5",
        "quality": "best",
        "words": "&lt;night&gt;",
        "LoRAs": "ink × 0.5, soft × 1",
        "references": "0123456789ab, ",
        "corrections": "3",
        "page": "f" * 16,
    }
    assert html.startswith("<details>")


def test_what_models_made_of_the_words_is_told_step_by_step() -> None:
    steps = [
        {"step": "translate", "subject": "wish", "by": "opus 1", "before": "<rot>", "after": "red", "language": "de"},
        {"step": "caption", "subject": "panel 1", "by": "florence", "before": "", "after": "a girl"},
        {"step": "enhance", "subject": "wish", "by": "ollama m", "before": "red", "after": "red", "fault": "no Ollama"},
        None,
    ]
    rows = told(_settings({"engine": {"id": "e"}, "plan": {}, "rewording": steps}))
    assert rows["translate (wish)"] == "&lt;rot&gt; → red [de opus 1]"
    assert rows["caption (panel 1)"] == "a girl [florence]"
    assert rows["enhance (wish)"] == "not done: no Ollama [ollama m]"
    assert told(_settings({"engine": {}, "plan": {}, "rewording": "x"})) == told(_settings({"engine": {}, "plan": {}}))


@pytest.mark.parametrize("runmeta", [{}, {"engine": {}}, {"plan": {}}, {"engine": "compact", "plan": {}}])
def test_without_a_record_nothing_is_told(runmeta: dict[str, object]) -> None:
    assert _settings(runmeta) == ""


def test_the_figures_of_a_record_are_cells() -> None:
    assert _figures(FIGURES) == ("1.02 s", "0.988", "3 px changed in 26% of the page", "88% of the rest")
    assert _figures({}) == ()
    assert _figures({"verdicts": FIGURES["verdicts"]}) == ()
    page = ReportPage("1.png", "coloured", BEFORE, AFTER, runmeta=FIGURES)
    assert _line(3, page).count("<td>") == 5
    assert '<a href="#page-3">1.png</a>' in _line(3, page)
    assert "<td colspan=4>Blank.</td>" in _line(1, ReportPage("1.png", "skipped", BEFORE, words="Blank."))


def test_two_pictures_lie_over_each_other_and_one_stands_alone() -> None:
    both = _pictures(ReportPage('a"b', "coloured", BEFORE, AFTER))
    assert both.index("data:after") < both.index("data:before")
    assert both.count("width=30 height=40") == 2
    assert 'alt="a&quot;b, coloured"' in both
    before = _pictures(ReportPage("a", "skipped", BEFORE))
    assert 'class=single><img src="data:before" width=30 height=40 alt="a">' in before
    after = _pictures(ReportPage("a", "cached", None, AFTER))
    assert 'src="data:after" width=31 height=41 alt="a, coloured"' in after
    assert _pictures(ReportPage("a", "failed", None)) == ""


def test_verdicts_are_counted_and_those_that_nobody_got_are_not_named() -> None:
    pages = [ReportPage(str(n), verdict, None) for n, verdict in enumerate(("coloured", "coloured", "failed"))]  # type: ignore[arg-type]
    summary = _summary(Whole("t", "a<b", 1.25, pages, []))
    assert "<li class=coloured><b>2</b>" in summary
    assert "<li class=failed><b>1</b>" in summary
    assert "class=skipped" not in summary
    assert "<b>1.2 s</b> in all" in summary
    assert "<b>a&lt;b</b> engine" in summary


def test_a_report_holds_the_records_whole() -> None:
    runmeta = {"engine": {"id": "compact"}, "plan": {"prompt": "</pre><b>&amp; 夜"}}
    report = render(Whole("A", "compact", 1.0, [ReportPage("1.png", "coloured", BEFORE, AFTER, runmeta=runmeta)]))
    assert [json.loads(one) for one in records_of(report.encode())] == [runmeta]
