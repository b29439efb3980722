"""The figures as a Markdown table, to be pasted as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.colour.measure import Summary

    Cell = Callable[[Summary], str]

LEGEND = {
    "PSNR": "dB in sRGB against the true page",
    "SSIM": "mean of R, G and B",
    "chroma": "mean distance from the truth in OKLab a, b, times 100",
    "vivid": "colourfulness (Hasler and Suesstrunk 2003) as a ratio to the truth's",
    "cos": "cosine of the chroma with the true one, each without the page's mean: 1 alike, 0 for one tint",
    "hues": "entropy of hue as a ratio to the truth's; 0 for one tint",
    "apart": "the same between regions",
    "skin": "share of what is skin-coloured in truth whose hue is skin's here as well, %",
    "leaf": "the same for the greens of foliage, %",
    "sky": "the same for the blues of sky, %",
    "obeys": "the page itself, mirrored, as its reference, turned by 90 and 180 degrees: how far the result turns too",
    "spill": "share of strong colour edges that stand off any edge of the page, %",
    "drift": "one material on two pages: distance of its colours, times 100",
    "told": "chance that a material is nearer to itself on another page than to another one there, %; 50 tells nothing",
    "who": "the same for the materials of each figure that labels made by hand name, %",
    "Dice": "line Dice of the worst page",
    "changed": "protected pixels changed, all pages",
    "grey": "pages that stayed grey: skipped or refused",
    "s": "seconds a page, decode to encode; of them the painter's own",
    "MB": "largest resident memory of the process, the benchmark's own pictures included",
}

_COLUMNS: dict[str, Cell] = {
    "PSNR": lambda one: f"{one.psnr_db:.2f}",
    "SSIM": lambda one: f"{one.ssim:.3f}",
    "chroma": lambda one: f"{one.chroma_error:.2f}",
    "vivid": lambda one: f"{one.vivid:.2f}",
    "cos": lambda one: _or_dash(one.cosine, ".2f"),
    "hues": lambda one: _or_dash(one.hues, ".2f"),
    "apart": lambda one: _or_dash(one.apart, ".2f"),
    "skin": lambda one: _share(one.kinds["skin"]),
    "leaf": lambda one: _share(one.kinds["foliage"]),
    "sky": lambda one: _share(one.kinds["sky"]),
    "obeys": lambda one: _or_dash(one.obeys, ".2f"),
    "spill": lambda one: f"{100 * one.spill:.1f}",
    "drift": lambda one: _or_dash(one.materials.drift, ".2f"),
    "told": lambda one: _share(one.materials.told),
    "who": lambda one: _share(one.figures.told),
    "Dice": lambda one: f"{one.line_dice_worst:.3f}",
    "changed": lambda one: f"{one.protected_changed}",
    "grey": lambda one: f"{one.stayed_grey}",
    "s": lambda one: f"{one.seconds:.2f}; {one.engine_s:.2f}",
    "MB": lambda one: f"{one.peak_mb:.0f}" if one.peak_mb else "–",
}
_TIMING = ("s", "MB")


def markdown(summaries: Sequence[Summary], *, timed: bool = True) -> str:
    """Return the table; without `timed` the columns are left out that mean nothing on a busy machine."""
    columns = {name: cell for name, cell in _COLUMNS.items() if timed or name not in _TIMING}
    lines = [["painter", *columns], ["---"] * (len(columns) + 1)]
    lines += [[one.painter, *(cell(one) for cell in columns.values())] for one in summaries]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def legend(*, timed: bool = True) -> str:
    """Return what the columns mean, a line each."""
    shown = {name: text for name, text in LEGEND.items() if timed or name not in _TIMING}
    return "\n".join(f"{name:8}{text}" for name, text in shown.items())


def _or_dash(value: float | None, form: str) -> str:
    return "–" if value is None else f"{value:{form}}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f}"
