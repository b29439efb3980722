"""The training set as ultralytics reads it: pictures, label files and `dataset.yaml`, drawn once from a seed."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.geometry import Size
from training.pages import annotated, frames
from training.pages.synth import LABELS, ArtCrop, FontSet, crops, load_fonts, synth_page
from training.pages.synth.labels import LabelledBox
from training.pages.variants import LabelledPage, plain, varied

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from training.pages.annotated import ComicPage
    from training.pages.config import DataConfig
    from training.pages.synth import ArtSource

UNLABELLED = "-unlabelled"
"""Ends the name of a picture on which faces, characters and sound words are not labelled."""
_log = logging.getLogger(__name__)


def write_dataset(data: Path, out: Path, config: DataConfig, seed: int) -> Path:
    """Write `images/`, `labels/` and `dataset.yaml` into the folder `out`; pictures that are there already stay.

    Raises:
        OSError: the shared data or the folder cannot be read or written.
    """
    for folder in ("images/train", "images/dev", "labels/train", "labels/dev"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    size = Size(config.height_px, config.width_px)
    _write_comic(data, out, config, size, seed)
    _write_drawn(data, out, config, seed)
    for name in annotated.page_names(data, "dev"):
        for language in annotated.LANGUAGES:
            page = plain(annotated.read_page(data, name, language))
            _write(out, "dev", f"{name}-{language}", frames.fitted(page, size))
    names = {"path": str(out.resolve()), "train": "images/train", "val": "images/dev", "names": dict(enumerate(LABELS))}
    file = out / "dataset.yaml"
    file.write_text(json.dumps(names), "utf-8")  # JSON is YAML
    return file


def _write_comic(data: Path, out: Path, config: DataConfig, size: Size, seed: int) -> None:
    names = annotated.page_names(data, "train")
    for index, name in enumerate(names):
        pages = [annotated.read_page(data, name, language) for language in annotated.LANGUAGES]
        count = config.frames_per_labelled_page if pages[0].hand else config.frames_per_page
        for number in range(count):
            rng = np.random.default_rng([seed, 1, index, number])
            page = pages[number % len(pages)]
            other = page if rng.random() >= config.double_share else _another(data, names, page, rng)
            made = varied(page, rng)
            if other is not page:
                made = frames.side_by_side(made, varied(other, rng))
            _write(out, "train", f"{name}-{number}", frames.framed(made, size, rng, config.whole_share))
        _log.info("%s: %d frames", name, count)


def _another(data: Path, names: Sequence[str], page: ComicPage, rng: np.random.Generator) -> ComicPage:
    return annotated.read_page(data, names[int(rng.integers(len(names)))], page.language)


def _write_drawn(data: Path, out: Path, config: DataConfig, seed: int) -> None:
    if not config.drawn_pages:
        return
    art, fonts = art_sources(data), load_fonts([data / "fonts"])
    for number in range(config.drawn_pages):
        if not _is_there(out, "train", f"drawn-{number}"):
            _write(out, "train", f"drawn-{number}", drawn_frame(config, seed + number, art, fonts))


def drawn_frame(config: DataConfig, seed: int, art: Sequence[ArtSource], fonts: FontSet) -> LabelledPage:
    """Return a page of the generator, fitted."""
    rng = np.random.default_rng([seed, 2])
    page = synth_page(seed, int(rng.integers(700, 1000)), fonts=fonts, art=art, art_share=config.art_share)
    labelled = LabelledPage(page.grey, page.boxes, hand=True)
    whole = 0.0 if page.style == "strip" else config.whole_share
    return frames.framed(labelled, Size(config.height_px, config.width_px), rng, whole)


def art_sources(data: Path) -> list[ArtSource]:
    """Return the drawings of the training pages that are labelled by hand, in grey; none where no page is."""
    pictures = []
    for name in annotated.page_names(data, "train"):
        page = annotated.read_page(data, name, "en")
        if page.hand:
            kept = tuple(LabelledBox(*item) for item in page.drawn if item.label in ("face", "character", "panel"))
            pictures.append(ArtCrop(page.art, kept))
    return [crops(pictures)] if pictures else []


def _is_there(out: Path, split: str, name: str) -> bool:
    return (out / "labels" / split / f"{name}.txt").is_file()


def _write(out: Path, split: str, name: str, page: LabelledPage) -> None:
    stem = name if page.hand else name + UNLABELLED
    if not cv2.imwrite(str(out / "images" / split / f"{stem}.jpg"), page.grey, [cv2.IMWRITE_JPEG_QUALITY, 90]):
        raise OSError(f"{out} cannot be written")
    (out / "labels" / split / f"{stem}.txt").write_text("\n".join(frames.label_lines(page)), "utf-8")
