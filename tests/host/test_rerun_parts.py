"""What making a picture again takes from its record, part by part."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from engines.base import LoraUse
from host import rerun
from host.errors import BadRequest, NotFound
from host.pipeline.records.page_meta import ReferenceUse
from host.pipeline.records.run_meta import LoraRecord
from models.digests import file_digest
from models.drop_folder import Dropped
from models.identify import Identity

if TYPE_CHECKING:
    from pathlib import Path

LORA = Identity("lora", "sdxl", "a LoRA")


def weights(path: Path, content: bytes) -> Dropped:
    path.write_bytes(content)
    return Dropped(path, len(content), LORA)


def test_a_lora_is_found_by_its_content_among_whole_loras_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same content may lie there as something else, or be at fault: neither serves."""
    model = replace(weights(tmp_path / "a", b"ink"), identity=Identity("transformer", "sdxl", "a model"))
    broken = replace(weights(tmp_path / "b", b"ink"), fault="It is cut short.")
    other = weights(tmp_path / "c", b"other ink")
    right = weights(tmp_path / "d", b"ink")
    digest = file_digest(right.path)
    monkeypatch.setattr(rerun, "dropped", lambda: (model, broken, other, right))
    wanted = LoraRecord(name="ink", weight=0.5, sha256=digest)
    assert rerun._lora(wanted) == LoraUse(name="ink", weight=0.5, path=str(right.path), sha256=digest)
    monkeypatch.setattr(rerun, "dropped", lambda: (model, broken, other))
    with pytest.raises(NotFound) as told:
        rerun._lora(wanted)
    assert told.value.message == "The LoRA ink is not here."
    assert told.value.hint == "Put it back into the models' folder."


def test_a_lora_on_a_server_is_taken_by_its_name() -> None:
    assert rerun._lora(LoraRecord(name="ink", weight=0.5, sha256="")) == LoraUse(name="ink", weight=0.5)


class Store:
    """Answers for the store's two tables."""

    references = "references"
    results = "results"


class Application:
    store = Store()


def reference(monkeypatch: pytest.MonkeyPatch, use: ReferenceUse, page: tuple[Any, str] | None = None) -> Any:
    monkeypatch.setattr(rerun, "library_reference", lambda table, picture: (table, picture))
    monkeypatch.setattr(rerun, "learned_page", lambda table, key: page if table == "results" else None)
    return rerun._reference(Application(), use)  # type: ignore[arg-type]


@pytest.mark.parametrize("origin", ["reader", "library"])
def test_a_reference_comes_from_the_library(origin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    use = ReferenceUse(reference_id="r" * 20, origin=origin)
    assert reference(monkeypatch, use) == ("references", "r" * 20)


def test_a_page_that_was_learned_from_must_be_the_same_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    use = ReferenceUse(reference_id="0123456789abcdefgh", origin="page", pixels_sha256="a" * 64)
    assert reference(monkeypatch, use, ("picture", "a" * 64)) == "picture"
    for page, what in ((None, "has gone from the cache"), (("picture", "b" * 64), "was coloured anew since")):
        with pytest.raises(NotFound) as told:
            reference(monkeypatch, use, page)
        assert told.value.message == f"It learned from a coloured page that {what} (0123456789abcdef…)."
        assert told.value.data == {"reference_id": "0123456789abcdefgh"}


@pytest.mark.parametrize(
    ("version", "duplicate", "why"),
    [
        (rerun.PIPELINE_VERSION, "d" * 64, "a page that is the same picture saved again (dddddddddddddddd…)"),
        ("0", None, f"by version 0 of the pipeline, this is {rerun.PIPELINE_VERSION}"),
        ("0", "d" * 64, "by version 0 of the pipeline"),
    ],
)
def test_a_record_that_is_none_of_this_page_and_version_is_refused_first(
    version: str, duplicate: str | None, why: str
) -> None:
    record: Any = SimpleNamespace(pipeline_version=version, duplicate_of=duplicate)
    with pytest.raises(BadRequest) as told:
        rerun.rerun(Application(), record, b"")  # type: ignore[arg-type]
    assert why in told.value.message
    assert told.value.hint
