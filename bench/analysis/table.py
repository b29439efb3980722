"""The figures as Markdown tables, to be pasted as they are."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench.analysis.kinds import KindVerdict
    from bench.analysis.pages import Totals
    from bench.analysis.recall import Recall
    from bench.analysis.timing import StageTime

_SHARES = {
    "lettering": "lettering pixels protected",
    "spoken": "– of them in balloons",
    "free": "– of them outside",
    "balloons": "balloon pixels protected",
    "art_wrong": "art pixels wrongly protected",
    "precision": "precision of the mask within panels",
}


def box_table(totals: Totals) -> str:
    """Return F1, precision and recall by class; a class of which the pages have none is told to be missing."""
    rows = [
        (label, _two(one.f1), _two(one.precision), _two(one.recall), str(one.truths), str(one.found))
        for label, one in totals.tallies.items()
    ]
    return table(("class", "F1", "precision", "recall", "there", "found"), rows)


def protect_table(totals: Totals) -> str:
    """Return what is protected, pooled over all pages, and on the worst page."""
    rows = []
    for name, words in _SHARES.items():
        if totals.protected.get(name) is not None:
            page, value = totals.worst[name]
            rows.append((words, _percent(totals.protected[name]), f"{_percent(value)} ({page})"))
    return table(("protect mask", "all pages", "worst page"), rows)


def order_line(totals: Totals) -> str:
    """Return the share of right pairs in words."""
    if totals.pairs is None:
        return "Reading order: no truth in this data."
    right, judged, certain = totals.pairs
    share = f", {right / judged:.3f}" if judged else ""
    missing = f"{certain - judged} of {certain} with a panel that was not found"
    return f"Reading order: {right} of {judged} adjacent pairs right{share} ({missing})."


def kind_table(verdicts: Sequence[KindVerdict]) -> str:
    """Return accuracy by the kind of page, and what the wrong ones were taken for."""
    rows: list[tuple[str, ...]] = []
    for made in dict.fromkeys(one.made for one in verdicts):
        those = [one for one in verdicts if one.made == made]
        wrong = Counter("panel not marked" if one.found == one.wanted else one.found for one in those if not one.right)
        words = ", ".join(f"{count} {found}" for found, count in sorted(wrong.items())) or "–"
        rows.append((made, those[0].wanted, f"{sum(one.right for one in those)} of {len(those)}", words))
    rows.append(("all", "", f"{sum(one.right for one in verdicts)} of {len(verdicts)}", ""))
    return table(("page", "kind", "right", "taken for"), rows)


def recall_table(recalls: Sequence[Recall]) -> str:
    """Return recall@k by embedder and question."""
    rows = []
    for one in recalls:
        cells = [f"{one.recall[k]:.2f} ({one.chance[k]:.2f})" for k in one.recall]
        rows.append((one.what, one.embedder, *cells, str(one.queries)))
    ks = tuple(recalls[0].recall) if recalls else ()
    return table(("finds its", "embedder", *(f"recall@{k} (chance)" for k in ks), "queries"), rows)


def time_table(times: Sequence[StageTime]) -> str:
    """Return medians by stage."""
    rows = [(one.stage, f"{one.wall_ms:.0f}", f"{one.processor_ms:.0f}", f"{one.fastest_ms:.0f}") for one in times]
    return table(("1200 × 1800 page", "wall ms", "processor ms", "fastest ms"), rows)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"
