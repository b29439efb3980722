"""Which of what a reader dropped is a FLUX.2 klein's, by index, name and what was measured; no weights are read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from engines.base import ModelInvalid, ModelMissing
from engines.colorize.diffusion.part_files import PartFiles
from engines.colorize.flux2 import dropped as module
from engines.colorize.flux2.dropped import _is_variant, dropped_files, dropped_repositories
from engines.colorize.flux2.info import VARIANTS

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAIN = replace(VARIANTS[0], distilled=True, cached=False)
HIDDEN = PLAIN.hidden


def measured(monkeypatch: pytest.MonkeyPatch, hidden: Mapping[str, int | Exception], *, guidance: bool = False) -> None:
    """Let what lies at these paths be of such a width, or be refused."""

    def part(files: PartFiles, measure: Any) -> Any:
        found = hidden.get(files.paths[0].name, HIDDEN)
        if isinstance(found, Exception):
            raise found
        return SimpleNamespace(hidden=found, guidance=guidance)

    monkeypatch.setattr(module, "measured_part", part)
    monkeypatch.setattr(module, "shards_of", lambda folder: [folder.parent / folder.parent.name])


@pytest.mark.parametrize(
    ("name", "index", "distilled", "cached"),
    [
        ("klein", {"_class_name": "Flux2KleinPipeline"}, True, False),
        ("klein", {"_class_name": "Flux2KleinPipeline", "is_distilled": False}, False, False),
        ("klein", {"_class_name": "Flux2KleinKVPipeline"}, True, True),
        ("klein-kv", {"_class_name": "Flux2KleinPipeline"}, True, True),
        ("klein-KV", {"_class_name": "Flux2KleinKVPipeline", "is_distilled": False}, False, True),
        ("kvklein", {"_class_name": "Flux2KleinPipeline"}, True, False),
    ],
)
def test_a_folder_is_the_variant_that_its_index_and_name_say(
    name: str, index: dict[str, Any], distilled: bool, cached: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(monkeypatch, {})
    folder = Path("/models") / name
    places: Any = SimpleNamespace(repositories=lambda kinds: [(folder, index)])
    for variant in (replace(PLAIN, distilled=one, cached=other) for one in (True, False) for other in (True, False)):
        is_it = (variant.distilled, variant.cached) == (distilled, cached)
        assert dropped_repositories(places, variant) == ([folder] if is_it else [])


def test_a_folder_of_another_size_and_one_that_cannot_be_read_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"other": HIDDEN + 1, "torn": ModelInvalid("torn", ""), "gone": ModelMissing("gone", ""), "shut": OSError()}
    measured(monkeypatch, names)
    folders = [(Path("/models") / name, {}) for name in (*names, "klein")]
    asked: list[Any] = []
    places: Any = SimpleNamespace(repositories=lambda kinds: asked.append(kinds) or folders)
    assert dropped_repositories(places, PLAIN) == [Path("/models/klein")]
    assert asked == [{"Flux2KleinPipeline", "Flux2KleinKVPipeline"}]


@pytest.mark.parametrize(
    ("name", "distilled", "cached"),
    [
        ("klein", True, False),
        ("klein-base", False, False),
        ("BASE klein", False, False),
        ("klein_base_kv", False, True),
        ("klein.kv", True, True),
        ("database-kvm", True, False),
    ],
)
def test_a_file_is_the_variant_that_its_name_says(
    name: str, distilled: bool, cached: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(monkeypatch, {})
    files = PartFiles((Path(f"/models/{name}.safetensors"),))
    for variant in (replace(PLAIN, distilled=one, cached=other) for one in (True, False) for other in (True, False)):
        assert _is_variant(files, variant) is ((variant.distilled, variant.cached) == (distilled, cached))
    measured(monkeypatch, {}, guidance=True)
    assert not _is_variant(files, replace(PLAIN, distilled=distilled, cached=cached))
    measured(monkeypatch, {f"{name}.safetensors": HIDDEN + 1})
    assert not _is_variant(files, replace(PLAIN, distilled=distilled, cached=cached))


@pytest.mark.parametrize("part", ["transformer", "text_encoder", "vae"])
def test_files_that_can_be_a_part_come_the_best_first_and_the_others_are_left_out(
    part: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranks = {"b": 0, "a": 1, "c": 0, "none": 0, "torn": 0}
    measured(monkeypatch, {"torn": ModelInvalid("torn", "")})
    monkeypatch.setattr(module, "part_in", lambda path, wanted: None if path.name == "none" else PartFiles((path,)))
    monkeypatch.setattr(module, "_rank", lambda files: ranks[files.paths[0].name])
    places: Any = SimpleNamespace(files=lambda: [Path("/models") / name for name in ("a", "c", "torn", "none", "b")])
    names = [files.paths[0].name for files in dropped_files(places, part, PLAIN)]
    # nothing of a text encoder is measured, so that a torn one is not known to be one
    assert names == (["b", "c", "a"] if part != "text_encoder" else ["b", "c", "torn", "a"])
