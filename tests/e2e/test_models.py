"""What the popup shows of models that the reader drops into the models' folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.reading import until
from tests.models.test_identify import KLEIN_4B, safetensors

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.reading import Reader
    from tests.e2e.site import MangaSite

pytestmark = pytest.mark.browser

LORA = {
    "transformer.single_transformer_blocks.0.attn.to_out.lora_A.weight": (16, 3072),
    "transformer.single_transformer_blocks.0.attn.to_out.lora_B.weight": (3072, 16),
}


def test_what_is_dropped_in_appears_in_the_open_popup_and_goes_again(
    reader: Reader, site: MangaSite, home: Path
) -> None:
    popup = reader.popup(reader.open(f"{site.origin}/chapter/plain"))
    expect(popup.get_by_role("status")).to_contain_text("Ready")
    expect(popup.get_by_text("Your models")).to_have_count(0)
    folder = home / "data" / "models"
    until(folder.is_dir)  # made by the thread that watches it
    lora = safetensors(folder / "colour-wash.safetensors", **LORA)
    safetensors(folder / "klein.safetensors", **KLEIN_4B)
    (folder / "old.ckpt").write_bytes(b"pickle")
    popup.get_by_text("Your models").click(timeout=15_000)
    expect(popup.get_by_text("colour-wash")).to_be_visible()
    expect(popup.get_by_text("FLUX.2 klein 4B, transformer")).to_be_visible()
    expect(popup.get_by_text("can run code")).to_be_visible()
    # The engine of a fresh profile takes no LoRAs, and says so.
    expect(popup.get_by_role("checkbox")).to_be_disabled()
    lora.unlink()
    expect(popup.get_by_text("colour-wash")).to_have_count(0, timeout=15_000)
