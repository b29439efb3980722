"""Closure-Lite on Ray: one process gives the bytes of training without Ray, several each their part."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import ray

from tests.models.test_closure_recipe import TINY, list_file  # noqa: F401 - a fixture
from training.closure.data import read_specs
from training.closure.learner import ClosureRun
from training.closure.ray_group import Member
from training.closure.train import train

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(280)]


def test_a_process_of_a_group_trains_as_one_alone(list_file: Path, tmp_path: Path) -> None:  # noqa: F811
    config = replace(TINY, optimisation=replace(TINY.optimisation, epochs=1))
    alone = train(list_file, tmp_path / "alone", config, image_root=list_file.parent)
    one = train(list_file, tmp_path / "one", config, image_root=list_file.parent, ray="local", ray_workers=1)
    assert one.read_bytes() == alone.read_bytes()
    assert not ray.is_initialized()


def test_the_parts_of_a_batch_are_all_of_it(list_file: Path) -> None:  # noqa: F811
    specs = read_specs(list_file, list_file.parent)[:3]
    weights = {name: value.numpy() for name, value in ClosureRun(TINY).network.state_dict().items()}
    member = Member(TINY, specs)
    parts = [member.gradients(weights, 0, rank, 2) for rank in (0, 1)]
    assert [size for _, _, size in parts] == [2, 1]
    assert all(found["loss"] > 0 for _, found, _ in parts)
    again = member.gradients(weights, 0, 1, 2)
    assert all(one is other is None or (one == other).all() for one, other in zip(again[0], parts[1][0], strict=True))
    assert member.gradients(weights, 0, 7, 8)[2] == 0
