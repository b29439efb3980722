"""The compact recipe, small: what it knows of parts, and what it refuses."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest

from training.compact.config import Config
from training.compact.pages import read_pages
from training.compact.parts import BACKGROUND, FIGURE, HAIR, SKIN, UNKNOWN, part_map
from training.compact.scenes import draw, make_world
from training.settings import settings_of

pytestmark = pytest.mark.train


def test_labelled_pages_and_drawn_scenes_tell_what_their_parts_are(tmp_path: Path) -> None:
    said = {"width": 100, "faces": [{"box": [40, 20, 60, 40]}], "characters": [{"box": [30, 15, 70, 95]}]}
    (tmp_path / "E01P01.json").write_text(json.dumps(said))
    parts = part_map("E01P01", 200, 200, tmp_path)
    assert parts[60, 100] == SKIN
    assert parts[160, 100] == FIGURE
    assert parts[10, 10] == BACKGROUND
    assert parts[34, 62] == UNKNOWN
    assert (part_map("E01P02", 8, 6, tmp_path) == UNKNOWN).all()
    rng = np.random.default_rng(2)
    drawn = [draw(make_world(rng), rng, 96).parts for _ in range(12)]
    assert {BACKGROUND, FIGURE, SKIN, HAIR, UNKNOWN} == set(np.unique(np.stack(drawn)).tolist())


def test_unknown_setting_is_refused() -> None:
    with pytest.raises(ValueError, match="speed"):
        settings_of(Config, tomllib.loads("[optimisation]\nspeed = 3\n"))
    with pytest.raises(OSError):
        read_pages(Path("nowhere"), "train")
