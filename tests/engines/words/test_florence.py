"""Captions: Florence-2's real classes at toy size, and the library's own call beside ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from engines.base import ModelInvalid, ModelMissing
from engines.words.florence import FILES, TASK, FlorenceCaptioner
from engines.words.registry import CAPTIONERS, open_captioner
from models.catalog import load_catalog

torch = pytest.importorskip("torch")

if TYPE_CHECKING:
    from pathlib import Path

PICTURE = np.random.default_rng(1).integers(0, 256, (90, 70, 3), np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.engines.toys.words import toy_florence

    return toy_florence(tmp_path_factory.mktemp("florence") / "florence-2-base")


def test_a_caption_is_what_the_library_says(folder: Path) -> None:
    import transformers

    processor = transformers.Florence2Processor.from_pretrained(folder)
    model = transformers.Florence2ForConditionalGeneration.from_pretrained(folder).eval()
    seen = Image.fromarray(PICTURE)
    given = processor(text=TASK, images=seen, return_tensors="pt")
    said = model.generate(**given, max_new_tokens=12, num_beams=3, do_sample=False)
    text = processor.batch_decode(said, skip_special_tokens=False)[0]
    own = processor.post_process_generation(text=text, task=TASK, image_size=seen.size)[TASK]
    assert own
    captioner = FlorenceCaptioner(folder, tokens_max=12)
    assert captioner.caption(PICTURE) == " ".join(own.replace("<pad>", "").split())
    captioner.unload()
    # A view with gaps, as a panel is cut.
    assert captioner.caption(np.repeat(PICTURE, 2, 1)[:, ::2]) == captioner.caption(PICTURE)


def test_what_is_missing_or_damaged_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IRODORI_MODELS", str(tmp_path))
    for name in CAPTIONERS:
        assert load_catalog()[name].engine == "words"
        with pytest.raises(ModelMissing, match=r"config\.json"):
            open_captioner(name)
    for name in ("../x", "", ".."):
        with pytest.raises(ModelMissing, match="name of a model"):
            open_captioner(name)
    own = tmp_path / "own"
    own.mkdir()
    for name in FILES:
        (own / name).write_bytes(b"{}")
    with pytest.raises(ModelInvalid):
        open_captioner("own").caption(PICTURE)
