"""Every painter on every case: figures by page, and their means."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from bench.colour.figures import (
    KINDS,
    chroma_error,
    colourfulness,
    cosine,
    hue_entropy,
    kinds_kept,
    obedience,
    psnr_db,
    ssim,
)
from bench.colour.steadiness import Sight, Steadiness, steadiness
from engines.oklab import srgb_to_oklab
from engines.regions import find_regions
from host.pipeline.decode import DecodedPage
from host.pipeline.generation.review import review_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from bench.colour.cases import Case
    from bench.colour.paint import Painted
    from bench.colour.steadiness import Things

# Bits of hue under which a truth counts as one tint, so that nothing can be fewer.
_ONE_TINT = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFigures:
    """One page of one painter. obeys: by degrees of the reference's turn. note: why it stayed grey, if it did.

    hues, apart: entropy of hue, of pixels and between regions, as a ratio to the truth's. kinds: see `kinds_kept`.
    """

    page: str
    painter: str
    psnr_db: float
    ssim: float
    chroma_error: float
    vivid: float
    cosine: float | None
    hues: float | None
    apart: float | None
    kinds: dict[str, float | None]
    obeys: dict[int, float]
    spill: float
    line_dice: float
    protected_changed: int
    seconds: float
    processor_s: float
    engine_s: float
    peak_mb: float
    retries: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One painter on all pages: means; `line_dice_worst` and `peak_mb` are extremes, `protected_changed` the sum."""

    painter: str
    pages: int
    psnr_db: float
    ssim: float
    chroma_error: float
    vivid: float
    cosine: float | None
    hues: float | None
    apart: float | None
    kinds: dict[str, float | None]
    obeys: float | None
    spill: float
    materials: Steadiness
    figures: Steadiness
    line_dice: float
    line_dice_worst: float
    protected_changed: int
    stayed_grey: int
    seconds: float
    processor_s: float
    engine_s: float
    peak_mb: float


class Collector:
    """Collects the figures of one painter."""

    def __init__(self, painter: str, things: Things) -> None:
        self.painter = painter
        self.pages: list[PageFigures] = []
        self._things = things
        self._materials: list[Sight] = []
        self._figures: list[Sight] = []

    def add(self, case: Case, protect: NDArray[np.bool_], painted: Painted) -> None:
        """Measure a painted case."""
        self.pages.append(measured(case, protect, painted, self.painter))
        materials, figures = self._things.sights(case.name, painted.rgb)
        self._materials += materials
        self._figures += figures

    def summary(self) -> Summary:
        """Return what all pages amount to."""
        turns = [value for page in self.pages for value in page.obeys.values()]
        names = ("psnr_db", "ssim", "chroma_error", "vivid", "spill", "line_dice", "seconds", "processor_s", "engine_s")
        means = {name: fmean(getattr(page, name) for page in self.pages) for name in names}
        return Summary(
            painter=self.painter,
            pages=len(self.pages),
            obeys=fmean(turns) if turns else None,
            cosine=_mean(page.cosine for page in self.pages),
            hues=_mean(page.hues for page in self.pages),
            apart=_mean(page.apart for page in self.pages),
            kinds={name: _mean(page.kinds[name] for page in self.pages) for name in KINDS},
            materials=steadiness(self._materials),
            figures=steadiness(self._figures),
            line_dice_worst=min(page.line_dice for page in self.pages),
            protected_changed=sum(page.protected_changed for page in self.pages),
            stayed_grey=sum(bool(page.note) for page in self.pages),
            peak_mb=max(page.peak_mb for page in self.pages),
            **means,
        )


def measured(case: Case, protect: NDArray[np.bool_], painted: Painted, painter: str) -> PageFigures:
    """Return one page's figures."""
    page = DecodedPage(rgb=case.uncoloured, grey=case.grey, pixels_sha256="")
    verdicts = review_page(page, protect, painted.rgb)
    lab, truth = srgb_to_oklab(painted.rgb), srgb_to_oklab(case.truth)
    shown = srgb_to_oklab(painted.turned[0]) if 0 in painted.turned else lab
    turns = {
        degrees: obedience(shown, srgb_to_oklab(other), degrees) for degrees, other in painted.turned.items() if degrees
    }
    labels = find_regions(truth[..., 0])
    return PageFigures(
        page=case.name,
        painter=painter,
        psnr_db=psnr_db(painted.rgb, case.truth),
        ssim=ssim(painted.rgb, case.truth),
        chroma_error=chroma_error(lab, truth),
        cosine=cosine(lab, truth),
        hues=_ratio(hue_entropy(lab), hue_entropy(truth)),
        apart=_ratio(hue_entropy(lab, labels), hue_entropy(truth, labels)),
        kinds=kinds_kept(lab, truth),
        vivid=colourfulness(painted.rgb) / max(colourfulness(case.truth), 1e-6),
        obeys={degrees: value for degrees, value in turns.items() if value is not None},
        spill=verdicts.spill,
        line_dice=verdicts.line_dice,
        protected_changed=verdicts.protected_changed,
        seconds=painted.seconds,
        processor_s=painted.processor_s,
        engine_s=painted.engine_s,
        peak_mb=painted.peak_mb,
        retries=painted.retries,
        note=painted.note,
    )


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _ratio(ours: float, theirs: float) -> float | None:
    return ours / theirs if theirs > _ONE_TINT else None


def as_json(collectors: Sequence[Collector]) -> dict[str, object]:
    """Return all figures, plain."""
    return {
        "painters": [
            {
                **asdict(one.summary()),
                "materials": one.summary().materials._asdict(),
                "figures": one.summary().figures._asdict(),
            }
            for one in collectors
        ],
        "pages": [asdict(page) for one in collectors for page in one.pages],
    }
