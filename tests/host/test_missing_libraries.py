"""What not everybody has installed: who needs it says so before any work, with the command that brings it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from host.cli.library import align
from host.errors import BadRequest, EngineNotAvailable
from host.library import cluster
from host.library.embed import store
from host.studio import film, vector

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("library", "call", "kind", "words"),
    [
        ("av", lambda: film.require_writer("mp4"), EngineNotAvailable, "irodori[studio]"),
        ("av", lambda: film.require_writer("webm"), EngineNotAvailable, "irodori[studio]"),
        ("vtracer", vector.require_tracer, EngineNotAvailable, "irodori[studio]"),
        ("zarr", store._library, EngineNotAvailable, "irodori[shelf]"),
        ("ray", lambda: cluster._joined("127.0.0.1:1"), BadRequest, "irodori[cluster]"),
    ],
)
def test_a_library_that_is_not_there_is_named_with_the_command(
    library: str, call: Callable[[], object], kind: type[BadRequest], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "1")
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(kind) as told:
        call()
    assert words in told.value.hint


def test_a_gif_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    film.require_writer("gif")


def test_tables_need_polars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(align, "find_spec", lambda name: None if name == "polars" else object())
    with pytest.raises(EngineNotAvailable) as told:
        align._require_tables()
    assert "irodori[shelf]" in told.value.hint
    monkeypatch.setattr(align, "find_spec", lambda name: object())
    align._require_tables()
