"""Models: what the popup shows of those that are dropped into their folder, and how the options download others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from models.catalog import load_catalog
from tests.e2e.reading import POPUP, Reader, reading_in, until
from tests.e2e.shots import shoot
from tests.e2e.test_axe import assert_accessible
from tests.models.test_identify import KLEIN_4B, safetensors
from tests.models.test_pull import FakeHub

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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


@pytest.fixture
def shopper(extension: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """Start a browser whose host gets models from a hub of this machine, which has one of the catalogue."""
    files = {
        "tokenizer/vocab.json": b"{}" * 4000,
        "tokenizer_2/merges.txt": b"a b\n",
        "unet/weights.bin": b"large",
    }
    card = load_catalog()["sdxl-tokenizer"]
    with FakeHub(card.repository, files, card.revision) as hub:
        monkeypatch.setenv("IRODORI_MODEL_HUB", hub.url)
        with reading_in(extension, tmp_path) as reader:
            yield reader


def test_a_model_is_downloaded_and_removed_in_the_options(
    shopper: Reader, tmp_path: Path, screenshots: Path | None
) -> None:
    options = shopper.open(POPUP.replace("popup.html", "options.html"))
    models = options.get_by_role("region", name="Models")
    models.get_by_text("models in the catalogue").click()
    assert models.get_by_role("listitem", name="Compact (ships").count() == 0
    klein = models.get_by_role("listitem", name="FLUX.2 klein 9B", exact=True)
    expect(klein.get_by_role("button", name="Download")).to_be_disabled()
    klein.get_by_role("checkbox").check()
    expect(klein.get_by_role("button", name="Download")).to_be_enabled()

    pose = models.get_by_role("listitem", name="ViTPose")
    pose.get_by_role("button", name="Download").click()
    expect(pose).to_contain_text("It did not come whole.")
    words = models.get_by_role("listitem", name="SDXL, tokenizer")
    words.get_by_role("button", name="Download").click()
    expect(words.get_by_role("button", name="Remove")).to_be_visible()
    shoot(models, screenshots, "models", width=860)
    assert_accessible(options)
    folder = tmp_path / "home" / "data" / "models" / "sdxl-tokenizer"
    assert {one.name for one in folder.rglob("*.*")} >= {"vocab.json", "merges.txt"}
    assert not list(folder.rglob("weights.bin"))

    words.get_by_role("button", name="Remove").click()
    expect(words.get_by_role("button", name="Download")).to_be_visible()
    assert not list(folder.rglob("vocab.json"))
