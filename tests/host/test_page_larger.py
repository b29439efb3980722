"""`irodori page upscale`: whose letters are interpolated, and when a page is read for them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from engines.upscale.base import Upscaler, UpscalerInfo
from host.cli.page.larger import upscale_page

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (60, 80)
RED = (255, 0, 0)


class Red(Upscaler):
    """Draws everything red, at three times its size."""

    def __init__(self) -> None:
        self.info = UpscalerInfo(name="red", scale=3)

    def enlarge(self, rgb: np.ndarray) -> np.ndarray:
        return np.full((rgb.shape[0] * 3, rgb.shape[1] * 3, 3), RED, np.uint8)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    Image.fromarray(np.full((*SHAPE, 3), 255, np.uint8)).save(tmp_path / "page.png")
    return tmp_path / "page.png"


@pytest.mark.parametrize(
    ("keep_letters", "has_model", "stay"), [(True, True, True), (False, True, False), (True, False, False)]
)
def test_letters_are_kept_from_a_network_where_the_reader_wants_it(
    page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, keep_letters: bool,
    has_model: bool, stay: bool
) -> None:  # fmt: skip
    lettering = np.zeros(SHAPE, np.bool_)
    lettering[20:40, 30:50] = True
    read: list[Path] = []

    def reading(picture: Path, direction: str) -> SimpleNamespace:
        read.append(picture)
        return SimpleNamespace(rgb=np.full((*SHAPE, 3), 255, np.uint8), masks=SimpleNamespace(lettering=lettering))

    monkeypatch.setattr("host.cli.page.larger.read", reading)
    monkeypatch.setattr("engines.upscale.registry.open_upscaler", lambda model, scale: Red())
    out = page.with_name("out.png")
    upscale_page(page, out, page if has_model else None, 2, keep_letters=keep_letters)
    with Image.open(out) as drawn:
        large = np.asarray(drawn.convert("RGB"))
    assert large.shape == (180, 240, 3)
    assert read == ([page] if stay else [])
    assert (large[75:105, 105:135] == ((255, 255, 255) if stay else RED)).all()
    assert (large[:30] == RED).all()
    assert "240 x 180 by red" in capsys.readouterr().err
