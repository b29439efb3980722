"""What a job's recipe holds: the detector in its key, and the direction of its chapter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from host.jobs.recipe import resolve
from host.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.host.jobs.conftest import Reader


def test_a_detector_of_the_readers_own_has_results_of_its_own(reader: Reader, tmp_path: Path) -> None:
    application, asked = reader.application, reader.chapter([1])
    weights = tmp_path / "own.onnx"
    weights.write_bytes(b"weights")

    def key(settings: Settings) -> str:
        return resolve(asked, settings, application.engines, application.store.references).key("0" * 64)

    current = application.settings.current
    shipped = key(current)
    first = key(_with(current, str(weights)))
    weights.write_bytes(b"other weights")
    assert len({shipped, first, key(_with(current, str(weights)))}) == 3
    assert key(_with(current, str(tmp_path / "missing.onnx"))) == shipped


def test_the_pages_of_a_job_share_their_chapters_direction(reader: Reader) -> None:
    application = reader.application
    recipe, other = (
        resolve(reader.chapter([1]), application.settings.current, application.engines, application.store.references)
        for _ in range(2)
    )
    chapter = recipe.page_job().chapter
    assert chapter is not None
    recipe.release()
    assert recipe.page_job().chapter is chapter
    assert other.page_job().chapter is not chapter


def _with(settings: Settings, weights: str) -> Settings:
    facts = {name: getattr(settings, name) for name in settings.__struct_fields__}
    return Settings(**facts | {"detector_weights": weights})
