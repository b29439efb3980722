"""Pictures by many artists as cases of the colour benchmark."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from bench.colour.__main__ import main
from bench.colour.many import read_many
from bench.folder import FolderUnusable

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path):
    """Two groups, one of them by an artist who is kept apart, one picture with its drawing."""
    lines = []
    for name, group, author in (("a/1", "a", "Ann"), ("a/2", "a", "Ann"), ("b/1", "b", "Bob"), ("b/2", "b", "Bob")):
        file = tmp_path / f"{name}.png"
        file.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(file), np.full((60, 40, 3), (40, 90, 200), np.uint8))
        lines.append({"file": f"{name}.png", "group": group, "authors": [author], "same_characters": True})
    cv2.imwrite(str(tmp_path / "b/1.line.png"), np.full((60, 40), 255, np.uint8))
    lines[2]["lineart"] = "b/1.line.png"
    (tmp_path / "manifest.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    (tmp_path / "dev.toml").write_text('folders = []\nauthors = ["Ann"]\n')
    return tmp_path


def test_only_what_is_kept_apart_is_measured_after_another_of_its_group(folder):
    many = read_many(folder, "unseen", dev_list=folder / "dev.toml")
    assert many.names == {"a/1.png": "a/2.png", "a/2.png": "a/1.png"}
    case = next(many.cases("grey"))
    assert case.truth.shape == (60, 40, 3)
    assert np.ptp(case.grey) == 0


def test_a_line_drawing_is_coloured_in_the_place_of_its_picture(folder):
    many = read_many(folder, "line")
    assert many.names == {"b/1.png": "b/2.png"}
    case = next(many.cases("grey"))
    assert (case.grey == 255).all()
    assert (case.truth[0, 0] == (200, 90, 40)).all()


def test_a_folder_that_cannot_be_used_is_told_in_words(folder, tmp_path, capsys):
    with pytest.raises(FolderUnusable, match="manifest"):
        read_many(tmp_path / "nowhere", "line")
    (folder / "dev.toml").write_text('folders = []\nauthors = ["Nobody"]\n')
    options = ["--many", str(folder), "--dev-list", str(folder / "dev.toml")]
    assert main(options) == 2
    assert "no two pictures" in capsys.readouterr().err
