"""How well an engine colours: `python bench/colour.py --data FOLDER`.

Every page of a split is made grey (or a simulated manga page) and coloured with another page of its episode as the
one reference: the next page, for the last page the one before. Printed per painter, as the mean over the pages:

    psnr         dB in sRGB, composed page against the true one
    chroma       mean distance in OKLab a, b, times 100
    vivid        colourfulness (Hasler and Suesstrunk 2003) as a ratio to the truth's
    obeys        reference's hue turned by 120 degrees: how far the page's chroma turns with it, 1 exactly, 0 not at all
    seconds      of the engine alone, for one page

Baselines: `grey` paints nothing, `mean` paints the reference's mean chroma. With `--sheet` also a picture of all pages:
input, reference, result, result with the turned reference, truth.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engines import registry
from engines.base import ColorizeRequest, Device, Plan
from engines.oklab import fit_to_gamut, grey_to_lightness, oklab_to_srgb, srgb_to_oklab
from engines.testing import ignore_step
from host.pipeline.compose import compose_page
from host.pipeline.decode import DecodedPage
from models.training.compact.manga import simulate_manga

Rgb = NDArray[np.uint8]
Grey = NDArray[np.uint8]
Lab = NDArray[np.float32]
Painter = Callable[[Grey, Rgb], Lab]
TURN_RAD = 2 * np.pi / 3


@dataclass(frozen=True)
class Case:
    """A page, its grey or manga input, and its reference."""

    name: str
    truth: Rgb
    grey: Grey
    reference: Rgb


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with art/ and splits.json")
    parser.add_argument("--split", default="dev")
    parser.add_argument("--engine", default=registry.DEFAULT_ENGINE)
    parser.add_argument("--input", choices=["grey", "manga"], default="grey")
    parser.add_argument("--sheet", type=Path, help="PNG file for a contact sheet")
    options = parser.parse_args()
    cases = read_cases(options.data, options.split, manga=options.input == "manga")
    paint = engine_painter(options.engine)
    rows = []
    print(f"{len(cases)} pages, input {options.input}\n")
    print(f"{'':10}{'psnr':>8}{'chroma':>8}{'vivid':>8}{'obeys':>8}{'seconds':>9}")
    for name, painter in (("grey", paint_grey), ("mean", paint_mean), (options.engine, paint)):
        figures = []
        for case in cases:
            figure, sheet = measure(case, painter)
            figures.append(figure)
            if name == options.engine:
                rows.append(sheet)
        psnr, chroma, vivid, obeys, seconds = np.mean(figures, axis=0)
        print(f"{name:10}{psnr:8.2f}{chroma:8.2f}{vivid:8.2f}{obeys:8.2f}{seconds:9.2f}")
    if options.sheet:
        cv2.imwrite(str(options.sheet), cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR))


def read_cases(data: Path, split: str, *, manga: bool) -> list[Case]:
    names = sorted(json.loads((data / "splits.json").read_text("utf-8"))[split])
    pages = {name: _read(data / "art" / f"{name}.webp") for name in names}
    cases = []
    for index, name in enumerate(names):
        others = [other for other in (*names[index + 1 :], *reversed(names[:index])) if other[:3] == name[:3]]
        grey = cv2.cvtColor(pages[name], cv2.COLOR_RGB2GRAY)
        if manga:
            drawn, _ = simulate_manga(grey, np.random.default_rng(index))
            grey = np.round(drawn * 255).astype(np.uint8)
        cases.append(Case(name, pages[name], grey, pages[others[0]]))
    return cases


def engine_painter(engine_id: str) -> Painter:
    engine = registry.get(engine_id)
    engine.load(Device("cpu", "processor", 0))

    def paint(grey: Grey, reference: Rgb) -> Lab:
        protect = np.zeros(grey.shape, bool)
        request = ColorizeRequest(page=grey, protect=protect, references=(reference,), plan=Plan())
        return engine.colorize(request, ignore_step).oklab

    return paint


def paint_grey(grey: Grey, _: Rgb) -> Lab:
    lightness = grey_to_lightness(cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA))
    return np.dstack([lightness, np.zeros((*lightness.shape, 2), np.float32)])


def paint_mean(grey: Grey, reference: Rgb) -> Lab:
    lab = paint_grey(grey, reference)
    lab[..., 1:] = srgb_to_oklab(reference)[..., 1:].mean(axis=(0, 1))
    return lab


def measure(case: Case, paint: Painter) -> tuple[list[float], Rgb]:
    started = time.perf_counter()
    lab = paint(case.grey, case.reference)
    seconds = time.perf_counter() - started
    turned_reference = _turned(case.reference)
    turned = paint(case.grey, turned_reference)
    result, other = (compose(case.grey, item) for item in (lab, turned))
    error = np.square(result.astype(np.float64) - case.truth).mean()
    true_lab, result_lab = srgb_to_oklab(case.truth), srgb_to_oklab(result)
    figures = [
        10 * np.log10(255**2 / max(error, 1e-9)),
        100 * float(np.hypot(*np.moveaxis(result_lab - true_lab, -1, 0)[1:]).mean()),
        colourfulness(result) / max(colourfulness(case.truth), 1e-6),
        obedience(lab, turned),
        seconds,
    ]
    shown = (np.dstack([case.grey] * 3), case.reference, result, other, case.truth)
    return figures, np.hstack([cv2.resize(item, (280, 396), interpolation=cv2.INTER_AREA) for item in shown])


def compose(grey: Grey, lab: Lab) -> Rgb:
    page = DecodedPage(rgb=np.dstack([grey] * 3), grey=grey, pixels_sha256="")
    return compose_page(page, np.zeros(grey.shape, bool), lab).rgb


def colourfulness(rgb: Rgb) -> float:
    red, green, blue = np.moveaxis(rgb.astype(np.float64), -1, 0)
    first, second = red - green, (red + green) / 2 - blue
    return float(np.hypot(first.std(), second.std()) + 0.3 * np.hypot(first.mean(), second.mean()))


def obedience(lab: Lab, turned: Lab) -> float:
    """Return the mean cosine between the turned chroma and the first one turned by hand, weighted by chroma."""
    expected = (lab[..., 1] + 1j * lab[..., 2]) * np.exp(1j * TURN_RAD)
    found = turned[..., 1] + 1j * turned[..., 2]
    weight = np.abs(expected) * np.abs(found)
    return float((expected * found.conj()).real.sum() / weight.sum()) if weight.sum() > 0 else float("nan")


def _turned(rgb: Rgb) -> Rgb:
    lab = srgb_to_oklab(rgb)
    chroma = (lab[..., 1] + 1j * lab[..., 2]) * np.exp(1j * TURN_RAD)
    lab[..., 1], lab[..., 2] = chroma.real, chroma.imag
    return oklab_to_srgb(fit_to_gamut(lab))


def _read(path: Path) -> Rgb:
    picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise OSError(f"{path.name} is not a readable picture")
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


if __name__ == "__main__":
    main()
