"""A real Ray cluster of two nodes on this machine; one of them is killed at work."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import ray
from ray.cluster_utils import Cluster

from engines.embed.registry import choose_embedder
from host.application import Application
from host.errors import BadRequest
from host.library import cluster as cluster_module
from host.library.cluster import RayColourers, store_root
from host.library.colourer import PageResult
from host.library.orders import OrderBook
from host.library.page_store import PageStore
from host.library.palettes import EmbedderUse, SeriesPalettes
from host.library.shelf import Source
from host.library.workers import Task, Workers
from host.messaging.messages import Options
from host.paths import state_paths
from tests.host.library.shelves import people_of_page, picture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from host.pipeline.job import PageJob

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.timeout(280),
    pytest.mark.skipif(sys.platform != "linux", reason="two nodes want two addresses of the loopback"),
]


@pytest.fixture
def job(irodori_home: Path) -> PageJob:
    with Application.open(state_paths(), lambda _: None) as application:
        return OrderBook(application, None, Options(), "png").base.job


@pytest.fixture
def nodes(irodori_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    facts = {"num_cpus": 1, "include_dashboard": False, "object_store_memory": 100 << 20}
    # Addresses of the loopback that Ray does not take for "find out my own".
    cluster = Cluster(initialize_head=True, head_node_args={**facts, "node_ip_address": "127.0.0.2"})
    yield cluster
    ray.shutdown()
    cluster.shutdown()


def tasks(job: PageJob, count: int) -> list[Task]:
    keys = [hashlib.sha256(bytes([n])).hexdigest() for n in range(count)]
    return [Task(key, picture(n, (90, 130)), replace(job)) for n, key in enumerate(keys)]


def dressed(job: PageJob, page: Path) -> Task:
    """Return a page whose people wear their series' palette."""
    encoded, choice = page.read_bytes(), choose_embedder()
    palettes = SeriesPalettes([people_of_page(encoded, (200, 60, 60))], EmbedderUse(choice.id, choice.version), "S")
    worn = palettes.of(Source(page, "S/v", "S", 1, "", page), "")
    assert worn is not None
    return Task("dd" + "0" * 62, encoded, replace(job, cast=worn.cast))


def test_a_lost_node_loses_no_page_and_changes_none(
    nodes: Cluster, job: PageJob, tmp_path: Path, pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_module, "_JOBS_KEPT", 1)
    second = nodes.add_node(num_cpus=1, object_store_memory=100 << 20, node_ip_address="127.0.0.3")
    nodes.wait_for_nodes()
    wanted = [dressed(job, pages / "figures-en.webp"), *tasks(job, 9)]
    here = Workers(1, tmp_path, alone=True)
    alone = {}
    try:
        here.add(wanted[0])
        [(task, result)] = list(here.finished())
        alone[task.key] = result.image
    finally:
        here.close()
    colourers = RayColourers(nodes.address, str(tmp_path / "results"))
    try:
        ended: list[str] = []
        open_, killed = list(wanted), False
        while open_ or not colourers.is_idle:
            while open_ and colourers.has_room:
                colourers.add(open_.pop(0))
            ended += [task.key for task, result in colourers.finished() if result.verdict != "failed"]
            if len(ended) >= 3 and not killed:
                nodes.remove_node(second, allow_graceful=False)
                killed = True
        assert sorted(ended) == sorted(task.key for task in wanted)
        assert killed
        assert len(colourers._jobs) < len(wanted) - 4  # orders of volumes that are done are let go
    finally:
        colourers.close()
    store = PageStore(tmp_path / "results")
    results = {task.key: store.get(task.key) for task in wanted}
    assert all(results.values())
    assert {key: results[key].image for key in alone} == alone  # type: ignore[union-attr]


def test_the_engine_has_a_resource_of_its_own(nodes: Cluster, job: PageJob, tmp_path: Path) -> None:
    nodes.add_node(num_cpus=1, resources={"accelerator": 1}, object_store_memory=100 << 20, node_ip_address="127.0.0.3")
    nodes.wait_for_nodes()
    colourers = RayColourers(nodes.address, str(tmp_path / "results"), engine_resources={"accelerator": 1.0})
    try:
        [task] = tasks(job, 1)
        colourers.add(task)
        colourers.add(Task("ff" + "0" * 62, b"rubbish", job))
        verdicts = {}
        while not colourers.is_idle:
            verdicts |= {task.key: result.verdict for task, result in colourers.finished()}
        assert verdicts == {task.key: "coloured", "ff" + "0" * 62: "failed"}
    finally:
        colourers.close()
    assert PageStore(tmp_path / "results").get(task.key) is not None


def test_what_is_no_cluster_is_told() -> None:
    with pytest.raises(BadRequest, match="no Ray cluster"):
        RayColourers("127.0.0.1:1", "/tmp/none")


def test_results_go_where_fsspec_leads() -> None:
    store = PageStore(store_root("memory://irodori-results"))
    result = PageResult(verdict="coloured", image=b"picture", mime="image/png")
    key = "ab" + "0" * 62
    assert store.get(key) is None
    store.put(key, result)
    assert PageStore(store_root("memory://irodori-results")).get(key) == result
    store.drop([key])
    assert store.get(key) is None
    with pytest.raises(BadRequest, match="cannot be reached"):
        store_root("nothing-of-the-kind://x")
    assert cluster_module.software()
