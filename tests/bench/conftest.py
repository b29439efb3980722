"""A small folder of true pages: an episode of two pages and one of one in the shared data's format, drawn here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

if TYPE_CHECKING:
    from pathlib import Path

HEIGHT, WIDTH = 560, 400
PANELS = [[20, 20, 380, 200], [20, 215, 190, 540], [205, 215, 380, 540]]
BALLOON = (300, 80), (55, 38)
GIRL = [60, 260, 150, 500]
NAMES = ("E01P01", "E01P02", "E02P01")


@pytest.fixture(scope="session")
def comic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder; `labels/` in it has the labels that are made by hand."""
    folder = tmp_path_factory.mktemp("comic")
    for part in ("art", "annotations", "labels", "lettered/en", "masks/en"):
        (folder / part).mkdir(parents=True)
    for number, name in enumerate(NAMES):
        _page(folder, name, np.random.default_rng(number))
    (folder / "splits.json").write_text(json.dumps({"train": [], "dev": NAMES}))
    return folder


def _page(folder: Path, name: str, rng: np.random.Generator) -> None:
    art = _art(rng)
    balloon, glyphs = np.zeros((2, HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(balloon, *BALLOON, 0, 0, 360, 255, -1)
    for row, words in enumerate(("what is", "that?")):
        cv2.putText(glyphs, words, (262, 78 + 20 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 2)
    lettered = art.copy()
    lettered[balloon > 0] = 255
    cv2.ellipse(lettered, *BALLOON, 0, 0, 360, (0, 0, 0), 2)
    lettered[glyphs > 0] = 0
    pictures = {
        f"art/{name}.webp": art,
        f"lettered/en/{name}.webp": lettered,
        f"masks/en/{name}.bubble.png": balloon,
        f"masks/en/{name}.text.png": glyphs,
    }
    for path, picture in pictures.items():
        assert cv2.imwrite(str(folder / path), picture)
    (left, top), (across, down) = BALLOON
    body = [left - across, top - down, left + across + 1, top + down + 1]
    notes = {"panels": PANELS, "languages": {"en": {"bubbles": [{"box": body, "body": body}]}}, "painted_balloons": []}
    (folder / "annotations" / f"{name}.json").write_text(json.dumps(notes))
    figure = {"faces": [{"box": [75, 270, 135, 330], "of": 0}], "characters": [{"box": GIRL, "name": "girl"}]}
    (folder / "labels" / f"{name}.json").write_text(json.dumps({**figure, "sfx": {"en": [], "ja": []}}))


def _art(rng: np.random.Generator) -> np.ndarray:
    """Return a page, BGR: blue sky, evening sky, brown ground, bushes, a girl in red with a pale face."""
    page = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    for left, top, right, bottom in PANELS:
        light = int(rng.integers(-20, 20))
        page[top:bottom, left:right] = (210 + light, 150 + light, 90 + light)
        # As light as the other half: a panel whose colour follows its lightness would be a tinted scan.
        page[top:bottom, (left + right) // 2 : right] = (90 + light, 150 + light, 190 + light)
        page[(top + 2 * bottom) // 3 : bottom, left:right] = (60, 90 + light, 140 + light)
        for _ in range(9):
            centre = int(rng.integers(left + 24, right - 24)), int(rng.integers(top + 24, bottom - 24))
            cv2.circle(page, centre, 22, [int(level) for level in rng.choice([40, 110, 200], 3)], -1)
            cv2.circle(page, centre, 22, (20, 30, 20), 2)
        cv2.rectangle(page, (left, top), (right - 1, bottom - 1), (0, 0, 0), 3)
    left, top, right, bottom = GIRL
    cv2.rectangle(page, (left + 15, top + 70), (right - 15, bottom), (50, 40, 190), -1)
    cv2.rectangle(page, (left + 15, top + 70), (right - 15, bottom), (0, 0, 0), 2)
    cv2.circle(page, ((left + right) // 2, top + 40), 32, (180, 205, 240), -1)
    cv2.circle(page, ((left + right) // 2, top + 40), 32, (0, 0, 0), 2)
    return page
