"""The reader of the jobs' tests, for palettes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from host.application import Application
from host.paths import state_paths
from tests.host.jobs.conftest import Engines, Listener, Reader, Watched

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def palette_reader(irodori_home: Path) -> Iterator[Reader]:
    listener = Listener()
    engines = Engines(Watched())
    with Application.open(state_paths(), listener, explicit={"default_engine": "stepped"}, engines=engines) as opened:
        yield Reader(opened, listener)
