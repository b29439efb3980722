"""The training set on disk: pages at the size that the network sees, each with its masks in one PNG, drawn once."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import cv2
import numpy as np

from training.compact.pack import read_pack
from training.pages import annotated
from training.pages.dataset import art_sources
from training.pages.synth import load_fonts, synth_page
from training.pixels.comic import MaskedPage, read_source, varied
from training.pixels.drawings import draw_page

if TYPE_CHECKING:
    from pathlib import Path

    from training.pages.synth import FontSet
    from training.pixels.config import DataConfig

DRAWN = "drawn-"
"""Begins the names of drawn pages."""
DRAWINGS = "bare-"
"""Begins the names of pages of drawings on bare paper."""
_DRAWN_PX = 900
_log = logging.getLogger(__name__)


def write_dataset(data: Path, out: Path, config: DataConfig, seed: int, pack: Path | None = None) -> None:
    """Write the variants of the training pages and the drawn pages into `out`; what is there already stays.

    pack: of `training.compact`, for drawings on bare paper; None: there are none.

    Raises:
        OSError: the shared data or the folder cannot be read or written.
    """
    out.mkdir(parents=True, exist_ok=True)
    fonts = load_fonts([data / "fonts"])
    for index, name in enumerate(annotated.page_names(data, "train")):
        missing = [number for number in range(config.comic_pages) if not _file(out, f"{name}-{number}").is_file()]
        source = read_source(data, name) if missing else None
        for number in missing:
            rng = np.random.default_rng([seed, 1, index, number])
            if source is not None:
                _write(_file(out, f"{name}-{number}"), varied(source, rng, fonts), config.width_px, rng)
        _log.info("%s: %d variants", name, config.comic_pages)
    art = art_sources(data)
    for number in range(config.drawn_pages):
        file = _file(out, f"{DRAWN}{number}")
        if file.is_file():
            continue
        rng = np.random.default_rng([seed, 2, number])
        made = synth_page(seed + number, _DRAWN_PX, fonts=fonts, art=art, art_share=config.art_share)
        page = MaskedPage(made.grey, made.balloon_mask, made.lettering_mask)
        _write(file, page, config.width_px * (2 if made.style == "double" else 1), rng)
    if pack is not None:
        _write_drawings(pack, out, config, seed, fonts)


def _write_drawings(pack: Path, out: Path, config: DataConfig, seed: int, fonts: FontSet) -> None:
    held = read_pack(pack)
    for number in range(config.drawings):
        file = _file(out, f"{DRAWINGS}{number}")
        if not file.is_file():
            rng = np.random.default_rng([seed, 3, number])
            _write(file, draw_page(held, rng, fonts), config.width_px, rng)
    _log.info("%d pages of drawings", config.drawings)


def read_sample(file: Path) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    """Return `(h, w, 3)` uint8: grey, and the share of every pixel that is balloon and lettering, times 255.

    Raises:
        OSError: the file is missing or no picture.
    """
    sample = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if sample is None:
        raise OSError(f"{file} is missing or no picture")
    return np.asarray(sample, np.uint8)


def sample_files(folder: Path) -> list[Path]:
    """Return the files of a training set, in the order of their names."""
    return sorted(folder.glob("*.png"))


def _file(out: Path, name: str) -> Path:
    return out / f"{name}.png"


def _write(file: Path, page: MaskedPage, width_px: int, rng: np.random.Generator) -> None:
    grey = page.grey
    if rng.random() < 0.5:
        _, code = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 95))])
        grey = np.asarray(cv2.imdecode(code, cv2.IMREAD_GRAYSCALE), np.uint8)
    layers = [grey, page.balloons.astype(np.uint8) * 255, page.lettering.astype(np.uint8) * 255]
    scale = width_px / grey.shape[1] * rng.uniform(0.8, 1.3)
    size = round(grey.shape[1] * scale), round(grey.shape[0] * scale)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    sample = np.dstack([cv2.resize(layer, size, interpolation=way) for layer in layers])
    unfinished = file.with_suffix(".part")
    written, code = cv2.imencode(".png", sample, [cv2.IMWRITE_PNG_COMPRESSION, 2])
    if not written:
        raise OSError(f"{file} cannot be written")
    unfinished.write_bytes(code.tobytes())
    unfinished.replace(file)
