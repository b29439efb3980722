"""Readers of lettering, real ones: what is drawn on a page is read where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from engines.base import EngineUnavailable, ModelMissing
from engines.geometry import Box
from engines.words.manga import tidy
from engines.words.registry import open_word_reader
from host.pipeline.analysis.shipped import shipped_reader
from host.pipeline.analysis.words import with_words, words_by_panel
from host.pipeline.decode import decode_page

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def drawn() -> np.ndarray:
    picture = Image.new("RGB", (640, 400), "white")
    drawing, font = ImageDraw.Draw(picture), ImageFont.load_default(34)
    drawing.text((30, 30), "HELLO WITCH", "black", font)
    drawing.text((30, 80), "FLY HOME", "black", font)
    drawing.text((350, 300), "THE MOON", "black", font)
    return np.asarray(picture)


def test_lettering_is_read_region_by_region_in_reading_order() -> None:
    pytest.importorskip("rapidocr_onnxruntime")
    reader = open_word_reader("rapidocr", threads=1)
    left, right = Box(10, 10, 320, 150), Box(330, 260, 630, 390)
    found = reader.read(drawn(), [right, left, Box(400, 10, 620, 150)])
    assert [one.text.upper().replace(" ", "") for one in found] == ["THEMOON", "HELLOWITCH\nFLYHOME", ""]
    assert found[0].score > 0.5
    assert found[2].score == 0
    assert reader.read(drawn(), []) == []
    assert "1.4" in reader.version


def test_a_page_keeps_what_is_written_in_its_balloons(pages: Path) -> None:
    pytest.importorskip("rapidocr_onnxruntime")
    page = decode_page((pages / "panels-en.webp").read_bytes())
    meta = shipped_reader().read(page, "ltr").meta
    read = with_words(meta, page.rgb, open_word_reader("rapidocr", threads=2))
    assert sum(bool(one.words) for one in read.balloons) >= len(read.balloons) * 0.6
    assert [one.box for one in read.balloons] == [one.box for one in meta.balloons]
    by_panel = words_by_panel(read)
    assert sum(map(len, by_panel.values())) >= sum(bool(one.words) for one in read.balloons)
    assert '"words"' not in meta.model_dump_json()
    assert type(read).model_validate_json(read.model_dump_json()) == read


def test_what_cannot_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable):
        open_word_reader("nobody")
    with pytest.raises(ModelMissing, match=r"config\.json"):
        open_word_reader("manga-ocr", tmp_path)


def test_read_letters_are_written_plainly() -> None:
    assert tidy("お は\nよう！・・・") == "おはよう!..."
